"""Signed addresses: for one job, for a time, by this installation."""

from pathlib import Path

import pytest

from videoannotator.auth.secret import Secret
from videoannotator.auth.signatures import MediaSigner
from videoannotator.errors import UnauthorizedException


class Clock:
    """A clock that the test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_signature_opens_its_job_until_it_ends(tmp_path: Path) -> None:
    clock = Clock()
    signer = MediaSigner(Secret(tmp_path), clock)
    signed = signer.issue("job-1", lifetime_s=60)
    assert signed.expires == 1_000_060
    clock.now += 60
    signer.check("job-1", signed.expires, signed.signature)
    clock.now += 1
    with pytest.raises(UnauthorizedException):
        signer.check("job-1", signed.expires, signed.signature)


def test_nothing_of_it_can_be_changed(tmp_path: Path) -> None:
    signer = MediaSigner(Secret(tmp_path))
    signed = signer.issue("job-1")
    for job_id, expires, signature in (
        ("job-2", signed.expires, signed.signature),
        ("job-1", signed.expires + 1, signed.signature),
        ("job-1", signed.expires, signed.signature[:-1] + ("0" if signed.signature[-1] != "0" else "1")),
        ("job-1", signed.expires, ""),
        ("job-1", signed.expires, "\ud800é"),
    ):
        with pytest.raises(UnauthorizedException):
            signer.check(job_id, expires, signature)


def test_other_processes_of_the_installation_check_it_and_others_do_not(tmp_path: Path) -> None:
    signed = MediaSigner(Secret(tmp_path / "a")).issue("job-1")
    MediaSigner(Secret(tmp_path / "a")).check("job-1", signed.expires, signed.signature)
    for secret in (Secret(tmp_path / "b"), Secret(tmp_path / "a", "another secret")):
        with pytest.raises(UnauthorizedException):
            MediaSigner(secret).check("job-1", signed.expires, signed.signature)

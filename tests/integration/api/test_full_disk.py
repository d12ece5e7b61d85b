"""A disk that fills up while a recording arrives: the upload is refused, and nothing of it is left."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.integration.api.test_uploads import BOUNDARY, HEAD, PATIENCE_S, Slow, form, jobs_of, left_over, part, refused
from tests.servers import Live, serving

MB = 1024 * 1024
FLOOR_GB = 0.004
FOREIGN_MB = 10
"""Leaves room on the disk for the upload, though not above the floor."""


@pytest.fixture
def floor_gb() -> float:
    return FLOOR_GB


@pytest.fixture
def server(small_disk: Path, tmp_path: Path, floor_gb: float) -> Iterator[Live]:
    """Its storage lies on a disk of 16 MB, of which it leaves four alone; its database does not."""
    database = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with serving(small_disk / "storage", database_url=database, storage_free_floor_gb=floor_gb) as live:
        yield live


def pieces(size_mb: int) -> Iterator[bytes]:
    """A form without an end that anybody announced."""
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'.encode()
    for _ in range(size_mb):
        yield bytes(MB)
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize("floor_gb", [0.0, FLOOR_GB], ids=["the disk itself is full", "the floor is reached"])
def test_more_comes_than_there_is_room_for(server: Live) -> None:
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.post(f"{server.url}/api/v1/jobs", content=pieces(40), headers={**server.headers, "Content-Type": HEAD})
    refused(answer, 507, "STORAGE_FULL")
    assert (jobs_of(server), left_over(server)) == (set(), set())


def test_what_is_announced_too_large_for_the_disk_is_refused_before_it_comes(server: Live) -> None:
    with Slow(server, 40 * MB) as slow:
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (507, "STORAGE_FULL")


def test_somebody_else_fills_the_disk_meanwhile(server: Live, small_disk: Path) -> None:
    body = form(part("video", bytes(4 * MB), b"a.mp4"))
    foreign = small_disk / "foreign"
    with Slow(server, len(body)) as slow:
        slow.send(body[: 2 * MB])
        give_up_at = time.monotonic() + PATIENCE_S
        while not left_over(server):  # until it has been let in
            assert time.monotonic() < give_up_at
        foreign.write_bytes(bytes(FOREIGN_MB * MB))
        slow.send(body[2 * MB :])
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (507, "STORAGE_FULL")
    assert (jobs_of(server), left_over(server)) == (set(), set())
    foreign.unlink()
    assert (
        server.request(
            "POST", "/api/v1/jobs", content=form(part("video", b"x", b"a.mp4")), headers={"Content-Type": HEAD}
        ).status_code
        == 422
    )

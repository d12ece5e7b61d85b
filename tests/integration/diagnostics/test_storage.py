"""Whether the storage can be used."""

import ctypes
import os
import shutil
from pathlib import Path

import pytest
from tests.small_disk import fill

from videoannotator.diagnostics import storage
from videoannotator.diagnostics.findings import Finding, Severity
from videoannotator.storage.config import FOLDERS, Storage

REMOUNT, READ_ONLY = 32, 1
"""Of the system call `mount`."""


def test_a_prepared_storage_is_usable_and_looked_at_without_a_trace(tmp_path: Path) -> None:
    place = Storage(tmp_path / "storage")
    place.prepare()
    report = storage.look(place)
    assert report.status in ("ok", "warning", "error"), "the machine's own disk decides"
    assert dict(report.directories) == dict.fromkeys(FOLDERS, True)
    assert report.path == str(place.root)
    assert list((place.root / "temp").iterdir()) == []


def test_a_missing_storage_is_an_error(tmp_path: Path) -> None:
    report = storage.look(Storage(tmp_path / "nowhere"))
    assert report.status == "error"
    assert not any(report.directories.values())
    assert report.error
    assert report.free_gb is None


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    place = Storage(tmp_path / "storage")
    place.prepare()
    (place.root / "logs").rmdir()
    report = storage.look(place)
    assert (report.status, report.directories["logs"]) == ("error", False)
    assert "logs" in str(report.error)


def troubles(place: Storage) -> list[Finding]:
    return [finding for finding in storage.examine(place) if finding.severity in (Severity.WARNING, Severity.ERROR)]


def test_a_storage_that_suits_has_no_troubles_and_is_left_as_it_was(roomy_disk: Path) -> None:
    place = Storage(roomy_disk / "storage")
    place.prepare()
    found = list(storage.examine(place))
    assert {finding.severity for finding in found} == {Severity.OK}
    assert "Files are written through to the disk, and get their names in one step." in [finding.what for finding in found]
    assert [path for path in place.root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("share", "severity"), [(0.85, Severity.WARNING), (0.95, Severity.ERROR)])
def test_a_disk_that_fills_up_is_told(roomy_disk: Path, share: float, severity: Severity) -> None:
    place = Storage(roomy_disk / "storage")
    place.prepare()
    with (roomy_disk / "foreign").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, int(shutil.disk_usage(roomy_disk).total * share))
    (found,) = troubles(place)
    assert (found.severity, found.cure) == (severity, storage.CLEAN_UP)
    assert "% of the disk is in use" in found.what


def test_a_full_disk_is_told(small_disk: Path) -> None:
    place = Storage(small_disk / "storage", ballast_bytes=0)
    place.prepare()
    fill(small_disk)
    (found,) = troubles(place)
    assert found.severity is Severity.ERROR
    assert "No space left on device" in found.what


def test_a_disk_that_may_not_be_written_to_is_told_with_its_cure(roomy_disk: Path) -> None:
    place = Storage(roomy_disk / "storage")
    place.prepare()
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(None, os.fsencode(roomy_disk), None, REMOUNT | READ_ONLY, None) == 0
    (found,) = troubles(place)
    assert "Read-only file system" in found.what
    assert f"chmod u+rwx {place.root}" in str(found.cure)
    (above,) = troubles(Storage(roomy_disk / "another"))
    assert "cannot be made" in above.what


def test_a_storage_that_was_never_made_is_no_trouble_and_is_not_made(tmp_path: Path) -> None:
    place = Storage(tmp_path / "nowhere")
    (found,) = storage.examine(place)
    assert (found.severity, found.cure) == (Severity.INFO, "videoannotator setup-db")
    assert not place.root.exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    place = Storage(tmp_path / "storage")
    place.prepare()
    (place.root / "logs").rmdir()
    (place.root / "logs").touch(mode=0o400)
    assert [finding.what for finding in troubles(place) if "logs" in finding.what] == ["These folders cannot be written to: logs."]


def test_inodes_that_run_out_are_told() -> None:
    report = storage.StorageReport("ok", "/x", {}, 90.0, 10.0, 100.0, inodes_used=0.93)
    assert [(found.severity, found.what) for found in storage.judge(report)][-1] == (
        Severity.ERROR,
        "93% of the disk's inodes are in use.",
    )

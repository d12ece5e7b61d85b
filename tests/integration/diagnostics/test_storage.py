"""Whether the storage can be used."""

from pathlib import Path

from videoannotator.diagnostics import storage
from videoannotator.storage.config import FOLDERS, Storage


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

"""What every format does with a disk that refuses it."""

import errno
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from videoannotator.errors import InvalidRequestException, StorageFullException
from videoannotator.exporters.base import Exporter, writing
from videoannotator.exporters.contact_sheet import ContactSheet
from videoannotator.testing.examples import full, many

EXPORTERS: list[type[Exporter]] = [entry.load() for entry in entry_points(group="videoannotator.exporters")]


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_a_folder_that_does_not_exist_is_an_error_in_our_words(exporter: type[Exporter], tmp_path: Path) -> None:
    with full() as annotations, pytest.raises(InvalidRequestException, match="could not be written") as caught:
        list(exporter().export(annotations, tmp_path / "missing"))
    assert caught.value.hint is not None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_a_full_disk_is_an_error_in_our_words(exporter: type[Exporter], tmp_path: Path) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    first.mkdir()
    again.mkdir()
    with full() if exporter is ContactSheet else many() as annotations:  # only `full` has pictures
        for file in exporter().export(annotations, first):
            (again / file.name).parent.mkdir(exist_ok=True)
            (again / file.name).symlink_to("/dev/full")
        with pytest.raises(StorageFullException) as caught:
            list(exporter().export(annotations, again))
    assert not caught.value.transient


def test_a_refusal_names_the_file_and_not_its_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestException, match=r"^a\.csv could not be written") as caught, writing(tmp_path / "a.csv"):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert str(tmp_path) not in caught.value.message

"""Result folders: whole, replaced as a whole, never lost."""

import hashlib
import json
from pathlib import Path

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.engine.annotate import annotate
from videoannotator.engine.output import RECORD, choose_exporters, write_results
from videoannotator.errors import InvalidRequestException, OutputExistsException
from videoannotator.media.synthetic import Shot, shots_clip


@pytest.fixture(scope="module")
def annotations(tmp_path_factory: pytest.TempPathFactory) -> AnnotationSet:
    path = tmp_path_factory.mktemp("output") / "clip.mp4"
    shots_clip(path, [Shot(20), Shot(20)], size=(96, 64))
    return annotate(path, ["scene_detection"], {"scene_detection": {"mode": "fast"}}, device="cpu")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_record_lists_every_other_file_with_its_checksum(annotations: AnnotationSet, tmp_path: Path) -> None:
    write_results(annotations, tmp_path / "out")
    listed = json.loads((tmp_path / "out" / RECORD).read_text())["files"]
    assert {file["name"] for file in listed} == names(tmp_path / "out") - {RECORD}
    for file in listed:
        content = (tmp_path / "out" / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size_bytes"], file["sha256"])


def test_older_results_stay_unless_told_otherwise(annotations: AnnotationSet, tmp_path: Path) -> None:
    write_results(annotations, tmp_path, ["csv_table"])
    before = names(tmp_path)
    with pytest.raises(OutputExistsException, match="earlier run"):
        write_results(annotations, tmp_path, ["scenes"])
    assert names(tmp_path) == before


def test_replaced_results_go_and_other_peoples_files_stay(annotations: AnnotationSet, tmp_path: Path) -> None:
    write_results(annotations, tmp_path, ["csv_table"])
    (tmp_path / "my notes.txt").write_text("keep me")
    write_results(annotations, tmp_path, ["scenes"], overwrite=True)
    assert not list(tmp_path.glob("*.csv"))
    assert {"my notes.txt", "scene_detection.json", RECORD} <= names(tmp_path)


@pytest.mark.parametrize("name", ["../precious.txt", "/precious.txt", 7])
def test_a_forged_record_removes_nothing_outside(annotations: AnnotationSet, tmp_path: Path, name: object) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("irreplaceable")
    folder = tmp_path / "out"
    folder.mkdir()
    forged = str(precious) if name == "/precious.txt" else name
    (folder / RECORD).write_text(json.dumps({"files": [{"name": forged}]}))
    write_results(annotations, folder, ["scenes"], overwrite=True)
    assert precious.read_text() == "irreplaceable"


def test_an_unknown_format_gets_the_nearest() -> None:
    with pytest.raises(InvalidRequestException) as caught:
        choose_exporters(["webvt"])
    assert "'webvtt'" in (caught.value.hint or "")

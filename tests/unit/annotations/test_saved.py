"""A saved annotation set gives the same exports as the set that was saved, and says when it is damaged."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.small_disk import fill

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.combined import combined
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.saved import FILE_NAME, HEAD, load, save
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.transcript import Utterance
from videoannotator.errors import InvalidRequestException, StorageFailedException, StorageFullException
from videoannotator.registry.entries import Registry
from videoannotator.testing.examples import EXAMPLES, RECORD_NAMES, full, many

EXPORTERS = {name: entry.plugin for name, entry in Registry.installed().exporters.items() if entry.plugin is not None}


def exported(annotations: AnnotationSet, folder: Path) -> dict[str, bytes]:
    """Every file that any exporter writes, by exporter and name."""
    files = {}
    for name, exporter in EXPORTERS.items():
        target = folder / name
        target.mkdir(parents=True)
        names = [file.name for file in exporter().export(annotations, target)]
        files.update({f"{name}/{each}": (target / each).read_bytes() for each in names})
    return files


@pytest.fixture(params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_exporter_gives_the_same_bytes_from_the_loaded_set(example: str, tmp_path: Path) -> None:
    assert len(EXPORTERS) >= 11
    with EXAMPLES[example]() as annotations:
        save(annotations, tmp_path / FILE_NAME)
        with load(tmp_path / FILE_NAME) as loaded:
            assert exported(loaded, tmp_path / "loaded") == exported(annotations, tmp_path / "original")
            assert (loaded.media, loaded.outcomes, loaded.provenance) == (
                annotations.media,
                annotations.outcomes,
                annotations.provenance,
            )
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [FILE_NAME], "nothing unfinished is left"


def test_every_record_comes_back_whatever_its_type(tmp_path: Path) -> None:
    with full() as annotations:
        save(annotations, tmp_path / FILE_NAME)
        with load(tmp_path / FILE_NAME) as loaded:
            for pipeline, made in annotations.results.items():
                again = loaded.results[pipeline]
                assert [kind.__name__ for kind in again.types] == list(RECORD_NAMES[pipeline])
                for kind in made.types:
                    assert len(again.of_type(kind)) == len(made.of_type(kind))
                    assert list(again.of_type(kind)) == list(made.of_type(kind))
                    assert list(again.of_type(kind)) == list(made.of_type(kind)), "they can be read more than once"
                pictures = {name: path.read_bytes() for name, path in made.attachments.items()}
                assert {name: path.read_bytes() for name, path in again.attachments.items()} == pictures


def test_equal_sets_give_equal_files_and_a_loaded_one_can_be_saved(example: str, tmp_path: Path) -> None:
    with EXAMPLES[example]() as annotations:
        save(annotations, tmp_path / "one.zip")
        save(annotations, tmp_path / "two.zip")
    with load(tmp_path / "one.zip") as loaded:
        save(loaded, tmp_path / "three.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes() == (tmp_path / "three.zip").read_bytes()


def test_only_some_types_are_loaded(tmp_path: Path) -> None:
    with full() as annotations:
        save(annotations, tmp_path / FILE_NAME)
        scenes = list(annotations.records(Scene))
    with load(tmp_path / FILE_NAME, only={"Scene"}) as loaded:
        assert list(loaded.records(Scene)) == scenes
        assert not list(loaded.records(Utterance))
        assert not list(loaded.records(PersonObservation))
        assert not any(made.attachments for made in loaded.results.values())
    with load(tmp_path / FILE_NAME, pipelines={"face_analysis"}) as loaded:
        assert set(loaded.results) == set(loaded.outcomes) == {"face_analysis"}


def test_a_file_name_that_is_no_text_survives(tmp_path: Path) -> None:
    with full() as annotations:
        named = replace(annotations, media=replace(annotations.media, file_name="caf\udce9.mp4"))
        save(named, tmp_path / FILE_NAME)
    with load(tmp_path / FILE_NAME) as loaded:
        assert loaded.media == named.media


def test_several_records_are_read_side_by_side(tmp_path: Path) -> None:
    with many() as annotations:
        save(annotations, tmp_path / FILE_NAME)
    with load(tmp_path / FILE_NAME) as loaded:
        records = loaded.results["speech_recognition"].of_type(Utterance)
        pairs = list(zip(records, records, strict=True))
        assert len(pairs) == len(records) == 2100
        assert all(one == other for one, other in pairs)


def test_a_closed_set_says_so(tmp_path: Path) -> None:
    with full() as annotations:
        save(annotations, tmp_path / FILE_NAME)
    loaded = load(tmp_path / FILE_NAME)
    scenes = loaded.results["scene_detection"].of_type(Scene)
    loaded.close()
    with pytest.raises(InvalidRequestException, match="closed"):
        list(scenes)
    with pytest.raises(InvalidRequestException, match="closed"):
        list(scenes.json_lines())


def test_nothing_is_added_to_saved_records(tmp_path: Path) -> None:
    with full() as annotations:
        save(annotations, tmp_path / FILE_NAME)
    with load(tmp_path / FILE_NAME) as loaded:
        scenes = loaded.results["scene_detection"].of_type(Scene)
        with pytest.raises(InvalidRequestException, match="no others"):
            scenes.append(next(iter(scenes)))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_was_cut_off_says_so(share: float, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StorageFailedException, match=r"annotations\.zip are damaged"):
        load(path)


def test_a_flipped_bit_inside_records_is_noticed_when_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with many() as annotations:
        save(annotations, path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = next(info for info in archive.infolist() if info.file_size > 100_000)
    content[member.header_offset + member.compress_size // 2] ^= 0x10
    path.write_bytes(bytes(content))
    with load(path) as loaded, pytest.raises(StorageFailedException, match="damaged"):
        exported(loaded, tmp_path / "out")


def test_records_that_are_fewer_than_they_should_be_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    _changed_head(path, lambda head: head["results"]["scene_detection"]["records"][0].update(count=5))
    with load(path) as loaded, pytest.raises(StorageFailedException, match="damaged"):
        list(loaded.records(Scene))


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageFailedException, match="missing"):
        load(tmp_path / FILE_NAME)


@pytest.mark.parametrize(("change", "said"), [({"version": 2}, "version 2"), ({"format": "other"}, "no saved annotations")])
def test_another_form_is_refused(change: dict[str, object], said: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    _changed_head(path, lambda head: head.update(change))
    with pytest.raises(InvalidRequestException, match=said):
        load(path)


@pytest.mark.parametrize(
    "name", ["antigravity:Scene", "os:system", "videoannotator.annotations.later:Later", "no_colon", "json:dumps"]
)
def test_types_that_nobody_knows_are_left_out_and_nothing_is_imported_for_them(name: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    _changed_head(path, lambda head: head["results"]["scene_detection"]["records"][0].update(type=name))
    with load(path) as loaded:
        assert list(loaded.records(Scene)) == []
        assert len(list(loaded.records(Utterance))) > 0


@pytest.mark.parametrize("name", ["../escaped.jpg", "/escaped.jpg", "a/b.jpg"])
def test_attachments_cannot_leave_their_folder(name: str, tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    _changed_head(path, lambda head: head["results"]["scene_detection"].update(attachments={name: "attachments/0/scene-0001.jpg"}))
    with pytest.raises(StorageFailedException, match="damaged"):
        load(path)


def test_a_full_disk_leaves_what_was_there(small_disk: Path) -> None:
    path = small_disk / FILE_NAME
    with full() as annotations:
        save(annotations, path)
    before = path.read_bytes()
    fill(small_disk)
    with many(4200) as annotations, pytest.raises(StorageFullException):
        save(annotations, path)
    assert path.read_bytes() == before
    assert {file.name for file in small_disk.iterdir()} == {FILE_NAME, "foreign"}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with full() as annotations, pytest.raises(InvalidRequestException, match="could not be written"):
        save(annotations, tmp_path / "nowhere" / FILE_NAME)


def test_sets_of_several_attempts_are_one(tmp_path: Path) -> None:
    with full() as annotations:
        save(annotations, tmp_path / "whole.zip")
        scenes_only = {"scene_detection"}
        first = load(tmp_path / "whole.zip", pipelines=scenes_only)
        second = load(tmp_path / "whole.zip", pipelines=set(annotations.outcomes) - scenes_only)
        blind = replace(second, frame_times=None, media=replace(second.media, video=None))
        with combined([first, blind], annotations.outcomes) as whole:
            assert list(whole.outcomes) == list(annotations.outcomes)
            assert whole.frame_times is not None
            assert whole.media == annotations.media
            assert whole.provenance.weights == annotations.provenance.weights
            assert whole.provenance.timings_s["total"] == 2 * annotations.provenance.timings_s["total"]
            differing = {"provenance/provenance.json"}
            mine, theirs = exported(whole, tmp_path / "mine"), exported(annotations, tmp_path / "theirs")
            assert {name for name in theirs if mine.get(name) != theirs[name]} == differing


def test_one_attempt_alone_is_itself(tmp_path: Path) -> None:
    with full() as annotations:
        whole = combined([annotations])
        assert (whole.provenance, whole.outcomes) == (annotations.provenance, annotations.outcomes)
        assert all(outcome.status is PipelineStatus.COMPLETED for outcome in whole.outcomes.values())


def _changed_head(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Write the same file with another head."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    head = json.loads(members[HEAD])
    change(head)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, HEAD: json.dumps(head).encode()}.items():
            archive.writestr(name, content)

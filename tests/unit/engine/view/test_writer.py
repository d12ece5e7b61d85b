"""The view of a run: an index that leads to everything, also over several attempts."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.engine.previews import Previews, Sheets, Waveform
from videoannotator.engine.timeline import timeline_of
from videoannotator.engine.view.joined import Earlier
from videoannotator.engine.view.writer import INDEX, TIMELINE, read_earlier, write_view
from videoannotator.testing.examples import (
    EXAMPLES,
    annotation_set,
    completed,
    face_tracks,
    faces,
    identities,
    persons,
    scenes,
    unfinished,
)
from videoannotator.testing.speech_examples import turns, utterances

Item = dict[str, Any]
SHEETS = Sheets(160, 90, 10, 10, (0.0, 1.0), ("thumbnails-1-0000.jpg",))
WAVEFORM = Waveform(((100, "waveform-1-100.bin", 1000), (10, "waveform-1-10.bin", 100), (1, "waveform-1-1.bin", 10)))


def written(
    annotations: AnnotationSet,
    folder: Path,
    *,
    token: int = 1,
    earlier: Earlier | None = None,
    previewed: bool = True,
    on_fraction: Callable[[float | None], None] = lambda _: None,
) -> Item:
    """The index; every file that the attempt names is there, and no other."""
    (folder / "view").mkdir(exist_ok=True)
    before = {path.name for path in (folder / "view").iterdir()} - {"index.json", "timeline.json"}
    previews = Previews(folder / "view", f"-{token}")
    if previewed:
        previews.sheets, previews.waveform = SHEETS, WAVEFORM
        for name in (*SHEETS.names, *(name for _, name, _ in WAVEFORM.levels)):
            (folder / "view" / name).write_bytes(b"x")
    names = write_view(annotations, folder, token, previews, annotations.frame_times, earlier, on_fraction)
    assert names[-1] == INDEX
    assert {f"view/{path.name}" for path in (folder / "view").iterdir() if path.name not in before} == set(names)
    index: Item = json.loads((folder / INDEX).read_text())
    return index


def timeline(folder: Path) -> Item:
    document: Item = json.loads((folder / TIMELINE).read_text())
    return document


def observations(folder: Path, layer: Item) -> int:
    data = (folder / layer["name"]).read_bytes()
    windows = [json.loads(gzip.decompress(data[at : at + length])) for _, _, at, length in layer["windows"] if length]
    return sum(len(track["at"]) for window in windows for track in window["tracks"])


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_the_index_leads_to_everything(tmp_path: Path, name: str) -> None:
    with EXAMPLES[name]() as annotations:
        index = written(annotations, tmp_path)
        assert (index["version"], index["token"], index["duration_s"], index["timeline"]) == (1, 1, 10.0, TIMELINE)
        for layer, kind in (("persons", PersonObservation), ("faces", FaceObservation)):
            expected = len(list(annotations.records(kind)))
            found = observations(tmp_path, index["layers"][layer]) if layer in index["layers"] else 0
            assert found == expected
        assert timeline(tmp_path) == json.loads(json.dumps(timeline_of(annotations)))
        size = (tmp_path / "view" / "signals-1.bin").stat().st_size
        assert size == sum(12 * one["count"] + -12 * one["count"] % 8 for one in index["signals"])


def test_it_says_what_the_recording_is(tmp_path: Path) -> None:
    with EXAMPLES["full"]() as annotations:
        index = written(annotations, tmp_path)
        times = annotations.frame_times
        assert times is not None
        assert index["video"] == {
            "width": 640,
            "height": 360,
            "frame_count": 150,
            "pixel_aspect": [64, 45],
            "nominal_fps": pytest.approx(15.0, abs=0.2),
        }
        found = np.fromfile(tmp_path / index["frames"]["name"], "<f8")
        assert found.tolist() == [times[n].seconds for n in range(150)]
        assert index["has_audio"] is True
        assert index["thumbnails"]["sheets"] == ["view/thumbnails-1-0000.jpg"]
        assert index["waveform"]["levels"][2] == {"per_s": 1, "name": "view/waveform-1-1.bin", "bins": 10}
        assert index["layers"]["faces"]["mesh"]["count"] == 128


def test_sound_alone_has_no_pictures(tmp_path: Path) -> None:
    with EXAMPLES["audio_only"]() as annotations:
        index = written(annotations, tmp_path, previewed=False)
    assert (index["video"], index["frames"], index["thumbnails"], index["waveform"]) == (None, None, None, None)
    assert index["layers"] == {}


def test_a_layer_without_anybody_is_there_and_empty_and_one_that_nobody_looked_for_is_not(tmp_path: Path) -> None:
    with annotation_set({"person_tracking": (), "scene_detection": scenes()}) as annotations:
        index = written(annotations, tmp_path)
    assert set(index["layers"]) == {"persons"}
    assert index["layers"]["persons"]["windows"] == [[0.0, 10.0, 0, 0]]


def test_what_failed_says_so(tmp_path: Path) -> None:
    with unfinished() as annotations:
        index = written(annotations, tmp_path)
    assert index["layers"] == {}
    assert index["notes"] == [
        "scene_detection failed, so there is nothing of it here: The network could not be run: Größe stimmt nicht."
    ]


def test_observations_out_of_order_are_not_shown_and_the_rest_is(tmp_path: Path) -> None:
    late = [replace(persons()[-1]), replace(persons()[0], time=persons()[0].time.shifted(-20.0))]
    with annotation_set({"person_tracking": late, "face_analysis": faces()}) as annotations:
        index = written(annotations, tmp_path)
    assert set(index["layers"]) == {"faces"}
    assert any("do not come in the order of time" in note for note in index["notes"])
    assert not any(one["id"].startswith("person/") for one in index["signals"])


def test_two_pipelines_of_one_kind(tmp_path: Path) -> None:
    with annotation_set({"person_tracking": persons()}) as annotations:
        outcome, records = completed("person_tracking", persons()[:1])
        outcomes = {**annotations.outcomes, "other": replace(outcome, pipeline="other")}
        both = replace(annotations, outcomes=outcomes, results={**annotations.results, "other": records})
        index = written(both, tmp_path)
        records.close()
    assert index["layers"]["persons"]["pipeline"] == "person_tracking"
    assert index["notes"] == ["The people of person_tracking are shown, and not those of other."]


def test_progress_grows_to_its_end(tmp_path: Path) -> None:
    heard: list[float | None] = []
    with EXAMPLES["many"]() as annotations:
        written(annotations, tmp_path, on_fraction=heard.append)
    told = [fraction for fraction in heard if fraction is not None]
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4


def attempts(folder: Path, first: Mapping[str, Iterable[object]], second: Mapping[str, Iterable[object]]) -> Item:
    """The index after a second attempt, in the same folder so that every name of both can be looked up."""
    with annotation_set(first) as annotations:
        written(annotations, folder)
    earlier = read_earlier(folder / "view")
    assert earlier is not None
    with annotation_set(second) as annotations:
        return written(annotations, folder, token=2, earlier=earlier, previewed=False)


def test_a_second_attempt_shows_what_the_first_one_found_too(tmp_path: Path) -> None:
    first = {"person_tracking": (*persons(), *identities()), "speaker_diarization": turns()}
    index = attempts(tmp_path, first, {"face_analysis": (*faces(), *face_tracks()), "speech_recognition": utterances()})
    assert index["token"] == 2
    assert (index["layers"]["persons"]["name"], index["layers"]["faces"]["name"]) == ("view/persons-1.bin", "view/faces-2.bin")
    assert observations(tmp_path, index["layers"]["persons"]) == len(persons())
    assert observations(tmp_path, index["layers"]["faces"]) == len(faces())
    assert {one["name"] for one in index["signals"]} == {"view/signals-1.bin", "view/signals-2.bin"}
    assert index["thumbnails"]["sheets"] == ["view/thumbnails-1-0000.jpg"]
    assert index["waveform"] is not None
    shown = timeline(tmp_path)
    assert [person["id"] for person in shown["persons"]] == ["person_001", "person_002"]
    assert [face["track"] for face in shown["faces"]] == [1, 2]
    assert shown["turns"]
    assert shown["utterances"]
    speakers = {speaker["id"]: speaker["talking_s"] for speaker in shown["speakers"]}
    assert speakers["speaker_001"] == 7.6


def test_a_pipeline_that_ran_again_replaces_what_it_found_before(tmp_path: Path) -> None:
    first = {"scene_detection": scenes(), "person_tracking": (*persons(), *identities()), "face_analysis": faces()}
    index = attempts(tmp_path, first, {"person_tracking": persons()[:1]})
    assert index["layers"]["persons"]["name"] == "view/persons-2.bin"
    assert index["layers"]["faces"]["name"] == "view/faces-1.bin"
    assert [one["name"] for one in index["signals"] if one["pipeline"] == "person_tracking"] == ["view/signals-2.bin"]
    shown = timeline(tmp_path)
    assert [person["id"] for person in shown["persons"]] == ["track/1"]
    assert {face["person"] for face in shown["faces"]} == {None}, "nobody is known any more"
    assert len(shown["scenes"]) == 4


def test_a_note_goes_when_what_was_missing_is_there(tmp_path: Path) -> None:
    with annotation_set({"speaker_diarization": turns()}) as annotations, unfinished() as failed:
        outcomes = {**annotations.outcomes, "scene_detection": failed.outcomes["scene_detection"]}
        first = written(replace(annotations, outcomes=outcomes), tmp_path, previewed=False)
    assert len(first["notes"]) == 1
    with annotation_set({"scene_detection": scenes()}) as annotations:
        assert annotations.outcomes["scene_detection"].status is PipelineStatus.COMPLETED
        index = written(annotations, tmp_path, token=2, earlier=read_earlier(tmp_path / "view"))
    assert index["notes"] == []
    assert index["thumbnails"] is not None


def test_a_sound_attempt_keeps_what_is_known_of_the_pictures(tmp_path: Path) -> None:
    with annotation_set({"person_tracking": persons()}) as annotations:
        first = written(annotations, tmp_path)
    with annotation_set({"speaker_diarization": turns()}) as annotations:
        unseen = replace(annotations, frame_times=None)
        index = written(unseen, tmp_path, token=2, earlier=read_earlier(tmp_path / "view"), previewed=False)
    assert (index["frames"], index["video"]) == (first["frames"], first["video"])


@pytest.mark.parametrize("content", [None, b"{", b"\xff"])
def test_an_earlier_view_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "index.json").write_bytes(content)
    assert read_earlier(tmp_path) is None

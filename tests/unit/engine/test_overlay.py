"""The annotated video in a result folder."""

import hashlib
import json
from pathlib import Path

import pytest

from videoannotator.engine.annotate import annotate
from videoannotator.engine.batch import tasks_for
from videoannotator.engine.output import OVERLAY, RECORD, write_results
from videoannotator.engine.overlay import overlay_of
from videoannotator.errors import InvalidRequestException, RunStopped
from videoannotator.media.clip_writer import Sound, write_clip
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Shot, shots_clip, silence


def never() -> bool:
    return False


def test_it_is_written_with_the_results_and_listed_in_the_record(tmp_path: Path) -> None:
    clip, out, fractions = tmp_path / "clip.mp4", tmp_path / "out", list[float | None]()
    shots_clip(clip, [Shot(20), Shot(20)], size=(96, 64))
    with annotate(clip, ["scene_detection"], {"scene_detection": {"mode": "fast"}}, device="cpu") as annotations:
        further = overlay_of(clip, annotations, never, fractions.append)
        written = write_results(annotations, out, ["scenes"], further=further)
    assert {file.name: (file.format, file.pipeline) for file in written.files}[OVERLAY] == ("overlay", None)
    listed = {file["name"]: file["sha256"] for file in json.loads((out / RECORD).read_text())["files"]}
    assert listed[OVERLAY] == hashlib.sha256((out / OVERLAY).read_bytes()).hexdigest()
    assert written.files[-1].name == RECORD
    media = probe(out / OVERLAY)
    assert media.video is not None
    assert (media.video.codec, media.video.width) == ("h264", 96)
    known = [fraction for fraction in fractions if fraction is not None]
    assert known == sorted(known)
    assert 0.9 < known[-1] <= 1.0


def test_a_stop_leaves_no_results(tmp_path: Path) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out"
    shots_clip(clip, [Shot(20)], size=(96, 64))
    with annotate(clip, ["scene_detection"], {"scene_detection": {"mode": "fast"}}, device="cpu") as annotations:
        further = overlay_of(clip, annotations, lambda: True, lambda _: None)
        with pytest.raises(RunStopped):
            write_results(annotations, out, ["scenes"], further=further)
    assert list(out.iterdir()) == []


def test_sound_alone_has_none(tmp_path: Path) -> None:
    talk = tmp_path / "talk.wav"
    write_clip(talk, sounds=[Sound(silence(1.0), 16000, codec="pcm_s16le")])
    with annotate(talk, ["scene_detection"], device="cpu") as annotations:
        write_results(annotations, tmp_path / "out", further=overlay_of(talk, annotations, never, lambda _: None))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [RECORD]


def test_an_annotated_video_is_no_recording_of_its_folder_and_is_never_replaced_by_its_own(tmp_path: Path) -> None:
    results = tmp_path / "visit_annotations"
    results.mkdir()
    for name in (OVERLAY, RECORD, "clip.mp4"):
        (results / name).write_bytes(b"x")
    (tmp_path / OVERLAY).write_bytes(b"a recording that happens to have this name")
    assert [task.recording for task in tasks_for(tmp_path, tmp_path / "out")] == [tmp_path / OVERLAY, results / "clip.mp4"]
    with pytest.raises(InvalidRequestException, match="take its place"):
        tasks_for(results / OVERLAY, results)

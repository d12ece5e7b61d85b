"""`videoannotator demo`: correct annotations from one command, with no network and no ffmpeg."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import jiwer
import pytest
from tests.acceptance.conftest import Ended, RunCommand

from videoannotator.annotations.scenes import Boundary
from videoannotator.media.demo_clip import SHOTS, SPEECH
from videoannotator.media.synthetic import Join, joins_of

MAX_WORD_ERROR_RATE = 0.15
MAX_CUT_ERROR_FRAMES = 2


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_it_ends_well_and_says_what_to_open(demo: tuple[Path, Ended]) -> None:
    folder, ended = demo
    assert ended.code == 0, ended.err
    assert ended.out.isascii()
    for name in ("demo.mp4", "speech_recognition.vtt", "scene_detection.csv", "person_tracking.identities.csv"):
        assert str(folder / name) in ended.out
        assert (folder / name).stat().st_size > 0
    assert not list(folder.glob(".partial*"))


def plain(text: str) -> str:
    """Lower case, without punctuation, as word error rates are counted."""
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def test_word_error_rate(demo: tuple[Path, Ended], capsys: pytest.CaptureFixture[str]) -> None:
    heard = " ".join(row["text"] for row in read_csv(demo[0] / "audio_processing.utterances.csv"))
    rate = jiwer.wer(plain(SPEECH), plain(heard))
    with capsys.disabled():
        print(f"\ndemo clip: word error rate {rate:.1%} (target: at most {MAX_WORD_ERROR_RATE:.0%})")
    assert rate <= MAX_WORD_ERROR_RATE


def test_every_word_lies_inside_its_utterance_and_in_order(demo: tuple[Path, Ended]) -> None:
    utterances = {row["utterance_id"]: row for row in read_csv(demo[0] / "audio_processing.utterances.csv")}
    words = read_csv(demo[0] / "audio_processing.words.csv")
    assert len(words) > 50
    previous = 0.0
    for word in words:
        utterance = utterances[word["utterance_id"]]
        assert float(utterance["start_s"]) <= float(word["start_s"]) <= float(word["end_s"]) <= float(utterance["end_s"])
        assert previous <= float(word["start_s"])
        previous = float(word["start_s"])
        assert int(word["start_frame"]) == int(float(word["start_s"]) * 25 + 1e-6)


def test_every_boundary_is_found_once_and_nothing_else(demo: tuple[Path, Ended]) -> None:
    joins = joins_of(SHOTS)
    scenes = read_json(demo[0] / "scene_detection.json")
    assert [scene["boundary"] for scene in scenes] == ["start", *(join.boundary.value for join in joins)]
    for scene, join in zip(scenes[1:], joins, strict=True):
        assert_at(scene, join)
    assert scenes[0]["start_time"] == 0.0
    assert scenes[-1]["end_time"] == pytest.approx(20.4)


def assert_at(scene: dict[str, Any], join: Join) -> None:
    if join.boundary is Boundary.CUT:
        assert abs(scene["frame_start"] - join.first_frame) <= MAX_CUT_ERROR_FRAMES
    else:
        assert join.first_frame <= scene["frame_start"] <= join.last_frame + 1


def test_every_scene_has_a_picture(demo: tuple[Path, Ended]) -> None:
    for scene in read_json(demo[0] / "scene_detection.json"):
        assert (demo[0] / scene["keyframe"]).read_bytes().startswith(b"\xff\xd8")
        assert scene["start_time"] <= scene["keyframe_time"] < scene["end_time"]


def test_the_record_ties_the_result_to_its_input(demo: tuple[Path, Ended]) -> None:
    record = read_json(demo[0] / "provenance.json")
    assert len(record["input_sha256"]) == 64
    assert {weights["name"] for weights in record["weights"]} >= {
        "silero_vad",
        "moonshine_tiny_en_encoder",
        "moonshine_tiny_en_decoder",
    }
    assert set(record["options"]) == {"audio_processing", "face_analysis", "person_tracking", "scene_detection"}
    assert record["options"]["scene_detection"]["mode"] == "balanced"


def test_it_ran_without_a_network(demo: tuple[Path, Ended], offline: tuple[str, ...]) -> None:
    if not offline:
        pytest.skip("this system cannot make a network namespace (unshare --net)")
    assert demo[1].code == 0, demo[1].err


def test_results_of_other_recordings_are_kept(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "provenance.json").write_text("{}")
    ended = run_command("demo", "-o", tmp_path)
    assert ended.code == 1
    assert "stand in" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["provenance.json"]

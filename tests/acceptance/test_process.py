"""`videoannotator process` on recordings of every shape, and interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.acceptance.conftest import RunCommand, environment

from videoannotator.annotations.time import MediaTime
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, Shot, Sound, shots_clip, silence, write_clip

STOP_LIMIT_S = 5


def report(out: str) -> dict[str, Any]:
    """The only recording in the output of --json."""
    (only,) = json.loads(out)["recordings"]
    return dict(only)


def read_scenes(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "scene_detection.json").read_text()))


def test_a_video_without_sound(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "silent.mp4", [Shot(40), Shot(40)], size=(160, 120))
    ended = run_command("process", tmp_path / "silent.mp4", "-o", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    pipelines = report(ended.out)["pipelines"]
    assert pipelines["audio_processing"]["status"] == "skipped"
    assert pipelines["audio_processing"]["reason"] == "The recording has no audio track."
    assert [scene["frame_start"] for scene in read_scenes(tmp_path / "out")] == [0, 40]
    assert not [*(tmp_path / "out").glob("speech_recognition*"), *(tmp_path / "out").glob("audio_processing*")]


def test_sound_without_video(tmp_path: Path, run_command: RunCommand) -> None:
    samples, rate_hz = speech_sample()
    write_clip(tmp_path / "talk.wav", sounds=[Sound(samples[: 5 * rate_hz], rate_hz, codec="pcm_s16le")])
    ended = run_command("process", tmp_path / "talk.wav", "-o", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    pipelines = report(ended.out)["pipelines"]
    assert pipelines["scene_detection"]["reason"] == "The recording has no video track."
    assert "best of times" in (tmp_path / "out" / "speech_recognition.vtt").read_text().replace("\n", " ").lower().replace(
        ">", " "
    ) or (pipelines["audio_processing"]["annotations"]["Utterance"] > 0)
    assert not list((tmp_path / "out").glob("scene_detection*"))


def test_an_annotated_video_on_request(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(20), Shot(20)], size=(160, 120), sounds=[Sound(silence(1.6), 16000)])
    words = ("process", tmp_path / "clip.mp4", "-o", tmp_path / "out", "--pipelines", "scene_detection", "--json")
    assert run_command(*words).code == 0
    assert not (tmp_path / "out" / "overlay.mp4").exists()
    ended = run_command(*words, "--overlay", "--overwrite")
    assert ended.code == 0, ended.err
    assert "overlay.mp4" in {file["name"] for file in report(ended.out)["files"]}
    media = probe(tmp_path / "out" / "overlay.mp4")
    assert media.video is not None
    assert (media.video.codec, media.audio[0].codec) == ("h264", "aac")
    write_clip(tmp_path / "talk.wav", sounds=[Sound(silence(1.0), 16000, codec="pcm_s16le")])
    ended = run_command("process", tmp_path / "talk.wav", "-o", tmp_path / "talk", "--pipelines", "scene_detection", "--overlay")
    assert ended.code == 0, ended.err
    assert "no annotated video was made, because the recording has no video track" in ended.err


def test_less_than_a_second(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "moment.mp4", [Shot(12)], size=(160, 120), sounds=[Sound(silence(0.48), 16000)])
    ended = run_command("process", tmp_path / "moment.mp4", "-o", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    (scene,) = read_scenes(tmp_path / "out")
    assert (scene["frame_start"], scene["frame_end"]) == (0, 11)
    assert scene["end_time"] == pytest.approx(0.48, abs=0.001)
    assert (tmp_path / "out" / "speech_recognition.vtt").read_text() == "WEBVTT\n"


def test_irregular_frame_times_are_kept_to_the_millisecond(tmp_path: Path, run_command: RunCommand) -> None:
    rng = np.random.default_rng(5)
    gaps = rng.integers(15, 120, 120)
    times = [MediaTime(Fraction(int(tick), 1000)) for tick in np.concatenate([[0], np.cumsum(gaps)[:-1]])]
    picture = Picture(time_base=Fraction(1, 1000))
    truth = shots_clip(tmp_path / "phone.mkv", [Shot(45), Shot(40), Shot(35)], size=(160, 120), picture=picture, times=times)
    ended = run_command("process", tmp_path / "phone.mkv", "-o", tmp_path / "out", "--pipelines", "scene_detection")
    assert ended.code == 0, ended.err
    scenes = read_scenes(tmp_path / "out")
    assert [scene["frame_start"] for scene in scenes] == [0, *(join.first_frame for join in truth.joins)]
    for scene in scenes:
        assert scene["start_time"] == pytest.approx(truth.frame_times[scene["frame_start"]].seconds, abs=0.001)
    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert record["media"]["video"]["timing"]["variable_rate"] is True


def test_a_turned_phone_video_is_upright(tmp_path: Path, run_command: RunCommand) -> None:
    upright = np.full((160, 120, 3), 40, np.uint8)
    upright[:40, :30] = (250, 30, 30)  # red, top left
    stored = np.rot90(upright, 1).copy()
    frames = ((stored, index / 25) for index in range(25))
    write_clip(tmp_path / "phone.mp4", frames, picture=Picture(rotation_deg=90))
    ended = run_command("process", tmp_path / "phone.mp4", "-o", tmp_path / "out", "--pipelines", "scene")
    assert ended.code == 0, ended.err
    assert "deprecated" in ended.err
    (scene,) = read_scenes(tmp_path / "out")
    assert scene["bbox"] == [0, 0, 120, 160]
    picture = cv2.imread(str(tmp_path / "out" / scene["keyframe"]))
    assert picture is not None
    assert picture.shape[:2] == (160, 120)
    blue, green, red = picture[20, 15]
    assert red > 180
    assert max(blue, green) < 100
    assert picture[140, 100].max() < 100


def test_results_are_not_overwritten_unless_asked(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(12)], size=(96, 64))
    first = run_command("process", tmp_path / "clip.mp4", "-o", tmp_path / "out", "--pipelines", "scene_detection")
    assert first.code == 0, first.err
    before = (tmp_path / "out" / "provenance.json").read_bytes()
    again = run_command("process", tmp_path / "clip.mp4", "-o", tmp_path / "out", "--pipelines", "scene_detection")
    assert again.code == 1
    assert "--overwrite" in again.err
    assert (tmp_path / "out" / "provenance.json").read_bytes() == before
    third = run_command(
        "process",
        tmp_path / "clip.mp4",
        "-o",
        tmp_path / "out",
        "--pipelines",
        "scene_detection",
        "--format",
        "scenes",
        "--overwrite",
    )
    assert third.code == 0, third.err
    assert (tmp_path / "out" / "provenance.json").read_bytes() != before
    assert not list((tmp_path / "out").glob("*.csv")), "files of the earlier run that the new one does not make are gone"


def test_a_folder_goes_on_where_it_was_and_reports_each_recording(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    shots_clip(tmp_path / "in" / "b.mp4", [Shot(12)], size=(96, 64))
    shots_clip(tmp_path / "in" / "sub" / "a.mkv", [Shot(12)], size=(96, 64))
    (tmp_path / "in" / "broken.mp4").write_bytes(b"no video at all")
    (tmp_path / "in" / "note.txt").write_text("not a recording")
    words = ("process", tmp_path / "in", "-o", tmp_path / "out", "--pipelines", "scene_detection", "--json")
    ended = run_command(*words)
    assert ended.code == 1
    assert {Path(r["recording"]).name: r["status"] for r in json.loads(ended.out)["recordings"]} == {
        "b.mp4": "completed",
        "broken.mp4": "failed",
        "a.mkv": "completed",
    }
    assert (tmp_path / "out" / "sub" / "a" / "scene_detection.json").exists()
    again = run_command(*words)
    assert sorted(r["status"] for r in json.loads(again.out)["recordings"]) == ["failed", "kept", "kept"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "scene_detection.mode=quick"], ["scene_detection.mode", "'fast'"]),
        (["--set", "scene_detection.min_scene_length_s=-1"], ["scene_detection.min_scene_length_s", "from 0"]),
        (["--pipelines", "scene_detecton"], ["scene_detecton", "'scene_detection'"]),
        (["--format", "webvt"], ["webvt", "'webvtt'"]),
        (["--device", "gpu"], ["option device", "cuda"]),
        (["--set", "mode"], ["PIPELINE.OPTION=VALUE"]),
    ],
)
def test_a_mistake_is_refused_before_any_work(
    tmp_path: Path, run_command: RunCommand, arguments: list[str], words: list[str]
) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(96, 64))
    ended = run_command("process", tmp_path / "clip.mp4", "-o", tmp_path / "out", *arguments)
    assert ended.code == 1
    assert "Hint:" in ended.err
    assert "Traceback" not in ended.err
    for word in words:
        assert word in ended.err
    assert not (tmp_path / "out").exists()


def test_wrong_usage_is_exit_code_2(run_command: RunCommand) -> None:
    assert run_command("process").code == 2
    assert run_command("proces", "x.mp4").code == 2


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text"])
def test_what_is_no_recording_gets_one_clear_error(tmp_path: Path, run_command: RunCommand, kind: str) -> None:
    path = tmp_path / "thing.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(b"" if kind == "empty" else b"Dear diary, " * 100)
    ended = run_command("process", path, "-o", tmp_path / "out")
    assert ended.code == 1
    assert ended.err.count("Error:") == 1
    assert "Hint:" in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    samples, rate_hz = speech_sample()
    shots_clip(tmp_path / "long.mp4", [Shot(400), Shot(400)], size=(320, 240), sounds=[Sound(np.tile(samples, 2), rate_hz)])
    return tmp_path / "long.mp4"


def lines(stream: Any) -> Iterator[str]:
    while line := stream.readline():
        yield line


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_soon_and_leaves_nothing_half_written(tmp_path: Path, long_clip: Path, number: int) -> None:
    words = [sys.executable, "-m", "videoannotator", "process", str(long_clip), "-o", str(tmp_path / "out")]
    words += ["--set", "scene_detection.mode=accurate"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment()) as process:
        assert process.stderr is not None
        assert any("started" in line for line in lines(process.stderr))
        os.kill(process.pid, number)
        asked = time.monotonic()
        said = process.stderr.read()
        code = process.wait(60)
    assert code == 130
    assert "Stopped" in said
    assert time.monotonic() - asked < STOP_LIMIT_S
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, run_command: RunCommand) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(mount)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("a small file system to fill cannot be mounted here (needs root)")
    try:
        shots_clip(tmp_path / "clip.mp4", [Shot(30), Shot(30)], size=(320, 240))
        ended = run_command("process", tmp_path / "clip.mp4", "-o", mount / "out", "--pipelines", "scene_detection")
        assert ended.code == 1
        assert "disk" in ended.err
        assert "full" in ended.err
        assert list(mount.iterdir()) == []
    finally:
        subprocess.run(["umount", str(mount)], check=True)

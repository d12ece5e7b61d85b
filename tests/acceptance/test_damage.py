"""Damaged files: a clear answer each time; no hang, no traceback, no killed process."""

from pathlib import Path

import numpy as np
import pytest
from tests.acceptance.conftest import RunCommand

from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Picture, Shot, Sound, shots_clip

LIMIT_S = 20
KINDS = ("truncated", "bits", "header", "zeros", "swapped")
SUFFIXES = (".mp4", ".mkv", ".avi", ".ts")
EVERYDAY, ALL = 20, 200
"""Twenty are every kind of damage in every container."""


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A clip of three seconds with two shots and speech in each container."""
    folder = tmp_path_factory.mktemp("whole")
    samples, rate_hz = speech_sample()
    clips = {}
    for suffix in SUFFIXES:
        path = folder / f"clip{suffix}"
        picture = Picture(codec="mpeg4") if suffix == ".avi" else Picture(options={"g": "12"})
        sound = Sound(samples[: 3 * rate_hz], rate_hz, codec="libmp3lame" if suffix == ".avi" else "aac")
        shots_clip(path, [Shot(40), Shot(35)], size=(160, 120), picture=picture, sounds=[sound])
        clips[suffix] = path.read_bytes()
    return clips


def damaged(whole: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """The `number`-th damaged file: its suffix and content; every tenth is empty or tiny."""
    rng = np.random.default_rng(number)
    suffix, kind = SUFFIXES[number % len(SUFFIXES)], KINDS[number % len(KINDS)]
    data = bytearray(whole[suffix])
    if number % 10 == 9:
        return suffix, bytes(data[: int(rng.integers(0, 40))])
    if kind == "truncated":
        del data[int(rng.integers(1, len(data))) :]
    elif kind == "bits":
        for place in rng.integers(0, len(data), int(rng.integers(1, 400))):
            data[place] ^= 1 << int(rng.integers(0, 8))
    elif kind == "header":
        data[: int(rng.integers(4, 400))] = whole[SUFFIXES[(number + 1) % len(SUFFIXES)]][: int(rng.integers(4, 400))]
    elif kind == "zeros":
        start = int(rng.integers(0, len(data)))
        length = min(int(rng.integers(1, 20000)), len(data) - start)
        data[start : start + length] = bytes(length)
    else:
        middle = int(rng.integers(len(data) // 4, 3 * len(data) // 4))
        data = data[middle:] + data[:middle]
    return suffix, bytes(data)


def check(whole: dict[str, bytes], number: int, folder: Path, run_command: RunCommand, *words: str) -> None:
    suffix, content = damaged(whole, number)
    path = folder / f"damaged{suffix}"
    path.write_bytes(content)
    ended = run_command("process", path, "-o", folder / "out", *words, timeout_s=LIMIT_S)
    assert ended.code in (0, 1), (ended.code, ended.err)
    assert "Traceback" not in ended.err
    assert ("Error:" in ended.err) or ("failed" in ended.out) or ended.code == 0, ended.err
    if ended.code == 0:
        assert (folder / "out" / "provenance.json").exists()


@pytest.mark.alone
@pytest.mark.parametrize("number", range(EVERYDAY))
def test_damaged_file(whole: dict[str, bytes], number: int, tmp_path: Path, run_command: RunCommand) -> None:
    check(whole, number, tmp_path, run_command, "--pipelines", "scene_detection,speech_recognition")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(ALL))
def test_many_damaged_files(whole: dict[str, bytes], number: int, tmp_path: Path, run_command: RunCommand) -> None:
    check(whole, number, tmp_path, run_command)

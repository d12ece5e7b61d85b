"""Interlaced material comes out as whole pictures, one per frame, at the same times; progressive material is left alone."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.unit.media.clips import Everything, read

from videoannotator.annotations.time import MediaTime
from videoannotator.media.clip_writer import Image
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, write_clip
from videoannotator.media.types import FrameNeed

WIDTH, HEIGHT = 352, 288
X264 = {"x264-params": "bff=1:crf=8", "flags": "+ildct"}
MPEG2 = {"flags": "+ildct+ilme", "b": "6M", "field_order": "bb"}
KINDS = [("libx264", "mp4", X264), ("libx264", "mts", X264), ("mpeg2video", "ts", MPEG2), ("mpeg2video", "mpg", MPEG2)]


def bar(position: float) -> Image:
    """A bright vertical bar whose left edge is at `position`."""
    image = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    image[:, int(position) : int(position) + 60] = 200
    return image


def woven(index: int) -> Image:
    """A frame whose even lines were taken half a frame later, while the bar moved on by 12 pixels; the encoders mark it so."""
    frame = bar(32 + 24 * index)
    frame[1::2] = bar(20 + 24 * index)[1::2]
    return frame


def comb(image: Image) -> float:
    """How much neighbouring lines differ from each other, against lines of the same field."""
    grey = image[:, :, 1].astype(float)
    return float(np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean())


def interlaced_clip(path: Path, codec: str, options: dict[str, str], count: int = 9) -> None:
    frames = [(woven(index), MediaTime(Fraction(index, 25))) for index in range(count)]
    container = "mpegts" if path.suffix == ".mts" else None
    write_clip(path, frames, picture=Picture(codec=codec, options=options), container=container)


def edges(found: Everything) -> list[float]:
    """Where the bar's left edge is in each frame."""
    middles = [frame.image[HEIGHT // 2 - 20 : HEIGHT // 2 + 20, :, 1].mean(axis=0) for frame in found.frames[0]]
    return [float(np.argmax(line > 120)) for line in middles]


@pytest.mark.parametrize(("codec", "suffix", "options"), KINDS)
def test_fields_become_whole_pictures(codec: str, suffix: str, options: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / f"fields.{suffix}"
    interlaced_clip(path, codec, options)
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(9)]
    assert comb(woven(3)) > 5
    assert all(comb(frame.image) < 1 for frame in found.frames[0])
    assert np.abs(np.array(edges(found)) - [20 + 24 * index for index in range(9)]).max() <= 3
    video = probe(path, timing=False).video
    assert video is not None
    assert video.interlaced


def test_sampling_gives_the_same_pictures_as_reading_everything(tmp_path: Path) -> None:
    path = tmp_path / "fields.mp4"
    interlaced_clip(path, "libx264", X264, count=11)
    every, some = read(path), read(path, (FrameNeed(rate_hz=25 / 4),))
    assert [frame.index for frame in some.frames[0]] == [0, 4, 8]
    for frame in some.frames[0]:
        assert np.array_equal(frame.image, every.frames[0][frame.index].image)


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_recordings_lose_no_frame(count: int, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    interlaced_clip(path, "libx264", X264, count=count)
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(count)]
    assert found.facts.media.video is not None
    assert found.facts.media.video.interlaced


def test_progressive_pictures_are_untouched(tmp_path: Path) -> None:
    path = tmp_path / "whole.mkv"
    frames = [(woven(index), MediaTime(Fraction(index, 25))) for index in range(4)]
    write_clip(path, frames, picture=Picture(codec="ffv1", pixel_format="yuv444p"))
    found = read(path)
    assert all(comb(frame.image) == pytest.approx(comb(woven(index)), rel=0.05) for index, frame in enumerate(found.frames[0]))
    assert found.facts.media.video is not None
    assert not found.facts.media.video.interlaced

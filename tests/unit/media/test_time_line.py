"""When frames are shown: exact on every time base, from time 0 as a browser counts it."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.unit.media.clips import at, counting_frames, number_in, read, regular

from videoannotator.annotations.time import MediaTime
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, Sound, tone, write_clip
from videoannotator.media.types import FrameNeed


def irregular(count: int, seed: int, grid: Fraction) -> list[Fraction]:
    """Growing times, 3 to 120 ms apart, on a grid."""
    rng = np.random.default_rng(seed)
    steps = rng.uniform(0.005, 0.12, count - 1)
    times = [Fraction(0)]
    for step in steps:
        times.append(times[-1] + max(1, round(Fraction(float(step)) / grid)) * grid)
    return times


@pytest.mark.parametrize(
    ("suffix", "codec", "grid"),
    [
        ("mp4", "libx264", Fraction(1, 90000)),
        ("mov", "libx264", Fraction(1, 30000)),
        ("mkv", "libx264", Fraction(1, 1000)),
        ("webm", "libvpx-vp9", Fraction(1, 1000)),
        ("ts", "libx264", Fraction(1, 90000)),
        ("mp4", "libx265", Fraction(1, 90000)),
    ],
)
def test_irregular_times_come_back_exactly(suffix: str, codec: str, grid: Fraction, tmp_path: Path) -> None:
    path = tmp_path / f"vfr.{suffix}"
    times = irregular(40, 3, grid)
    write_clip(path, at(times, counting_frames(40)), picture=Picture(codec=codec, time_base=grid))
    found = read(path)
    assert found.times() == times
    assert [number_in(frame.image) for frame in found.frames[0]] == [index % 28 for index in range(40)]
    video = found.facts.media.video
    assert video is not None
    assert video.timing is not None
    assert video.timing.variable_rate
    assert video.timing.last_s == pytest.approx(float(times[-1]), abs=1e-6)
    gaps = [float(b - a) for a, b in pairwise(times)]
    assert (video.timing.shortest_interval_s, video.timing.longest_interval_s) == pytest.approx((min(gaps), max(gaps)), abs=1e-6)
    probed = probe(path).video
    assert probed is not None
    assert probed.timing == video.timing


def test_ntsc_rate_is_an_exact_fraction(tmp_path: Path) -> None:
    path = tmp_path / "ntsc.mp4"
    rate = Fraction(30000, 1001)
    write_clip(path, regular(20, rate), picture=Picture(rate=rate))
    assert read(path).times() == [Fraction(1001 * index, 30000) for index in range(20)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts"])
def test_reordered_frames_start_at_zero(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"b.{suffix}"
    write_clip(path, regular(30), picture=Picture(options={"bf": "3", "g": "12", "x264-params": "b-adapt=0"}))
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(30)]
    assert [frame.index for frame in found.frames[0]] == list(range(30))
    assert found.facts.media.video is not None
    assert found.facts.media.video.start_s == 0


@pytest.mark.parametrize(("suffix", "precision"), [("mp4", 0.0006), ("mkv", 0.0006), ("ts", 0.00002)])
def test_pictures_that_start_after_the_sound_keep_their_offset(suffix: str, precision: float, tmp_path: Path) -> None:
    path = tmp_path / f"late.{suffix}"
    frames = at([Fraction(12 + index, 25) for index in range(10)], counting_frames(10))
    write_clip(path, frames, sounds=[Sound(tone(1, rate_hz=48000), 48000, codec="ac3")])
    found = read(path)
    video = found.facts.media.video
    assert video is not None
    offset = float(found.times()[0] - found.blocks[0][0].time.exact)
    assert offset == pytest.approx(0.48 + (256 / 48000 if suffix == "ts" else 0), abs=precision + 256 / 48000)
    assert video.start_s == pytest.approx(float(found.times()[0]), abs=1e-6)
    assert found.times() == [found.times()[0] + Fraction(index, 25) for index in range(10)]


def test_a_recording_that_starts_late_as_a_whole_starts_at_zero(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    write_clip(path, at([Fraction(12 + index, 25) for index in range(10)], counting_frames(10)))
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(10)]
    assert found.facts.media.duration_s == pytest.approx(0.4)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_the_rate_of_a_need_spreads_over_irregular_times(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"vfr.{suffix}"
    times = irregular(60, 5, Fraction(1, 1000))
    write_clip(path, at(times, counting_frames(60)), picture=Picture(time_base=Fraction(1, 1000)))
    found = read(path, (FrameNeed(rate_hz=8), FrameNeed()))
    wanted: list[Fraction] = []
    for step in range(1000):
        first = next((time for time in times if time >= Fraction(step, 8)), None)
        if first is not None and first not in wanted:
            wanted.append(first)
    assert found.times(0) == wanted
    assert found.times(1) == times


@pytest.mark.parametrize(
    ("suffix", "rate", "variable"),
    [
        ("mkv", Fraction(30000, 1001), False),
        ("webm", Fraction(24000, 1001), False),
        ("mp4", Fraction(30000, 1001), False),
        ("mkv", Fraction(60), False),
    ],
)
def test_rounded_time_stamps_are_still_a_constant_rate(suffix: str, rate: Fraction, variable: bool, tmp_path: Path) -> None:
    path = tmp_path / f"cfr.{suffix}"
    codec = "libvpx-vp9" if suffix == "webm" else "libx264"
    write_clip(path, regular(50, rate), picture=Picture(codec=codec, rate=rate))
    video = probe(path).video
    assert video is not None
    assert video.timing is not None
    assert video.timing.variable_rate is variable
    assert video.timing.frame_count == 50
    assert video.average_rate_hz == pytest.approx(float(rate), rel=0.001)


def test_millisecond_rounding_that_was_carried_into_a_fine_time_base_is_still_constant(tmp_path: Path) -> None:
    path = tmp_path / "carried.mp4"
    times = [Fraction(round(index * 1001 / 30), 1000) for index in range(50)]
    write_clip(path, at(times, counting_frames(50)), picture=Picture(time_base=Fraction(1, 90000)))
    video = probe(path).video
    assert video is not None
    assert video.timing is not None
    assert not video.timing.variable_rate


def test_a_missing_frame_makes_the_rate_variable(tmp_path: Path) -> None:
    path = tmp_path / "hole.mp4"
    times = [Fraction(index, 25) for index in range(30) if index != 17]
    write_clip(path, at(times, counting_frames(29)))
    video = probe(path).video
    assert video is not None
    assert video.timing is not None
    assert video.timing.variable_rate
    assert video.timing.longest_interval_s == pytest.approx(0.08)


def test_pieces_put_end_to_end_follow_each_other(tmp_path: Path) -> None:
    whole = b""
    for number in range(2):
        part = tmp_path / f"{number}.ts"
        shift = Fraction(30 - 30 * number)
        frames = [(image, MediaTime(time.exact + shift)) for image, time in regular(50)]
        sound = Sound(tone(2, rate_hz=48000), 48000, start_s=float(shift), codec="ac3")
        write_clip(part, frames, picture=Picture(options={"bf": "0"}), sounds=[sound], container_options={"mpegts_copyts": "1"})
        whole += part.read_bytes()
    path = tmp_path / "whole.ts"
    path.write_bytes(whole)
    found = read(path)
    assert len(found.times()) == 100
    gaps = [b - a for a, b in pairwise(found.times())]
    assert min(gaps) > 0
    assert max(gaps) < Fraction(1, 10)
    assert len(found.sound()) / 16000 == pytest.approx(4, abs=0.15)
    assert any("starts anew" in warning for warning in found.facts.warnings)


def test_frames_without_time_stamps_follow_their_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "raw.h264"
    write_clip(path, regular(20), container="h264")
    found = read(path)
    assert len(found.times()) == 20
    gaps = {b - a for a, b in pairwise(found.times())}
    assert len(gaps) == 1
    assert any("no time stamp" in warning for warning in found.facts.warnings)


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe+empty_moov+default_base_moof", "dash"])
def test_fragmented_files_are_read_to_their_end(flags: str, tmp_path: Path) -> None:
    path = tmp_path / "fragments.mp4"
    rate = Fraction(4)
    sound = Sound(tone(30, rate_hz=48000), 48000, codec="flac")
    picture = Picture(rate=rate, options={"g": "8", "bf": "0"})
    write_clip(path, regular(120, rate), picture=picture, sounds=[sound], container_options={"movflags": flags})
    found = read(path)
    assert found.times() == [Fraction(index, 4) for index in range(120)]
    assert len(found.sound()) / 16000 == pytest.approx(30, abs=0.1)
    assert found.facts.media.duration_s == pytest.approx(30, abs=0.1)
    assert found.facts.media.damage is None


def test_a_header_that_announces_too_little_costs_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "short.avi"
    rate = Fraction(4)
    write_clip(path, regular(120, rate), picture=Picture(codec="mjpeg", pixel_format="yuvj420p", rate=rate))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):
        at = data.index(mark) + offset
        data[at : at + 4] = (1).to_bytes(4, "little")
    path.write_bytes(data)
    assert len(read(path).times()) == 120


def test_what_an_edit_list_cuts_off_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "edited.mp4"
    times = [Fraction(index - 5, 25) for index in range(30)]
    write_clip(path, at(times, counting_frames(30)), picture=Picture(options={"bf": "2"}))
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(25)]
    assert [number_in(frame.image) for frame in found.frames[0]] == [index % 28 for index in range(5, 30)]
    video = probe(path).video
    assert video is not None
    assert video.timing is not None
    assert video.timing.frame_count == 25

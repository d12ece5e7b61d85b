"""What browsers cannot play gets a copy that they can, on the same time line, upright, and of the same size."""

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from tests.small_disk import SIZE_BYTES
from tests.unit.media.clips import counting_frames

from videoannotator.annotations.media_info import AudioInfo, MediaInfo, VideoInfo
from videoannotator.errors import RunStopped, StorageFailedException, StorageFullException, UnsupportedMediaException
from videoannotator.media.clip_writer import Picture, Sound, write_clip
from videoannotator.media.probe import open_media, probe
from videoannotator.media.proxy import browser_can_play, make_proxy

RATE_HZ = 48_000
VIDEO = VideoInfo("h264", 640, 480, 0, False, Fraction(1), 25.0, 0.0, False, "yuv420p")
SOUND = AudioInfo("aac", 48000, 2, 0.0)
PLAYABLE = MediaInfo("x.mp4", 1000, "mp4", 1.0, VIDEO, (SOUND,), 0)


def media(container: str, video: str | None, sound: str | None, **of_video: Any) -> MediaInfo:
    audio = () if sound is None else (replace(SOUND, codec=sound),)
    picture = None if video is None else replace(VIDEO, codec=video, **of_video)
    return replace(PLAYABLE, container=container, video=picture, audio=audio, audio_track=0 if audio else None)


@pytest.mark.parametrize(
    "recording",
    [
        media("mp4", "h264", "aac"),
        media("mp4", "h264", "mp3"),
        media("mp4", "h264", None),
        media("mov", "h264", "aac"),
        media("mp4", "h264", "aac", rotation_deg=90, width=480, height=640),
        media("mp4", "h264", "aac", width=2160, height=3840),
        media("webm", "vp8", "vorbis"),
        media("webm", "vp9", "opus"),
        media("webm", "av1", None),
        media("mp3", None, "mp3"),
        media("wav", None, "pcm_s16le"),
    ],
)
def test_what_every_browser_plays(recording: MediaInfo) -> None:
    assert browser_can_play(recording)


@pytest.mark.parametrize(
    "recording",
    [
        media("mp4", "hevc", "aac"),
        media("mp4", "mpeg4", "aac"),
        media("mp4", "av1", "aac"),
        media("mp4", "h264", "ac3"),
        media("mp4", "h264", "opus"),
        media("mp4", "h264", "pcm_s16le"),
        media("mov", "prores", "pcm_s16le"),
        media("matroska", "h264", "aac"),
        media("mpegts", "h264", "aac"),
        media("avi", "mjpeg", "pcm_s16le"),
        media("webm", "vp9", "aac"),
        media("webm", "h264", "opus"),
        media("mp4", "h264", "aac", pixel_format="yuv420p10le"),
        media("mp4", "h264", "aac", pixel_format="yuv444p"),
        media("mp4", "h264", "aac", mirrored=True),
        media("mp4", "h264", "aac", width=7680, height=4320),
        replace(PLAYABLE, audio=(SOUND, SOUND), audio_track=1),
        media("wav", None, "pcm_s24le"),
        media("asf", None, "wmav2"),
    ],
)
def test_in_doubt_a_copy_is_made(recording: MediaInfo) -> None:
    assert not browser_can_play(recording)


def never() -> bool:
    return False


def tone(seconds: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Silence for 0.3 s, then a tone."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.where(times < 0.3, 0, 0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


def onset_s(path: Path) -> float:
    """When the tone begins."""
    for block in open_media(path).audio(RATE_HZ):
        loud = np.flatnonzero(np.abs(block.samples) > 0.2)
        if len(loud):
            return block.time.seconds + float(loud[0]) / RATE_HZ
    raise AssertionError("there is no tone")


def brightness(path: Path) -> list[tuple[float, int]]:
    return [(frame.time.seconds, int(frame.image.mean())) for frame in open_media(path).frames()]


def test_uneven_times_late_sound_and_odd_sides_are_kept(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "proxy.mp4"
    times = [Fraction(number, 25) + (Fraction(3, 10) if number > 9 else 0) for number in range(30)]
    frames = [(image, float(time)) for image, time in zip(counting_frames(30, (63, 49)), times, strict=True)]
    picture = Picture(codec="ffv1", pixel_format="yuv444p", time_base=Fraction(1, 1000))
    write_clip(source, frames, picture=picture, sounds=[Sound(tone(1.5), RATE_HZ, 0.2, codec="pcm_s16le")])
    assert not browser_can_play(probe(source))
    make_proxy(source, target, never)
    made = probe(target)
    assert browser_can_play(made)
    assert made.video is not None
    assert (made.video.width, made.video.height) == (64, 50)
    before, after = brightness(source), brightness(target)
    assert len(after) == 30
    for (old_s, old), (new_s, new) in zip(before, after, strict=True):
        assert new_s == pytest.approx(old_s, abs=1e-4)
        assert new == pytest.approx(old, abs=3)
    assert onset_s(target) == pytest.approx(onset_s(source), abs=0.005)
    assert {path.name for path in tmp_path.iterdir()} == {"source.mkv", "proxy.mp4"}


IRREGULAR_S = [number / 25 + (0.5 if number > 30 else 0) + (0.013 if number % 3 else 0) for number in range(75)]
REGULAR_S = [number / 25 for number in range(75)]
BIDIRECTIONAL = {"bf": "3", "g": "250"}


@pytest.mark.parametrize(
    ("name", "codec", "sound", "times_s", "begin_s", "sound_s"),
    [
        ("variable.mkv", "libx265", "aac", IRREGULAR_S, 0.0, 0.0),
        ("variable.mp4", "libx265", "aac", IRREGULAR_S, 0.0, 0.0),
        ("late_picture.mp4", "libx265", "aac", REGULAR_S, 0.48, 0.0),
        ("late_sound.mp4", "libx265", "aac", IRREGULAR_S, 0.0, 0.35),
        ("late_both.mkv", "libx265", "libopus", IRREGULAR_S, 0.32, 0.21),
        ("transport.ts", "libx264", "aac", REGULAR_S, 0.0, 0.1),
        ("late_picture.ts", "libx264", "libmp3lame", REGULAR_S, 0.28, 0.0),
        ("windows.avi", "mpeg4", "pcm_s16le", REGULAR_S, 0.0, 0.0),
    ],
)
def test_the_copy_has_the_time_line_of_the_source_to_the_millisecond(
    tmp_path: Path, name: str, codec: str, sound: str, times_s: list[float], begin_s: float, sound_s: float
) -> None:
    source, target = tmp_path / name, tmp_path / "proxy.mp4"
    frames = [(image, begin_s + time_s) for image, time_s in zip(counting_frames(75), times_s, strict=True)]
    options = BIDIRECTIONAL if codec == "libx264" else {}
    picture = Picture(codec=codec, time_base=Fraction(1, 25) if name.endswith("avi") else Fraction(1, 1000), options=options)
    write_clip(source, frames, picture=picture, sounds=[Sound(tone(3.0), RATE_HZ, sound_s, codec=sound)])
    assert not browser_can_play(probe(source, timing=False))
    told: list[float] = []
    make_proxy(source, target, never, told.append)
    before = [frame.time.seconds for frame in open_media(source).frames()]
    assert shown_s(target) == pytest.approx([time_s for time_s in before if time_s >= 0], abs=0.001)
    assert onset_s(target) == pytest.approx(onset_s(source), abs=0.003)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(before[-1], abs=0.1)


def shown_s(path: Path) -> list[float]:
    """Presentation times of the frames as they stand in an MP4, edit list applied: what a browser's `currentTime` counts from 0."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(container.streams.video[0]) if frame.time is not None]


def test_the_index_stands_before_the_pictures(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "proxy.mp4"
    write_clip(source, [(image, number / 25) for number, image in enumerate(counting_frames(10))])
    make_proxy(source, target, never)
    content = target.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


@pytest.mark.parametrize(("rotation_deg", "mirrored"), [(90, False), (180, False), (270, True), (0, True)])
def test_the_picture_is_upright(tmp_path: Path, rotation_deg: int, mirrored: bool) -> None:
    source, target = tmp_path / "source.mov", tmp_path / "proxy.mp4"
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 230
    image[24:, 32:] = 120
    write_clip(source, [(image, number / 25) for number in range(5)], picture=Picture(rotation_deg=rotation_deg, mirrored=mirrored))
    make_proxy(source, target, never)
    info = probe(target).video
    assert info is not None
    assert (info.rotation_deg, info.mirrored) == (0, False)
    old, new = (next(open_media(path).frames()).image for path in (source, target))
    assert old.shape == new.shape
    assert float(np.abs(old.astype(int) - new.astype(int)).mean()) < 6


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "proxy.mp4"
    frames = [(image, number / 25) for number, image in enumerate(counting_frames(5, (72, 58)))]
    write_clip(source, frames, picture=Picture(pixel_aspect_ratio=Fraction(16, 11)))
    make_proxy(source, target, never)
    info = probe(target).video
    assert info is not None
    assert info.pixel_aspect_ratio == Fraction(16, 11)


def test_a_silent_recording_and_sound_alone(tmp_path: Path) -> None:
    silent, sound = tmp_path / "silent.avi", tmp_path / "sound.mka"
    write_clip(
        silent,
        [(image, number / 25) for number, image in enumerate(counting_frames(10))],
        picture=Picture(codec="mjpeg", pixel_format="yuvj420p"),
    )
    write_clip(sound, sounds=[Sound(tone(1), RATE_HZ, codec="flac")], container="matroska")
    for source in (silent, sound):
        target = source.with_suffix(".mp4")
        make_proxy(source, target, never)
        made, old = probe(target), probe(source)
        assert browser_can_play(made)
        assert (made.video is None, made.audio_track) == (old.video is None, old.audio_track)
    assert onset_s(sound.with_suffix(".mp4")) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("asked", [0, 3])
def test_a_stop_leaves_nothing(tmp_path: Path, asked: int) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "proxy.mp4"
    write_clip(source, [(image, number / 25) for number, image in enumerate(counting_frames(20))])
    answers = iter([False] * asked + [True])
    with pytest.raises(RunStopped):
        make_proxy(source, target, lambda: next(answers))
    assert [path.name for path in tmp_path.iterdir()] == ["source.mkv"]


def test_what_is_no_recording_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    source.write_bytes(os.urandom(10_000))
    with pytest.raises(UnsupportedMediaException):
        make_proxy(source, tmp_path / "proxy.mp4", never)
    assert [path.name for path in tmp_path.iterdir()] == ["source.mkv"]


@pytest.mark.parametrize("free_bytes", [0, 50_000, 1_500_000])
def test_a_full_disk_is_named_and_left_as_it_was(tmp_path: Path, small_disk: Path, free_bytes: int) -> None:
    source = tmp_path / "source.mkv"
    noise = np.random.default_rng(1)
    frames = ((noise.integers(0, 256, (240, 320, 3), np.uint8), number / 25) for number in range(60))
    write_clip(source, frames, picture=Picture(options={"preset": "ultrafast"}))
    make_proxy(source, tmp_path / "proxy.mp4", never)
    assert (tmp_path / "proxy.mp4").stat().st_size > 1_700_000
    with (small_disk / "foreign").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE_BYTES - 100_000 - free_bytes)
    with pytest.raises(StorageFullException):
        make_proxy(source, small_disk / "proxy.mp4", never)
    assert [path.name for path in small_disk.iterdir()] == ["foreign"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = tmp_path / "source.mkv"
    write_clip(source, [(image, number / 25) for number, image in enumerate(counting_frames(5))])
    with pytest.raises(StorageFailedException) as caught:
        make_proxy(source, tmp_path / "missing" / "proxy.mp4", never)
    assert str(tmp_path) not in caught.value.message


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mkv", tmp_path / "proxy.mp4"
    images = counting_frames(25, (320, 240))
    write_clip(
        source, ((images[number % 25], number / 25) for number in range(1500)), picture=Picture(options={"preset": "ultrafast"})
    )
    process, seen = psutil.Process(), list[int]()

    def look() -> bool:
        seen.append(process.memory_info().rss)
        return False

    make_proxy(source, target, look)
    assert max(seen) - seen[len(seen) // 5] < 30_000_000

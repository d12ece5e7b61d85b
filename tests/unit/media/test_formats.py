"""Codecs, containers and pixel formats: the right number of frames, at exactly the right times, with the right pictures."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.unit.media.clips import corner_colours, corner_picture, number_in, read, regular

from videoannotator.annotations.time import MediaTime
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, Sound, tone, write_clip
from videoannotator.media.types import Colour, FrameNeed, Scaling


@dataclass(frozen=True)
class Kind:
    """A codec in a container, the names that must be reported, and whether the container leaves frames without time stamps."""

    codec: str
    suffix: str
    name: str
    container: str
    options: Mapping[str, str] = field(default_factory=dict)
    pixel_format: str = "yuv420p"
    size: tuple[int, int] = (64, 48)
    muxer: str | None = None
    guesses: bool = False

    def __str__(self) -> str:
        return f"{self.codec}-{self.suffix}"


SLOW_AV1 = {"preset": "12"}
KINDS = [
    Kind("libx264", "mp4", "h264", "mp4"),
    Kind("libx264", "mov", "h264", "mov"),
    Kind("libx264", "mkv", "h264", "matroska"),
    Kind("libx264", "avi", "h264", "avi"),
    Kind("libx264", "mts", "h264", "mpegts", muxer="mpegts"),
    Kind("libx264", "m2ts", "h264", "mpegts"),
    Kind("libx264", "flv", "h264", "flv"),
    Kind("libx265", "mp4", "hevc", "mp4"),
    Kind("libx265", "mkv", "hevc", "matroska"),
    Kind("libvpx-vp9", "webm", "vp9", "webm", {"cpu-used": "8", "deadline": "realtime"}),
    Kind("libsvtav1", "mp4", "av1", "mp4", SLOW_AV1),
    Kind("libsvtav1", "webm", "av1", "webm", SLOW_AV1),
    Kind("mpeg2video", "mpg", "mpeg2video", "mpeg", {"bf": "2", "b": "3M"}, size=(352, 288), guesses=True),
    Kind("mpeg2video", "ts", "mpeg2video", "mpegts"),
    Kind("mpeg4", "avi", "mpeg4", "avi", {"bf": "2", "b": "3M"}),
    Kind("mpeg4", "mp4", "mpeg4", "mp4"),
    Kind("mjpeg", "avi", "mjpeg", "avi", pixel_format="yuvj422p"),
    Kind("mjpeg", "mov", "mjpeg", "mov", pixel_format="yuvj420p"),
    Kind("dvvideo", "avi", "dvvideo", "avi", size=(720, 576)),
    Kind("dvvideo", "dv", "dvvideo", "dv", size=(720, 576)),
    Kind("wmv2", "wmv", "wmv2", "asf"),
    Kind("wmv2", "avi", "wmv2", "avi"),
    Kind("prores_ks", "mov", "prores", "mov", pixel_format="yuv422p10le"),
    Kind("ffv1", "mkv", "ffv1", "matroska", pixel_format="yuv444p16le"),
    Kind("png", "mov", "png", "mov", pixel_format="rgba"),
]


@pytest.fixture(autouse=True)
def usual_priority() -> Iterator[None]:
    """SVT-AV1, run by root, gives the thread that opens it the highest real-time priority, and what that one starts inherits it.

    Browsers and servers of later tests would leave nobody else a processor.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, *before)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_frame_comes_once_at_its_time(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / f"clip.{kind.suffix}"
    full_range = kind.pixel_format.startswith("yuvj")
    picture = Picture(codec=kind.codec, pixel_format=kind.pixel_format, options=kind.options, full_range=full_range)
    count = 14
    write_clip(path, regular(count, size=kind.size), picture=picture, container=kind.muxer)
    found = read(path)
    assert found.times() == [Fraction(index, 25) for index in range(count)]
    assert [number_in(frame.image) for frame in found.frames[0]] == list(range(count))
    assert found.frames[0][0].image.shape == (kind.size[1], kind.size[0], 3)
    info = found.facts.media
    assert info.video is not None
    assert (info.video.codec, info.container) == (kind.name, kind.container)
    assert info.video.timing is not None
    assert (info.video.timing.frame_count, info.video.timing.variable_rate) == (count, False)
    assert info.duration_s == pytest.approx(count / 25, abs=0.001)
    assert info.damage is None
    assert len(found.facts.warnings) == kind.guesses
    assert info.audio == ()
    timing = probe(path).video
    assert timing is not None
    assert timing.timing == info.video.timing or kind.guesses


PIXEL_FORMATS = [
    ("libx264", "mp4", "yuv420p"),
    ("libx264", "mp4", "yuv422p"),
    ("libx264", "mp4", "yuv444p"),
    ("libx264", "mp4", "yuv420p10le"),
    ("libx264", "mp4", "yuv422p10le"),
    ("libx264", "mp4", "gray"),
    ("libx264", "mp4", "nv12"),
    ("ffv1", "mkv", "yuv420p12le"),
    ("ffv1", "mkv", "yuv420p16le"),
    ("ffv1", "mkv", "yuva420p"),
    ("ffv1", "mkv", "gray16le"),
    ("ffv1", "mkv", "yuv411p"),
    ("ffv1", "mkv", "bgr0"),
    ("png", "mov", "rgba"),
    ("png", "mov", "ya8"),
    ("png", "mov", "rgb48be"),
    ("qtrle", "mov", "rgb24"),
    ("rawvideo", "avi", "yuyv422"),
    ("rawvideo", "mkv", "uyvy422"),
    ("gif", "gif", "rgb8"),
    ("prores_ks", "mov", "yuva444p10le"),
]


@pytest.mark.parametrize(("codec", "suffix", "pixel_format"), PIXEL_FORMATS, ids=str)
@pytest.mark.parametrize("scaling", list(Scaling), ids=str)
def test_pixel_formats_give_the_same_picture(codec: str, suffix: str, pixel_format: str, scaling: Scaling, tmp_path: Path) -> None:
    path = tmp_path / f"clip.{suffix}"
    image = corner_picture(96, 64)
    times = [MediaTime(Fraction(index, 25)) for index in range(2)]
    write_clip(path, [(image, time) for time in times], picture=Picture(codec=codec, pixel_format=pixel_format))
    needs = (
        FrameNeed(scaling=scaling),
        FrameNeed(scaling=scaling, exact_size=(24, 16)),
        FrameNeed(scaling=scaling, exact_size=(24, 16), colour=Colour.BGR),
        FrameNeed(scaling=scaling, exact_size=(24, 16), colour=Colour.GRAY),
    )
    found = read(path, needs)
    rgb, small, bgr, grey = (found.frames[index][0].image for index in range(4))
    assert (rgb.shape, small.shape, bgr.shape, grey.shape) == ((64, 96, 3), (16, 24, 3), (16, 24, 3), (16, 24))
    colourless = pixel_format in {"gray", "gray16le", "ya8"}
    wanted = {"upper left": "red", "upper right": "green", "lower left": "blue", "lower right": "grey"}
    if not colourless:
        assert corner_colours(rgb) == wanted
        assert corner_colours(small) == wanted
        rough = 40 if pixel_format == "rgb8" else 12
        assert abs(int(rgb[5, 5, 0]) - 220) < rough
        assert abs(int(small[1, 1, 0]) - 220) < rough
        assert abs(int(rgb[5, 5, 1]) - 30) < rough
    assert np.abs(bgr[:, :, ::-1].astype(int) - small).max() <= 3
    assert abs(int(grey[8, 12]) - 110) < 14
    assert abs(int(rgb[32, 48].mean()) - 110) < 14


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le"])
@pytest.mark.parametrize("scaling", list(Scaling), ids=str)
def test_colours_follow_the_tags(matrix: str, full_range: bool, pixel_format: str, scaling: Scaling, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    image = np.full((64, 64, 3), (200, 40, 90), np.uint8)
    picture = Picture(matrix=matrix, full_range=full_range, pixel_format=pixel_format, options={"crf": "1"})
    write_clip(path, [(image, MediaTime(Fraction(0)))], picture=picture)
    small = FrameNeed(scaling=scaling, exact_size=(16, 16))
    found = read(path, (small, replace(small, colour=Colour.GRAY)))
    colour = found.frames[0][0].image.reshape(-1, 3).mean(axis=0)
    assert np.abs(colour - (200, 40, 90)).max() < 5
    red, blue = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    luma = 200 * red + 40 * (1 - red - blue) + 90 * blue
    assert abs(float(found.frames[1][0].image.mean()) - luma) < 2


def test_untagged_high_definition_is_taken_for_bt709(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    image = np.full((720, 1280, 3), (200, 40, 90), np.uint8)
    tagged = Picture(codec="ffv1", matrix="bt709", pixel_format="yuv444p")
    write_clip(path, [(image, MediaTime(Fraction(0)))], picture=tagged)
    plain = tmp_path / "plain.mkv"
    with av.open(str(path)) as source, av.open(str(plain), "w") as target:
        stream = target.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv444p"
        for frame in source.decode(video=0):
            bare = av.VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv444p")
            bare.pts = 0
            target.mux(stream.encode(bare))
        target.mux(stream.encode(None))
    colour = read(plain, (FrameNeed(exact_size=(16, 9)),)).frames[0][0].image.reshape(-1, 3).mean(axis=0)
    assert np.abs(colour - (200, 40, 90)).max() < 4


@pytest.mark.parametrize("size", [(65, 49), (33, 17), (2, 2), (1279, 33), (1, 1)])
@pytest.mark.parametrize("scaling", list(Scaling), ids=str)
def test_odd_sizes_are_kept(size: tuple[int, int], scaling: Scaling, tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    image = np.full((size[1], size[0], 3), (60, 120, 200), np.uint8)
    times = [MediaTime(Fraction(index, 25)) for index in range(3)]
    write_clip(path, [(image, time) for time in times], picture=Picture(codec="ffv1", pixel_format="yuv420p"))
    found = read(path, (FrameNeed(scaling=scaling), FrameNeed(scaling=scaling, max_size=(20, 20), colour=Colour.GRAY)))
    assert found.frames[0][0].image.shape == (size[1], size[0], 3)
    assert np.abs(found.frames[0][2].image.astype(int) - (60, 120, 200)).max() < 5
    shrunk = found.frames[1][0].image
    assert max(shrunk.shape) <= 20
    assert shrunk.shape[0] <= size[1]
    assert shrunk.shape[1] <= size[0]


def test_a_change_of_size_in_the_middle_is_followed(tmp_path: Path) -> None:
    parts = []
    for number, size in enumerate([(64, 48), (96, 64), (48, 96)]):
        part = tmp_path / f"{number}.ts"
        shift = Fraction(number * 10, 25)
        frames = [(image, MediaTime(shift + time.exact)) for image, time in regular(10, size=size)]
        write_clip(part, frames, picture=Picture(options={"bf": "0"}), container_options={"mpegts_copyts": "1"})
        parts.append(part.read_bytes())
    path = tmp_path / "whole.ts"
    path.write_bytes(b"".join(parts))
    found = read(path, (FrameNeed(), FrameNeed(exact_size=(32, 32)), FrameNeed(max_size=(32, 32))))
    shapes = [frame.image.shape[:2] for frame in found.frames[0]]
    assert sorted(set(shapes)) == [(48, 64), (64, 96), (96, 48)]
    assert len(shapes) == 30
    assert {frame.image.shape for frame in found.frames[1]} == {(32, 32, 3)}
    assert {frame.image.shape[:2] for frame in found.frames[2]} == {(24, 32), (21, 32), (32, 16)}
    assert any("size" in warning for warning in found.facts.warnings)


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as output:
        audio = output.add_stream("libmp3lame", rate=44100, layout="mono")
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = av.AudioFrame.from_ndarray(tone(1, rate_hz=44100).reshape(1, -1), format="flt", layout="mono")
        sound.sample_rate = 44100
        art = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        output.mux(cover.encode(art))
        output.mux(cover.encode(None))
        output.mux(audio.encode(sound))
        output.mux(audio.encode(None))
    with av.open(str(path)) as check:
        assert len(check.streams.video) == 1
    found = read(path)
    assert found.facts.media.video is None
    assert found.frames == {}
    assert found.facts.frame_times is None
    assert len(found.sound()) == pytest.approx(16000, abs=100)


def test_the_picture_survives_in_a_silent_recording_and_the_sound_in_one_without_pictures(tmp_path: Path) -> None:
    silent, sound_only = tmp_path / "silent.mp4", tmp_path / "sound.m4a"
    write_clip(silent, regular(5))
    write_clip(sound_only, sounds=[Sound(tone(1, rate_hz=44100), 44100)])
    without_sound, without_picture = read(silent), read(sound_only)
    assert (len(without_sound.times()), without_sound.blocks) == (5, {})
    assert without_sound.facts.media.audio_track is None
    assert (without_picture.frames, without_picture.facts.media.video) == ({}, None)
    assert without_picture.facts.media.duration_s == pytest.approx(1, abs=0.03)

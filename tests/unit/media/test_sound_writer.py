"""The sound of a copy is that of the recording: the same packets or the same channels, in step with the pictures."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.audio.stream import AudioStream
from tests.unit.media.clips import counting_frames

from videoannotator.media.clip_writer import Picture, Sound, write_clip
from videoannotator.media.probe import open_media, probe
from videoannotator.media.writer import write_mp4

RATE_HZ = 48_000
EVENT_S = 1.0
FRAME_S = 0.04
Samples = npt.NDArray[np.float32]


def copied(source: Path) -> Path:
    target = source.with_name("copy.mp4")
    write_mp4(source, target, "the copy", lambda: False)
    return target


def click(start_s: float = 0.0, seconds: float = 2.0, rate_hz: int = RATE_HZ) -> Samples:
    """Silence until a tone at the moment of the flash, of 0.2 s; left and right differ."""
    times = start_s + np.arange(round((seconds - start_s) * rate_hz)) / rate_hz
    tone = np.where((times >= EVENT_S) & (times < EVENT_S + 0.2), 0.5 * np.sin(2 * np.pi * 1000 * times), 0)
    return np.stack([tone, 0.25 * tone], axis=1).astype(np.float32)


def flash(start_s: float = 0.0) -> list[tuple[npt.NDArray[np.uint8], float]]:
    """Black pictures, and white ones from the event on."""
    dark, light = np.full((48, 64, 3), 20, np.uint8), np.full((48, 64, 3), 230, np.uint8)
    times = [start_s + number * FRAME_S for number in range(50)]
    return [(light if time >= EVENT_S - 1e-6 else dark, time) for time in times]


def flash_s(path: Path) -> float:
    return next(frame.time.seconds for frame in open_media(path).frames() if frame.image.mean() > 100)


def click_s(path: Path) -> float:
    for block in open_media(path).audio(RATE_HZ):
        loud = np.flatnonzero(np.abs(block.samples) > 0.1)
        if len(loud):
            return block.time.seconds + float(loud[0]) / RATE_HZ
    raise AssertionError("there is no click")


def packets(path: Path, track: int = 0) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[track]) if packet.size]


def channels(path: Path) -> Samples:
    """All samples, shape (channels, n)."""
    with av.open(str(path)) as container:
        frames = [np.asarray(frame.to_ndarray(), np.float32) for frame in container.decode(container.streams.audio[0])]
    return np.concatenate(frames, axis=1)


def level(samples: Samples) -> float:
    return float(np.sqrt((samples**2).mean()))


@pytest.mark.parametrize(
    ("name", "codec", "is_copied"),
    [
        ("a.mp4", "aac", True),
        ("a.mov", "aac", True),
        ("a.mkv", "aac", True),
        ("a.flv", "aac", True),
        ("a.mp4", "libmp3lame", True),
        ("a.mkv", "libmp3lame", True),
        ("a.ts", "libmp3lame", True),
        ("a.ts", "aac", False),
        ("a.mkv", "libopus", False),
        ("a.mkv", "ac3", False),
        ("a.mkv", "flac", False),
        ("a.mov", "pcm_s16le", False),
    ],
)
@pytest.mark.parametrize("late_s", [0.0, 0.3])
def test_click_and_flash_stay_together_in_both_channels(
    tmp_path: Path, name: str, codec: str, late_s: float, is_copied: bool
) -> None:
    source = tmp_path / name
    write_clip(source, flash(), sounds=[Sound(click(late_s), RATE_HZ, late_s, codec=codec)])
    assert flash_s(source) == pytest.approx(EVENT_S, abs=FRAME_S + 0.11)  # what is measured below is the change
    target = copied(source)
    assert (packets(target) == packets(source)) == is_copied
    assert flash_s(target) == pytest.approx(flash_s(source), abs=0.001)
    assert click_s(target) == pytest.approx(click_s(source), abs=1024 / RATE_HZ)
    left, right = channels(target)
    assert level(right) == pytest.approx(level(left) / 4, rel=0.1)
    info = probe(target).audio[0]
    assert (info.channels, info.codec) == (2, "mp3" if codec == "libmp3lame" else "aac")
    assert info.start_s == pytest.approx(probe(source).audio[0].start_s, abs=1024 / RATE_HZ + 0.002)  # what encoders put before it


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_pictures_that_start_late_and_a_clock_that_does_not_start_at_0(tmp_path: Path, codec: str) -> None:
    source = tmp_path / "a.mkv"
    frames = [(image, time + 7.5) for image, time in flash(0.48)]
    write_clip(source, frames, sounds=[Sound(click(), RATE_HZ, 7.5, codec=codec)], picture=Picture(time_base=Fraction(1, 1000)))
    target = copied(source)
    assert flash_s(target) == pytest.approx(flash_s(source), abs=0.001)
    assert click_s(target) == pytest.approx(click_s(source), abs=1024 / RATE_HZ)
    assert click_s(target) == pytest.approx(flash_s(target), abs=FRAME_S + 1024 / RATE_HZ)


def test_the_copied_samples_are_the_same(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    write_clip(source, flash(), sounds=[Sound(click(), RATE_HZ)])
    before, after = channels(source), channels(copied(source))
    assert before.shape == after.shape
    assert (before == after).all()


@pytest.mark.parametrize(
    ("codec", "layout", "kept"),
    [
        ("flac", "5.1", "5.1"),
        ("flac", "5.1(side)", "5.1"),
        ("flac", "quad", "stereo"),
        ("flac", "mono", "mono"),
        ("pcm_s16le", "5.1", "mono"),  # Matroska does not say which channel is which
    ],
)
def test_channels_are_kept_when_the_sound_is_encoded_anew(tmp_path: Path, codec: str, layout: str, kept: str) -> None:
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as output:
        stream: AudioStream = output.add_stream(codec, rate=44_100, layout=layout)  # type: ignore[assignment]
        count = stream.codec_context.layout.nb_channels
        for number in range(40):
            samples = np.zeros((1, 1024 * count), np.int16)
            samples[0, count - 1 :: count] = 8000 * np.sin(np.arange(1024) / 8)  # the last channel alone
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = 44_100, Fraction(1, 44_100), number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    target = copied(source)
    with av.open(str(target)) as made:
        context = made.streams.audio[0].codec_context
        assert (context.layout.name, context.sample_rate) == (kept, RATE_HZ)
    levels = [level(channel) for channel in channels(target)]
    assert max(levels) == levels[-1] > 0.02
    if kept == "5.1":
        assert max(levels[:-1]) < 0.01


def test_the_track_that_is_marked_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "a.mkv"
    quiet = np.zeros((2 * RATE_HZ, 2), np.float32)
    write_clip(source, flash(), sounds=[Sound(quiet, RATE_HZ, default=False), Sound(click(), RATE_HZ, default=True)])
    assert probe(source).audio_track == 1
    assert packets(copied(source)) == packets(source, 1)


def test_no_sound_and_sound_alone(tmp_path: Path) -> None:
    silent, alone = tmp_path / "silent.mp4", tmp_path / "alone.m4a"
    write_clip(silent, [(image, number / 25) for number, image in enumerate(counting_frames(5))])
    assert probe(copied(silent)).audio == ()
    write_clip(alone, sounds=[Sound(click(), RATE_HZ)], container="mp4")
    assert packets(copied(alone)) == packets(alone)


@pytest.mark.parametrize("codec", ["aac", "ac3"])
def test_damaged_packets_are_left_out_and_the_rest_stays_where_it_is(tmp_path: Path, codec: str) -> None:
    source = tmp_path / "a.mkv"
    noise = np.random.default_rng(1).normal(0, 0.05, (2 * RATE_HZ, 2)).astype(np.float32)
    write_clip(source, flash(), sounds=[Sound(np.clip(click() + noise, -1, 1), RATE_HZ, codec=codec)])
    whole = packets(source)
    content = source.read_bytes()
    for packet in whole[10:20]:
        assert content.count(packet) == 1
        content = content.replace(packet, b"\xff" * len(packet))
    source.write_bytes(content)
    target = copied(source)
    if codec == "aac":
        assert packets(target) == whole[:10] + whole[20:]
    assert click_s_of_tone(target) == pytest.approx(click_s_of_tone(source), abs=2 * 1024 / RATE_HZ)


def click_s_of_tone(path: Path) -> float:
    """When the tone is loud, in spite of noise."""
    for block in open_media(path).audio(RATE_HZ):
        loud = np.flatnonzero(np.abs(block.samples) > 0.28)
        if len(loud):
            return block.time.seconds + float(loud[0]) / RATE_HZ
    raise AssertionError("there is no click")

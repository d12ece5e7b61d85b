"""Sound: the right samples at the right times, one unbroken run, at any rate."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.media.clips import read, regular

from videoannotator.errors import InvalidRequestException
from videoannotator.media.decoder import Decoder
from videoannotator.media.probe import open_media, probe
from videoannotator.media.sound import TOLERANCE_S, TimeLine
from videoannotator.media.synthetic import Picture, Sound, noise, silence, tone, write_clip
from videoannotator.media.types import AudioNeed


def strength_at(samples: npt.NDArray[np.float32], rate_hz: int, hz: float) -> float:
    """Share of the sound's energy within 20 Hz of a frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    return float(spectrum[np.abs(frequencies - hz) < 20].sum() / spectrum.sum())


def click_times(samples: npt.NDArray[np.float32], start_s: float, rate_hz: int) -> list[float]:
    """Times at which a loud passage begins."""
    loud = np.abs(samples) > 0.25
    begins = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
    kept = [int(index) for number, index in enumerate(begins) if number == 0 or index - begins[number - 1] > rate_hz // 10]
    return [start_s + index / rate_hz for index in kept]


def clicks(seconds: float, every_s: float, rate_hz: int) -> npt.NDArray[np.float32]:
    """Silence with a click of 5 ms at every multiple of `every_s`, from the first on."""
    samples = silence(seconds, rate_hz)
    for start in np.arange(every_s, seconds - 0.1, every_s):
        samples[round(start * rate_hz) : round(start * rate_hz) + rate_hz // 200] = 0.9
    return samples


CODECS = [
    ("aac", "mp4", 44100),
    ("aac", "mkv", 48000),
    ("ac3", "ts", 48000),
    ("libmp3lame", "avi", 44100),
    ("libmp3lame", "mp3", 22050),
    ("libopus", "webm", 48000),
    ("flac", "mkv", 96000),
    ("pcm_s16le", "wav", 8000),
    ("pcm_u8", "wav", 11025),
    ("pcm_s24le", "mov", 48000),
    ("pcm_f32le", "wav", 44100),
]


@pytest.mark.parametrize(("codec", "suffix", "rate_hz"), CODECS, ids=str)
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_comes_at_its_time_at_every_rate(codec: str, suffix: str, rate_hz: int, channels: int, tmp_path: Path) -> None:
    path = tmp_path / f"sound.{suffix}"
    samples = clicks(2, 0.25, rate_hz)
    stored = samples if channels == 1 else np.stack([samples, samples], axis=1)
    frames = regular(50) if suffix not in {"wav", "mp3"} else []
    codec_video = {"webm": "libvpx-vp9", "avi": "mpeg4"}.get(suffix, "libx264")
    write_clip(path, frames, picture=Picture(codec=codec_video), sounds=[Sound(stored, rate_hz, codec=codec)])
    rates = (16000, 8000, rate_hz, 16000)
    found = read(path, (), tuple(AudioNeed(rate) for rate in rates))
    for need, rate in enumerate(rates):
        start = found.blocks[need][0].time.seconds
        heard = click_times(found.sound(need), start, rate)
        assert len(heard) == 7
        assert np.abs(np.array(heard) - np.arange(1, 8) * 0.25).max() < (0.03 if suffix in {"ts", "mp3", "avi"} else 0.002)
    assert np.array_equal(found.sound(0), found.sound(3))
    assert found.facts.media.damage is None
    assert found.facts.warnings == ()


def test_a_tone_keeps_its_pitch_and_level_at_every_rate(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    write_clip(path, sounds=[Sound(tone(2, 440, 44100, level=0.5), 44100, codec="pcm_s16le")])
    needs = (8000, 16000, 22050, 44100, 48000)
    found = read(path, (), tuple(AudioNeed(rate) for rate in needs))
    for need, rate in enumerate(needs):
        samples = found.sound(need)
        assert len(samples) == 2 * rate
        assert strength_at(samples, rate, 440) > 0.999
        middle = samples[rate // 2 : -rate // 2]
        assert float(np.sqrt(np.mean(middle**2))) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_stereo_is_mixed_to_mono(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left, right = tone(1, 400, 16000, level=0.8), tone(1, 1000, 16000, level=0.4)
    write_clip(path, sounds=[Sound(np.stack([left, right], axis=1), 16000, codec="pcm_s16le")])
    assert np.abs(read(path, ()).sound() - (left + right) / 2).max() < 0.001


def test_the_speech_channel_of_surround_sound_outweighs_the_others(tmp_path: Path) -> None:
    path = tmp_path / "surround.wav"
    channels = np.zeros((6, 16000), np.float32)
    channels[2], channels[3] = tone(1, 500, level=0.8), tone(1, 60, level=0.8)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=16000, layout="5.1")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels.T.reshape(1, -1)), format="flt", layout="5.1")
        frame.sample_rate = 16000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    samples = read(path, ()).sound()
    assert strength_at(samples, 16000, 500) > 0.999
    assert float(np.abs(samples).max()) == pytest.approx(0.8 / 3.414, rel=0.02)


@pytest.mark.parametrize("channels", [3, 5, 6, 7, 8, 12])
def test_any_number_of_channels_is_mixed(channels: int, tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    one = (tone(1, 500, level=0.5) * 32767).astype("<i2")
    data = np.repeat(one[:, None], channels, axis=1).tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        16000,
        32000 * channels,
        2 * channels,
        16,
        b"data",
        len(data),
    )
    path.write_bytes(header + data)
    found = read(path, ())
    assert found.facts.media.audio[0].channels == channels
    assert float(np.abs(found.sound() - tone(1, 500, level=0.5)).max()) < 0.001
    assert found.facts.media.damage is None


def test_eight_planar_channels_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "71.mka"
    one = tone(1, 500, 48000, level=0.5)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=48000, layout="7.1", options={"b": "512k"})
        packed = np.ascontiguousarray(np.repeat(one[:, None], 8, axis=1).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout="7.1")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    found = read(path, (), (AudioNeed(48000),))
    assert strength_at(found.sound(), 48000, 500) > 0.99
    assert float(np.abs(found.sound()[20000:30000]).max()) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_sound_that_starts_late_and_ends_early_keeps_its_place(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"late.{suffix}"
    samples = clicks(1, 0.25, 48000)
    write_clip(path, regular(75), sounds=[Sound(samples, 48000, start_s=1.0)])
    found = read(path)
    start = found.blocks[0][0].time.seconds
    assert start == pytest.approx(1, abs=0.03)
    assert np.abs(np.array(click_times(found.sound(), start, 16000)) - (1.25, 1.5, 1.75)).max() < 0.002
    assert found.facts.media.audio[0].start_s == pytest.approx(start, abs=0.001)
    assert found.facts.media.duration_s == pytest.approx(3)
    assert found.facts.media.damage is None


def test_the_default_track_is_used_unless_another_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tracks.mkv"
    sounds = [
        Sound(tone(1, 300, 16000), 16000, codec="flac", language="deu", default=False),
        Sound(tone(1, 700, 16000), 16000, codec="flac", language="eng", default=True),
        Sound(tone(1, 1100, 16000), 16000, codec="flac", default=False),
    ]
    write_clip(path, regular(25), sounds=sounds)
    info = probe(path)
    assert (info.audio_track, [track.language for track in info.audio]) == (1, ["deu", "eng", None])
    for track, hz in ((None, 700), (0, 300), (1, 700), (2, 1100)):
        found = read(path, (), audio_track=track)
        assert strength_at(found.sound(), 16000, hz) > 0.99
        assert found.facts.media.audio_track == (1 if track is None else track)
    with pytest.raises(InvalidRequestException, match="no audio track 3"):
        Decoder(path, audio_needs=[AudioNeed()], audio_track=3)
    assert len(list(open_media(path).audio(track=2))) > 0


def test_a_hole_in_the_time_stamps_becomes_silence(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.mkv", tmp_path / "hole.mkv"
    write_clip(whole, sounds=[Sound(tone(4, 440, 16000), 16000, codec="flac")])
    drop_packets(whole, path, Fraction(1), Fraction(2))
    found = read(path, ())
    samples = found.sound()
    assert len(samples) == pytest.approx(4 * 16000, abs=32)
    quiet = np.abs(samples[int(1.1 * 16000) : int(1.8 * 16000)])
    assert float(quiet.max()) < 0.001
    assert float(np.abs(samples[int(2.2 * 16000) :]).max()) > 0.4
    assert any("silence" in warning for warning in found.facts.warnings)


def drop_packets(source: Path, target: Path, start: Fraction, end: Fraction) -> None:
    """Copy a recording without the audio packets of a stretch of time."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as output:
        stream = whole.streams.audio[0]
        copy = output.add_stream_from_template(stream)
        for packet in whole.demux(stream):
            if packet.pts is None or start <= packet.pts * Fraction(str(stream.time_base)) < end:
                continue
            packet.stream = copy
            output.mux(packet)


PIECES = st.lists(st.tuples(st.integers(1, 2000), st.integers(-900, 900)), min_size=1, max_size=30)


@given(pieces=PIECES, start=st.integers(0, 5000))
def test_the_time_line_never_strays_from_the_time_stamps(pieces: list[tuple[int, int]], start: int) -> None:
    rate = 1000
    line = TimeLine(rate, None)
    stamp = Fraction(start, rate)
    count = 0
    for size, wobble in pieces:
        given_at = max(Fraction(0), stamp + Fraction(wobble, rate))
        before = line.end
        for piece in line.place(np.ones(size, np.float32), given_at):
            assert len(piece) <= max(rate, size)
            count += len(piece)
        assert line.start is not None
        assert line.end == line.start + Fraction(count, rate)
        assert line.end >= before
        if count and given_at + Fraction(size, rate) > before:
            assert abs(line.end - (given_at + Fraction(size, rate))) <= TOLERANCE_S
        stamp += Fraction(size, rate)


def test_rounded_time_stamps_change_nothing() -> None:
    line = TimeLine(44100, None)
    given_samples = [np.full(1024, index, np.float32) for index in range(400)]
    stamps = [Fraction(round(index * 1024 / 44.1), 1000) for index in range(400)]
    got = [piece for samples, stamp in zip(given_samples, stamps, strict=True) for piece in line.place(samples, stamp)]
    assert np.array_equal(np.concatenate(got), np.concatenate(given_samples))
    assert line.silence_s == line.cut_s == 0


def test_slow_drift_is_corrected_before_it_can_be_noticed() -> None:
    line = TimeLine(1000, None)
    for index in range(3000):
        list(line.place(np.ones(20, np.float32), Fraction(index * 201, 10_000)))
        assert abs(line.end - Fraction(index * 201, 10_000) - Fraction(20, 1000)) <= TOLERANCE_S
    assert line.silence_s > Fraction(1, 5)


@pytest.mark.parametrize("limit", [None, Fraction(10)])
def test_a_senseless_time_stamp_makes_no_endless_silence(limit: Fraction | None) -> None:
    line = TimeLine(1000, limit)
    list(line.place(np.ones(100, np.float32), Fraction(0)))
    made = list(line.place(np.ones(100, np.float32), Fraction(10**9)))
    assert sum(map(len, made)) == 100
    assert (line.ignored, line.end) == (1, Fraction(1, 5))


def test_noise_stays_noise_when_nothing_needs_to_change(tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    samples = noise(1, 16000, seed=4)
    write_clip(path, sounds=[Sound(samples, 16000, codec="pcm_f32le")])
    assert np.array_equal(read(path, ()).sound(), samples)

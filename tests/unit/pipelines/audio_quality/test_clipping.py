"""Clipping, in files that were really encoded and at levels where it no longer shows at full scale."""

from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.audio_quality.sounds import Values, arrived, at_rate, read_aloud, tone, white

from videoannotator.pipelines.audio_quality.clipping import Clipping, find_clipping

NOTHING = Clipping(0, 0)
ENCODED = [("pcm_s16le", 48000), ("pcm_s16le", 44100), ("aac", 48000), ("aac", 44100)]


def clipped(rate_hz: int, drive: float) -> tuple[Values, float]:
    """Speech that was recorded too loud by a factor, and the share of its samples that are cut off."""
    speech = at_rate(read_aloud(), rate_hz) * drive
    return np.clip(speech, -1, 1), float((np.abs(speech) >= 1).mean())


@pytest.mark.parametrize("gain", [1.0, 0.3])
@pytest.mark.parametrize(("codec", "rate_hz"), ENCODED)
@pytest.mark.parametrize("drive", [2.0, 4.0])
def test_the_share_of_clipped_speech(tmp_path: Path, codec: str, rate_hz: int, drive: float, gain: float) -> None:
    speech, share = clipped(rate_hz, drive)
    samples = arrived(tmp_path, speech * gain, rate_hz, codec)
    found = find_clipping(samples)
    assert share / 2 < found.samples / len(samples) < share * 1.5
    assert found.runs > 100


@pytest.mark.parametrize(("codec", "rate_hz"), ENCODED)
def test_loud_speech_is_not_clipped(tmp_path: Path, codec: str, rate_hz: int) -> None:
    for gain in (1.0, 0.3):
        assert find_clipping(arrived(tmp_path, at_rate(read_aloud(), rate_hz) * gain, rate_hz, codec)) == NOTHING


def test_clipping_of_one_side_is_found() -> None:
    speech = (read_aloud() * 3).astype(np.float32)
    share = float((speech >= 1).mean())
    found = find_clipping(np.minimum(speech, 1) * np.float32(0.2))
    assert share / 2 < found.samples / len(speech) < share * 1.5


def test_clipping_under_noise_is_found() -> None:
    speech, share = clipped(16000, 3.0)
    noisy = (speech * 0.5 + 0.003 * white(len(speech))).astype(np.float32)
    assert share / 2 < find_clipping(noisy).samples / len(noisy) < share * 1.5


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize("hertz", [110, 440, 1000])
def test_a_steady_tone_is_not_clipped_until_it_is(tmp_path: Path, codec: str, hertz: float) -> None:
    beep = tone(hertz, 1.0, 48000)
    speech = at_rate(read_aloud(), 48000)[: 48000 * 9] * 0.5
    assert find_clipping(arrived(tmp_path, np.concatenate([speech, 0.7 * beep]), 48000, codec)) == NOTHING
    if hertz < 1000:  # at more, the waves last too few samples of 16 kHz to look flat when AAC has been at them
        found = find_clipping(arrived(tmp_path, 0.7 * np.clip(2 * np.tile(beep, 5), -1, 1), 48000, codec))
        assert found.runs > 5 * hertz


def test_noise_and_silence_are_not_clipped() -> None:
    for samples in (np.zeros(16000), np.zeros(0), 0.1 * white(160_000), np.full(16000, 0.2)):
        assert find_clipping(samples.astype(np.float32)) == NOTHING


def test_a_single_run_at_full_scale_counts() -> None:
    speech = (read_aloud() * 0.5).astype(np.float32)
    at = int(np.argmax(speech))
    speech[at - 4 : at + 4] = 1.0
    assert find_clipping(speech) == Clipping(8, 1)

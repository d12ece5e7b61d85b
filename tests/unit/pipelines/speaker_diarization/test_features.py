"""Mel energies."""

import numpy as np
import pytest

from videoannotator.pipelines.speaker_diarization.features import BANDS, RATE_HZ, filter_banks, frame_count


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (160_000, 998)])
def test_only_whole_windows_count(samples: int, frames: int) -> None:
    assert frame_count(samples) == frames
    assert filter_banks(np.zeros(samples, np.float32)).shape == (frames, BANDS)


@pytest.mark.parametrize("hertz", [150.0, 440.0, 1000.0, 3000.0, 6500.0])
def test_a_tone_lies_in_its_band(hertz: float) -> None:
    tone = (0.5 * np.sin(2 * np.pi * hertz * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    mel = 1127 * np.log(1 + np.array([20.0, hertz, 8000.0]) / 700)
    band = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    loudest = filter_banks(tone).mean(axis=0).argmax()
    assert loudest == pytest.approx(band, abs=1.0)


def test_twice_the_level_is_a_constant_more() -> None:
    sound = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)
    assert np.allclose(filter_banks(2 * sound) - filter_banks(sound), np.log(4), atol=1e-3)


def test_a_constant_offset_is_no_sound() -> None:
    sound = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)
    assert np.allclose(filter_banks(sound + 0.2), filter_banks(sound), atol=0.02)

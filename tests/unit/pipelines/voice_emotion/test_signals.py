"""Pitch, level, jitter, shimmer, harmonicity and tilt of sounds of which they are known."""

import numpy as np
import pytest
from tests.unit.pipelines.voice_emotion.sounds import RATE_HZ, chords, pink_noise, steps_of, white_noise

from videoannotator.pipelines.voice_emotion.measuring import Reading, read_steps
from videoannotator.testing.vowels import vowel

PITCHES = (80, 100, 120, 150, 200, 250, 300, 400, 500)
NOISE_POWER = 1e-9


def reading(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Reading:
    rows = steps_of(samples)
    return read_steps(rows, np.ones(len(rows), bool), NOISE_POWER, 0.25)


@pytest.mark.parametrize("noise_db", [None, 30.0, 20.0], ids=str)
@pytest.mark.parametrize("formants", ["a", "i", "u"])
def test_the_pitch_of_vowels(formants: str, noise_db: float | None) -> None:
    """Measured: at most 0.03 % wrong, no octave errors."""
    wrong = steps = 0
    for pitch_hz in PITCHES:
        pitch = steps_of(vowel(pitch_hz, formants=formants, noise_db=noise_db).samples)["pitch_hz"]
        voiced = pitch[pitch > 0]
        assert len(voiced) >= 95
        assert np.median(voiced) == pytest.approx(pitch_hz, rel=0.002)
        wrong += int(np.sum(np.abs(np.log2(voiced / pitch_hz)) > 0.4))
        steps += len(voiced)
    assert wrong < 0.01 * steps


@pytest.mark.parametrize(("low_hz", "high_hz"), [(100, 200), (300, 180), (180, 450)])
def test_a_pitch_that_glides_is_followed(low_hz: float, high_hz: float) -> None:
    made = vowel(lambda time: low_hz + (high_hz - low_hz) * time, noise_db=30)
    pitch = steps_of(made.samples)["pitch_hz"][5:-5]
    truth = low_hz + (high_hz - low_hz) * (np.arange(5, 95) + 0.5) / 100
    assert np.median(np.abs(pitch / truth - 1)) < 0.01
    assert np.max(np.abs(pitch / truth - 1)) < 0.03


def test_a_child_s_squeal_needs_a_higher_limit() -> None:
    squeal = vowel(800, formants="a").samples
    pitch = steps_of(squeal, max_pitch_hz=1000)["pitch_hz"]
    assert np.median(pitch[pitch > 0]) == pytest.approx(800, rel=0.01)
    assert not np.any(np.abs(steps_of(squeal)["pitch_hz"] - 800) < 50)


def test_a_hoarse_voice_keeps_its_octave() -> None:
    for pitch_hz in (100, 200, 300):
        pitch = steps_of(vowel(pitch_hz, 2.0, jitter=0.02, shimmer=0.1, noise_db=20).samples)["pitch_hz"]
        voiced = pitch[pitch > 0]
        assert len(voiced) > 100
        assert np.mean(np.abs(np.log2(voiced / pitch_hz)) > 0.4) < 0.01


@pytest.mark.parametrize(
    "sound", [white_noise(3.0), pink_noise(3.0), np.zeros(3 * RATE_HZ, np.float32)], ids=["white", "pink", "no"]
)
def test_noise_has_no_pitch(sound: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    assert np.mean(steps_of(sound)["pitch_hz"] > 0) < 0.02


@pytest.mark.parametrize("level_dbfs", [-50.0, -20.0, -10.0])
def test_level(level_dbfs: float) -> None:
    energy = reading(vowel(150, level_dbfs=level_dbfs).samples).values["energy"]
    assert energy.mean_dbfs == pytest.approx(level_dbfs, abs=0.05)


def test_a_full_scale_sine_has_3_decibel_less_than_full_scale() -> None:
    sine = np.sin(2 * np.pi * 200 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32) * np.float32(0.98)
    assert reading(sine).values["energy"].mean_dbfs == pytest.approx(-3.01 - 0.18, abs=0.02)


def test_a_voice_without_jitter_and_shimmer_has_none() -> None:
    for pitch_hz in PITCHES:
        values = reading(vowel(pitch_hz).samples).values
        assert values["jitter_percent"] < 0.05
        assert values["shimmer_percent"] < 0.3


@pytest.mark.parametrize("jitter", [0.005, 0.01, 0.02])
@pytest.mark.parametrize("pitch_hz", [100, 150, 200, 300])
def test_jitter_is_that_of_the_pulses(pitch_hz: float, jitter: float) -> None:
    made = vowel(pitch_hz, 3.0, jitter=jitter, damping=6)
    assert reading(made.samples).values["jitter_percent"] == pytest.approx(made.jitter_percent, rel=0.1)


@pytest.mark.parametrize("shimmer", [0.03, 0.08])
@pytest.mark.parametrize("pitch_hz", [100, 150, 200, 300])
def test_shimmer_is_that_of_the_pulses(pitch_hz: float, shimmer: float) -> None:
    made = vowel(pitch_hz, 3.0, shimmer=shimmer, damping=6)
    assert reading(made.samples).values["shimmer_percent"] == pytest.approx(made.shimmer_percent, rel=0.12)


@pytest.mark.parametrize("formants", ["a", "i", "u"])
@pytest.mark.parametrize("pitch_hz", [100, 150, 200])
def test_where_formants_ring_into_the_next_period_both_are_near(pitch_hz: float, formants: str) -> None:
    """The sound itself has other jitter and shimmer than the pulses then: within a third of it for voices of grown-ups."""
    made = vowel(pitch_hz, 3.0, formants=formants, jitter=0.01)
    assert reading(made.samples).values["jitter_percent"] == pytest.approx(made.jitter_percent, rel=0.34)
    made = vowel(pitch_hz, 3.0, formants=formants, shimmer=0.05)
    assert reading(made.samples).values["shimmer_percent"] == pytest.approx(made.shimmer_percent, rel=0.36)


@pytest.mark.parametrize("noise_db", [30.0, 20.0, 10.0])
@pytest.mark.parametrize("pitch_hz", [80, 100, 200, 400])
def test_harmonicity_is_what_noise_leaves(pitch_hz: float, noise_db: float) -> None:
    values = reading(vowel(pitch_hz, 2.0, noise_db=noise_db).samples).values
    assert values["harmonicity_db"] == pytest.approx(noise_db, abs=2.0)


def test_a_period_between_two_samples_does_not_look_like_noise() -> None:
    for pitch_hz in (213, 310, 437):
        assert reading(vowel(pitch_hz, formants="i").samples).values["harmonicity_db"] > 33


def test_tilt_is_that_of_the_harmonics() -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    for pitch_hz in (100, 220):
        for slope_db in (-6.0, -12.0):
            parts = [
                10 ** (slope_db * np.log2(k) / 20) * np.sin(2 * np.pi * pitch_hz * k * time + k) for k in range(1, 7900 // pitch_hz)
            ]
            sound = np.sum(parts, axis=0)
            found = reading((0.1 * sound / np.abs(sound).max()).astype(np.float32)).values["spectral_tilt_db_per_octave"]
            assert found == pytest.approx(slope_db, abs=0.3)


def test_it_does_not_matter_how_the_sound_is_cut() -> None:
    sound = np.concatenate([white_noise(0.7), vowel(lambda t: 120 + 60 * t, 2.5, noise_db=25).samples, chords(1)])
    whole, pieces = steps_of(sound, block=len(sound)), steps_of(sound, block=777)
    assert len(whole) == len(sound) // 160
    assert np.array_equal(whole["pitch_hz"] > 0, pieces["pitch_hz"] > 0)
    assert np.allclose(whole["pitch_hz"], pieces["pitch_hz"], rtol=1e-5)
    assert np.array_equal(whole["power"], pieces["power"])

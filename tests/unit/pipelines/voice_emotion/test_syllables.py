"""Syllables of made speech, of which the number is known."""

import numpy as np
import pytest
from tests.unit.pipelines.voice_emotion.sounds import steps_of, white_noise

from videoannotator.pipelines.voice_emotion.syllables import syllable_count
from videoannotator.testing.speech import synthesise
from videoannotator.testing.vowels import vowel


def count(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> int:
    rows = steps_of(samples)
    return syllable_count(rows["power"].astype(np.float64), rows["pitch_hz"] > 0)


@pytest.mark.parametrize("syllables", [1, 4, 9])
def test_vowels_between_pauses_are_syllables(syllables: int) -> None:
    one = vowel(150, 0.15).samples * np.hanning(2400).astype(np.float32)
    assert count(np.tile(np.concatenate([one, white_noise(0.1, 0.0005)]), syllables)) == syllables


def test_noise_has_no_syllables() -> None:
    assert count(white_noise(2.0)) == 0


@pytest.mark.parametrize("voice", ["slt", "rms", "awb"])
def test_spoken_syllables_are_counted_roughly(voice: str) -> None:
    """22 syllables; de Jong & Wempe report a correlation of 0.7 to 0.9 with counts by ear, and a tendency to miss some."""
    speech = synthesise("Today the little children are playing in the garden, and tomorrow they will go.", voice)
    assert 12 <= count(speech.samples) <= 26

"""Synthetic speech with exactly known word times."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.errors import ExtraMissingException
from videoannotator.testing import speech
from videoannotator.testing.speech import RATE_HZ, VOICES, synthesise


@pytest.fixture
def _flite() -> None:
    try:
        synthesise("hello")
    except ExtraMissingException as missing:
        pytest.skip(f"{missing.message} {missing.hint}")


@pytest.mark.usefixtures("_flite")
@pytest.mark.parametrize("voice", VOICES)
def test_words_sound_when_they_are_said_to(voice: str) -> None:
    spoken = synthesise("Hello. Bob gave the dog's ball to 25 men.", voice)
    assert [word.text for word in spoken.words] == "hello bob gave the dog's ball to twenty five men".split()  # noqa: SIM905  a sentence
    assert spoken.samples.dtype == np.float32
    assert 0.05 < np.abs(spoken.samples).max() <= 1.0
    assert all(before.end_s <= after.start_s + 1e-6 for before, after in pairwise(spoken.words))
    assert all(word.start_s < word.end_s <= spoken.duration_s for word in spoken.words)
    loudest = max(power(spoken.samples, word.start_s, word.end_s) for word in spoken.words)
    assert all(power(spoken.samples, word.start_s, word.end_s) > 0.01 * loudest for word in spoken.words)
    hello, bob = spoken.words[:2]
    for start, end in ((0.0, hello.start_s), (hello.end_s + 0.01, bob.start_s), (spoken.words[-1].end_s + 0.03, spoken.duration_s)):
        assert power(spoken.samples, start, end) < 0.01 * loudest


def power(samples: npt.NDArray[np.float32], start_s: float, end_s: float) -> float:
    """Mean square of a part of the sound."""
    return float(np.mean(samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] ** 2))


@pytest.mark.usefixtures("_flite")
def test_the_same_text_sounds_the_same() -> None:
    assert np.array_equal(synthesise("good morning").samples, synthesise("good morning").samples)


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(ValueError, match="the voices are slt"):
        synthesise("hello", "nobody")


def test_a_missing_library_is_named_with_its_package() -> None:
    with pytest.raises(ExtraMissingException, match=r"libflite_of_nobody\.so") as missing:
        speech._load("libflite_of_nobody.so")
    assert "libflite1" in str(missing.value.hint)

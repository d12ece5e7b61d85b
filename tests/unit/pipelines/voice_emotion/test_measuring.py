"""What cannot be measured is missing, and says why."""

import numpy as np
import pytest
from tests.unit.pipelines.voice_emotion.sounds import RATE_HZ, steps_of, white_noise

from videoannotator.annotations.prosody import VoiceFlag, VoiceMeasure
from videoannotator.pipelines.voice_emotion.arousal import Comparison
from videoannotator.pipelines.voice_emotion.measuring import QUALITY, SOUND, VOICED, Reading, read_steps
from videoannotator.testing.vowels import vowel

QUIET_ROOM = 1e-8


def reading(samples: np.ndarray[tuple[int], np.dtype[np.float32]], noise_power: float | None = QUIET_ROOM) -> Reading:
    rows = steps_of(samples)
    return read_steps(rows, np.ones(len(rows), bool), noise_power, 0.25)


def missing(found: Reading, flag: VoiceFlag) -> set[VoiceMeasure]:
    return {measure for measure, why in found.missing.items() if flag in why}


def test_a_clear_vowel_lacks_nothing() -> None:
    found = reading(vowel(200, jitter=0.005, shimmer=0.03, noise_db=35).samples)
    assert found.flags == set()
    assert found.missing == {}
    assert found.values["pitch"].median_hz == pytest.approx(200, rel=0.01)
    assert found.values["voiced_share"] > 0.95
    assert found.values["signal_to_noise_db"] == pytest.approx(60.0, abs=0.1)


def test_too_short() -> None:
    found = reading(vowel(200, 0.2).samples)
    assert missing(found, VoiceFlag.TOO_SHORT) == set(SOUND)
    assert found.values == {}


def test_breath_has_a_level_and_no_pitch() -> None:
    found = reading(white_noise(1.0))
    assert missing(found, VoiceFlag.UNVOICED) == set(VOICED)
    assert set(found.values) == {"voiced_share", "signal_to_noise_db", "energy", "syllable_rate"}


def test_noise_takes_the_details_of_the_voice_away() -> None:
    found = reading(vowel(200).samples, noise_power=10 ** (-20 / 10) / 50)
    assert found.flags == {VoiceFlag.NOISY}
    assert missing(found, VoiceFlag.NOISY) == {*QUALITY, VoiceMeasure.SPECTRAL_TILT}
    assert "pitch" in found.values


def test_unknown_noise_is_said() -> None:
    found = reading(vowel(200).samples, noise_power=None)
    assert found.flags == {VoiceFlag.NOISE_UNKNOWN}
    assert "signal_to_noise_db" not in found.values
    assert "jitter_percent" in found.values


def test_a_faint_voice_has_no_details() -> None:
    found = reading(vowel(200, level_dbfs=-70).samples, noise_power=1e-10)
    assert missing(found, VoiceFlag.QUIET) == {*QUALITY, VoiceMeasure.SPECTRAL_TILT}


def test_clipping_takes_away_what_rests_on_amplitudes() -> None:
    found = reading(np.clip(vowel(200, level_dbfs=0).samples, -1, 1))
    assert found.flags == {VoiceFlag.CLIPPED}
    assert VoiceMeasure.ENERGY in missing(found, VoiceFlag.CLIPPED)
    assert "pitch" in found.values
    assert "jitter_percent" in found.values


def test_only_what_one_voice_says_alone_is_measured() -> None:
    rows = steps_of(np.concatenate([vowel(100).samples, vowel(300, level_dbfs=-10).samples]))
    alone = np.arange(len(rows)) < 100
    found = read_steps(rows, alone, QUIET_ROOM, 0.25)
    assert missing(found, VoiceFlag.OVERLAP) == set(QUALITY)
    assert found.values["pitch"].median_hz == pytest.approx(100, rel=0.01)
    assert found.values["energy"].mean_dbfs == pytest.approx(-20, abs=0.2)


def test_few_periods_tell_no_jitter() -> None:
    quiet = white_noise(0.3, 1e-4)
    found = reading(np.concatenate([quiet, vowel(100, 0.25).samples, quiet]))
    assert missing(found, VoiceFlag.FEW_PERIODS) == {VoiceMeasure.JITTER, VoiceMeasure.SHIMMER}
    assert "pitch" in found.values


def test_steps_without_sound_are_not_taken_for_sound() -> None:
    found = read_steps(steps_of(np.zeros(RATE_HZ, np.float32)), np.ones(100, bool), None, 0.25)
    assert missing(found, VoiceFlag.UNVOICED) == set(VOICED)


def test_the_median_of_a_speaker_has_half_and_extremes_have_the_ends() -> None:
    comparison = Comparison()
    for place in range(5):
        comparison.add(2.0, (100.0 + place, -30.0 + place, 3.0 + place))
    assert comparison.enough
    assert comparison.proxy((102.0, -28.0, 5.0)) == 0.5
    assert comparison.proxy((104.0, -26.0, 7.0)) == pytest.approx(0.9)
    assert comparison.proxy((104.0, -30.0, 5.0)) == pytest.approx((0.9 + 0.1 + 0.5) / 3, abs=1e-4)


def test_little_is_not_compared() -> None:
    comparison = Comparison()
    for _ in range(4):
        comparison.add(5.0, (100.0, -30.0, 3.0))
    assert not comparison.enough
    brief = Comparison()
    for _ in range(9):
        brief.add(1.0, (100.0, -30.0, 3.0))
    assert not brief.enough

"""Prosody says of every measure what it is, or why it is missing."""

from dataclasses import replace
from typing import Any

import pytest

from videoannotator.annotations.prosody import EmotionScore, Energy, Pitch, VoiceFlag, VoiceMeasure, VoiceProfile
from videoannotator.annotations.prosody_tables import PROSODY, SPEAKER_PROSODY
from videoannotator.testing.examples import EXAMPLES, frame_times
from videoannotator.testing.voice_examples import voice_segments

WHOLE = voice_segments()[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": WHOLE.start}, "ends after it starts"),
        ({"subject": "no id"}, "not an id"),
        ({"subject": None}, "a speaker who is known"),
        ({"pitch": None}, "pitch is given, or missing for a reason"),
        ({"missing": {VoiceMeasure.PITCH: (VoiceFlag.NOISY,)}}, "pitch is given and said to be missing"),
        ({"missing": {VoiceMeasure.EMOTION: ()}, "emotions": ()}, "emotion is missing for a reason"),
        ({"missing": {VoiceMeasure.EMOTION: (VoiceFlag.OVERLAP,)}}, "emotion is given and said to be missing"),
        ({"arousal_proxy": 1.5}, "arousal_proxy is a number from 0 to 1"),
        ({"jitter_percent": -1.0}, "not negative"),
        ({"pitch": Pitch(100.0, 110.0, 120.0, 1.0)}, "no numbers of a pitch"),
        ({"energy": Energy(float("nan"), 1.0)}, "no numbers of an energy"),
        ({"emotions": (EmotionScore("a", 1.2),)}, "confidence of 'a'"),
        ({"emotions": (EmotionScore("a", 0.5), EmotionScore("a", 0.5))}, "once"),
        ({"emotions": (EmotionScore("a", None),)}, "'a' has a confidence or an intensity"),
        ({"emotions": (EmotionScore("a", 0.5, 2.0),)}, "'a' has a confidence or an intensity"),
        ({"emotions": (EmotionScore("a", None, float("nan")),)}, "the intensity of 'a' is a finite number"),
        ({"emotions": (EmotionScore("a", 0.5), EmotionScore("b", None, 2.0))}, "or all have intensities"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(WHOLE, **changes)


def test_a_profile_is_of_what_somebody_said() -> None:
    with pytest.raises(ValueError, match="made of what somebody said"):
        VoiceProfile("speaker_001", None, 0, 0.0)


def test_prosody_as_rows() -> None:
    with EXAMPLES["full"]() as annotations:
        rows = [
            dict(zip([column.name for column in PROSODY.columns], row, strict=True))
            for row in annotations.rows(PROSODY, "voice_emotion")
        ]
        (zoe, other) = annotations.rows(SPEAKER_PROSODY, "voice_emotion")
    assert rows[0] == {
        "pipeline": "voice_emotion",
        "segment_id": 1,
        "start_s": 0.5,
        "end_s": 2.75,
        "duration_s": 2.25,
        "start_frame": frame_times().index_at(WHOLE.start),
        "end_frame": frame_times().index_at(WHOLE.end),
        "speaker_id": "speaker_001",
        "speaker_label": "Zoë",
        "voice_flags": None,
        "missing_measures": None,
        "voiced_share": 0.625,
        "signal_to_noise_db": 31.5,
        "pitch_median_hz": 221.5,
        "pitch_low_hz": 180.25,
        "pitch_high_hz": 290.0,
        "pitch_spread_semitones": 2.75,
        "energy_dbfs": -23.5,
        "energy_spread_db": 5.25,
        "spectral_tilt_db_per_octave": -7.5,
        "syllable_rate": 4.25,
        "word_rate": 2.5,
        "jitter_percent": 0.75,
        "shimmer_percent": 4.5,
        "harmonicity_db": 17.25,
        "arousal_proxy": 0.625,
        "emotion": "fröhlich",
        "emotion_confidence": 0.875,
        "emotion_scores": "fröhlich=0.875; neutral, calm=0.125",
        "emotion_intensity": None,
        "emotion_intensities": None,
    }
    assert rows[1]["voice_flags"] == "too_short unvoiced"
    assert str(rows[1]["missing_measures"]).startswith("pitch:too_short+unvoiced energy:too_short+unvoiced")
    assert rows[1]["pitch_median_hz"] is None
    assert zoe[1:5] == ("speaker_001", "Zoë", 2, 4.75)
    assert other[5:] == (None,) * 9


def test_the_proxy_is_said_to_be_uncalibrated() -> None:
    (column,) = [column for column in PROSODY.columns if column.name == "arousal_proxy"]
    assert "Uncalibrated" in column.description


def test_intensities_stand_in_columns_of_their_own() -> None:
    with EXAMPLES["intensities"]() as annotations:
        (row,) = annotations.rows(PROSODY, "voice_emotion")
    cells = dict(zip([column.name for column in PROSODY.columns], row, strict=True))
    assert {name: value for name, value in cells.items() if name.startswith("emotion")} == {
        "emotion": "Thankfulness Gratitude",
        "emotion_confidence": None,
        "emotion_scores": None,
        "emotion_intensity": 4.25,
        "emotion_intensities": "Thankfulness Gratitude=4.25; Freude & Stolz über mich=1.5; Doubt=-0.125",
    }

"""Options of voice emotion: what is refused, and how they come from JSON."""

import pytest

from videoannotator.pipelines.voice_emotion import LaionVoiceOptions, VoiceEmotionBaselineOptions, VoiceEmotionOptions
from videoannotator.validation.validator import ConfigValidator


def test_labels_come_as_a_json_list() -> None:
    text = '{"weights": "mine", "emotion_labels": ["calm", "angry"]}'
    assert VoiceEmotionOptions.model_validate_json(text).emotion_labels == ("calm", "angry")
    config = {"voice_emotion": {"weights": "mine", "emotion_labels": ["calm", "angry"]}}
    assert ConfigValidator().validate_batch(config, ["voice_emotion"]).errors == ()


@pytest.mark.parametrize(
    "config",
    [
        {"emotion_labels": ["calm"]},
        {"weights": "mine", "emotion_labels": ["calm", "calm"]},
        {"weights": "mine", "emotion_labels": [" "]},
        {"weights": "No Name"},
        {"max_pitch_hz": 1200.0},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(config: dict[str, object]) -> None:
    result = ConfigValidator().validate_batch({"voice_emotion": config}, ["voice_emotion"])
    assert not result.valid
    assert result.errors[0].field == list(config)[-1]


def test_pipelines_of_extras_have_weights_but_no_labels_of_their_own() -> None:
    shared = set(VoiceEmotionOptions.model_fields) - {"emotion_labels"}
    for options, weights in ((LaionVoiceOptions(), "laion_voice"), (VoiceEmotionBaselineOptions(), "voice_emotion_baseline")):
        assert set(type(options).model_fields) == shared
        assert options.weights == weights

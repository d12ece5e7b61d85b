"""What speaker diarization accepts."""

from typing import Any

import pytest
from pydantic import ValidationError

from videoannotator.pipelines.speaker_diarization import SpeakerDiarizationOptions


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"min_speakers": 4, "max_speakers": 2}, "max_speakers must not be less"),
        ({"num_speakers": 0}, "greater than or equal"),
        ({"model": "folder"}, "community1 takes no model"),
        ({"backend": "pyannote"}, "pyannote needs a model"),
        ({"labels": [{"label": "Ada"}]}, "either for a speaker or for a time"),
        ({"labels": [{"label": "Ada", "speaker": "speaker_001", "start_s": 1.0, "end_s": 2.0}]}, "either for a speaker"),
        ({"labels": [{"label": "Ada", "start_s": 2.0, "end_s": 2.0}]}, "end_s must be after"),
        ({"labels": [{"label": " ", "speaker": "speaker_001"}]}, "pattern"),
        ({"labels": [{"label": "Ada", "speaker": "Ada"}]}, "pattern"),
    ],
)
def test_what_contradicts_itself_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        SpeakerDiarizationOptions.model_validate(given, strict=False)


def test_a_known_number_is_both_bounds() -> None:
    assert SpeakerDiarizationOptions(num_speakers=3).bounds == (3, 3)
    assert SpeakerDiarizationOptions(min_speakers=2).bounds == (2, 20)

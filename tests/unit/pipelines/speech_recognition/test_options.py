"""What speech recognition accepts and refuses."""

import itertools
import re
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from videoannotator.pipelines.speech_recognition import SpeechRecognitionOptions


def test_every_option_has_a_default_and_a_description() -> None:
    assert SpeechRecognitionOptions().backend == "moonshine"
    assert all(field.description for field in SpeechRecognitionOptions.model_fields.values())


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        ({"language": "de"}, r"set backend to faster-whisper \(pip install 'videoannotator\[whisper\]'\)"),
        ({"language": "auto"}, "set backend to faster-whisper"),
        ({"model": "base"}, "leave it out, or set backend to faster-whisper"),
    ],
)
def test_what_moonshine_cannot_do_is_refused_with_the_cure(options: dict[str, Any], cure: str) -> None:
    with pytest.raises(ValidationError) as refused:
        SpeechRecognitionOptions(**options)
    (error,) = refused.value.errors()
    assert error["loc"] == (next(iter(options)),)
    assert re.search(cure, error["msg"])


@pytest.mark.parametrize("language", ["auto", "de", "yue"])
def test_whisper_takes_other_languages(language: str) -> None:
    assert SpeechRecognitionOptions(backend="faster-whisper", model="small", language=language).language == language


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.1},
        {"threshold": 1.0},
        {"min_pause_s": 0.0},
        {"max_segment_s": 31.0},
        {"padding_s": -0.1},
        {"confidence_threshold": 1.5},
        {"language": "English"},
        {"backend": "whisper"},
        {"word_times": "yes"},
        {"unknown": 1},
    ],
)
def test_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SpeechRecognitionOptions(**options)


def test_former_names_lead_to_options_that_exist() -> None:
    assert set(SpeechRecognitionOptions.former_names.values()) <= set(SpeechRecognitionOptions.model_fields)
    assert not set(SpeechRecognitionOptions.former_names) & set(SpeechRecognitionOptions.model_fields)


BACKENDS: list[dict[str, Any]] = [{}, {"backend": "moonshine"}, {"backend": "faster-whisper"}, {"backend": "other"}]
MODELS: list[dict[str, Any]] = [{}, {"model": None}, {"model": "small"}, {"model": ""}]
LANGUAGES: list[dict[str, Any]] = [{}, {"language": "en"}, {"language": "de"}, {"language": "auto"}, {"language": "English"}]


@pytest.mark.parametrize("parts", list(itertools.product(BACKENDS, MODELS, LANGUAGES)), ids=str)
def test_the_published_schema_says_the_same_as_the_validators(parts: tuple[dict[str, Any], ...]) -> None:
    sent: dict[str, Any] = {name: value for part in parts for name, value in part.items()}
    try:
        SpeechRecognitionOptions.model_validate(sent)
        accepted = True
    except ValidationError:
        accepted = False
    assert jsonschema_rs.is_valid(SpeechRecognitionOptions.model_json_schema(), sent) == accepted

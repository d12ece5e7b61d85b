"""What speech recognition accepts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from videoannotator.pipelines.base import PipelineOptions

Backend = Literal["moonshine", "faster-whisper"]


OF_ONE_BACKEND: JsonDict = {
    "if": {"properties": {"backend": {"const": "faster-whisper"}}, "required": ["backend"]},
    "else": {"properties": {"model": {"type": "null"}, "language": {"const": "en"}}},
}
"""What the validators below say, in the words of JSON Schema."""


class SpeechRecognitionOptions(PipelineOptions):
    """Options of speech recognition."""

    model_config = ConfigDict(json_schema_extra=OF_ONE_BACKEND)
    former_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "vad_threshold": "threshold",
            "min_speech_duration": "min_speech_s",
            "min_silence_duration": "min_pause_s",
            "max_segment_length": "max_segment_s",
            "min_confidence": "confidence_threshold",
            "word_timestamps": "word_times",
            "whisper_model": "model",
            "model_size": "model",
        }
    )

    backend: Backend = Field(
        default="moonshine",
        description=(
            "Which recogniser. moonshine: English, comes with VideoAnnotator. faster-whisper: many languages, needs the extra "
            "`whisper` and its weights."
        ),
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description=(
            "Which weights faster-whisper uses: a name such as base, small or large-v3 whose weights were downloaded before, or a "
            "folder that holds them. Left out: base. moonshine has one set of weights and takes no model."
        ),
    )
    language: str = Field(
        default="en",
        pattern="^(auto|[a-z]{2,3})$",
        description=(
            "Language that is spoken, as an ISO 639-1 code such as en or de; auto recognises the language of each stretch of "
            "speech. moonshine knows en only."
        ),
    )
    threshold: float = Field(
        default=0.5,
        ge=0.2,
        le=0.95,
        description="Probability of speech, from 0 to 1, at which speech begins. Lower finds fainter speech and more noise.",
    )
    confidence_threshold: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        description="Lowest confidence, from 0 to 1, with which the text of a stretch of speech is reported.",
    )
    min_speech_s: float = Field(
        default=0.13, ge=0.03, le=5.0, description="Shortest stretch of speech, in seconds of voice, that is recognised."
    )
    min_pause_s: float = Field(
        default=0.6,
        ge=0.2,
        le=5.0,
        description="Shortest pause, in seconds, that ends an utterance. Shorter values give shorter utterances and more errors.",
    )
    max_segment_s: float = Field(
        default=15.0, ge=5.0, le=30.0, description="Longest stretch of speech, in seconds, that is recognised in one piece."
    )
    padding_s: float = Field(
        default=0.2,
        ge=0.0,
        le=1.0,
        description="Sound, in seconds, that the recogniser hears before and after each stretch of speech.",
    )
    word_times: bool = Field(default=True, description="Whether the start and the end of every word are found.")

    @field_validator("model")
    @classmethod
    def _model_has_a_backend(cls, model: str | None, info: ValidationInfo) -> str | None:
        if model is not None and info.data.get("backend") == "moonshine":
            raise ValueError("moonshine takes no model; leave it out, or set backend to faster-whisper")
        return model

    @field_validator("language")
    @classmethod
    def _language_is_known(cls, language: str, info: ValidationInfo) -> str:
        if language != "en" and info.data.get("backend") == "moonshine":
            raise ValueError(
                "moonshine recognises English (en) only; for other languages set backend to faster-whisper "
                "(pip install 'videoannotator[whisper]')"
            )
        return language

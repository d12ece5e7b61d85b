"""What the pipelines for voice emotion accept."""

from typing import Annotated

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from videoannotator.pipelines.base import AddedName, PipelineOptions

LABELS_NEED_WEIGHTS: JsonDict = {
    "if": {"properties": {"emotion_labels": {"minItems": 1}}, "required": ["emotion_labels"]},
    "then": {"properties": {"weights": {"type": "string"}}, "required": ["weights"]},
}
"""What the validator below says, in the words of JSON Schema."""


class ProsodyOptions(PipelineOptions):
    """Options of all pipelines that measure voices."""

    min_pitch_hz: float = Field(default=60.0, ge=50.0, le=200.0, description="Lowest pitch, in Hz, that is looked for.")
    max_pitch_hz: float = Field(
        default=600.0,
        ge=300.0,
        le=1000.0,
        description="Highest pitch, in Hz, that is looked for; set 1000 for the squeals of small children.",
    )
    min_segment_s: float = Field(
        default=0.25,
        ge=0.1,
        le=5.0,
        description="Shortest stretch of one voice alone, in seconds, that is measured.",
    )
    threshold: float = Field(
        default=0.5,
        ge=0.2,
        le=0.95,
        description="Probability of speech, from 0 to 1, at which a stretch begins where nobody tells speakers apart.",
    )
    min_pause_s: float = Field(
        default=0.5,
        ge=0.1,
        le=5.0,
        description="Shortest pause, in seconds, that ends a stretch where nobody tells speakers apart.",
    )


class VoiceEmotionOptions(ProsodyOptions):
    """Options of voice emotion."""

    model_config = ConfigDict(json_schema_extra=LABELS_NEED_WEIGHTS)

    weights: AddedName | None = Field(
        default=None,
        description=(
            "Name of added weights (ONNX) of a network for emotions in speech: samples at 16 kHz in, one value per category out. "
            "Left out: no categories are given; none come along."
        ),
    )
    emotion_labels: tuple[Annotated[str, Field(pattern=r"\S", max_length=100)], ...] = Field(
        default=(),
        max_length=100,
        strict=False,
        json_schema_extra={"uniqueItems": True},
        description=(
            "Names of the categories of these weights, in the order of their output. Left out: those in the file config.json "
            "(id2label) or labels.txt that was added with the weights."
        ),
    )

    @field_validator("emotion_labels")
    @classmethod
    def _labels_are_of_weights(cls, labels: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if labels and info.data.get("weights") is None:
            raise ValueError("emotion_labels name the categories of weights; set weights as well")
        if len(set(labels)) != len(labels):
            raise ValueError("every category has a name of its own")
        return labels


class LaionVoiceOptions(ProsodyOptions):
    """Options of voice emotion by Empathic Insight Voice of LAION."""

    weights: AddedName = Field(
        default="laion_voice",
        description=(
            "Name of added weights: a folder with the files of BUD-E-Whisper, and with heads of Empathic Insight Voice for the "
            "emotions that are to be told."
        ),
    )


class VoiceEmotionBaselineOptions(ProsodyOptions):
    """Options of voice emotion by a classifier in the form of wav2vec 2.0."""

    weights: AddedName = Field(
        default="voice_emotion_baseline",
        description=(
            "Name of added weights: a folder with a network for audio classification as the library transformers saves it, such as "
            "superb/wav2vec2-base-superb-er."
        ),
    )

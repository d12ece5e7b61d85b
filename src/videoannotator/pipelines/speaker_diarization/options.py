"""What speaker diarization accepts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict

from videoannotator.pipelines.base import PipelineOptions

Backend = Literal["community1", "pyannote"]
Preset = Literal["fast", "balanced", "accurate"]
MOST_SPEAKERS = 20

SPEAKER_OR_TIME: JsonDict = {
    "if": {"properties": {"speaker": {"type": "string"}}, "required": ["speaker"]},
    "then": {"properties": {"start_s": {"type": "null"}, "end_s": {"type": "null"}}},
    "else": {"properties": {"start_s": {"type": "number"}, "end_s": {"type": "number"}}, "required": ["start_s", "end_s"]},
}
MODEL_OF_BACKEND: JsonDict = {
    "if": {"properties": {"backend": {"const": "pyannote"}}, "required": ["backend"]},
    "then": {"properties": {"model": {"type": "string"}}, "required": ["model"]},
    "else": {"properties": {"model": {"type": "null"}}},
}
"""What the validators below say, in the words of JSON Schema, which cannot say that one value must be above another."""


class SpeakerLabel(BaseModel):
    """The name of a speaker, who is given by number or by a time in which nobody speaks as much."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra=SPEAKER_OR_TIME)

    label: str = Field(min_length=1, max_length=100, pattern=r"\S", description="The name.")
    speaker: str | None = Field(
        default=None, pattern=r"^speaker_\d{3,}$", description="Which speaker, as in the results: speaker_001."
    )
    start_s: float | None = Field(
        default=None, ge=0, le=1e7, description="Start of a time in which this speaker speaks, in seconds."
    )
    end_s: float | None = Field(default=None, ge=0, le=1e7, description="Its end, in seconds.")

    @model_validator(mode="after")
    def _says_who(self) -> "SpeakerLabel":
        times = [time for time in (self.start_s, self.end_s) if time is not None]
        if len(times) != (2 if self.speaker is None else 0):
            raise ValueError("a label is either for a speaker or for a time from start_s to end_s")
        if times and times[0] >= times[1]:
            raise ValueError("end_s must be after start_s")
        return self


class SpeakerDiarizationOptions(PipelineOptions):
    """Options of speaker diarization."""

    model_config = ConfigDict(json_schema_extra=MODEL_OF_BACKEND)
    former_names: ClassVar[Mapping[str, str]] = MappingProxyType({"mode": "preset", "vad_threshold": "threshold"})

    backend: Backend = Field(
        default="community1",
        description=(
            "Which method. community1: comes with VideoAnnotator. pyannote: a pipeline of pyannote.audio, needs the extra "
            "`pyannote` and its weights."
        ),
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description=(
            "Which pipeline pyannote.audio uses: the name of added weights, a folder or a file config.yaml, or a name on the hub "
            "whose files were downloaded before. Its files can run code: use only those that you trust. Needed with pyannote; "
            "community1 takes no model."
        ),
    )
    preset: Preset = Field(
        default="balanced",
        description=(
            "How closely it listens: windows of 10 s that begin every 5 s (fast), every 2 s (balanced) or every second (accurate)."
        ),
    )
    num_speakers: Annotated[int, Field(ge=1, le=MOST_SPEAKERS)] | None = Field(
        default=None, description="How many people speak, where that is known. Left out: it is found out."
    )
    min_speakers: int = Field(default=1, ge=1, le=MOST_SPEAKERS, description="Fewest people that speak, if anybody does.")
    max_speakers: int = Field(default=MOST_SPEAKERS, ge=1, le=MOST_SPEAKERS, description="Most people that speak.")
    overlap: bool = Field(
        default=True, description="Whether several speakers may speak at once; otherwise the surest one has each moment."
    )
    threshold: float = Field(
        default=0.5,
        ge=0.2,
        le=0.95,
        description="Probability of speech, from 0 to 1, that a turn must reach. Lower finds fainter speech and more noise.",
    )
    similarity_threshold: float = Field(
        default=0.6,
        ge=0.3,
        le=0.95,
        description="Voices that are more alike than this, from 0 to 1, are one speaker. Higher gives more speakers.",
    )
    min_speaker_s: float = Field(
        default=1.5,
        ge=0.0,
        le=60.0,
        description="A voice that is heard alone for less than this, in seconds, is taken for the most similar other one.",
    )
    labels: tuple[SpeakerLabel, ...] = Field(
        default=(), max_length=1000, description="Names of speakers, each for a number or for a time in which that person speaks."
    )

    @field_validator("max_speakers")
    @classmethod
    def _most_is_not_less_than_fewest(cls, most: int, info: ValidationInfo) -> int:
        if most < info.data.get("min_speakers", 1):
            raise ValueError("max_speakers must not be less than min_speakers")
        return most

    @model_validator(mode="after")
    def _model_goes_with_the_backend(self) -> "SpeakerDiarizationOptions":
        if self.backend == "community1" and self.model is not None:
            raise ValueError("community1 takes no model; leave it out, or set backend to pyannote")
        if self.backend == "pyannote" and self.model is None:
            raise ValueError("pyannote needs a model: the folder, file or name of a pipeline of pyannote.audio")
        return self

    @property
    def bounds(self) -> tuple[int, int]:
        """Fewest and most speakers."""
        return (self.num_speakers, self.num_speakers) if self.num_speakers else (self.min_speakers, self.max_speakers)

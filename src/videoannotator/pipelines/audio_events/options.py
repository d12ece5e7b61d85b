"""What the search for sound events accepts."""

from typing import Annotated, Literal

from pydantic import Field

from videoannotator.pipelines.base import AddedName, PipelineOptions

Label = Annotated[str, Field(min_length=1, max_length=200)]
Scores = Literal["probabilities", "logits"]


class AudioEventsOptions(PipelineOptions):
    """Options of the search for sound events."""

    weights: AddedName = Field(
        default="audio_events",
        description="Name of added weights: a network for sound events (ONNX) and a file with the names of its classes.",
    )
    classes: tuple[Label, ...] = Field(
        default=(),
        max_length=1000,
        description="Which classes are told, by their names in the class map, in any case; left empty: all of them.",
    )
    threshold: float = Field(
        default=0.3, ge=0.01, le=1.0, description="Score, from 0 to 1, that an event of a class reaches somewhere."
    )
    low_threshold: float = Field(
        default=0.15,
        ge=0.0,
        le=1.0,
        description="Score, from 0 to 1, down to which an event goes on around that place; a value above threshold counts as that.",
    )
    min_duration_s: float = Field(default=0.4, ge=0.0, le=60.0, description="Shortest event, in seconds.")
    max_gap_s: float = Field(
        default=0.5, ge=0.0, le=60.0, description="Longest gap, in seconds, between two events of a class that become one."
    )
    scores: Scores = Field(
        default="probabilities",
        description="What the network gives: probabilities from 0 to 1, or logits, of which probabilities are made.",
    )
    window_s: float | None = Field(
        default=None,
        ge=0.1,
        le=30.0,
        description=(
            "Sound, in seconds, that one score rests on. Left out: what the network takes, or 0.96 for networks that cut the sound "
            "themselves, as YAMNet does, or 1."
        ),
    )
    hop_s: float | None = Field(
        default=None,
        ge=0.05,
        le=30.0,
        description=(
            "Seconds from one score to the next, at most window_s. Left out: half of window_s, which is 0.48 for networks that cut "
            "the sound themselves, as YAMNet does."
        ),
    )
    rate_hz: int = Field(
        default=16000,
        ge=8000,
        le=48000,
        description="Samples per second that the network takes: 16000 for YAMNet and CED, 32000 for most of PANNs.",
    )

"""What active speaker detection accepts."""

from pydantic import Field

from videoannotator.pipelines.base import PipelineOptions


class ActiveSpeakerOptions(PipelineOptions):
    """Options of active speaker detection."""

    min_confidence: float = Field(
        default=0.8,
        ge=0.5,
        le=1.0,
        description="Least confidence, from 0 to 1, with which somebody is said to speak; below it the speaker is unknown.",
    )
    min_evidence_s: float = Field(
        default=1.0,
        ge=0.2,
        le=60.0,
        description=(
            "For how long the lips of a face must be measured while a speaker speaks alone, in seconds, before the two can be "
            "linked."
        ),
    )

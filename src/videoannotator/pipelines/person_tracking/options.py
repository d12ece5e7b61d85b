"""What person tracking accepts."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from videoannotator.pipelines.base import AddedName, PipelineOptions

Pose = Literal["thunder", "lightning", "off"]


_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
LABEL = re.compile(rf"[^{_CONTROLS}]*[^{_CONTROLS}\s][^{_CONTROLS}]*")
"""Something that is seen, in one line."""


class TrackLabel(BaseModel):
    """What the user says about a track."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    track: int = Field(ge=1, le=10_000_000, description="Number of the track, as an earlier run of the same recording gave it.")
    label: str = Field(
        min_length=1,
        max_length=60,
        description="Role, such as parent, infant, adult, child, therapist.",
        json_schema_extra={"pattern": f"^{LABEL.pattern}$"},
    )
    start_s: float | None = Field(
        default=None, ge=-3600.0, le=1e7, description="From when on, in seconds; from its start when left out."
    )
    end_s: float | None = Field(default=None, ge=-3600.0, le=1e7, description="Until when, in seconds; to its end when left out.")

    @field_validator("label")
    @classmethod
    def _label_says_something(cls, label: str) -> str:
        if not LABEL.fullmatch(label):
            raise ValueError("a label is a word or two, without line breaks")
        return label.strip()


class PersonTrackingOptions(PipelineOptions):
    """Options of person tracking."""

    former_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "conf_threshold": "confidence_threshold",
            "confidence": "confidence_threshold",
            "max_people": "max_persons",
            "pose_model": "pose",
            "predictions_per_second": "rate_hz",
        }
    )

    rate_hz: float | None = Field(
        default=5.0,
        ge=0.1,
        le=240.0,
        description="How often people are looked for, in frames per second, at most; null looks at every frame.",
    )
    max_persons: int = Field(default=10, ge=1, le=100, description="Most people in one frame; the surest are kept.")
    confidence_threshold: float = Field(
        default=0.4, ge=0.05, le=1.0, description="Lowest confidence, from 0 to 1, of a detection that may begin a track."
    )
    low_confidence_threshold: float = Field(
        default=0.2,
        ge=0.05,
        le=1.0,
        description="Lowest confidence, from 0 to 1, of a detection that may continue a track, as behind something.",
    )
    iou_threshold: float = Field(
        default=0.6,
        ge=0.1,
        le=1.0,
        description="Two boxes that share more of their union than this, from 0 to 1, are taken for one person.",
    )
    lost_track_s: float = Field(
        default=3.0, ge=0.0, le=600.0, description="How long somebody who is not seen keeps the track, in seconds."
    )
    interpolate_s: float = Field(
        default=1.0,
        ge=0.0,
        le=10.0,
        description="Longest gap in a track, in seconds, that is filled by boxes in between, marked as interpolated.",
    )
    pose: Pose = Field(
        default="thunder",
        description=(
            "Which network finds the posture: thunder (better), lightning (a quarter of the time, more mistakes), or off; without "
            "postures, furniture and parts of people are taken for people more often."
        ),
    )
    detector_weights: AddedName | None = Field(
        default=None,
        description="Name of added weights (ONNX) of an RTMDet detector, which then finds people; left out: those that come along.",
    )
    pose_weights: AddedName | None = Field(
        default=None,
        description=(
            "Name of added weights (ONNX) of an RTMPose network, which then finds the posture unless pose is off. "
            "Left out: those that pose names."
        ),
    )
    yolo_weights: AddedName | None = Field(
        default=None,
        description=(
            "Name of added Ultralytics YOLO pose weights (.pt), which then find people and postures in place of all others. "
            "Needs the extra `ultralytics`, whose licence is the AGPL."
        ),
    )
    keypoint_threshold: float = Field(
        default=0.3, ge=0.05, le=1.0, description="Confidence, from 0 to 1, from which a point of the body counts as seen."
    )
    max_picture_size: int = Field(
        default=1280,
        ge=160,
        le=7680,
        description="Longer side, in pixels, of the pictures that are looked at; larger ones are shrunk first.",
    )
    pictures: bool = Field(
        default=True, description="Whether to keep some small pictures (JPEG) of each track, for contact sheets."
    )
    roles: bool = Field(default=True, description="Whether adults and children are told apart where the evidence suffices.")
    labels: tuple[TrackLabel, ...] = Field(
        default=(),
        max_length=10_000,
        description="Roles that you know: each for a track, and for a time where start_s or end_s is given. They win.",
    )

"""What face analysis accepts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from videoannotator.annotations.faces import Measure
from videoannotator.pipelines.base import AddedName, PipelineOptions


class FaceAnalysisOptions(PipelineOptions):
    """Options of face analysis."""

    former_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "conf_threshold": "confidence_threshold",
            "detection_confidence": "confidence_threshold",
            "min_face_size": "min_face_size_px",
            "predictions_per_second": "rate_hz",
            "detect_emotions": "expression",
            "emotion_detection": "expression",
            "compute_embeddings": "embeddings",
        }
    )

    rate_hz: float | None = Field(
        default=5.0,
        ge=0.1,
        le=240.0,
        description="How often faces are looked for, in frames per second, at most; null looks at every frame.",
    )
    max_faces: int = Field(default=10, ge=1, le=100, description="Most faces in one frame; the surest are kept.")
    confidence_threshold: float = Field(
        default=0.7,
        ge=0.05,
        le=1.0,
        description="Lowest confidence, from 0 to 1, of a face that may begin a track; three quarters of it continue one.",
    )
    iou_threshold: float = Field(
        default=0.4,
        ge=0.05,
        le=1.0,
        description="Two boxes that share more of their union than this, from 0 to 1, are taken for one face.",
    )
    min_face_size_px: float = Field(
        default=20.0,
        ge=1.0,
        le=4096.0,
        description="Faces whose longer side is shorter than this, in pixels of the recording, are left out.",
    )
    max_gap_s: float = Field(
        default=1.0,
        ge=0.0,
        le=10.0,
        description="How long a face may be missed within a track, in seconds; the gap is filled by boxes marked as interpolated.",
    )
    max_picture_size: int = Field(
        default=1280,
        ge=160,
        le=7680,
        description="Longer side, in pixels, of the pictures that are looked at; larger ones are shrunk first.",
    )
    landmarks: bool = Field(default=False, description="Whether to give 478 points of every face: much data.")
    head_pose: bool = Field(default=True, description="Whether to give where the head points.")
    gaze: bool = Field(default=True, description="Whether to give where the eyes look; coarse.")
    blink: bool = Field(default=True, description="Whether to give how far each eye is closed.")
    blendshapes: bool = Field(default=True, description="Whether to give 52 blendshapes.")
    action_units: bool = Field(
        default=True,
        description="Whether to give proxies for 20 action units of FACS, from blendshapes; AU06, AU09 and AU23 are not available.",
    )
    action_unit_weights: AddedName | None = Field(
        default=None,
        description=(
            "Name of added weights (.safetensors) of Py-Feat's multitask network, which then gives probabilities of action units "
            "in place of the proxies. Needs the extra `pyfeat`."
        ),
    )
    expression: bool = Field(default=True, description="Whether to give probabilities of seven expressions.")
    expression_weights: AddedName | None = Field(
        default=None,
        description=(
            "Name of added weights (ONNX) of an HSEmotion network, which then tells expressions apart, some of them contempt too. "
            "Left out: those that come along."
        ),
    )
    age: bool = Field(default=True, description="Whether to give apparent age.")
    gender: bool = Field(default=True, description="Whether to give how the face is read as female or male.")
    identity: bool = Field(
        default=True, description="Whether to give an identity vector of every track, by which tracks of one person can be joined."
    )
    embeddings: bool = Field(
        default=False, description="Whether to give the identity vector of single observations too, not only of tracks."
    )
    sample_every_s: float = Field(
        default=1.0,
        ge=0.0,
        le=3600.0,
        description="How often age, gender and identity are taken of one face, in seconds; 0 takes them in every frame.",
    )

    @property
    def measures(self) -> frozenset[Measure]:
        """The measures that are switched on."""
        return frozenset(measure for measure in Measure if getattr(self, measure.value))

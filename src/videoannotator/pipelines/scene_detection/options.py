"""What scene detection accepts."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from videoannotator.pipelines.base import PipelineOptions

Mode = Literal["fast", "balanced", "accurate"]


class SceneDetectionOptions(PipelineOptions):
    """Options of scene detection."""

    former_names: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "min_scene_length": "min_scene_length_s",
            "min_scene_len": "min_scene_length_s",
            "scene_threshold": "threshold",
            "keyframe_extraction": "keyframes",
        }
    )

    mode: Mode = Field(
        default="balanced",
        description=(
            "What decides where a scene begins. fast: changes of content alone. balanced: a neural network, wherever the content "
            "may change. accurate: a neural network on every frame."
        ),
    )
    min_scene_length_s: float = Field(
        default=0.6,
        ge=0.0,
        le=3600.0,
        description="Shortest scene, in seconds. Of boundaries that lie closer together, the one with the higher confidence stays.",
    )
    confidence_threshold: float = Field(
        default=0.5, ge=0.05, le=1.0, description="Lowest confidence, from 0 to 1, with which a boundary is reported."
    )
    threshold: float = Field(
        default=12.0,
        ge=1.0,
        le=255.0,
        description=(
            "Smallest change from one frame to the next that counts as a hard cut: mean difference of hue, saturation and "
            "brightness, 0 to 255. The modes balanced and accurate take it as a hint where to look."
        ),
    )
    keyframes: bool = Field(default=True, description="Whether to keep one picture (JPEG) of each scene, from near its middle.")
    keyframe_max_size: int = Field(
        default=640, ge=64, le=4096, description="Longer side of those pictures in pixels; pictures are never enlarged."
    )

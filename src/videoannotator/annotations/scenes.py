"""Scenes: the stretches of a video between two shot boundaries."""

from dataclasses import dataclass, field
from enum import Enum

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.corrections import BY_HAND
from videoannotator.annotations.time import MediaTime


class Boundary(str, Enum):
    """How a scene begins."""

    START = "start"
    """It is the first of the recording."""
    CUT = "cut"
    """From one frame to the next."""
    DISSOLVE = "dissolve"
    """The pictures before and after overlap for a while."""
    FADE = "fade"
    """Through black, white or another single colour."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of video without a shot boundary inside.

    Attributes:
        start: time of its first frame.
        end: time at which the next scene's first frame is shown; for the last scene, when its last frame ends.
        first_frame, last_frame: frame indices, both inclusive.
        boundary: how it begins.
        confidence: of that boundary, 0 to 1; None for the start of the recording, and where somebody put it there.
        transition_start, transition_end: extent of the dissolve or fade that begins it; None for a cut.
        method: what decided the boundary (`content`, `transnetv2`, `BY_HAND`); None for the start of the recording.
        keyframe: name of the attached picture; None when none was asked for.
        keyframe_time: time of the frame in that picture.
        scene_type: kind of environment; `unknown` until there is evidence.
        scene_type_scores: evidence per kind, 0 to 1.
    """

    start: MediaTime
    end: MediaTime
    first_frame: int
    last_frame: int
    boundary: Boundary
    confidence: float | None = None
    transition_start: MediaTime | None = None
    transition_end: MediaTime | None = None
    method: str | None = None
    keyframe: str | None = None
    keyframe_time: MediaTime | None = None
    scene_type: str = "unknown"
    scene_type_scores: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a scene ends after it starts, not {self.start} to {self.end}")
        require(0 <= self.first_frame <= self.last_frame, f"frames {self.first_frame} to {self.last_frame} are no range")
        require_probability("confidence", self.confidence)
        unmeasured = self.boundary is Boundary.START or self.method == BY_HAND
        require((self.confidence is None) == unmeasured, "every boundary that was found has a confidence")
        if self.transition_start is None or self.transition_end is None:
            require(self.transition_start is self.transition_end, "a transition has a start and an end, or neither")
        else:
            require(self.transition_start <= self.transition_end, "a transition ends after it starts")
        require((self.keyframe is None) == (self.keyframe_time is None), "a picture and its time come together")
        require(self.scene_type == "unknown" or self.scene_type in self.scene_type_scores, "a kind of environment has a score")
        for kind, score in self.scene_type_scores.items():
            require_probability(f"the score of {kind!r}", score)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end.since(self.start)

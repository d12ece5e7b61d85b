"""The pipeline: frames in, scenes and their pictures out."""

from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import AudioBlock, Colour, Frame, FrameNeed, Scaling
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions, RunContext
from videoannotator.pipelines.scene_detection.detector import Detector
from videoannotator.pipelines.scene_detection.keyframes import KeyframeCandidates
from videoannotator.pipelines.scene_detection.options import SceneDetectionOptions
from videoannotator.pipelines.scene_detection.scenes import Scenes
from videoannotator.pipelines.scene_detection.spacing import Spacing
from videoannotator.pipelines.scene_detection.transnet import ShotNetwork

CONTENT, KEYFRAME = "content", "keyframe"
CONTENT_SIZE = (96, 54)
KEYFRAME_RATE_HZ = 2.0
"""Often enough for a picture of each scene, seldom enough to cost little: making one takes longer than judging a frame."""
WEIGHTS = "transnetv2"


class SceneDetection(Pipeline[SceneDetectionOptions]):
    """Finds the shots of a video: hard cuts, dissolves and fades, and one picture of each scene."""

    name: ClassVar[str] = "scene_detection"
    display_name: ClassVar[str] = "Scene detection"
    description: ClassVar[str] = (
        "Divides a video into scenes at hard cuts, dissolves and fades, and keeps one picture of each scene."
    )
    family: ClassVar[str] = "scene"
    variant: ClassVar[str] = "content-transnetv2"
    version: ClassVar[str] = "1.0.0"
    tasks: ClassVar[tuple[str, ...]] = ("shot-boundary-detection",)
    modalities: ClassVar[tuple[str, ...]] = ("video",)
    default_enabled: ClassVar[bool] = True
    former_names: ClassVar[tuple[str, ...]] = ("scene",)
    Options: ClassVar[type[PipelineOptions]] = SceneDetectionOptions
    produces: ClassVar[tuple[type, ...]] = (Scene,)
    weights: ClassVar[tuple[str, ...]] = (WEIGHTS,)

    @classmethod
    def needs(cls, options: SceneDetectionOptions) -> Needs:
        """Every frame, tiny; for the pictures, frames so often that each scene of the least length gets one."""
        scaling = Scaling.FAST if options.mode == "fast" else Scaling.AREA
        frames = {CONTENT: FrameNeed(exact_size=CONTENT_SIZE, colour=Colour.BGR, scaling=scaling)}
        if options.keyframes:
            shortest_s = options.min_scene_length_s
            rate_hz = max(KEYFRAME_RATE_HZ, 1 / shortest_s) if shortest_s > 0 else None
            largest = (options.keyframe_max_size, options.keyframe_max_size)
            frames[KEYFRAME] = FrameNeed(rate_hz=rate_hz, max_size=largest, colour=Colour.BGR)
        return Needs(frames=frames)

    def __init__(self, options: SceneDetectionOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._candidates = KeyframeCandidates() if options.keyframes else None
        self._scenes: Scenes | None = None
        self._last: Frame | None = None
        self._interval = Fraction(0)

    def start(self, media: MediaInfo) -> None:
        network = None
        if self.options.mode != "fast":
            session = self.context.sessions.get(WEIGHTS)
            network = ShotNetwork(session, self.context.check_stop, self.options.confidence_threshold)
        self._average_rate_hz = media.video.average_rate_hz if media.video else None
        self._detector = Detector(
            threshold=self.options.threshold,
            confidence=self.options.confidence_threshold,
            shortest_s=self.options.min_scene_length_s,
            network=network,
            every_block=self.options.mode == "accurate",
        )

    def feed(self, batch: Batch) -> Sequence[Attachment | Scene]:
        if isinstance(batch, AudioBlock):
            return []
        for frame in batch.frames:
            if batch.need == KEYFRAME:
                self._offer(frame)
            else:
                self._look_at(frame)
        return list(self._scenes.take(complete=False)) if self._scenes else []

    def finish(self) -> Sequence[Attachment | Scene]:
        if self._scenes is None or self._last is None:
            return []
        end = self._end_of(self._last)
        if end is None:
            self.context.warn("The video is a single frame and does not say how long it is shown, so there is no scene to report.")
            return []
        boundaries = [passed for change in self._detector.finish() for passed in self._spacing.add(change)]
        for change in [*boundaries, *self._spacing.finish(end)]:
            self._scenes.end_with(change)
        self._scenes.end_at(end, self._last.index)
        records = list(self._scenes.take(complete=True))
        if self._scenes.without_picture:
            self.context.warn(f"{self._scenes.without_picture} scenes have no picture: no frame sampled for pictures lies in them.")
        return records

    def _look_at(self, frame: Frame) -> None:
        if self._scenes is None:
            self._scenes = Scenes(frame, self._candidates)
            self._spacing = Spacing(frame.time, self.options.min_scene_length_s)
        else:
            self._interval = frame.time.exact - self._last.time.exact if self._last else Fraction(0)
        self._last = frame
        changes = self._detector.add(frame)
        boundaries = [passed for change in changes for passed in self._spacing.add(change)]
        if self._detector.settled:
            boundaries += self._spacing.flush(self._detector.settled.time)
        for change in boundaries:
            self._scenes.end_with(change)

    def _offer(self, frame: Frame) -> None:
        if self._candidates is not None:
            self._candidates.add(frame, self._settled_index())

    def _settled_index(self) -> int:
        """All frames before this index belong to scenes that are known or to the one that goes on."""
        if self._detector.settled is None:
            return 0
        waiting = self._spacing.undecided
        return min(self._detector.settled.index, waiting.at.index) if waiting else self._detector.settled.index

    def _end_of(self, last: Frame) -> MediaTime | None:
        """When the last frame ends: as the file states it, else after as long as the frame before; None when nobody can tell."""
        if last.duration_s > 0:
            return last.time.shifted(last.duration_s)
        if self._interval > 0:
            return last.time.shifted(self._interval)
        if self._average_rate_hz:
            return last.time.shifted(1 / self._average_rate_hz)
        return None

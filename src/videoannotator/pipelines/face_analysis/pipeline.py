"""The pipeline: frames in, faces out; at the end, what is known about each track."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import FaceObservation, FaceTrack
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.inference.face_detector import WEIGHTS as DETECTOR
from videoannotator.inference.face_detector import FaceDetections, FaceDetector
from videoannotator.media.types import AudioBlock, Colour, Frame, FrameNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions, RunContext
from videoannotator.pipelines.face_analysis.cuts import CutWatch
from videoannotator.pipelines.face_analysis.options import FaceAnalysisOptions
from videoannotator.pipelines.face_analysis.release import Release
from videoannotator.pipelines.face_analysis.sums import TrackSums
from videoannotator.pipelines.face_analysis.tracks import CONTINUES, Tracks

Floats = npt.NDArray[np.float32]

FACES = "faces"


class FaceAnalysis(Pipeline[FaceAnalysisOptions]):
    """Finds faces, follows each one from frame to frame, and measures what can be seen on it."""

    name: ClassVar[str] = "face_analysis"
    display_name: ClassVar[str] = "Face analysis"
    description: ClassVar[str] = "Finds faces, and follows each one from frame to frame."
    family: ClassVar[str] = "face"
    variant: ClassVar[str] = "yunet"
    version: ClassVar[str] = "1.0.0"
    tasks: ClassVar[tuple[str, ...]] = ("face-detection", "face-tracking")
    modalities: ClassVar[tuple[str, ...]] = ("video",)
    default_enabled: ClassVar[bool] = True
    former_names: ClassVar[tuple[str, ...]] = ("face",)
    Options: ClassVar[type[PipelineOptions]] = FaceAnalysisOptions
    produces: ClassVar[tuple[type, ...]] = (FaceObservation, FaceTrack)
    weights: ClassVar[tuple[str, ...]] = (DETECTOR,)

    @classmethod
    def needs(cls, options: FaceAnalysisOptions) -> Needs:
        """Frames as often as asked for, in the form that person tracking takes as well."""
        size = options.max_picture_size
        return Needs(frames={FACES: FrameNeed(rate_hz=options.rate_hz, max_size=(size, size), colour=Colour.BGR)})

    def __init__(self, options: FaceAnalysisOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._cuts = CutWatch()
        self._tracks = Tracks(options.confidence_threshold, options.max_gap_s)
        self._release = Release(options.max_gap_s)
        self._sums = TrackSums()

    def start(self, media: MediaInfo) -> None:
        options = self.options
        lowest = CONTINUES * options.confidence_threshold
        self._detector = FaceDetector(self.context.sessions.get(DETECTOR), lowest, options.iou_threshold)
        self._stored_size = None if media.video is None else (media.video.width, media.video.height)

    def feed(self, batch: Batch) -> Sequence[FaceObservation]:
        if isinstance(batch, AudioBlock):
            return []
        return [gone for frame in batch.frames for gone in self._look_at(frame)]

    def finish(self) -> Iterable[FaceObservation | FaceTrack]:
        yield from self._release.finish()
        yield from self._sums.tracks()

    def _look_at(self, frame: Frame) -> list[FaceObservation]:
        self.context.check_stop()
        picture = frame.image
        height, width = picture.shape[:2]
        stored = self._stored_size or (width, height)
        scale = np.array([stored[0] / width, stored[1] / height], np.float32)
        found = self._large_enough(self._detector.detect(picture), scale)
        numbers = self._tracks.update(frame.time.seconds, found.boxes, found.scores, cut=self._cuts.suspects(picture))
        seen = []
        for place, number in enumerate(numbers):
            if number is not None:
                self.context.check_stop()
                face = self._observation(frame, number, found, place, scale)
                self._sums.add(face)
                seen.append(face)
        return list(self._release.add(frame.time, frame.index, seen, self._tracks.alive))

    def _large_enough(self, found: FaceDetections, scale: Floats) -> FaceDetections:
        sides = (found.boxes[:, 2:] - found.boxes[:, :2]) * scale
        large = np.flatnonzero(sides.max(1, initial=0.0) >= self.options.min_face_size_px)[: self.options.max_faces]
        return FaceDetections(found.boxes[large], found.scores[large], found.points[large])

    def _observation(self, frame: Frame, number: int, found: FaceDetections, place: int, scale: Floats) -> FaceObservation:
        """What was found, in pixels of the stored picture; numbers are rounded to what they can mean."""
        left, top, right, bottom = (float(side) for side in found.boxes[place] * np.tile(scale, 2))
        return FaceObservation(
            time=frame.time,
            frame=frame.index,
            track_id=number,
            box=Box(round(left, 2), round(top, 2), max(0.01, round(right - left, 2)), max(0.01, round(bottom - top, 2))),
            evidence=Evidence.DETECTED,
            score=round(min(1.0, float(found.scores[place])), 4),
            points=tuple(Point(round(float(x), 2), round(float(y), 2)) for x, y in found.points[place] * scale),
        )

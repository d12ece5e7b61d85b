"""The pipeline: frames in, faces out; at the end, what is known about each track."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import FaceFlag, FaceObservation, FaceTrack, Measure
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.inference.face_detector import WEIGHTS as DETECTOR
from videoannotator.inference.face_detector import FaceDetections, FaceDetector
from videoannotator.media.shot_watch import ShotWatch
from videoannotator.media.types import AudioBlock, Colour, Frame, FrameNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions, RunContext
from videoannotator.pipelines.face_analysis.measures import WEIGHTS as MEASURE_WEIGHTS
from videoannotator.pipelines.face_analysis.measures import Measures
from videoannotator.pipelines.face_analysis.options import FaceAnalysisOptions
from videoannotator.pipelines.face_analysis.readings import Readings
from videoannotator.pipelines.face_analysis.release import Release
from videoannotator.pipelines.face_analysis.sums import TrackSums
from videoannotator.pipelines.face_analysis.tracks import CONTINUES, Tracks
from videoannotator.pipelines.face_analysis.validity import Sight

Floats = npt.NDArray[np.float32]

FACES = "faces"
_FIELDS = {Measure.GENDER: "female_probability", Measure.IDENTITY: "embedding"}


class FaceAnalysis(Pipeline[FaceAnalysisOptions]):
    """Finds faces, follows each one from frame to frame, and measures what can be seen on it."""

    name: ClassVar[str] = "face_analysis"
    display_name: ClassVar[str] = "Face analysis"
    description: ClassVar[str] = (
        "Finds faces, follows each one from frame to frame, and measures head pose, gaze, blinking, blendshapes, action units, "
        "expression, age, gender and identity; what cannot be measured on a face is left out with the reason."
    )
    family: ClassVar[str] = "face"
    variant: ClassVar[str] = "yunet-mediapipe"
    version: ClassVar[str] = "1.0.0"
    tasks: ClassVar[tuple[str, ...]] = (
        *("face-detection", "face-tracking", "face-landmarks", "head-pose-estimation", "gaze-estimation", "action-unit-detection"),
        *("expression-recognition", "age-estimation", "gender-estimation", "face-identification"),
    )
    modalities: ClassVar[tuple[str, ...]] = ("video",)
    default_enabled: ClassVar[bool] = True
    former_names: ClassVar[tuple[str, ...]] = ("face",)
    Options: ClassVar[type[PipelineOptions]] = FaceAnalysisOptions
    produces: ClassVar[tuple[type, ...]] = (FaceObservation, FaceTrack)
    weights: ClassVar[tuple[str, ...]] = (DETECTOR, *MEASURE_WEIGHTS)

    @classmethod
    def needs(cls, options: FaceAnalysisOptions) -> Needs:
        """Frames as often as asked for, in the form that person tracking takes as well."""
        size = options.max_picture_size
        return Needs(frames={FACES: FrameNeed(rate_hz=options.rate_hz, max_size=(size, size), colour=Colour.BGR)})

    def __init__(self, options: FaceAnalysisOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._shots = ShotWatch()
        self._tracks = Tracks(options.confidence_threshold, options.max_gap_s)
        self._release = Release(options.max_gap_s)
        self._sums = TrackSums()

    def start(self, media: MediaInfo) -> None:
        options = self.options
        lowest = CONTINUES * options.confidence_threshold
        self._detector = FaceDetector(self.context.sessions.get(DETECTOR), lowest, options.iou_threshold)
        self._measures = Measures(
            options.measures,
            options.sample_every_s,
            self.context.sessions,
            expression_weights=options.expression_weights,
            action_unit_weights=options.action_unit_weights,
        )
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
        numbers = self._tracks.update(frame.time.seconds, found.boxes, found.scores, cut=self._shots.suspects(picture))
        seen = []
        for place, number in enumerate(numbers):
            if number is not None:
                self.context.check_stop()
                sight = Sight(picture, found.boxes[place], found.points[place])
                measured = self._measures.take(sight, number, frame.time)
                self._sums.add(number, frame.time, measured)
                seen.append(self._observation(frame, number, sight, float(found.scores[place]), measured.readings, scale))
        alive = self._tracks.alive
        self._measures.forget(alive)
        return list(self._release.add(frame.time, frame.index, seen, alive))

    def _large_enough(self, found: FaceDetections, scale: Floats) -> FaceDetections:
        sides = (found.boxes[:, 2:] - found.boxes[:, :2]) * scale
        large = np.flatnonzero(sides.max(1, initial=0.0) >= self.options.min_face_size_px)[: self.options.max_faces]
        return FaceDetections(found.boxes[large], found.scores[large], found.points[large])

    def _observation(
        self, frame: Frame, number: int, sight: Sight, score: float, readings: Readings, scale: Floats
    ) -> FaceObservation:
        """What was found, in pixels of the stored picture; numbers are rounded to what they can mean."""
        left, top, right, bottom = (float(side) for side in sight.box * np.tile(scale, 2))
        values = {_FIELDS.get(measure, measure.value): value for measure, value in readings.values.items()}
        if Measure.LANDMARKS in readings.values:
            in_place = readings.values[Measure.LANDMARKS] * np.array([*scale, scale[0]], np.float32)
            values["landmarks"] = tuple(tuple(round(value, 2) for value in point) for point in in_place.tolist())
        if not self.options.embeddings:
            values.pop("embedding", None)
        return FaceObservation(
            time=frame.time,
            frame=frame.index,
            track_id=number,
            box=Box(round(left, 2), round(top, 2), max(0.01, round(right - left, 2)), max(0.01, round(bottom - top, 2))),
            evidence=Evidence.DETECTED,
            score=round(min(1.0, score), 4),
            points=tuple(Point(round(float(x), 2), round(float(y), 2)) for x, y in sight.points * scale),
            flags=tuple(flag for flag in FaceFlag if flag in readings.flags),
            missing={measure: readings.missing[measure] for measure in Measure if measure in readings.missing},
            **values,
        )

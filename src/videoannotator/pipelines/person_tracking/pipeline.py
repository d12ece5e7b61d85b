"""The pipeline: frames in, people out; at the end, who each track is."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.faces import FaceObservation, FaceTrack
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.persons import Keypoint, PersonIdentity, PersonObservation, PersonPicture
from videoannotator.media.shot_watch import ShotWatch
from videoannotator.media.types import AudioBlock, Colour, Frame, FrameNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions, RunContext
from videoannotator.pipelines.person_tracking.appearance import appearance_of, gain_of
from videoannotator.pipelines.person_tracking.identity import identities
from videoannotator.pipelines.person_tracking.networks import WEIGHTS, networks
from videoannotator.pipelines.person_tracking.options import PersonTrackingOptions
from videoannotator.pipelines.person_tracking.overlap import doubles, with_doubts
from videoannotator.pipelines.person_tracking.pictures import TrackPictures
from videoannotator.pipelines.person_tracking.release import Release
from videoannotator.pipelines.person_tracking.tracker import Candidate, Tracker

Floats = npt.NDArray[np.float32]

PEOPLE = "people"
SURE_SCORE = 0.65
"""A detection of this score is a person also when nobody is there in the next frame; measured on noise, patterns and animals."""
HARDLY_SEEN = 0.5
"""From this share of `keypoint_threshold` on, a point is given as placed without being seen well."""
LEAST_POINTS = 3
"""A detection below `SURE_SCORE` is a person only when so many points of a body are seen in it (where postures are looked for)."""


class PersonTracking(Pipeline[PersonTrackingOptions]):
    """Finds people, their postures and their tracks, and joins the tracks of one person."""

    name: ClassVar[str] = "person_tracking"
    display_name: ClassVar[str] = "Person tracking"
    description: ClassVar[str] = (
        "Finds people, follows each one from frame to frame, gives 17 points of the body, and says which tracks are one person."
    )
    family: ClassVar[str] = "person"
    variant: ClassVar[str] = "nanodet-movenet-bytetrack"
    version: ClassVar[str] = "1.0.0"
    tasks: ClassVar[tuple[str, ...]] = ("person-detection", "pose-estimation", "multi-object-tracking", "person-identification")
    modalities: ClassVar[tuple[str, ...]] = ("video",)
    default_enabled: ClassVar[bool] = True
    former_names: ClassVar[tuple[str, ...]] = ("person",)
    Options: ClassVar[type[PipelineOptions]] = PersonTrackingOptions
    produces: ClassVar[tuple[type, ...]] = (PersonObservation, PersonIdentity, PersonPicture)
    weights: ClassVar[tuple[str, ...]] = WEIGHTS

    @classmethod
    def needs(cls, options: PersonTrackingOptions) -> Needs:
        """Frames as often as asked for; at the end, what was found in them and the faces that others found."""
        size = options.max_picture_size
        frames = FrameNeed(rate_hz=options.rate_hz, max_size=(size, size), colour=Colour.BGR)
        return Needs(frames={PEOPLE: frames}, afterwards=(PersonObservation, FaceObservation, FaceTrack))

    def __init__(self, options: PersonTrackingOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._tracker = Tracker(options.confidence_threshold, options.lost_track_s)
        self._release = Release(options.interpolate_s)
        self._shots = ShotWatch()
        self._pictures = TrackPictures() if options.pictures else None

    def start(self, media: MediaInfo) -> None:
        options = self.options
        self._detector, self._pose = networks(options, self.context.sessions)
        self._stored_size = None if media.video is None else (media.video.width, media.video.height)

    def feed(self, batch: Batch) -> Sequence[PersonObservation | PersonPicture | Attachment]:
        if isinstance(batch, AudioBlock):
            return []
        return [gone for frame in batch.frames for gone in self._look_at(frame)]

    def finish(self) -> Iterable[object]:
        yield from self._release.finish()
        yield from self._pictures_of_ended(alive=frozenset())
        yield from identities(self.context.products, self.options.labels, roles=self.options.roles)

    def _look_at(self, frame: Frame) -> list[PersonObservation | PersonPicture | Attachment]:
        self.context.check_stop()
        picture = frame.image
        found = self._detector.detect(picture)
        self._tracker.advance(frame.time.seconds, cut=self._shots.suspects(picture))
        taken = np.flatnonzero(self._tracker.may_take(found.boxes, found.scores))[: self.options.max_persons]
        boxes, scores = found.boxes[taken], found.scores[taken]
        self.context.check_stop()
        postures, same = self._postures(picture, boxes)
        plausible = [place for place, score in enumerate(scores) if score >= SURE_SCORE or self._shows_a_body(postures[place])]
        gain = gain_of(picture)
        candidates = [Candidate(boxes[at], float(scores[at]), appearance_of(picture, boxes[at], gain)) for at in plausible]
        tracks = self._tracker.update(candidates, same[np.ix_(plausible, plausible)])
        places = {track.number: place for place, track in zip(plausible, tracks, strict=True) if track is not None}
        people = [
            self._observation(frame, number, boxes[place], float(scores[place]), postures[place])
            for number, place in sorted(places.items())
        ]
        sure = frozenset(number for number, place in places.items() if scores[place] >= SURE_SCORE)
        final = self._release.add(frame.time, frame.index, people, sure)
        if self._pictures:
            self._pictures.look(frame, {number: boxes[place] for number, place in places.items()})
        return [*final, *self._pictures_of_ended(self._tracker.alive)]

    def _pictures_of_ended(self, alive: frozenset[int]) -> Iterable[PersonPicture | Attachment]:
        return self._pictures.of_ended(alive, self._release.counts) if self._pictures else ()

    def _postures(self, picture: npt.NDArray[np.uint8], boxes: Floats) -> tuple[Sequence[Floats | None], npt.NDArray[np.bool_]]:
        """The posture in each box, and which two boxes are around one body."""
        if self._pose is None:
            return [None] * len(boxes), np.zeros((len(boxes), len(boxes)), np.bool_)
        postures = []
        for box in boxes:
            self.context.check_stop()
            postures.append(self._pose.points(picture, box))
        return with_doubts(boxes, postures), doubles(boxes, postures, self.options.keypoint_threshold)

    def _shows_a_body(self, posture: Floats | None) -> bool:
        return posture is None or int((posture[:, 2] >= self.options.keypoint_threshold).sum()) >= LEAST_POINTS

    def _observation(self, frame: Frame, number: int, box: Floats, score: float, posture: Floats | None) -> PersonObservation:
        """What was found, in pixels of the stored picture; numbers are rounded to what they can mean."""
        height, width = frame.image.shape[:2]
        stored = self._stored_size or (width, height)
        across, down = stored[0] / width, stored[1] / height
        left, top, right, bottom = (float(side) for side in box * np.array([across, down, across, down]))
        left, top = round(left, 2), round(top, 2)
        points = None if posture is None else tuple(self._keypoint(point, across, down) for point in posture)
        return PersonObservation(
            time=frame.time,
            frame=frame.index,
            track_id=number,
            box=Box(left, top, max(0.01, round(right - left, 2)), max(0.01, round(bottom - top, 2))),
            evidence=Evidence.DETECTED,
            score=round(min(1.0, score), 4),
            keypoints=points,
        )

    def _keypoint(self, point: Floats, across: float, down: float) -> Keypoint:
        score = round(float(point[2]), 4)
        if score < HARDLY_SEEN * self.options.keypoint_threshold:
            return Keypoint(0.0, 0.0, score, 0)
        visibility = 2 if score >= self.options.keypoint_threshold else 1
        return Keypoint(round(float(point[0]) * across, 2), round(float(point[1]) * down, 2), score, visibility)

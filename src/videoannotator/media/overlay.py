"""The annotated video: a copy of a recording with its annotations drawn on the pictures."""

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Generic, TypeVar

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import FACE_POINTS, FaceObservation
from videoannotator.annotations.persons import SKELETON, UNKNOWN, PersonIdentity, PersonObservation
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.media.drawing import Canvas, Colour, Image
from videoannotator.media.sampling import Sampler
from videoannotator.media.types import Frame
from videoannotator.media.writer import write_mp4

Seen = TypeVar("Seen", PersonObservation, FaceObservation)

COLOURS: tuple[Colour, ...] = (
    *((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66)),
    *((0, 114, 178), (213, 94, 0), (204, 121, 167), (190, 190, 190)),
)
"""One per person, told apart also by most who see few colours (Okabe & Ito 2008, Color Universal Design)."""
CAPTION_LINES = 2
_EYES = tuple(FACE_POINTS.index(name) for name in ("right_eye", "left_eye"))
_NOSE = FACE_POINTS.index("nose")


def make_overlay(
    source: Path,
    target: Path,
    annotations: AnnotationSet,
    should_stop: Callable[[], bool],
    on_position: Callable[[float], None] | None = None,
) -> None:
    """Write an MP4 of the recording `source` with everything that its annotations say about people, faces and speech.

    Pictures are drawn on at the exact times of the recording, which is read once more; the sound is the original one. A pipeline
    that looks at some of the frames only is shown, in the frames between, as it was in the last one that it looked at. Errors are
    those of `write_mp4`, and so are `should_stop` and `on_position`.
    """
    write_mp4(source, target, "the annotated video", should_stop, draw=Overlay(annotations).draw, on_position=on_position)


class Overlay:
    """Draws what annotations say on one frame after the other, in time order, without keeping more than what is shown.

    A box on which nothing was measured in its frame is dashed.
    """

    def __init__(self, annotations: AnnotationSet) -> None:
        self._annotations = annotations
        self._people = list(_shown(annotations, PersonObservation))
        self._faces = list(_shown(annotations, FaceObservation))
        self._captions = Captions(annotations.records(Utterance))
        self._colours: dict[str, Colour] = {}

    def draw(self, frame: Frame) -> Image:
        """The frame's picture with what is known about it."""
        video = self._annotations.media.video
        canvas = Canvas(frame.image, frame.image.shape[1] if video is None else video.width)
        for person in chain.from_iterable(people.at(frame) for people in self._people):
            self._person(canvas, person)
        for face in chain.from_iterable(faces.at(frame) for faces in self._faces):
            self._face(canvas, face)
        lines = self._captions.at(frame.time, canvas.caption_columns)
        if lines:
            canvas.caption(lines)
        return canvas.image

    def _person(self, canvas: Canvas, person: PersonObservation) -> None:
        identity = self._annotations.identities.of_person(person.track_id, person.time)
        colour = self._colour(identity, f"track {person.track_id}")
        canvas.box(person.box, colour, dashed=person.evidence is Evidence.INTERPOLATED)
        if person.keypoints is not None:
            points = person.keypoints
            for first, second in SKELETON:
                if points[first].visibility and points[second].visibility:
                    unsure = 1 in (points[first].visibility, points[second].visibility)
                    canvas.line(_place(points[first]), _place(points[second]), colour, thin=unsure)
            for point in points:
                if point.visibility:
                    canvas.dot(_place(point), colour, hollow=point.visibility == 1)
        canvas.label(_name(person.track_id, identity), Point(person.box.left, person.box.top), colour)

    def _face(self, canvas: Canvas, face: FaceObservation) -> None:
        identity = self._annotations.identities.of_face(face.track_id, face.time)
        colour = self._colour(identity, f"face {face.track_id}")
        canvas.box(face.box, colour, dashed=face.evidence is Evidence.INTERPOLATED)
        if face.head_pose is not None:
            origin = face.points[_NOSE] if face.points else _centre(face.box)
            canvas.ray(origin, face.head_pose.yaw_deg, face.head_pose.pitch_deg, 1.5 * face.box.width, colour)
        if face.gaze is not None:
            for eye in _EYES if face.points else ():
                canvas.ray(face.points[eye], face.gaze.yaw_deg, face.gaze.pitch_deg, face.box.width, colour, thin=True)
        if face.expression is not None:
            name, share = max(face.expression.items(), key=lambda pair: pair[1])
            canvas.label(f"{name} {share:.0%}", Point(face.box.left, face.box.bottom), colour, below=True)

    def _colour(self, identity: PersonIdentity | None, otherwise: str) -> Colour:
        """Always the same one for a person, whose face and body share it."""
        key = otherwise if identity is None else identity.person_id
        return self._colours.setdefault(key, COLOURS[len(self._colours) % len(COLOURS)])


def _name(track_id: int, identity: PersonIdentity | None) -> str:
    if identity is None:
        return f"#{track_id}"
    return f"#{track_id} {identity.person_id}" + ("" if identity.label == UNKNOWN else f" {identity.label}")


def _place(point: tuple[float, float, float, int]) -> Point:
    return Point(point[0], point[1])


def _centre(box: Box) -> Point:
    return Point(box.left + box.width / 2, box.top + box.height / 2)


def _frame_of(seen: PersonObservation | FaceObservation) -> int:
    return seen.frame


class _Shown(Generic[Seen]):
    """What one pipeline saw, as it is shown from frame to frame.

    Args:
        observations: in the order of frames.
        rate_hz: how many frames per second the pipeline looked at; None for every frame.
    """

    def __init__(self, observations: Iterable[Seen], rate_hz: float | None) -> None:
        self._frames: Iterator[tuple[int, list[Seen]]] = (
            (frame, list(seen)) for frame, seen in groupby(observations, key=_frame_of)
        )
        self._sampler = Sampler(rate_hz)
        self._next: tuple[int, list[Seen]] | None = next(self._frames, None)
        self._held: list[Seen] = []

    def at(self, frame: Frame) -> list[Seen]:
        """What is shown in this frame: nothing from before, when the pipeline looked at it and saw nobody."""
        if self._sampler.wants(frame.time.exact):
            self._held = []
        while self._next is not None and self._next[0] <= frame.index:
            if self._next[0] == frame.index:
                self._held = self._next[1]
            self._next = next(self._frames, None)
        return self._held


def _shown(annotations: AnnotationSet, record_type: type[Seen]) -> Iterator[_Shown[Seen]]:
    """One for each completed pipeline that makes such records."""
    for pipeline, outcome in annotations.outcomes.items():
        if any(table.record_type is record_type for table in annotations.tables_of(pipeline)) and pipeline in annotations.results:
            yield _Shown(annotations.results[pipeline].of_type(record_type), outcome.options.get("rate_hz"))


class Captions:
    """What is being said, as lines of text. Utterances come in the order of their start, and may overlap."""

    def __init__(self, utterances: Iterable[Utterance]) -> None:
        self._utterances = iter(utterances)
        self._next = next(self._utterances, None)
        self._now: list[Utterance] = []

    def at(self, time: MediaTime, columns: int) -> list[str]:
        """The lines at this time, of about so many letters each; ask in time order."""
        while self._next is not None and self._next.start <= time:
            self._now.append(self._next)
            self._next = next(self._utterances, None)
        self._now = [said for said in self._now if time < said.end]
        return [line for said in self._now for line in _page(said, time, columns)]


def _page(said: Utterance, time: MediaTime, columns: int) -> list[str]:
    """The lines of a long utterance that hold what is being said now: by its words' times, else by an even share of its time."""
    wide = any(unicodedata.east_asian_width(letter) in "WF" for letter in said.text)
    lines = textwrap.wrap(" ".join(said.text.split()), columns // 2 if wide else columns)
    pages = [lines[first : first + CAPTION_LINES] for first in range(0, len(lines), CAPTION_LINES)]
    lengths = [sum(len(line.split()) for line in page) for page in pages]
    if sum(lengths) == len(said.words):
        spoken = sum(word.start <= time for word in said.words)
        reached = max(0, spoken - 1)
    else:
        reached = int((time.exact - said.start.exact) / (said.end.exact - said.start.exact) * sum(lengths))
    for page, length in zip(pages, lengths, strict=True):
        if reached < length:
            return page
        reached -= length
    return pages[-1]

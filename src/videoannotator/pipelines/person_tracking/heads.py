"""Which face belongs to which body: both pipelines look at the same frames, and a face lies where a head is."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from videoannotator.annotations.boxes import Box
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.persons import KEYPOINTS, PersonObservation

UPPER_PART = 0.5
"""A face lies in this upper part of its person's box, unless a posture says where the head is."""
LEAST_INSIDE = 0.6
"""Share of the face's box that lies inside the person's."""
LEAST_AGREEMENT = 0.6
"""Share of the frames that show both in which the face must lie on this body."""
_HEAD = tuple(KEYPOINTS.index(name) for name in ("nose", "left_eye", "right_eye"))


@dataclass(slots=True)
class Meetings:
    """How often tracks of faces and of people were seen in one frame, and how often the face lay on the body."""

    together: Counter[tuple[int, int]] = field(default_factory=Counter)
    matched: Counter[tuple[int, int]] = field(default_factory=Counter)

    def faces_of(self, person: int) -> tuple[int, ...]:
        """The face tracks that belong to a person's track, those that were seen most often first."""
        found = {
            face: count
            for (face, body), count in self.matched.items()
            if body == person and count >= LEAST_AGREEMENT * self.together[face, body]
        }
        return tuple(sorted(found, key=lambda face: (-found[face], face)))


def meetings(people: Iterable[PersonObservation], faces: Iterable[FaceObservation]) -> Meetings:
    """Look at every frame that shows both; both come in the order of frames."""
    counted = Meetings()
    for here, seen in _by_frame(people, faces):
        counted.together.update((face.track_id, one.track_id) for face in seen for one in here)
        counted.matched.update(_matches(here, seen))
    return counted


def _by_frame(
    people: Iterable[PersonObservation], faces: Iterable[FaceObservation]
) -> Iterator[tuple[list[PersonObservation], list[FaceObservation]]]:
    """The frames in which both were looked for and found."""
    waiting = groupby(faces, key=lambda face: face.frame)
    index, seen = next(waiting, (None, iter(())))
    for frame, here in groupby(people, key=lambda one: one.frame):
        while index is not None and index < frame:
            index, seen = next(waiting, (None, iter(())))
        if index == frame:
            yield list(here), list(seen)


def _matches(people: list[PersonObservation], faces: list[FaceObservation]) -> Iterator[tuple[int, int]]:
    """One body for each face at most, and one face for each body: the pairs that fit best go first."""
    fits = [(_fit(face, one), face.track_id, one.track_id) for face in faces for one in people]
    taken_faces: set[int] = set()
    taken_people: set[int] = set()
    for fit, face, person in sorted(fits, key=lambda each: (-each[0], each[1], each[2])):
        if fit > 0 and face not in taken_faces and person not in taken_people:
            taken_faces.add(face)
            taken_people.add(person)
            yield face, person


def _fit(face: FaceObservation, person: PersonObservation) -> float:
    """How well a face fits a body, from 0: not at all."""
    inside = face.box.overlap(person.box) / face.box.area
    if inside < LEAST_INSIDE:
        return 0.0
    head = [] if person.keypoints is None else [person.keypoints[place] for place in _HEAD]
    seen = [point for point in head if point.visibility == 2]
    if seen:
        return inside + sum(_holds(face.box, point.x, point.y) for point in seen) if _near(face.box, seen[0].x, seen[0].y) else 0.0
    middle = face.box.top + face.box.height / 2
    return inside if middle <= person.box.top + UPPER_PART * person.box.height else 0.0


def _holds(box: Box, x: float, y: float) -> bool:
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _near(box: Box, x: float, y: float) -> bool:
    """Whether a point of the head lies in the face's box or half its size around."""
    return _holds(Box(box.left - box.width / 2, box.top - box.height / 2, 2 * box.width, 2 * box.height), x, y)

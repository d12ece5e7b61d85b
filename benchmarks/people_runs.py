"""Running the pipelines for people and faces on a recording, and laying what they find beside what is known to be there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.people_scores import FoundBox, TruthBox
from videoannotator import annotate
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import KEYPOINTS, PersonObservation
from videoannotator.annotations.time import MediaTime
from videoannotator.exporters.coco import PERSON_CATEGORY
from videoannotator.media.portraits import PlacedPerson
from videoannotator.media.sampling import Sampler
from videoannotator.testing.people_clips import PeopleTruth

BoxT = TypeVar("BoxT", TruthBox, FoundBox)

PERSONS, FACES = "person_tracking", "face_analysis"
LEAST_VISIBILITY = 0.5
"""Of whom less can be seen may be found, and need not be."""
LEAST_FACE_VISIBILITY = 0.9
COCO_AREA_OF_BOX = 0.5
"""About how much of its box a person fills: COCO's similarity is relative to the area of the person, not of the box."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the pipelines made of a recording.

    Attributes:
        people, faces: all observations.
        person_ids: of each observation of a person; that of the track where nothing says who it is.
        busy_s: seconds of work per pipeline.
        decode_s: seconds of decoding.
        total_s: seconds that passed.
    """

    people: tuple[PersonObservation, ...]
    faces: tuple[FaceObservation, ...]
    person_ids: tuple[str, ...]
    busy_s: Mapping[str, float]
    decode_s: float
    total_s: float

    @property
    def tracks(self) -> list[FoundBox]:
        """People by track."""
        return [FoundBox(seen.frame, seen.track_id, seen.box) for seen in self.people]

    @property
    def persons(self) -> list[FoundBox]:
        """People by identity."""
        return [FoundBox(seen.frame, name, seen.box) for seen, name in zip(self.people, self.person_ids, strict=True)]

    @property
    def face_boxes(self) -> list[FoundBox]:
        """Faces by track."""
        return [FoundBox(seen.frame, seen.track_id, seen.box) for seen in self.faces]


def find_people(
    path: Path,
    pipelines: Sequence[str] = (PERSONS, FACES),
    options: Mapping[str, Any] | None = None,
    threads: int = 1,
) -> Found:
    """Run the pipelines, each with these options; one that does not complete ends the benchmark with its error."""
    with annotate(path, list(pipelines), options, threads=threads) as annotations:
        for outcome in annotations.outcomes.values():
            if outcome.status is not PipelineStatus.COMPLETED:
                raise SystemExit(f"{outcome.pipeline} on {path.name}: {outcome.status.value}, {outcome.error or outcome.reason}")
        return found_in(annotations)


def found_in(annotations: AnnotationSet) -> Found:
    people = tuple(annotations.records(PersonObservation))
    return Found(
        people=people,
        faces=tuple(annotations.records(FaceObservation)),
        person_ids=tuple(_person_id(annotations, seen) for seen in people),
        busy_s={name: outcome.busy_s for name, outcome in annotations.outcomes.items()},
        decode_s=annotations.provenance.timings_s["decode"],
        total_s=annotations.provenance.timings_s["total"],
    )


def _person_id(annotations: AnnotationSet, seen: PersonObservation) -> str:
    identity = annotations.identities.of_person(seen.track_id, seen.time)
    return identity.person_id if identity else f"track {seen.track_id}"


def looked_at(times: Sequence[MediaTime], rate_hz: float | None) -> list[int]:
    """The frames that a pipeline is given which asks for this rate."""
    sampler = Sampler(rate_hz)
    return [index for index, time in enumerate(times) if sampler.wants(time.exact)]


def true_persons(people: Iterable[PlacedPerson]) -> list[TruthBox]:
    """Everybody, the same through the whole clip."""
    return [TruthBox(each.frame, each.person, each.box, each.visibility >= LEAST_VISIBILITY) for each in people]


def in_shots(boxes: Iterable[BoxT], truth: PeopleTruth) -> list[BoxT]:
    """The boxes, everybody somebody else in each shot: a track may end at a cut, and it may go on."""
    return [replace(each, who=f"{each.who} in {shot_of(each.frame, truth)}") for each in boxes]


def shot_of(frame: int, truth: PeopleTruth) -> int:
    """The number of a frame's shot, from 0."""
    return sum(frame >= cut for cut in truth.cuts)


def true_faces(people: Iterable[PlacedPerson]) -> list[TruthBox]:
    """Every face."""
    return [TruthBox(each.frame, each.person, each.face_box, each.face_visibility >= LEAST_FACE_VISIBILITY) for each in people]


def true_postures(people: Iterable[PlacedPerson], frames: Sequence[int], first_image: int = 0) -> dict[str, Any]:
    """The known keypoints, those of head and shoulders, as a data set in COCO's format; image ids are frames plus `first_image`."""
    wanted = set(frames)
    annotations: list[dict[str, Any]] = []
    for each in people:
        if each.frame not in wanted:
            continue
        points = each.body_points if each.visibility >= LEAST_VISIBILITY else {}
        places = [(points[name].x, points[name].y, 2) if name in points else (0, 0, 0) for name in KEYPOINTS]
        box = each.box
        annotations.append(
            {
                "id": first_image * 100 + len(annotations) + 1,
                "image_id": first_image + each.frame,
                "category_id": 1,
                "bbox": [box.left, box.top, box.width, box.height],
                "area": box.area * COCO_AREA_OF_BOX,
                "iscrowd": 0,
                "keypoints": [value for place in places for value in place],
                "num_keypoints": len(points),
            }
        )
    images = [{"id": first_image + frame} for frame in frames]
    return {"images": images, "annotations": annotations, "categories": [PERSON_CATEGORY]}


def found_postures(people: Iterable[PersonObservation], image_ids: Mapping[int, Any]) -> list[dict[str, Any]]:
    """Every posture that was measured, as results in COCO's format.

    Args:
        people: what was found.
        image_ids: of the frames that are scored.
    """
    return [
        {
            "image_id": image_ids[seen.frame],
            "category_id": 1,
            "keypoints": [value for point in seen.keypoints for value in (point.x, point.y, point.visibility)],
            "score": seen.score,
        }
        for seen in people
        if seen.keypoints is not None and seen.frame in image_ids
    ]

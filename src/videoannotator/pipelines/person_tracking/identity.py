"""Who each track is, from all that was found in the recording."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar, cast

from videoannotator.annotations.faces import FaceObservation, FaceTrack
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.time import MediaTime
from videoannotator.pipelines.person_tracking.heads import Meetings, meetings
from videoannotator.pipelines.person_tracking.options import TrackLabel
from videoannotator.pipelines.person_tracking.people import Person, TrackSpan, people_of
from videoannotator.pipelines.person_tracking.roles import Heights, Role, role_of

RecordT = TypeVar("RecordT")
Products = Callable[[type], Iterable[object]]


@dataclass(frozen=True, slots=True)
class _Overview:
    """What one pass over all observations tells."""

    spans: list[TrackSpan]
    heights: Heights


def identities(products: Products, labels: Sequence[TrackLabel], *, roles: bool) -> Iterator[PersonIdentity]:
    """Say who each track is, one stretch of time after the other.

    Args:
        products: gives the records of a type.
        labels: what the user says; it wins.
        roles: whether to tell adults and children apart where the user says nothing.
    """
    met = meetings(_all(products, PersonObservation), _all(products, FaceObservation))
    faces = {face.track_id: face for face in _all(products, FaceTrack)}
    overview = _look_over(_all(products, PersonObservation), met)
    for number, person in enumerate(people_of(overview.spans, faces), start=1):
        own = [faces[face] for face in dict.fromkeys(face for span in person.tracks for face in span.faces) if face in faces]
        role = role_of([span.number for span in person.tracks], own, overview.heights) if roles else Role()
        for span in person.tracks:
            whole = _identity(f"person_{number:03d}", person, span, role)
            yield from _labelled(whole, [label for label in labels if label.track == span.number])


def _all(products: Products, kind: type[RecordT]) -> Iterable[RecordT]:
    return cast("Iterable[RecordT]", products(kind))


def _look_over(people: Iterable[PersonObservation], met: Meetings) -> _Overview:
    ends: dict[int, tuple[MediaTime, MediaTime]] = {}
    heights = Heights()
    for _, group in groupby(people, key=lambda one: one.frame):
        here = list(group)
        heights.add(here)
        for one in here:
            ends[one.track_id] = (ends[one.track_id][0] if one.track_id in ends else one.time, one.time)
    spans = [TrackSpan(number, start, end, met.faces_of(number)) for number, (start, end) in sorted(ends.items())]
    return _Overview(spans, heights)


def _identity(person_id: str, person: Person, span: TrackSpan, role: Role) -> PersonIdentity:
    join = person.joins.get(span.number)
    joined = {} if join is None else {"face_similarity": round(join.similarity, 4), "joined_to_track": float(join.other)}
    return PersonIdentity(
        track_id=span.number,
        start=span.start,
        end=span.end,
        person_id=person_id,
        label=role.label,
        label_confidence=role.confidence,
        labeling_method=role.method,
        identity_method="track" if join is None else "face_identity",
        identity_confidence=None if join is None else round(max(0.0, min(1.0, join.similarity)), 4),
        face_track_ids=span.faces,
        evidence=role.evidence | joined,
    )


def _labelled(whole: PersonIdentity, labels: Sequence[TrackLabel]) -> Iterator[PersonIdentity]:
    """The track in stretches, each with the label that the user gives it then; of two that overlap, the later in the list wins."""
    stretches = [whole]
    for label in labels:
        start = whole.start if label.start_s is None else max(whole.start, MediaTime.from_seconds(label.start_s))
        end = whole.end if label.end_s is None else min(whole.end, MediaTime.from_seconds(label.end_s))
        if start <= end:
            stretches = [piece for stretch in stretches for piece in _without(stretch, start, end)]
            said = {"label": label.label, "label_confidence": 1.0, "labeling_method": "labels_file"}
            stretches.append(replace(whole, start=start, end=end, **said))  # type: ignore[arg-type]  # they are its fields
    yield from sorted(stretches, key=lambda stretch: stretch.start)


def _without(stretch: PersonIdentity, start: MediaTime, end: MediaTime) -> Iterator[PersonIdentity]:
    """What is left of a stretch outside a time; times count in microseconds here, as labels have them."""
    tick = 1e-6
    if stretch.start < start:
        yield replace(stretch, end=min(stretch.end, start.shifted(-tick)))
    if end < stretch.end:
        yield replace(stretch, start=max(stretch.start, end.shifted(tick)))

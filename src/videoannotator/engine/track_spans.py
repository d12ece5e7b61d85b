"""When tracks of people and faces are seen: the stretches of time that a time line shows for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.persons import PersonObservation

LONGEST_GAP_S = 1.0
"""A track that is not seen for longer than this is shown in two stretches."""

Span = list[float]
"""First and last time at which something is seen, seconds."""


class Stretches:
    """The stretches in which each track of one kind is seen; observations of one track come in time order."""

    def __init__(self) -> None:
        self._spans: dict[int, list[Span]] = {}

    def add(self, track_id: int, time_s: float) -> None:
        """A track is seen at this time."""
        spans = self._spans.setdefault(track_id, [])
        if spans and time_s - spans[-1][1] <= LONGEST_GAP_S:
            spans[-1][1] = max(spans[-1][1], time_s)
        else:
            spans.append([time_s, time_s])

    @property
    def by_track(self) -> dict[int, list[Span]]:
        """The stretches, by track in the order of their numbers."""
        return dict(sorted(self._spans.items()))


@dataclass(frozen=True, slots=True)
class TrackSpans:
    """When every track is seen; `persons` and `faces` give the stretches by track number."""

    persons: Mapping[int, list[Span]] = field(default_factory=dict)
    faces: Mapping[int, list[Span]] = field(default_factory=dict)

    @classmethod
    def of(cls, annotations: AnnotationSet) -> "TrackSpans":
        """Found by reading every observation, which takes a while for a long recording."""
        persons, faces = Stretches(), Stretches()
        for person in annotations.records(PersonObservation):
            persons.add(person.track_id, person.time.seconds)
        for face in annotations.records(FaceObservation):
            faces.add(face.track_id, face.time.seconds)
        return cls(persons.by_track, faces.by_track)

    @classmethod
    def of_document(cls, timeline: Mapping[str, Any]) -> "TrackSpans":
        """Found in a time line that `timeline_of` has made: correcting who somebody is does not change when tracks are seen."""
        persons = {int(track): spans for person in timeline["persons"] for track, spans in person["track_spans"].items()}
        return cls(persons, {face["track"]: face["spans"] for face in timeline["faces"]})


def together(spans: Iterable[Span]) -> list[Span]:
    """Stretches of several tracks as those of one."""
    joined: list[Span] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s - joined[-1][1] <= LONGEST_GAP_S:
            joined[-1][1] = max(joined[-1][1], end_s)
        else:
            joined.append([start_s, end_s])
    return joined

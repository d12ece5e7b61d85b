"""The records of an annotation set that can be corrected, as they stand after some corrections."""

from collections.abc import Iterator
from typing import Any, TypeVar

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.corrections import refused
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.sound import SoundEvent
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn

SEGMENTS: tuple[type[Any], ...] = (Scene, SpeakerTurn, Utterance, SoundEvent)
"""What can be moved, added and deleted."""
CORRECTABLE: tuple[type[Any], ...] = (*SEGMENTS, PersonIdentity)
WORDS = {Scene: "a scene", SpeakerTurn: "a turn", Utterance: "an utterance", SoundEvent: "a sound event"}

Place = tuple[str, type[Any]]
"""A pipeline, and one of its record types."""
SegmentT = TypeVar("SegmentT")


class Draft:
    """The records of a set that can be corrected, by id, held in memory: people, speakers and segments, never observations.

    Attributes:
        annotations: the set as the pipelines left it.
        records: the records at each place, by id, in the order they were made.
        person_names, speaker_names: what people and speakers were called, by id.
        merged_persons, merged_speakers: who turned out to be whom.
        touched: the places with changed records.
        corrected: ids of all that was corrected and still exists.
        voices_changed: speakers whose turns are not those that their voice was measured on.
        words_changed: speakers who say other words than were counted.
    """

    def __init__(self, annotations: AnnotationSet) -> None:
        self.annotations = annotations
        self.records: dict[Place, dict[str, Any]] = {}
        self.person_names: dict[str, str] = {}
        self.speaker_names: dict[str, str] = {}
        self.merged_persons: dict[str, str] = {}
        self.merged_speakers: dict[str, str] = {}
        self.touched: set[Place] = set()
        self.corrected: dict[str, None] = {}
        self.voices_changed: set[str] = set()
        self.words_changed: set[str] = set()
        for pipeline, outcome in annotations.outcomes.items():
            if outcome.status is not PipelineStatus.COMPLETED:
                continue
            for kind in CORRECTABLE:
                made = annotations.results[pipeline].of_type(kind) if pipeline in annotations.results else ()
                if len(made) or kind.__name__ in (outcome.records or {}):
                    records = {f"{pipeline}/{kind.__name__}/{number}": record for number, record in enumerate(made)}
                    self.records[pipeline, kind] = records

    def copy(self) -> "Draft":
        """Another one in the same state, which changes on its own."""
        other = object.__new__(Draft)
        for name, value in vars(self).items():
            setattr(other, name, value if name == "annotations" else value.copy())
        other.records = {place: records.copy() for place, records in self.records.items()}
        return other

    @property
    def end_s(self) -> float | None:
        """When the recording ends, seconds; None when nobody knows."""
        return self.annotations.media.duration_s

    def of_type(self, kind: type[SegmentT]) -> Iterator[SegmentT]:
        """All records of a type as they are now."""
        for (_, each), records in self.records.items():
            if each is kind:
                yield from records.values()

    def place_for(self, kind: type[Any]) -> Place:
        """Where records of a type are added: with those of the first pipeline that looked for such.

        Raises:
            InvalidRequestException: none did.
        """
        for place in self.records:
            if place[1] is kind:
                return place
        hint = "Run a pipeline that does, then correct its output."
        raise refused(f"No pipeline of this job looked for {WORDS[kind]}, so there is no list to add one to.", hint)

    def find(self, target: str, *kinds: type[Any]) -> tuple[Place, Any]:
        """The record of an id, and where it stands.

        Raises:
            InvalidRequestException: there is none, or it is of another type.
        """
        for place, records in self.records.items():
            if target in records and place[1] in kinds:
                return place, records[target]
        allowed = " or ".join(WORDS[kind] for kind in kinds)
        raise refused(
            f"{_quoted(target)} is not {allowed} of this job, or was deleted.",
            "Take ids from the time line (GET /api/v1/jobs/{id}/timeline); measures, such as voice segments, cannot be changed.",
        )

    def put(self, place: Place, key: str, record: Any) -> None:
        """Have this record under that id."""
        self.records[place][key] = record
        self.touched.add(place)
        self.corrected[key] = None

    def drop(self, place: Place, key: str) -> None:
        """Have no record of this id any more."""
        del self.records[place][key]
        self.touched.add(place)
        self.corrected.pop(key, None)

    def in_order(self, place: Place) -> list[tuple[str, Any]]:
        """The records at a place with their ids, in the order of time."""
        return sorted(self.records[place].items(), key=lambda item: item[1].start)

    @property
    def speakers(self) -> set[str]:
        """Everybody who speaks."""
        heard = {turn.speaker_id for turn in self.of_type(SpeakerTurn)}
        return heard | {said.speaker_id for said in self.of_type(Utterance) if said.speaker_id is not None}

    @property
    def persons(self) -> set[str]:
        """Everybody who is seen and has an id."""
        return {identity.person_id for identity in self.of_type(PersonIdentity)}


def _quoted(target: str) -> str:
    return repr(target[:80])

"""What the annotations of jobs have come to by corrections, kept for a while: reading them takes longer than changing them."""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from videoannotator.annotations.corrected import Corrected, correct, outcome_of
from videoannotator.annotations.corrections import Correction
from videoannotator.annotations.draft import Draft
from videoannotator.database import crud
from videoannotator.database.attempts import VIEW_TIMELINE
from videoannotator.database.session import Database
from videoannotator.engine.timeline import timeline_of
from videoannotator.engine.track_spans import TrackSpans
from videoannotator.errors import NotFoundException
from videoannotator.jobs.annotations import annotations_of
from videoannotator.jobs.results import file_of
from videoannotator.storage.config import Storage

SMALL_TYPES = frozenset(
    {
        *("Scene", "Utterance", "SpeakerTurn", "SoundEvent", "PersonIdentity", "FloorTransfer", "SpeakerMeasures"),
        *("SpeakingOnScreen", "SpeakerLink", "VoiceSegment", "VoiceProfile", "SoundSegment", "SoundMinute"),
    }
)
"""The records that a time line is made of; observations of people and faces, which are many, are not among them."""
SEEN_TYPES = frozenset({"PersonObservation", "FaceObservation"})
KEPT_DRAFTS = 3
KEPT_BYTES = 64_000_000

Key = tuple[str, int]
"""A job, and a revision of it."""


class Drafts:
    """Drafts and time lines of the jobs that people work on just now; safe to use from several threads.

    Args:
        database: the rows.
        storage: the files.
    """

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._lock = threading.Lock()
        self._drafts: OrderedDict[Key, Draft] = OrderedDict()
        self._spans: OrderedDict[str, TrackSpans] = OrderedDict()
        self._timelines: OrderedDict[Key, bytes] = OrderedDict()

    def at(self, job_id: str, corrections: Sequence[Correction]) -> Draft:
        """The draft after these corrections; copy it before you change it.

        Raises:
            JobNotFoundException, JobNotReadyException, NotFoundException, StorageFailedException: as `annotations_of`.
        """
        with self._lock:
            known = {revision: draft for (job, revision), draft in self._drafts.items() if job == job_id}
        done = max((place for place, each in enumerate(corrections, start=1) if each.number in known), default=0)
        draft = known[corrections[done - 1].number] if done else known.get(0)
        if draft is None:
            draft = Draft(annotations_of(self._database, self._storage, job_id, only=SMALL_TYPES))
            self.keep(job_id, 0, draft)
        if done < len(corrections):
            draft = draft.copy()
            for each in corrections[done:]:
                correct(draft, each)
            self.keep(job_id, corrections[-1].number, draft)
        return draft

    def keep(self, job_id: str, revision: int, draft: Draft) -> None:
        """Remember a draft, which nobody changes any more."""
        with self._lock:
            self._drafts[job_id, revision] = draft
            self._drafts.move_to_end((job_id, revision))
            while len(self._drafts) > KEPT_DRAFTS:
                self._drafts.popitem(last=False)

    def timeline(self, job_id: str, corrections: Sequence[Correction]) -> tuple[bytes, str]:
        """The time line after these corrections as JSON, and a tag of it; raises what `at` raises."""
        revision = corrections[-1].number if corrections else 0
        with self._lock:
            made = self._timelines.get((job_id, revision))
        if made is None:
            draft = self.at(job_id, corrections)
            document = corrected_timeline(draft, len(corrections), self._seen(job_id)) | {"revision": revision}
            made = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
            with self._lock:
                self._timelines[job_id, revision] = made
                while len(self._timelines) > 1 and sum(map(len, self._timelines.values())) > KEPT_BYTES:
                    self._timelines.popitem(last=False)
        return made, f"{job_id}-{revision}"

    def _seen(self, job_id: str) -> TrackSpans:
        """When tracks are seen: as the worker has written it, else by reading every observation."""
        with self._lock:
            known = self._spans.get(job_id)
        if known is None:
            known = self._written_spans(job_id)
            if known is None:
                with annotations_of(self._database, self._storage, job_id, only=SEEN_TYPES) as annotations:
                    known = TrackSpans.of(annotations)
            with self._lock:
                self._spans[job_id] = known
                while len(self._spans) > KEPT_DRAFTS:
                    self._spans.popitem(last=False)
        return known

    def _written_spans(self, job_id: str) -> TrackSpans | None:
        """As the time lines of the job's attempts have them; None where there is none."""
        stem, _, ending = VIEW_TIMELINE.rpartition(".")
        with self._database.reading() as session:
            files = [
                file for file in crud.artifacts_of(session, job_id) if file.name.startswith(stem) and file.name.endswith(ending)
            ]
        persons: dict[int, Any] = {}
        faces: dict[int, Any] = {}
        for file in sorted(files, key=lambda each: each.token):
            try:
                spans = TrackSpans.of_document(json.loads(file_of(self._storage, file).path.read_bytes()))
            except (NotFoundException, ValueError, KeyError, TypeError):
                return None
            persons.update(spans.persons)
            faces.update(spans.faces)
        return TrackSpans(persons, faces) if files else None


def corrected_timeline(draft: Draft, count: int, spans: TrackSpans) -> dict[str, Any]:
    """The time line of a draft, with the ids that its records had before all corrections, and the names that people were given."""
    plain = outcome_of(draft, count, named=False)
    document = timeline_of(plain.annotations, spans)
    for items in ("scenes", "turns", "utterances", "events"):
        _restore_ids(document[items], plain)
    if draft.person_names or draft.speaker_names:
        named = outcome_of(draft, count)
        events = timeline_of(named.annotations, spans)["events"]  # their labels tell names
        _restore_ids(events, named)
        document["events"] = events
    for people, names in (("persons", draft.person_names), ("speakers", draft.speaker_names)):
        for one in document[people]:
            one["name"] = names.get(one["id"], one["name"])
    document["corrected"] = list(draft.corrected)
    return document


def _restore_ids(items: Sequence[dict[str, Any]], corrected: Corrected) -> None:
    by_name: Mapping[tuple[str, str], list[str]] = {
        (pipeline, kind.__name__): ids for (pipeline, kind), ids in corrected.ids.items()
    }
    for item in items:
        pipeline, kind, number = item["id"].split("/")
        ids = by_name.get((pipeline, kind))
        if ids is not None:
            item["id"] = ids[int(number)]

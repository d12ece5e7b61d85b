"""Annotations with corrections applied: another set, which every exporter writes like the first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures
from videoannotator.annotations.corrected_names import SPEAKING, Names
from videoannotator.annotations.corrected_people import (
    Before,
    assign_speaker,
    merge_persons,
    merge_speakers,
    rename_person,
    rename_speaker,
)
from videoannotator.annotations.corrected_segments import add_segment, delete_segment, edit_utterance, move_boundary
from videoannotator.annotations.corrections import Correction, CorrectionKind, Said
from videoannotator.annotations.draft import Draft, Place
from videoannotator.annotations.outcome import PipelineOutcome
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.prosody import VoiceProfile
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.turn_taking import Spoken, floor_transfers, joined, speaker_measures
from videoannotator.annotations.voices import SpeakerTurn

_WAYS: Mapping[CorrectionKind, Callable[[Draft, Correction, Said], Before]] = {
    CorrectionKind.RENAME_PERSON: rename_person,
    CorrectionKind.MERGE_PERSONS: merge_persons,
    CorrectionKind.RENAME_SPEAKER: rename_speaker,
    CorrectionKind.MERGE_SPEAKERS: merge_speakers,
    CorrectionKind.EDIT_UTTERANCE: edit_utterance,
    CorrectionKind.ASSIGN_SPEAKER: assign_speaker,
    CorrectionKind.MOVE_BOUNDARY: move_boundary,
    CorrectionKind.ADD_SEGMENT: add_segment,
    CorrectionKind.DELETE_SEGMENT: delete_segment,
}


@dataclass(frozen=True)
class Corrected:
    """A corrected set; close it before the set that it was made of.

    Attributes:
        annotations: the set.
        ids: at each place with changed records, the id of each record in order: of the time line before all corrections, or
            `correction/NUMBER` of an added one.
    """

    annotations: AnnotationSet
    ids: Mapping[Place, list[str]]


def apply(annotations: AnnotationSet, corrections: Iterable[Correction]) -> AnnotationSet:
    """The annotations with corrections applied, in their order. The given set must stay open as long as the new one is used.

    Observations of people and faces are not copied: who they show stands in the identities.

    Raises:
        InvalidRequestException: a correction does not fit these annotations.
    """
    draft, count = Draft(annotations), 0
    for count, correction in enumerate(corrections, start=1):  # noqa: B007  counted for the note below
        correct(draft, correction)
    return outcome_of(draft, count).annotations if count else annotations


def correct(draft: Draft, correction: Correction) -> Before:
    """Apply one correction; gives what held before.

    Raises:
        InvalidRequestException: it does not fit. The draft may be half changed then; correct a copy where that matters.
    """
    return _WAYS[correction.kind](draft, correction, Said(correction.after))


def outcome_of(draft: Draft, count: int, *, named: bool = True) -> Corrected:
    """What a draft has come to, after so many corrections.

    Args:
        draft: not changed.
        count: how many corrections led to it, for the note among the warnings.
        named: whether people and speakers bear the names they were given, or the ids that corrections speak of.
    """
    names = Names(draft, named=named)
    results: dict[str, PipelineRecords] = {}
    outcomes: dict[str, PipelineOutcome] = {}
    ids: dict[Place, list[str]] = {}
    for pipeline, outcome in draft.annotations.outcomes.items():
        made = draft.annotations.results.get(pipeline)
        changed = dict(_changed(draft, names, pipeline, ids))
        if made is None and not changed:
            outcomes[pipeline] = outcome
            continue
        results[pipeline] = PipelineRecords()
        if made is not None:
            results[pipeline].borrow(made, [kind for kind in made.types if kind not in changed], attachments=True)
        for kind, records in changed.items():
            own = results[pipeline].of_type(kind)
            for record in records:
                own.append(record)
        counted = {kind.__name__: len(results[pipeline].of_type(kind)) for kind in changed}
        outcomes[pipeline] = replace(
            outcome,
            records=None if outcome.records is None else outcome.records | counted,
            warnings=(*outcome.warnings, *_notes(draft, changed)),
        )
    note = f"Corrected by hand: {count} {'correction' if count == 1 else 'corrections'}."
    provenance = replace(draft.annotations.provenance, warnings=(*draft.annotations.provenance.warnings, note))
    whole = replace(draft.annotations, outcomes=outcomes, results=results, provenance=provenance)
    return Corrected(whole, ids)


def _changed(draft: Draft, names: Names, pipeline: str, ids: dict[Place, list[str]]) -> Iterator[tuple[type[Any], Iterable[Any]]]:
    """The record types of a pipeline whose records differ, and these records."""
    for place in draft.records:
        if place[0] != pipeline:
            continue
        if place in draft.touched or (names.any and place[1] in SPEAKING) or (names.any and place[1] is PersonIdentity):
            ordered = list(draft.records[place].items())
            if place in draft.touched and place[1] is not PersonIdentity:
                ordered = draft.in_order(place)
            ids[place] = [key for key, _ in ordered]
            yield place[1], [names.of(record) for _, record in ordered]
    made = draft.annotations.results.get(pipeline)
    for kind in made.types if made is not None else ():
        if (pipeline, kind) in draft.records:
            continue
        if _is_measured(kind) and (draft.voices_changed or draft.words_changed):
            yield kind, _measured(draft, names, pipeline, kind)
        elif kind in SPEAKING and names.any and made is not None:
            yield kind, (names.of(record) for record in made.of_type(kind))


def _is_measured(kind: type[Any]) -> bool:
    """Whether records of a type are made of turns and words, and no longer true when these change."""
    return kind in (FloorTransfer, SpeakerMeasures, VoiceProfile)


def _measured(draft: Draft, names: Names, pipeline: str, kind: type[Any]) -> Iterator[Any]:
    """What is measured on turns and words as they are now; a voice's profile that is no longer true is left out."""
    turns = sorted((turn for turn in _own(draft, pipeline, SpeakerTurn)), key=lambda turn: turn.start)
    if kind is VoiceProfile:
        profiles = draft.annotations.results[pipeline].of_type(VoiceProfile)
        made: Iterable[Any] = (each for each in profiles if each.subject not in draft.voices_changed)
    elif kind is FloorTransfer:
        made = floor_transfers(joined(turns))
    else:
        transfers = list(floor_transfers(joined(turns)))
        made = speaker_measures(turns, transfers, _spoken(draft, pipeline)) if turns else ()
    return (names.of(each) for each in made)


def _spoken(draft: Draft, pipeline: str) -> dict[str, Spoken] | None:
    """Words and syllables of each speaker; syllables only where the words are those that were counted."""
    before = list(draft.annotations.results[pipeline].of_type(SpeakerMeasures))
    if all(measures.words is None for measures in before):
        return None
    spoken: dict[str, Spoken] = {}
    for said in _own(draft, pipeline, Utterance):
        if said.speaker_id is not None:
            counted = spoken.setdefault(said.speaker_id, Spoken())
            counted.words += len(said.words)
    for measures in before:
        speaker = draft.merged_speakers.get(measures.speaker_id, measures.speaker_id)
        counted = spoken.setdefault(speaker, Spoken())
        unknown = counted.syllables is None or measures.syllables is None or measures.speaker_id in draft.words_changed
        counted.syllables = None if unknown else (counted.syllables or 0) + (measures.syllables or 0)
    counted_before = {draft.merged_speakers.get(each.speaker_id, each.speaker_id) for each in before}
    for speaker, counted in spoken.items():
        if speaker in draft.words_changed or speaker not in counted_before:
            counted.syllables = None
    return spoken


def _own(draft: Draft, pipeline: str, kind: type[Any]) -> list[Any]:
    return list(draft.records.get((pipeline, kind), {}).values())


def _notes(draft: Draft, changed: Mapping[type[Any], Any]) -> Iterator[str]:
    if VoiceProfile in changed and draft.voices_changed:
        who = ", ".join(sorted(draft.voices_changed))
        yield f"The voice profiles of {who} were left out: their turns were corrected after the voices were measured."

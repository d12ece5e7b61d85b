"""Corrections of who people and speakers are."""

import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from videoannotator.annotations.corrections import BY_HAND, MAX_NAME_LENGTH, Correction, Said, refused
from videoannotator.annotations.draft import Draft, Place
from videoannotator.annotations.persons import PLAIN_ID, PersonIdentity
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SPEAKER_ID, SpeakerTurn

Before = dict[str, Any]
PLAIN = "letters without accents, digits, - and _, at most 64, the first one a letter or digit"


def plain_name(name: str) -> str | None:
    """A name in the letters that ids have, accents left out and spaces as _; None when nothing is left of it."""
    letters = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    plain = "_".join("".join(each if each.isascii() and (each.isalnum() or each in "-_") else " " for each in letters).split())
    plain = plain.strip("-_")[:64]
    return plain if PLAIN_ID.fullmatch(plain) else None


def rename_person(draft: Draft, correction: Correction, said: Said) -> Before:
    """A person is called by a name that takes the place of the id in every format."""
    _require_known(correction.target, draft.persons, draft.merged_persons, "person")
    name = said.text("name", MAX_NAME_LENGTH)
    said.end()
    if PLAIN_ID.fullmatch(name) is None:
        plain = plain_name(name)
        example = f"For example: {plain}." if plain else "For example: P01_mother."
        raise refused(f"The name of a person becomes part of file names, and so has only {PLAIN}.", example, "after.name")
    before = draft.person_names.get(correction.target, correction.target)
    _require_free(name, correction.target, draft.persons, draft.person_names)
    draft.person_names[correction.target] = name
    draft.corrected[correction.target] = None
    return {"name": before}


def rename_speaker(draft: Draft, correction: Correction, said: Said) -> Before:
    """A speaker is called by a name: as it is where texts are written, and in plain letters where ids are."""
    _require_known(correction.target, draft.speakers, draft.merged_speakers, "speaker")
    name = said.text("name", MAX_NAME_LENGTH)
    said.end()
    _require_free(name, correction.target, draft.speakers, draft.speaker_names)
    before = speaker_name(draft, correction.target)
    draft.speaker_names[correction.target] = name
    draft.corrected[correction.target] = None
    return {"name": before}


def speaker_name(draft: Draft, speaker: str) -> str:
    """What a speaker is called: by hand, by a labels file, or by the id."""
    if speaker in draft.speaker_names:
        return draft.speaker_names[speaker]
    labels = (turn.label for turn in draft.of_type(SpeakerTurn) if turn.speaker_id == speaker and turn.label)
    spoken = (said.speaker_label for said in draft.of_type(Utterance) if said.speaker_id == speaker and said.speaker_label)
    return next(labels, None) or next(spoken, None) or speaker


def merge_persons(draft: Draft, correction: Correction, said: Said) -> Before:
    """Two persons are one: the target's tracks become the other's."""
    source, into = correction.target, _into(correction.target, draft.persons, draft.merged_persons, "person", said)
    tracks = []
    for place, records in draft.records.items():
        for key, identity in records.items() if place[1] is PersonIdentity else ():
            if identity.person_id == source:
                tracks.append(identity.track_id)
                joined = replace(identity, person_id=into, identity_method=BY_HAND, identity_confidence=None)
                records[key] = joined
                draft.touched.add(place)
    before = {"name": draft.person_names.pop(source, source), "tracks": sorted(set(tracks))}
    _redirect(draft.merged_persons, source, into)
    draft.corrected.pop(source, None)
    draft.corrected[into] = None
    return before


def merge_speakers(draft: Draft, correction: Correction, said: Said) -> Before:
    """Two speakers are one: what the target says, the other one does. Turns of both that overlap become one."""
    source, into = correction.target, _into(correction.target, draft.speakers, draft.merged_speakers, "speaker", said)
    before = {"name": speaker_name(draft, source)}
    label = next((turn.label for turn in draft.of_type(SpeakerTurn) if turn.speaker_id == into), None)
    turns = 0
    for place, records in draft.records.items():
        for key, record in list(records.items()):
            if place[1] is SpeakerTurn and record.speaker_id == source:
                turns += 1
                records[key] = replace(record, speaker_id=into, label=label, confidence=None)
                draft.touched.add(place)
            elif place[1] is Utterance:
                changed = _merged_utterance(record, source, into, label)
                if changed is not record:
                    records[key] = changed
                    draft.touched.add(place)
        if place[1] is SpeakerTurn:
            join_overlapping(draft, place, into)
    draft.speaker_names.pop(source, None)
    _redirect(draft.merged_speakers, source, into)
    draft.voices_changed |= {source, into}
    draft.corrected.pop(source, None)
    draft.corrected[into] = None
    return {**before, "turns": turns}


def assign_speaker(draft: Draft, correction: Correction, said: Said) -> Before:
    """A turn, or an utterance, is somebody else's."""
    place, record = draft.find(correction.target, SpeakerTurn, Utterance)
    speaker = speaker_of(draft, said, may_be_none=place[1] is Utterance)
    said.end()
    before = record.speaker_id
    if place[1] is Utterance:
        draft.put(place, correction.target, spoken_by(record, speaker, label_of(draft, speaker)))
        draft.words_changed |= {each for each in (before, speaker) if each is not None}
    else:
        changed = replace(record, speaker_id=speaker, label=label_of(draft, speaker), confidence=None)
        draft.put(place, correction.target, changed)
        draft.voices_changed |= {before, str(speaker)}
        join_overlapping(draft, place, str(speaker))
    return {"speaker": before}


def speaker_of(draft: Draft, said: Said, *, may_be_none: bool) -> str | None:
    """The speaker whom a correction names.

    Raises:
        InvalidRequestException: nobody is called so; or it names nobody where somebody must be.
    """
    speaker = said.text_or_none("speaker", 64)
    new = said.flag("new")
    if speaker is None:
        if may_be_none:
            return None
        raise refused("A turn is somebody's: after.speaker is missing.", "Delete the turn if nobody speaks.", "after.speaker")
    if speaker in draft.merged_speakers:
        message = f"{speaker!r} is the same as {draft.merged_speakers[speaker]!r} now."
        raise refused(message, "Name that one.", "after.speaker")
    if speaker not in draft.speakers:
        if not new:
            known = ", ".join(sorted(draft.speakers)[:20]) or "nobody"
            raise refused(
                f"Nobody who speaks has the id {speaker!r}.",
                f'These do: {known}. For somebody who was not heard before, send "new": true.',
                "after.speaker",
            )
        if SPEAKER_ID.fullmatch(speaker) is None:
            raise refused(f"The id of a speaker has only {PLAIN}.", "For example: speaker_007.", "after.speaker")
        _require_free(speaker, speaker, draft.speakers, draft.speaker_names)
    return speaker


def label_of(draft: Draft, speaker: str | None) -> str | None:
    """The name that a labels file gave a speaker."""
    return next((turn.label for turn in draft.of_type(SpeakerTurn) if turn.speaker_id == speaker and turn.label), None)


def spoken_by(said: Utterance, speaker: str | None, label: str | None) -> Utterance:
    """The utterance, as somebody's."""
    words = tuple(
        replace(word, speaker_id=speaker, other_speakers=tuple(each for each in word.other_speakers if each != speaker))
        for word in said.words
    )
    return replace(said, words=words, speaker_id=speaker, speaker_label=label if speaker else None)


def join_overlapping(draft: Draft, place: Place, speaker: str) -> None:
    """Make one of a speaker's turns that overlap; it keeps the id of the first."""
    last: tuple[str, SpeakerTurn] | None = None
    for key, turn in draft.in_order(place):
        if turn.speaker_id != speaker:
            continue
        if last is not None and turn.start < last[1].end:
            whole = replace(last[1], end=max(last[1].end, turn.end), confidence=None)
            draft.put(place, last[0], whole)
            draft.drop(place, key)
            last = last[0], whole
        else:
            last = key, turn


def _merged_utterance(said: Utterance, source: str, into: str, label: str | None) -> Utterance:
    if said.speaker_id == source:
        said = spoken_by(said, into, label)
    if not any(source in word.other_speakers for word in said.words):
        return said
    words = tuple(
        replace(word, other_speakers=merged_ids(word.other_speakers, source, into, said.speaker_id)) for word in said.words
    )
    return replace(said, words=words)


def merged_ids(ids: Iterable[str], source: str, into: str, own: str | None = None) -> tuple[str, ...]:
    """The ids with one in place of another, each once, and without `own`."""
    changed = dict.fromkeys(into if each == source else each for each in ids)
    return tuple(each for each in changed if each != own)


def _into(source: str, known: set[str], merged: dict[str, str], what: str, said: Said) -> str:
    _require_known(source, known, merged, what)
    into = said.text("into", 64)
    said.end()
    if into == source:
        raise refused(f"{into!r} cannot be merged with itself.", None, "after.into")
    _require_known(into, known, merged, what, "after.into")
    return into


def _require_known(key: str, known: set[str], merged: dict[str, str], what: str, field: str = "target") -> None:
    if key in known:
        return
    if key in merged:
        raise refused(f"The {what} {key!r} is the same as {merged[key]!r} now.", f"Correct {merged[key]!r} instead.", field)
    raise refused(f"This job has no {what} with the id {key[:80]!r}.", f"Known: {', '.join(sorted(known)[:20]) or 'none'}.", field)


def _require_free(name: str, own: str, ids: set[str], names: dict[str, str]) -> None:
    """Nobody else may have that name, or one that is written like it in plain letters."""
    for key in ids - {own}:
        for taken in (key, names.get(key, key)):
            if (plain_name(name) or name).casefold() == (plain_name(taken) or taken).casefold():
                hint = "If both are one, merge them; else choose another name, which must differ in plain letters too."
                raise refused(f"{taken!r} is somebody else already.", hint, "after.name")


def _redirect(merged: dict[str, str], source: str, into: str) -> None:
    """Note that somebody is somebody else; so are those who were taken for the former."""
    for key, target in merged.items():
        if target == source:
            merged[key] = into
    merged[source] = into

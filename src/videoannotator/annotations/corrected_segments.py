"""Corrections of segments: texts, bounds, and which there are."""

from dataclasses import replace
from typing import Any

from videoannotator.annotations.corrected_people import Before, label_of, speaker_of
from videoannotator.annotations.corrected_scenes import add_scene, delete_scene, move_scene
from videoannotator.annotations.corrected_words import with_text, within
from videoannotator.annotations.corrections import (
    ADDABLE,
    MAX_LANGUAGE_LENGTH,
    MAX_NAME_LENGTH,
    MAX_TEXT_LENGTH,
    Correction,
    Said,
    refused,
)
from videoannotator.annotations.draft import SEGMENTS, Draft, Place
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.sound import SoundEvent
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn

UNKNOWN_LANGUAGE = "und"
"""ISO 639: undetermined."""


def edit_utterance(draft: Draft, correction: Correction, said: Said) -> Before:
    """Something else was said."""
    place, record = draft.find(correction.target, Utterance)
    text = said.text("text", MAX_TEXT_LENGTH)
    said.end()
    draft.put(place, correction.target, with_text(record, text))
    draft.words_changed |= {record.speaker_id} - {None}
    return {"text": record.text}


def move_boundary(draft: Draft, correction: Correction, said: Said) -> Before:
    """A segment begins or ends at another time."""
    place, record = draft.find(correction.target, *SEGMENTS)
    before = {}
    times: dict[str, MediaTime] = {}
    for name in ("start_s", "end_s"):
        if name in said:
            times[name] = MediaTime.from_seconds(said.time(name, draft.end_s))
            before[name] = (record.start if name == "start_s" else record.end).seconds
    said.end()
    if not times:
        raise refused("after names neither start_s nor end_s, so nothing moves.", "Give one of them, or both.", "after")
    if isinstance(record, Scene):
        move_scene(draft, place, correction.target, times.get("start_s"), times.get("end_s"))
        return before
    start, end = times.get("start_s", record.start), times.get("end_s", record.end)
    _require_extent(start, end)
    moved = _moved(record, start, end)
    if isinstance(moved, SpeakerTurn):
        _require_alone(draft, place, moved, correction.target)
        draft.voices_changed.add(moved.speaker_id)
    draft.put(place, correction.target, moved)
    return before


def add_segment(draft: Draft, correction: Correction, said: Said) -> Before:
    """There is another segment."""
    kinds = {kind.__name__: kind for kind in SEGMENTS}
    kind = kinds.get(correction.target)
    if kind is None:
        raise refused(f"{correction.target[:80]!r} is nothing that can be added.", f"Add one of these: {', '.join(ADDABLE)}.")
    place = draft.place_for(kind)
    start = MediaTime.from_seconds(said.time("start_s", draft.end_s))
    if kind is Scene:
        said.end()
        add_scene(draft, place, correction.added_id, start)
        return {}
    end = MediaTime.from_seconds(said.time("end_s", draft.end_s))
    _require_extent(start, end)
    added = _made(draft, kind, start, end, said)
    said.end()
    if isinstance(added, SpeakerTurn):
        _require_alone(draft, place, added, correction.added_id)
        draft.voices_changed.add(added.speaker_id)
    elif isinstance(added, Utterance) and added.speaker_id:
        draft.words_changed.add(added.speaker_id)
    draft.put(place, correction.added_id, added)
    return {}


def delete_segment(draft: Draft, correction: Correction, said: Said) -> Before:
    """There is no such segment. What a deleted scene shows belongs to the one before."""
    place, record = draft.find(correction.target, *SEGMENTS)
    said.end()
    before: Before = {"start_s": record.start.seconds, "end_s": record.end.seconds}
    for field, name in (("text", "text"), ("label", "label"), ("speaker_id", "speaker")):
        if getattr(record, field, None) is not None:
            before[name] = getattr(record, field)
    if isinstance(record, Scene):
        delete_scene(draft, place, correction.target)
        return before
    if isinstance(record, SpeakerTurn):
        draft.voices_changed.add(record.speaker_id)
    elif isinstance(record, Utterance) and record.speaker_id:
        draft.words_changed.add(record.speaker_id)
    draft.drop(place, correction.target)
    return before


def _moved(record: Any, start: MediaTime, end: MediaTime) -> Any:
    """The record in other bounds; what was measured in the former ones is not said of these."""
    if isinstance(record, Utterance):
        return within(record, start, end)
    if isinstance(record, SoundEvent):
        return replace(record, start=start, end=end, confidence=None, mean_confidence=None)
    return replace(record, start=start, end=end, confidence=None)


def _made(draft: Draft, kind: type[Any], start: MediaTime, end: MediaTime, said: Said) -> Any:
    if kind is SoundEvent:
        return SoundEvent(start, end, said.text("label", MAX_NAME_LENGTH), None, None, None)
    speaker = speaker_of(draft, said, may_be_none=kind is Utterance)
    if kind is SpeakerTurn:
        return SpeakerTurn(start, end, str(speaker), None, label_of(draft, speaker))
    text = said.text("text", MAX_TEXT_LENGTH)
    language = said.text_or_none("language", MAX_LANGUAGE_LENGTH) or _usual_language(draft)
    return Utterance(start, end, text, language, None, (), speaker, label_of(draft, speaker))


def _usual_language(draft: Draft) -> str:
    """The language of most utterances."""
    spoken = [said.language for said in draft.of_type(Utterance)]
    return max(sorted(set(spoken)), key=spoken.count) if spoken else UNKNOWN_LANGUAGE


def _require_extent(start: MediaTime, end: MediaTime) -> None:
    if not start < end:
        raise refused(f"A segment ends after it starts, not from {start} to {end}.", "Swap or change the times.", "after.end_s")


def _require_alone(draft: Draft, place: Place, turn: SpeakerTurn, key: str) -> None:
    """Turns of one speaker do not overlap."""
    for other_key, other in draft.records[place].items():
        overlaps = other.speaker_id == turn.speaker_id and other_key != key and other.start < turn.end and turn.start < other.end
        if overlaps:
            raise refused(
                f"{turn.speaker_id!r} has another turn from {other.start} to {other.end}, which this one would overlap.",
                "Move or delete that one first.",
                "after",
            )

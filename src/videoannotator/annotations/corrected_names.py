"""Puts the names that people and speakers were given into every record that speaks of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen
from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures
from videoannotator.annotations.corrected_people import plain_name
from videoannotator.annotations.draft import Draft
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.prosody import VoiceProfile, VoiceSegment
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn


class Names:
    """Who bears which name in the end.

    Args:
        draft: after all corrections.
        named: whether names are given; otherwise only those who are one get one id.
    """

    def __init__(self, draft: Draft, *, named: bool) -> None:
        self._persons = _ends(draft.merged_persons, draft.person_names if named else {}, lambda name: name)
        self._speakers = _ends(draft.merged_speakers, draft.speaker_names if named else {}, plain_name)
        self._labels = dict(draft.speaker_names) if named else {}
        self._merged = draft.merged_speakers
        self.any = bool(self._persons or self._speakers or self._labels)
        """Whether any record may have to change."""

    def person(self, key: str) -> str:
        """The id of a person."""
        return self._persons.get(key, key)

    def speaker(self, key: str) -> str:
        """The id of a speaker."""
        return self._speakers.get(key, key)

    def label(self, key: str | None, label: str | None) -> str | None:
        """The name of a speaker where names are written as they are."""
        return label if key is None else self._labels.get(self._merged.get(key, key), label)

    def of(self, record: Any) -> Any:
        """The record with those names; itself when it speaks of nobody."""
        way = _WAYS.get(type(record))
        return way(record, self) if way is not None and self.any else record


def _ends(merged: Mapping[str, str], names: Mapping[str, str], plain: Callable[[str], str | None]) -> dict[str, str]:
    ends = {key: plain(name) or key for key, name in names.items()}
    return ends | {key: ends.get(into, into) for key, into in merged.items()}


def _speakers(names: Names, keys: Iterable[str], own: str | None) -> tuple[str, ...]:
    return tuple(each for each in dict.fromkeys(map(names.speaker, keys)) if each != own)


def _utterance(said: Utterance, names: Names) -> Utterance:
    speaker = None if said.speaker_id is None else names.speaker(said.speaker_id)
    words = tuple(
        replace(word, speaker_id=speaker, other_speakers=_speakers(names, word.other_speakers, speaker)) for word in said.words
    )
    return replace(said, words=words, speaker_id=speaker, speaker_label=names.label(said.speaker_id, said.speaker_label))


def _turn(turn: SpeakerTurn, names: Names) -> SpeakerTurn:
    return replace(turn, speaker_id=names.speaker(turn.speaker_id), label=names.label(turn.speaker_id, turn.label))


def _transfer(transfer: FloorTransfer, names: Names) -> FloorTransfer:
    return replace(transfer, from_speaker=names.speaker(transfer.from_speaker), to_speaker=names.speaker(transfer.to_speaker))


def _measures(measures: SpeakerMeasures, names: Names) -> SpeakerMeasures:
    return replace(measures, speaker_id=names.speaker(measures.speaker_id), label=names.label(measures.speaker_id, measures.label))


def _on_screen(speaking: SpeakingOnScreen, names: Names) -> SpeakingOnScreen:
    person = None if speaking.person_id is None else names.person(speaking.person_id)
    return replace(speaking, speaker_id=names.speaker(speaking.speaker_id), person_id=person)


def _link(link: SpeakerLink, names: Names) -> SpeakerLink:
    persons = tuple(dict.fromkeys(map(names.person, link.person_ids)))
    return replace(link, speaker_id=names.speaker(link.speaker_id), person_ids=persons)


def _voice(voice: Any, names: Names) -> Any:
    if voice.subject is None:
        return voice
    return replace(voice, subject=names.speaker(voice.subject), label=names.label(voice.subject, voice.label))


def _identity(identity: PersonIdentity, names: Names) -> PersonIdentity:
    return replace(identity, person_id=names.person(identity.person_id))


_WAYS: Mapping[type[Any], Callable[[Any, Names], Any]] = {
    Utterance: _utterance,
    SpeakerTurn: _turn,
    FloorTransfer: _transfer,
    SpeakerMeasures: _measures,
    SpeakingOnScreen: _on_screen,
    SpeakerLink: _link,
    VoiceSegment: _voice,
    VoiceProfile: _voice,
    PersonIdentity: _identity,
}
SPEAKING = frozenset(_WAYS) - {PersonIdentity}
"""The types of records that speak of speakers, or of people by their ids."""

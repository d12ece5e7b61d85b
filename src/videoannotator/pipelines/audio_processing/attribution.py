"""Which speaker says which word.

A word is given to the speaker whose turns cover most of its time; where two cover as much, to the one who said the word before. The
edges of turns and words are uncertain by a tenth of a second or two, so a word beside all turns is given to the nearest one within
0.3 s; farther away it is nobody's.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word
from videoannotator.annotations.voices import SpeakerTurn

NEAR_S = Fraction(3, 10)
"""A word that lies no farther from a turn may belong to it."""
_SAME = Fraction(1, 50)
"""Seconds. Speakers whose shares of a word differ by less cover as much of it."""
_SHORTEST = Fraction(1, 1000)
"""Seconds. An utterance lasts at least so long."""


class Attribution:
    """Finds the speakers of words; `turns` in the order of their starts."""

    def __init__(self, turns: Sequence[SpeakerTurn]) -> None:
        self._turns = turns
        self._starts = [turn.start.exact for turn in turns]
        self._longest = max((turn.end.exact - turn.start.exact for turn in turns), default=Fraction(0))
        self._labels = {turn.speaker_id: turn.label for turn in turns}

    def spoken(self, said: Utterance) -> Iterator[Utterance]:
        """The utterance, divided where its speaker changes; every word stays."""
        if not said.words:
            shares = self._shares(said.start, said.end)
            yield self._given(said, _most(shares, None))
            return
        words, before = list[Word](), None
        for word in said.words:
            before = self._speaker(word.start, word.end, before)
            words.append(replace(word, speaker_id=before, other_speakers=self._others(word, before)))
        parts = [list(part) for _, part in groupby(words, key=lambda word: word.speaker_id)]
        if len(parts) == 1:
            yield self._given(replace(said, words=()), parts[0][0].speaker_id, parts[0])
            return
        for part in parts:
            yield self._part(said, part, first=part is parts[0], last=part is parts[-1])

    def _part(self, said: Utterance, words: Sequence[Word], *, first: bool, last: bool) -> Utterance:
        """What one speaker says of an utterance; how sure it is follows from its words."""
        start, end = said.start if first else words[0].start, said.end if last else words[-1].end
        known = [word.confidence for word in words if word.confidence]
        part = replace(
            said,
            start=start,
            end=max(end, start.shifted(_SHORTEST)),
            text=" ".join(word.text for word in words),
            confidence=math.exp(sum(map(math.log, known)) / len(known)) if len(known) == len(words) else None,
            words=(),
        )
        return self._given(part, words[0].speaker_id, words)

    def _given(self, said: Utterance, speaker: str | None, words: Sequence[Word] = ()) -> Utterance:
        label = None if speaker is None else self._labels[speaker]
        return replace(said, words=tuple(words), speaker_id=speaker, speaker_label=label)

    def _speaker(self, start: MediaTime, end: MediaTime, before: str | None) -> str | None:
        shares = self._shares(start, end)
        return _most(shares, before) if shares else self._nearest(start, end)

    def _others(self, word: Word, speaker: str | None) -> tuple[str, ...]:
        """Who else speaks for at least half of a word."""
        half = (word.end.exact - word.start.exact) / 2
        shares = self._shares(word.start, word.end)
        return tuple(sorted(other for other, share in shares.items() if other != speaker and share >= max(half, _SAME)))

    def _shares(self, start: MediaTime, end: MediaTime) -> dict[str, Fraction]:
        """Seconds of a stretch that each speaker covers; only those who cover some."""
        shares: dict[str, Fraction] = {}
        for turn in self._between(start.exact, end.exact):
            shared = min(turn.end.exact, end.exact) - max(turn.start.exact, start.exact)
            if shared > 0 or (start == end and turn.start <= start <= turn.end):
                shares[turn.speaker_id] = shares.get(turn.speaker_id, Fraction(0)) + shared
        return shares

    def _nearest(self, start: MediaTime, end: MediaTime) -> str | None:
        """Whose turn lies nearest to a stretch beside all turns, within `NEAR_S`."""
        near = [
            (max(turn.start.exact - end.exact, start.exact - turn.end.exact), turn.speaker_id)
            for turn in self._between(start.exact - NEAR_S, end.exact + NEAR_S)
        ]
        return min(near)[1] if near else None

    def _between(self, start: Fraction, end: Fraction) -> Iterator[SpeakerTurn]:
        """The turns that touch a stretch."""
        for index in range(bisect_left(self._starts, start - self._longest), len(self._turns)):
            turn = self._turns[index]
            if turn.start.exact > end:
                return
            if turn.end.exact >= start:
                yield turn


def _most(shares: dict[str, Fraction], before: str | None) -> str | None:
    """Who covers most; of those who cover as much, the one who spoke before."""
    if not shares:
        return None
    most = max(shares.values())
    if before in shares and shares[before] >= most - _SAME:
        return before
    return min(speaker for speaker, share in shares.items() if share == most)

"""Putting two stretches together that share the sound around a cut, so that no word is doubled and none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from videoannotator.annotations.transcript import WordTiming

_SAME_WORD = 6400
"""Samples (0.4 s). Equal words whose middles are nearer than this are the same spoken word, heard twice."""
_SAME_WORD_SHARED_OUT = 16000
"""Samples (1 s). The same where times are only shared out by word length."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A recognised word on the stream's time line; `start` and `end` are samples from the start of the stream."""

    text: str
    confidence: float
    start: int
    end: int
    timing: WordTiming

    @property
    def middle(self) -> int:
        """The sample half way between start and end."""
        return (self.start + self.end) // 2

    @property
    def letters(self) -> str:
        """The word without case and punctuation."""
        return "".join(character for character in self.text.lower() if character.isalnum())


def joined(left: Sequence[TimedWord], right: Sequence[TimedWord], cut: int) -> tuple[list[TimedWord], list[TimedWord]]:
    """What to keep of the words of two stretches that both contain the sound around sample `cut`.

    Where both heard the same word, the text changes over from one to the other at that word, at the one nearest to the cut. Where
    they agree on none, each gives the words whose middle lies on its side of the cut.
    """
    shared = [
        (abs(a.middle - cut) + abs(a.middle - b.middle), i, j)
        for i, a in enumerate(left)
        for j, b in enumerate(right)
        if a.letters == b.letters and abs(a.middle - b.middle) <= _tolerance(a, b)
    ]
    if shared:
        _, i, j = min(shared)
        return list(left[: i + 1]), in_order(right[j + 1 :], left[i].end)
    before, after = [word for word in left if word.middle < cut], [word for word in right if word.middle >= cut]
    before, after = _without_straddler(before, after, left, right)
    return before, in_order(after, before[-1].end if before else 0)


def _tolerance(a: TimedWord, b: TimedWord) -> int:
    """How far apart, in samples, the middles of one spoken word may be that two stretches heard."""
    return _SAME_WORD_SHARED_OUT if WordTiming.PROPORTIONAL in (a.timing, b.timing) else _SAME_WORD


def _without_straddler(
    before: list[TimedWord], after: list[TimedWord], left: Sequence[TimedWord], right: Sequence[TimedWord]
) -> tuple[list[TimedWord], list[TimedWord]]:
    """Settle a word at the cut that both sides kept, or that both gave away: the surer hearing of it stays, once."""
    if before and after and before[-1].end > after[0].middle and after[0].start < before[-1].middle:
        return (before, after[1:]) if before[-1].confidence >= after[0].confidence else (before[:-1], after)
    if len(before) < len(left) and len(after) < len(right):
        given_left, given_right = left[len(before)], right[len(right) - len(after) - 1]
        if given_left.start < given_right.end and given_right.start < given_left.end:
            if given_left.confidence >= given_right.confidence:
                return [*before, given_left], after
            return before, [given_right, *after]
    return before, after


def in_order(words: Sequence[TimedWord], earliest: int) -> list[TimedWord]:
    """The words with their times moved, where necessary, so that none starts before `earliest` or before its predecessor's end."""
    moved = []
    for word in words:
        start = max(word.start, earliest)
        moved.append(replace(word, start=start, end=max(word.end, start)))
        earliest = moved[-1].end
    return moved

"""What becomes of the words of an utterance when somebody corrects its text, or its bounds.

Words that stay keep their times, their confidence and who says them. New ones share the time that the words in their place had, or
the gap between their neighbours, by their length; they have no confidence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming


def with_text(said: Utterance, text: str) -> Utterance:
    """The utterance with this text. Where no word has times, none has afterwards either."""
    if not said.words:
        return replace(said, text=text, confidence=None)
    return replace(said, text=text, confidence=None, words=tuple(_words(said, text)))


def within(said: Utterance, start: MediaTime, end: MediaTime) -> Utterance:
    """The utterance from `start` to `end`; words outside are moved to the nearest time inside, because no text gets lost."""
    return replace(said, start=start, end=end, words=tuple(_clipped(word, start, end) for word in said.words))


def _clipped(word: Word, start: MediaTime, end: MediaTime) -> Word:
    begin, finish = (min(max(time, start), end) for time in (word.start, word.end))
    if (begin, finish) == (word.start, word.end):
        return word
    return replace(word, start=begin, end=finish, timing=WordTiming.CORRECTED)


def _words(said: Utterance, text: str) -> Iterator[Word]:
    old = [word.text for word in said.words]
    spaced = said.text.split() == old
    place = 0
    for kept, new in _aligned(old, text.split()) if spaced else _aligned_letters(old, text):
        last = len(old) if kept is None else kept
        yield from _between(said, place, last, new)
        if kept is not None:
            yield said.words[kept]
        place = last + 1


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int | None, list[str]]]:
    """Each old word that stays, by its place, with the new words before it; at the end None with those after the last."""
    reached = 0
    for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for step in range(match.size):
            yield match.a + step, list(new[reached : match.b + step])
            reached = match.b + step + 1
    yield None, list(new[reached:])


def _aligned_letters(old: Sequence[str], text: str) -> Iterator[tuple[int | None, list[str]]]:
    """The same where words are not what stands between spaces: a word stays when all its letters do, side by side."""
    bounds = [0, *accumulate(map(len, old))]
    letters = [(letter, number) for number, token in enumerate(text.split()) for letter in token]
    stays: dict[int, int] = {}
    for match in SequenceMatcher(
        None, "".join(old), "".join(letter for letter, _ in letters), autojunk=False
    ).get_matching_blocks():
        for number, (begin, end) in enumerate(pairwise(bounds)):
            if match.a <= begin and end <= match.a + match.size:
                stays[number] = match.b + begin - match.a
    reached = 0
    for number, at in stays.items():
        yield number, _joined(letters[reached:at])
        reached = at + len(old[number])
    yield None, _joined(letters[reached:])


def _joined(letters: Sequence[tuple[str, int]]) -> list[str]:
    """Letters as words: those with the same number are one."""
    return ["".join(letter for letter, _ in group) for _, group in groupby(letters, key=itemgetter(1))]


def _between(said: Utterance, first: int, beyond: int, texts: Sequence[str]) -> Iterator[Word]:
    """New words in place of those from `first` to before `beyond`."""
    if not texts:
        return
    words = said.words
    if first < beyond:
        begin, end = words[first].start.exact, max(word.end for word in words[first:beyond]).exact
    else:
        begin = words[first - 1].end.exact if first else said.start.exact
        end = words[beyond].start.exact if beyond < len(words) else said.end.exact
    if beyond < len(words):
        end = min(end, words[beyond].start.exact)
    if first:
        begin = max(begin, words[first - 1].start.exact)
    begin = min(begin, end)
    reached = [0, *accumulate(map(len, texts))]
    edges = [MediaTime(begin + (end - begin) * Fraction(count, reached[-1])) for count in reached]
    for text, (start, finish) in zip(texts, pairwise(edges), strict=True):
        yield Word(text, start, finish, None, WordTiming.CORRECTED, said.speaker_id)

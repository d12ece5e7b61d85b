"""Transcripts as WebVTT subtitles (https://www.w3.org/TR/webvtt1/)."""

import heapq
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.speech_tables import UTTERANCES
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.exporters.base import ExportedFile, Exporter, stem_of, writing

PLAIN = ".plain.vtt"
"""Ending of the file without voices and word times."""

LONGEST_MS = 7000
"""The longest time that one cue stands."""

PHRASE_ENDS = (".", "!", "?", ",", ";", ":", "…", "。", "！", "？", "、", "，")  # noqa: RUF001  full-width punctuation is meant
MID_PHRASE_COST = 0.1
"""What a break inside a phrase costs, beside squared shares of the longest cue: a clearly better balance is worth one."""

NO_WORD_TIMES = "NOTE The recogniser gave no word times here: the parts of a long utterance share its time evenly."


class WebVTT(Exporter):
    """`<pipeline>.vtt`: cues of at most 7 s, with the time of each word inside.

    An utterance that is longer is split between words, at ends of phrases where that leaves the parts balanced. Times are rounded
    to the millisecond. A cue lasts from its first word to the end of its last; one word that is longer than 7 s is shown for 7 s.
    Where the speaker is known, cues are in that voice (`<v Anna>`). Beside it stands `<pipeline>.plain.vtt` with the same cues
    and nothing but their text, for players that show everything they do not know.
    What WebVTT cannot say stands in comments (`NOTE`): text spoken before time 0, where a player's clock starts, and times that are
    not known because the recogniser gave none. The tables have everything with its true time.
    """

    name = "webvtt"
    display_name = "Subtitles (WebVTT)"
    description = "The transcript as subtitles that browsers and video players show, with word times."
    media_type = "text/vtt"
    records = (Utterance,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if UTTERANCES not in annotations.tables_of(pipeline):
                continue
            stem = stem_of(pipeline, Utterance)
            utterances: Iterable[Utterance] = ()
            if pipeline in annotations.results:
                utterances = annotations.results[pipeline].of_type(Utterance)
            _write(folder / f"{stem}.vtt", _blocks(utterances))
            yield ExportedFile(f"{stem}.vtt", self.name, pipeline, "Transcript with speakers and word times.", main=True)
            _write(folder / f"{stem}{PLAIN}", _blocks(utterances, plain=True))
            yield ExportedFile(f"{stem}{PLAIN}", self.name, pipeline, "Transcript as plain subtitles.")


def _write(path: Path, blocks: Iterable[str]) -> None:
    with writing(path), path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("WEBVTT\n")
        file.writelines(f"\n{block}\n" for block in blocks)


@dataclass(frozen=True, slots=True)
class _Cue:
    """One cue.

    Attributes:
        start_ms, end_ms: when it stands.
        pieces: its texts, each with the milliseconds at which it is spoken, or None where that is not known.
        note: a comment before it.
        voice: who says it; None where that is not known.
    """

    start_ms: int
    end_ms: int
    pieces: tuple[tuple[int | None, str], ...]
    note: str | None = None
    voice: str | None = None

    def plain(self) -> "_Cue":
        """The same without voice and times."""
        return _Cue(self.start_ms, self.end_ms, tuple((None, text) for _, text in self.pieces), self.note)

    def __str__(self) -> str:
        last = self.start_ms
        text = []
        for at, piece in self.pieces:
            # The standard wants each time stamp after the last and inside the cue; words of the same millisecond share one.
            if at is not None and last < at < self.end_ms:
                text.append(f"<{_clock(at)}>")
                last = at
            text.append(html.escape(piece, quote=False))
        voice = "" if self.voice is None else f"<v {html.escape(' '.join(self.voice.split()))}>"
        cue = f"{_clock(self.start_ms)} --> {_clock(self.end_ms)}\n{voice}{''.join(text).strip()}"
        return cue if self.note is None else f"{self.note}\n\n{cue}"


def _blocks(utterances: Iterable[Utterance], *, plain: bool = False) -> Iterator[str]:
    """The blocks of the file, cues in the order of their start, as the standard wants, also where utterances overlap."""
    waiting: list[tuple[int, int, _Cue]] = []
    number = too_early = 0
    for said in utterances:
        while waiting and waiting[0][0] <= _milliseconds(said.start):
            yield str(heapq.heappop(waiting)[-1])
        for cue in _cues(said):
            if cue.end_ms <= 0:
                too_early += 1
                continue
            number += 1
            voice = said.speaker_label or said.speaker_id
            shown = replace(cue, start_ms=max(cue.start_ms, 0), voice=voice)
            heapq.heappush(waiting, (shown.start_ms, number, shown.plain() if plain else shown))
    while waiting:
        yield str(heapq.heappop(waiting)[-1])
    if too_early:
        yield f"NOTE Cues left out because they lie before time 0: {too_early}"


def _cues(said: Utterance) -> Iterator[_Cue]:
    if not said.words:
        yield from _cues_without_words(said)
        return
    starts = [_milliseconds(word.start) for word in said.words]
    ends = [_milliseconds(word.end) for word in said.words]
    texts = _spelled(said)
    breaks = _breaks(starts, ends, [text.rstrip().endswith(PHRASE_ENDS) for text in texts])
    for first, beyond in pairwise(breaks):
        pieces = tuple(zip(starts[first:beyond], texts[first:beyond], strict=True))
        yield _Cue(starts[first], _end(starts[first], max(ends[first:beyond])), pieces)


def _cues_without_words(said: Utterance) -> Iterator[_Cue]:
    start_ms, end_ms = _milliseconds(said.start), _milliseconds(said.end)
    parts = _balanced(said.text.split(), -(-(end_ms - start_ms) // LONGEST_MS))
    edges = [start_ms + (end_ms - start_ms) * i // len(parts) for i in range(len(parts) + 1)]
    for (begin, finish), part in zip(pairwise(edges), parts, strict=True):
        yield _Cue(begin, _end(begin, finish), ((None, part),), NO_WORD_TIMES if len(parts) > 1 else None)


def _end(start_ms: int, end_ms: int) -> int:
    """When a cue ends: after it starts, and not later than the longest cue allows."""
    return min(max(end_ms, start_ms + 1), start_ms + LONGEST_MS)


def _clock(milliseconds: int) -> str:
    return str(MediaTime(Fraction(milliseconds, 1000)))


def _milliseconds(time: MediaTime) -> int:
    return round(time.exact * 1000)


def _spelled(said: Utterance) -> list[str]:
    """The text of each word together with what stands between it and the next, so that languages without spaces keep none."""
    text = " ".join(said.text.split())
    places = []
    reached = 0
    for word in said.words:
        place = text.find(word.text, reached)
        if place < 0:  # the recogniser spells the words in another way than the text
            return [f"{each.text} " for each in said.words]
        places.append(place)
        reached = place + len(word.text)
    return [text[begin:end] for begin, end in pairwise([0, *places[1:], len(text)])]


def _breaks(starts: list[int], ends: list[int], phrase_ends: list[bool]) -> list[int]:
    """Where an utterance is split: indices of each part's first word, and the number of words.

    The fewest parts that are short enough; among those, the ones that are best balanced (least sum of squared lengths) and end
    with a phrase. Found by dynamic programming: `best[n]` is (parts, cost, start of the last part) for the first n words.
    """
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for beyond in range(1, len(starts) + 1):
        open_end = beyond < len(starts) and not phrase_ends[beyond - 1]
        candidates: list[tuple[int, float, int]] = []
        for first in range(beyond - 1, -1, -1):
            length = ends[beyond - 1] - starts[first]
            if length > LONGEST_MS and candidates:
                break
            parts, cost, _ = best[first]
            candidates.append((parts + 1, cost + (length / LONGEST_MS) ** 2 + open_end * MID_PHRASE_COST, first))
        best.append(min(candidates))
    breaks = [len(starts)]
    while breaks[-1]:
        breaks.append(best[breaks[-1]][2])
    return breaks[::-1]


def _balanced(tokens: list[str], parts: int) -> list[str]:
    """The tokens in at most so many texts of about equal length."""
    lengths = [len(token) for token in tokens]
    middles = [2 * after - length for after, length in zip(accumulate(lengths), lengths, strict=True)]
    placed = zip((middle * max(parts, 1) // (2 * sum(lengths)) for middle in middles), tokens, strict=True)
    return [" ".join(token for _, token in group) for _, group in groupby(placed, key=lambda pair: pair[0])]

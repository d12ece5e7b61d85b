"""When each recognised word is spoken: forced alignment of the text with the sound.

Method: Viterbi alignment with the hidden Markov models of PocketSphinx (https://github.com/cmusphinx/pocketsphinx, BSD; US English
acoustic model of CMU Sphinx), in frames of 10 ms. On speech synthesised with known times the median error of a word's start was
9 ms, without a systematic shift worth correcting (-4 ms).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.transcript import WordTiming
from videoannotator.errors import InferenceFailedException
from videoannotator.pipelines.speech_recognition.spelling import VOWELS, guessed_phones, spoken_pieces

try:
    from pocketsphinx import Decoder
except ImportError:  # there is no wheel for the newest Pythons
    Decoder = None

RATE_HZ = 16000
_FRAME = 160
"""Samples per alignment frame."""
_FULL_SCALE = 32767
_MARGIN = 10
"""Frames of digital silence around the sound, so that a word may begin or end with it."""
_SEARCH = {"bestpath": False, "beam": 1e-100, "pbeam": 1e-100, "wbeam": 1e-80, "silprob": 0.1}
"""Measured: the second pass over the lattice (bestpath) lets words swallow pauses, the stock beams lose every tenth text where a
stretch ends in the middle of a word, and the stock probability of silence (0.005) hides short pauses."""
_SHORTEST_PIECE = 3
"""Letters of either half when an unknown word is taken for two known ones."""
_QUIET_TAIL = 1600
"""Samples. The last word ends at most so long after the last voice: the aligner lets it run on into silence."""
_POSSESSIVE = "'s"


@dataclass(frozen=True, slots=True)
class Span:
    """When a word is spoken: samples from the start of the sound, and where that comes from."""

    start: int
    end: int
    timing: WordTiming


@dataclass(frozen=True, slots=True)
class _Piece:
    """What the aligner hears as one word: its name in the aligner's dictionary, and whose part it is."""

    name: str
    word: int


def proportional_spans(words: Sequence[str], start: int, end: int) -> list[Span]:
    """The time from sample `start` to `end` shared out among the words by their length."""
    ends = np.cumsum([len(word) + 1 for word in words])
    edges = [start, *(start + int(position * (end - start) / ends[-1]) for position in ends)]
    return [Span(a, b, WordTiming.PROPORTIONAL) for a, b in pairwise(edges)]


class WordAligner:
    """Finds words whose text is known in sound.

    Raises:
        InferenceFailedException: PocketSphinx is installed and its acoustic model cannot be loaded.
    """

    available: bool = Decoder is not None
    """Whether PocketSphinx is installed; without it every time is proportional."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._guessed: dict[str, bool] = {}
        if self.available:
            try:
                self._decoder = Decoder(samprate=float(RATE_HZ), lm=None, loglevel="FATAL", **_SEARCH)
            except RuntimeError as exc:
                raise InferenceFailedException(
                    "The acoustic model that PocketSphinx brings along cannot be loaded.",
                    hint="Install it again: pip install --force-reinstall pocketsphinx",
                ) from exc

    def align(self, samples: npt.NDArray[np.float32], words: Sequence[str], speech: tuple[int, int]) -> list[Span]:
        """Find the words.

        Args:
            samples: mono sound at 16 kHz, float32 from -1 to 1, shape (n,).
            words: what is said in it, in order.
            speech: first sample of the speech and the one behind its last; proportional times keep to it.

        Returns:
            A span for every word, in order, none overlapping the next. When the sound does not fit the text, all are proportional.
        """
        if not words:
            return []
        pieces = [_Piece(name, word) for word, text in enumerate(words) for name in self._names(text)]
        found = self._search(samples, pieces)
        if found is None:
            return proportional_spans(words, *speech)
        limit = speech[1] + _QUIET_TAIL
        spans = {
            word: Span(start, max(start, min(end, limit)), self._timing(words[word]))
            for word, start, end in self._by_word(pieces, found)
        }
        return list(self._filled(words, spans, speech))

    def syllables(self, text: str) -> int | None:
        """How many syllables a word has: the vowels of its pronunciation, from the dictionary or else guessed; None without one."""
        phones = [self._phones(piece) for piece in spoken_pieces(text)]
        if not phones or not all(phones):
            return None
        return sum(phone in VOWELS for each in phones for phone in (each or "").split())

    def _phones(self, piece: str) -> str | None:
        if self._decoder is None:
            return guessed_phones(piece)
        known: str | None = self._decoder.lookup_word(piece)
        return known or self._composed(piece) or guessed_phones(piece)

    def _names(self, text: str) -> Iterator[str]:
        """The aligner's names for what is said when `text` is read; pronunciations that it lacks are added."""
        for piece in spoken_pieces(text):
            if piece not in self._guessed:
                self._learn(piece)
            if piece in self._guessed:
                yield piece
            # what has no pronunciation at all gets its time from its neighbours

    def _learn(self, piece: str) -> None:
        """Make sure that a word has a pronunciation, and note whether it is a guess."""
        if self._decoder is None:
            return
        if self._decoder.lookup_word(piece) is not None:
            self._guessed[piece] = False
        elif phones := self._composed(piece) or guessed_phones(piece):
            self._decoder.add_word(piece, phones, True)
            self._guessed[piece] = True

    def _composed(self, piece: str) -> str | None:
        """Phones of an unknown word out of known ones: a possessive's stem, or two words written as one."""
        stem = piece.removesuffix("'").removesuffix(_POSSESSIVE)
        if stem != piece:
            phones = self._decoder.lookup_word(stem) or guessed_phones(stem)
            return f"{phones} Z" if phones and piece.endswith(_POSSESSIVE) else phones
        for at in sorted(range(_SHORTEST_PIECE, len(piece) - _SHORTEST_PIECE + 1), key=lambda at: abs(2 * at - len(piece))):
            first, second = self._decoder.lookup_word(piece[:at]), self._decoder.lookup_word(piece[at:])
            if first and second:
                return f"{first} {second}"
        return None

    def _search(self, samples: npt.NDArray[np.float32], pieces: Sequence[_Piece]) -> list[tuple[int, int]] | None:
        """(first frame, frame behind the last) of every piece; None when the text cannot be found in the sound."""
        if self._decoder is None or not pieces:
            return None
        try:
            self._decoder.set_align_text(" ".join(piece.name for piece in pieces))
            self._decoder.start_utt()
            pcm = np.pad((np.clip(samples, -1, 1) * _FULL_SCALE).astype(np.int16), _MARGIN * _FRAME)
            self._decoder.process_raw(pcm.tobytes(), no_search=False, full_utt=True)
            self._decoder.end_utt()
        except RuntimeError:  # how PocketSphinx says that the text does not fit
            return None
        last = len(samples) // _FRAME
        segments = [segment for segment in self._decoder.seg() or () if not segment.word.startswith(("<", "[", "+"))]
        if len(segments) != len(pieces):
            return None
        frames = np.array([(segment.start_frame, segment.end_frame + 1) for segment in segments]) - _MARGIN
        return [(int(start), int(end)) for start, end in np.clip(frames, 0, last)]

    def _by_word(self, pieces: Sequence[_Piece], found: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
        """(word, start, end) in samples of every word that was found, from its first piece to its last."""
        for word, parts in groupby(zip(pieces, found, strict=True), key=lambda pair: pair[0].word):
            frames = [frame for _, frame in parts]
            yield word, frames[0][0] * _FRAME, frames[-1][1] * _FRAME

    def _timing(self, text: str) -> WordTiming:
        """ALIGNED when the dictionary lists all of a word, as it is written."""
        pieces = spoken_pieces(text)
        sure = not any(self._guessed.get(piece, True) for piece in pieces) and not any(character.isdigit() for character in text)
        return WordTiming.ALIGNED if sure else WordTiming.GUESSED

    def _filled(self, words: Sequence[str], spans: dict[int, Span], speech: tuple[int, int]) -> Iterator[Span]:
        """All spans; neighbouring words that nobody could pronounce share the time between the found ones around them."""
        for found, run in groupby(range(len(words)), key=lambda word: word in spans):
            indices = list(run)
            if found:
                yield from (spans[index] for index in indices)
                continue
            after = spans.get(indices[-1] + 1)
            end = after.start if after else speech[1]
            before = spans.get(indices[0] - 1)
            start = min(before.end if before else speech[0], end)
            yield from proportional_spans([words[index] for index in indices], start, end)

"""How well words, speakers and word times are found: the scores, and what reference files say."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import jiwer
import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

Spans = Sequence[tuple[str, float, float]]
"""(speaker or word, start, end) in seconds."""

NORMALISATION = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"[\u2019`]": "'", r"[^\w\s']": " "}),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)
NORMALISED_BY = "lower case, punctuation but apostrophes away, spaces reduced to one"


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Wrong words: replaced, left out and added ones, of so many."""

    errors: int
    words: int

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(self.errors + other.errors, self.words + other.words)

    @property
    def rate(self) -> float:
        """Word error rate."""
        return self.errors / self.words


def word_errors(reference: str, heard: str) -> WordErrors:
    """Word errors after `NORMALISATION`, as jiwer counts them."""
    found = jiwer.process_words(reference, heard, reference_transform=NORMALISATION, hypothesis_transform=NORMALISATION)
    return WordErrors(found.substitutions + found.deletions + found.insertions, found.hits + found.substitutions + found.deletions)


def diarization_error(reference: Spans, heard: Spans, duration_s: float, collar_s: float = 0.0) -> dict[str, float]:
    """The diarization error rate of pyannote.metrics and its parts in seconds, overlap scored.

    `collar_s` is forgiven on either side of each edge of the reference; pyannote.metrics counts both sides together.
    """
    metric = DiarizationErrorRate(collar=2 * collar_s)
    whole = Timeline([Segment(0, duration_s)])
    return dict(metric(_annotation(reference), _annotation(heard), uem=whole, detailed=True))


def _annotation(spans: Spans) -> Annotation:
    annotation = Annotation()
    for number, (speaker, start_s, end_s) in enumerate(spans):
        annotation[Segment(start_s, end_s), number] = speaker
    return annotation


def word_start_errors(reference: Spans, heard: Spans) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds by which the start of each word is off that was recognised right: heard minus true."""
    truth, found = [_letters(word) for word, _, _ in reference], [_letters(word) for word, _, _ in heard]
    alignment = jiwer.process_words(" ".join(truth), " ".join(found)).alignments[0]
    pairs = [
        (chunk.ref_start_idx + n, chunk.hyp_start_idx + n)
        for chunk in alignment
        if chunk.type == "equal"
        for n in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    return np.array([heard[b][1] - reference[a][1] for a, b in pairs])


def _letters(word: str) -> str:
    return re.sub(r"[^\w']", "", word.lower()) or "-"


def read_rttm(path: Path) -> Spans:
    """The turns of the first file that an RTTM file speaks of."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("SPEAKER")]
    _, first = next(groupby(lines, key=lambda fields: fields[1]))
    return [(fields[7], float(fields[3]), float(fields[3]) + float(fields[4])) for fields in first]


def read_words(path: Path) -> Spans:
    """The words of a CSV file with the columns word, start_s, end_s."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["word"], float(row["start_s"]), float(row["end_s"])) for row in csv.DictReader(file)]


def share(values: Iterable[bool]) -> float:
    """Share of those that are true."""
    known = list(values)
    return sum(known) / len(known)

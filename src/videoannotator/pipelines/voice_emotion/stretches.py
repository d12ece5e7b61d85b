"""Which stretches of a recording are measured: the turns of speakers, or, without any, where there is speech."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.inference.voice_activity import HYSTERESIS, sure_probability
from videoannotator.pipelines.voice_emotion.tracks import Spool

STEPS_PER_S = 100

_CHUNK = 60_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch to be measured.

    Attributes:
        start, end: its times.
        begin, behind: its first step, and the one behind its last; steps are counted from the begin of the sound.
        subject, label: who speaks, and their name; None when nobody knows.
        shared: the same, of what others speak into.
    """

    start: MediaTime
    end: MediaTime
    begin: int
    behind: int
    subject: str | None = None
    label: str | None = None
    shared: tuple[tuple[int, int], ...] = ()

    @property
    def duration_s(self) -> float:
        """How long it is, seconds."""
        return self.end.since(self.start)

    def alone(self) -> npt.NDArray[np.bool_]:
        """Of each of its steps, whether nobody else speaks."""
        alone = np.ones(self.behind - self.begin, bool)
        for begin, behind in self.shared:
            alone[max(0, begin - self.begin) : max(0, behind - self.begin)] = False
        return alone


def of_turns(turns: Iterable[SpeakerTurn], origin: MediaTime) -> list[Stretch]:
    """A stretch for every turn, in the order of time; `origin` is the time of the first sample."""
    ordered = sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker_id))
    places = [(_place(turn.start, origin), _place(turn.end, origin)) for turn in ordered]
    shared: list[list[tuple[int, int]]] = [[] for _ in ordered]
    going: list[int] = []
    for number, turn in enumerate(ordered):
        going = [other for other in going if ordered[other].end > turn.start]
        for other in going:
            if ordered[other].speaker_id != turn.speaker_id:
                shared[other].append(places[number])
                shared[number].append(places[other])
        going.append(number)
    return [
        Stretch(turn.start, turn.end, begin, max(begin, behind), turn.speaker_id, turn.label, tuple(others))
        for turn, (begin, behind), others in zip(ordered, places, shared, strict=True)
    ]


def _place(time: MediaTime, origin: MediaTime) -> int:
    return max(0, round((time.exact - origin.exact) * STEPS_PER_S))


def of_speech(steps: Spool, origin: MediaTime, threshold: float, min_pause_s: float, min_segment_s: float) -> list[Stretch]:
    """A stretch wherever there is speech, whoever speaks.

    Args:
        steps: rows of `STEP`.
        origin: time of the first sample.
        threshold: probability at which a stretch begins.
        min_pause_s, min_segment_s: shorter pauses are bridged, shorter stretches left out; seconds.
    """
    sure = sure_probability(threshold)
    found = []
    for begin, behind, peak in _joined(_runs(steps, threshold), round(min_pause_s * STEPS_PER_S)):
        if peak >= sure and behind - begin >= min_segment_s * STEPS_PER_S:
            start, end = (origin.shifted(Fraction(step, STEPS_PER_S)) for step in (begin, behind))
            found.append(Stretch(start, end, begin, behind))
    return found


def _runs(steps: Spool, threshold: float) -> Iterator[tuple[int, int, float]]:
    """Where speech is likely: first step, step behind, and highest probability; what a chunk's end cuts comes in two."""
    for first in range(0, len(steps), _CHUNK):
        speech = steps.read(first, first + _CHUNK)["speech"]
        likely = np.concatenate([[0], (speech >= threshold - HYSTERESIS).astype(int), [0]])
        begins, behinds = (np.flatnonzero(np.diff(likely) == change) for change in (1, -1))
        for begin, behind in zip(begins.tolist(), behinds.tolist(), strict=True):
            yield first + begin, first + behind, float(speech[begin:behind].max())


def _joined(runs: Iterable[tuple[int, int, float]], pause: int) -> Iterator[tuple[int, int, float]]:
    """Runs with less than a pause between them, as one."""
    held: tuple[int, int, float] | None = None
    for begin, behind, peak in runs:
        if held is not None and begin - held[1] < pause:
            held = held[0], behind, max(held[2], peak)
        else:
            if held is not None:
                yield held
            held = begin, behind, peak
    if held is not None:
        yield held


class Surroundings:
    """What lies around stretches: how much noise there is in the pauses.

    Args:
        steps: rows of `STEP`.
        stretches: all of them.
    """

    _REACH = 10 * STEPS_PER_S
    _FEWEST = 30
    _NO_SPEECH = 0.15
    _FAINTEST = 1e-10

    def __init__(self, steps: Spool, stretches: list[Stretch]) -> None:
        self._steps = steps
        order = sorted((stretch.begin, stretch.behind) for stretch in stretches)
        self._begins = np.array([begin for begin, _ in order], np.int64)
        self._behinds = np.maximum.accumulate(np.array([behind for _, behind in order], np.int64))

    def noise_power(self, stretch: Stretch) -> float | None:
        """Median mean square of the steps without speech within 10 s, -100 dBFS at least; None with less than 0.3 s of them."""
        begin, behind = max(0, stretch.begin - self._REACH), stretch.behind + self._REACH
        rows = self._steps.read(begin, behind)
        numbers = np.arange(begin, begin + len(rows))
        last = np.searchsorted(self._begins, numbers, "right") - 1
        taken = (last >= 0) & (numbers < self._behinds[np.maximum(last, 0)])
        pause = rows["power"][~taken & (rows["speech"] < self._NO_SPEECH)]
        return max(self._FAINTEST, float(np.median(pause))) if len(pause) >= self._FEWEST else None

"""What the lips of somebody say about whether they are a certain speaker.

Two hypotheses are compared by their log likelihood ratio. If somebody is the speaker, their lips move `SPEAKING_RATIO` times as
much while the speaker speaks alone as while the speaker is silent; if not, they move as much in both. The difference of the two
means of the logarithm of the motion is taken as normally distributed around either, with the variance that the motion itself shows
and, on top, `REACTION`, for all that does not average out in a long recording: listeners laugh with the speaker, nod, chew.
Comparing a face with itself instead of with a fixed threshold, as Everingham, Sivic & Zisserman (2006, "Hello! My name is...
Buffy") did, makes the score the same for large and small faces, and a mouth that moves all the time says nothing. Of a face that is
hardly seen while the speaker is silent, as in films that show whoever speaks, it is assumed that its lips move then as those of
others do (`USUAL_SILENCE`); the more of its silence is seen, the less this counts. That a speaker is one person throughout the
recording, so that evidence adds up over turns, is what clustering of voices gives; Roth et al. (2020, AVA-ActiveSpeaker: An
Audio-Visual Dataset for Active Speaker Detection) describe the task where each moment stands alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log

import numpy as np
import numpy.typing as npt

from videoannotator.pipelines.active_speaker.lips import STILL, WINDOW_S, Floats, LipMotion

SPEAKING_RATIO = 3.0
"""How much more lips move in speech than in silence, at least usually: six times in two filmed talks against a filmed face that
acts without speaking, `lips.STILL` added to both. Evidence is for a speaker from the square root of it on."""
USUAL_SILENCE = log(0.0055 + STILL)
"""The level of lips that do not speak: of that acting face, which smiles, frowns and turns; its levels spread by 0.53."""
USUAL_SILENCE_SPREAD = 0.8
"""Standard deviation, in natural logarithms, of that level from face to face."""
REACTION = 0.35
"""Standard deviation, in natural logarithms, of how far lips move more or less for reasons of their own while somebody speaks."""
LEAST_SPREAD = 0.3
"""Standard deviation, in natural logarithms, that the motion has at least from window to window: few may agree by chance."""

Flags = npt.NDArray[np.bool_]


class Speech:
    """When each speaker speaks; stretches in seconds, by speaker."""

    def __init__(self, turns: Iterable[tuple[str, float, float]]) -> None:
        by_speaker: dict[str, list[tuple[float, float]]] = {}
        for speaker, start, end in turns:
            by_speaker.setdefault(speaker, []).append((start, end))
        self._stretches = {speaker: _merged(stretches) for speaker, stretches in by_speaker.items()}

    @property
    def speakers(self) -> list[str]:
        """All speakers, in order of their ids."""
        return sorted(self._stretches)

    def stretches(self, speaker: str) -> Floats:
        """When a speaker speaks: start and end, seconds, shape (n, 2)."""
        return self._stretches[speaker]

    def seconds(self, speaker: str) -> float:
        """For how long a speaker speaks."""
        stretches = self._stretches[speaker]
        return float((stretches[:, 1] - stretches[:, 0]).sum())

    def of(self, speaker: str, times: Floats) -> Flags:
        """At which of these times a speaker speaks."""
        stretches = self._stretches[speaker]
        place = np.searchsorted(stretches[:, 0], times, side="right") - 1
        return np.asarray((place >= 0) & (times < stretches[place.clip(0), 1]))

    def at_once(self, times: Floats) -> npt.NDArray[np.int64]:
        """How many speak at each of these times."""
        return sum((self.of(speaker, times).astype(np.int64) for speaker in self._stretches), np.zeros(len(times), np.int64))


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the lips of somebody move while a speaker speaks, and while the speaker is silent.

    Attributes:
        speaking: mean level of the motion (see `LipMotion`).
        silent: the same, drawn towards `USUAL_SILENCE` the more the less was seen.
        variance: of single levels within the two.
        speaking_s, silent_s: for how long they were measured.
        log_odds: log likelihood ratio of being the speaker against not being it.
    """

    speaking: float
    silent: float
    variance: float
    speaking_s: float
    silent_s: float
    log_odds: float

    def of_stretch(self, levels: Floats, step_s: float) -> float:
        """The log likelihood ratio of speaking in one stretch against being silent in it, from the motion measured there."""
        independent = _independent(len(levels), step_s)
        if independent == 0:
            return 0.0
        spread = self.variance / independent + REACTION**2
        return float((self.speaking - self.silent) * (levels.mean() - (self.speaking + self.silent) / 2) / spread)


def contrasts(motion: LipMotion, speech: Speech, least_s: float) -> Mapping[str, Contrast]:
    """The contrast for every speaker of whom at least `least_s` of speech, alone, were seen on these lips."""
    at_once = speech.at_once(motion.times)
    found = {}
    for speaker in speech.speakers:
        own = speech.of(speaker, motion.times)
        alone, silent = motion.levels[own & (at_once == 1)], motion.levels[~own]
        if len(alone) * motion.step_s >= least_s:
            found[speaker] = _contrast(alone, silent, motion.step_s)
    return found


def probability(log_odds: float) -> float:
    """The probability that log odds stand for."""
    return 1 / (1 + exp(-log_odds)) if log_odds > -500 else 0.0


def log_odds_of(probability: float) -> float:
    """The log odds of a probability; infinite for 1."""
    return log(probability / (1 - probability)) if probability < 1 else float("inf")


def _contrast(alone: Floats, silent: Floats, step_s: float) -> Contrast:
    speaking, own = float(alone.mean()), float(silent.mean()) if len(silent) else USUAL_SILENCE
    squares = float(np.square(alone - speaking).sum() + np.square(silent - own).sum())
    variance = max(LEAST_SPREAD**2, squares / (len(alone) + len(silent)))
    known, usual = _independent(len(silent), step_s) / variance, 1 / USUAL_SILENCE_SPREAD**2
    in_silence = (known * own + usual * USUAL_SILENCE) / (known + usual)
    difference = speaking - in_silence
    spread = variance / _independent(len(alone), step_s) + 1 / (known + usual) + REACTION**2
    expected = log(SPEAKING_RATIO)
    return Contrast(
        speaking=speaking,
        silent=in_silence,
        variance=variance,
        speaking_s=len(alone) * step_s,
        silent_s=len(silent) * step_s,
        log_odds=expected * (difference - expected / 2) / spread,
    )


def _independent(count: int, step_s: float) -> float:
    """How many independent levels so many neighbouring ones are worth, whose windows overlap."""
    return min(float(count), count * step_s / WINDOW_S)


def _merged(stretches: list[tuple[float, float]]) -> Floats:
    merged: list[list[float]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return np.array(merged, np.float64)

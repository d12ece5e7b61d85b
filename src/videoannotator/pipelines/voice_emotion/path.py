"""The most probable course of the pitch through its candidates, which keeps it from jumping by octaves.

Method: the hidden Markov model of pYIN (Mauch & Dixon 2014) on the candidates themselves instead of a grid of pitches, decoded by
the Viterbi algorithm a fixed lag behind the sound, so that memory does not grow.
"""

import numpy as np
import numpy.typing as npt

from videoannotator.pipelines.voice_emotion.pitch import CANDIDATES, Candidates

Floats = npt.NDArray[np.float64]

LAG = 30
"""Steps (0.3 s) that are looked ahead before a pitch is final."""

_SWITCH = -np.log(0.01)
"""What it costs to begin or to end voice between two steps, as a negative logarithm of a probability; so in pYIN."""
_STAY = -np.log(0.99)
_PER_OCTAVE = 12.0
"""What a jump costs, by octave: the pitch of a voice changes by less than a twentieth of an octave in 10 ms (Xu & Sun 2002)."""
_FAREST = 8.0
"""No jump costs more."""
_IMPOSSIBLE = 1e6
_LEAST = 1e-9


class PitchPath:
    """Follows one pitch through a stream of steps."""

    def __init__(self) -> None:
        self._scores: Floats | None = None
        self._octaves = np.full(CANDIDATES, np.nan)
        self._back: list[npt.NDArray[np.intp]] = []
        self._pitches: list[Floats] = []

    def feed(self, candidates: Candidates) -> Floats:
        """Take the next steps; give the pitch, Hz, of those that are final, 0 where there is none."""
        if len(candidates.pitch_hz):
            self._extend(candidates)
        return self._decoded(max(0, len(self._pitches) - LAG))

    def finish(self) -> Floats:
        """The pitch of the steps that were waiting."""
        return self._decoded(len(self._pitches))

    def _extend(self, candidates: Candidates) -> None:
        octaves = np.log2(candidates.pitch_hz)
        own = _own_costs(candidates)
        moves = _moves(np.vstack([self._octaves, octaves[:-1]]), octaves)
        places = np.arange(CANDIDATES + 1)
        for step in range(len(octaves)):
            if self._scores is None:
                self._scores, back = own[step], places
            else:
                total = self._scores[:, None] + moves[step]
                back = total.argmin(axis=0)
                self._scores = total[back, places] + own[step]
                self._scores = self._scores - self._scores.min()
            self._back.append(back)
            self._pitches.append(candidates.pitch_hz[step])
        self._octaves = octaves[-1]

    def _decoded(self, count: int) -> Floats:
        if self._scores is None or count == 0:
            return np.zeros(0)
        chosen = np.zeros(len(self._back))
        place = int(self._scores.argmin())
        for step in range(len(self._back) - 1, -1, -1):
            chosen[step] = self._pitches[step][place] if place < CANDIDATES else 0.0
            place = int(self._back[step][place])
        del self._back[:count], self._pitches[:count]
        return chosen[:count]


def _own_costs(candidates: Candidates) -> Floats:
    """What each candidate costs, and behind them, having no pitch."""
    voiced = np.where(candidates.probability > 0, -np.log(np.maximum(candidates.probability, _LEAST)), _IMPOSSIBLE)
    left = 1 - candidates.probability.sum(axis=1, keepdims=True)
    return np.concatenate([voiced, -np.log(np.clip(left, _LEAST, 1.0))], axis=1)


def _moves(before: Floats, after: Floats) -> Floats:
    """What it costs to go from each candidate of a step to each of the next: [steps, from, to], no pitch being the last."""
    moves = np.full((len(after), CANDIDATES + 1, CANDIDATES + 1), _SWITCH)
    jump = np.minimum(_FAREST, _PER_OCTAVE * np.abs(before[:, :, None] - after[:, None, :]))
    moves[:, :-1, :-1] = np.nan_to_num(jump, nan=_IMPOSSIBLE) + _STAY
    moves[:, -1, -1] = _STAY
    return moves

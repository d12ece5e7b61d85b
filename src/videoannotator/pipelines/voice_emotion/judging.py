"""What judges the emotions in a voice: networks that the user added, each in its own way."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.prosody import EmotionScore

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
CheckStop = Callable[[], None]
Emotions = tuple[EmotionScore, ...]

RATE_HZ = 16_000
LONGEST_S = 15
"""Longer sound is cut into equal pieces, and what a network for categories says about them is averaged."""
_DIGITS = 4


class EmotionJudge(Protocol):
    """Tells the emotions in stretches of voice."""

    def judge(self, sounds: Iterable[Samples], check_stop: CheckStop) -> Iterator[Emotions | None]:
        """What is heard in each stretch of one voice, in order, surest or strongest first; None without usable numbers.

        Args:
            sounds: float32 [n], 16 kHz, each. They are taken one by one, but possibly many before the first answer.
            check_stop: called before every piece, and oftener where a piece takes long.

        Raises:
            InferenceFailedException: a network could not be run.
            InvalidConfigException: it gives something else than was said.
            RunStopped: somebody asked for it.
        """


class CategoryJudge(ABC):
    """Tells the probabilities of categories, of which one is true.

    Args:
        labels: the categories, in the order of the network's output.
    """

    def __init__(self, labels: tuple[str, ...]) -> None:
        self._labels = labels

    @abstractmethod
    def shares(self, samples: Samples, check_stop: CheckStop) -> Values:
        """The probability of each category in a piece of at most `LONGEST_S`, float64 [classes]."""

    def judge(self, sounds: Iterable[Samples], check_stop: CheckStop) -> Iterator[Emotions | None]:
        """See `EmotionJudge`."""
        for samples in sounds:
            yield self.scores(samples, check_stop)

    def scores(self, samples: Samples, check_stop: CheckStop) -> Emotions | None:
        """The categories of one stretch; otherwise as `EmotionJudge.judge`."""
        shares = np.zeros(len(self._labels))
        for piece in equal_pieces(samples, LONGEST_S * RATE_HZ):
            check_stop()
            shares += self.shares(piece, check_stop) * (len(piece) / len(samples))
        if not np.isfinite(shares).all():
            return None
        scores = (EmotionScore(label, round(float(share), _DIGITS)) for label, share in zip(self._labels, shares, strict=True))
        return highest_first(scores)


def highest_first(scores: Iterable[EmotionScore]) -> Emotions:
    """Surest or strongest first; of equal ones, by name."""
    return tuple(sorted(scores, key=lambda score: (-score.value, score.label)))


def equal_pieces(samples: Samples, longest: int) -> list[Samples]:
    """Cut sound into as few pieces of equal length as can be, none longer than `longest` samples."""
    return np.array_split(samples, -(-len(samples) // longest))


def softmax(values: npt.NDArray[np.float32]) -> Values:
    """Probabilities of values that a network gives before softmax, in any shape; float64 [n]."""
    shares = np.exp(values.ravel().astype(np.float64) - float(values.max()))
    share: Values = shares / shares.sum()
    return share

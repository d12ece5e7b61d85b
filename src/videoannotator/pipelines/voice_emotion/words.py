"""When words are spoken, from the transcript of another pipeline of the run."""

from array import array
from collections.abc import Iterable

import numpy as np

from videoannotator.annotations.transcript import Utterance
from videoannotator.pipelines.voice_emotion.stretches import STEPS_PER_S, Stretch


class SpokenWords:
    """The middles of all words that have times.

    Args:
        utterances: of the whole recording, in any order.
    """

    def __init__(self, utterances: Iterable[Utterance]) -> None:
        middles = array("d")
        for said in utterances:
            middles.extend((word.start.seconds + word.end.seconds) / 2 for word in said.words)
        self._middles = np.sort(np.array(middles))

    def rate(self, stretch: Stretch) -> float | None:
        """Words per second of the part of a stretch in which nobody else speaks; None where the transcript has none there."""
        begin, end = np.searchsorted(self._middles, [stretch.start.seconds, stretch.end.seconds])
        alone = stretch.alone()
        if begin == end or not alone.any():
            return None
        steps = ((self._middles[begin:end] - stretch.start.seconds) * STEPS_PER_S).astype(int)
        count = int(alone[np.minimum(steps, len(alone) - 1)].sum())
        return round(count * STEPS_PER_S / int(alone.sum()), 3) if count else None

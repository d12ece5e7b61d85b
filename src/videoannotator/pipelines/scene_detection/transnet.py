"""TransNetV2 over stretches of frames.

Souček and Lokoč, TransNet V2: An Effective Deep Network Architecture for Fast Shot Transition Detection, 2020. The network looks at
100 frames and its answer is used for the middle 50. A frame's `cut` probability is high at the last frame before a hard cut and in
the middle of a gradual change; its `many` probability is high over the whole of a change.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.scenes import Boundary
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.scene_detection.changes import TRANSNET, Change, cut, transition
from videoannotator.pipelines.scene_detection.evidence import FLAT_DEVIATION, Signatures, deviation, distance, steadiness
from videoannotator.pipelines.scene_detection.gradual import Stretch, sharpen
from videoannotator.pipelines.scene_detection.history import History

WINDOW = 100
BLOCK = 50
MARGIN = (WINDOW - BLOCK) // 2
"""Frames before and after a block that the network sees too."""
EXTENT_PROBABILITY = 0.3
"""A gradual change reaches as far as the network's second answer stays above this."""
CUT_SHARE = 0.5
"""A change of which at least this share happens from one frame to the next is a hard cut."""
CUT_SPAN = 4
"""Frames on either side whose movement a hard cut must exceed; otherwise the network's word is taken by halves: it was seen to take
the end of a fast pan for a cut."""

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Peak:
    """Neighbouring frames that the network takes for a change, positions `first` to `last`; `change` is what it looks like."""

    change: Change
    first: int
    last: int


class ShotNetwork:
    """The network's answers along the history.

    Args:
        session: TransNetV2.
        check_stop: raises when the run shall stop; asked before every window.
        threshold: least `cut` probability of a change.
    """

    def __init__(self, session: Session, check_stop: Callable[[], None], threshold: float) -> None:
        self._session = session
        self._check_stop = check_stop
        self._threshold = threshold
        self._first = 0
        self._cut: list[float] = []
        self._many: list[float] = []
        self._judged = 0
        self.windows = 0

    @property
    def end(self) -> int:
        """The position up to which blocks were seen or skipped."""
        return self._first + len(self._cut)

    def see(self, history: History, stop: int) -> None:
        """Let the network judge the frames from `end` up to `stop`, at most a block."""
        self._check_stop()
        answers = self._session.run({"frames": history.window(self.end - MARGIN, WINDOW)[None]})
        used = slice(MARGIN, MARGIN + stop - self.end)
        self._cut.extend(answers["cut"][0, used].tolist())
        self._many.extend(answers["many"][0, used].tolist())
        self.windows += 1

    def skip(self, stop: int) -> None:
        """Leave the frames from `end` up to `stop` unjudged: nothing changes there."""
        length = stop - self.end
        self._cut.extend([0.0] * length)
        self._many.extend([0.0] * length)

    def forget(self, before: int) -> None:
        """Let go of the answers for frames before position `before`."""
        drop = min(max(before - self._first, 0), len(self._cut))
        del self._cut[:drop], self._many[:drop]
        self._first += drop

    def take_peaks(self, history: History, signatures: Signatures, *, complete: bool) -> list[Peak]:
        """The changes that were found since the last call; one that reaches the end of the answers waits unless `complete`."""
        high = np.array([probability >= self._threshold for probability in self._cut] + [False])
        start = self._judged - self._first
        peaks = []
        while True:
            above = np.flatnonzero(high[start:])
            if not len(above):
                self._judged = self.end
                break
            first = start + int(above[0])
            stop = first + int(np.argmin(high[first:]))
            if stop == len(self._cut) and not complete:
                self._judged = self._first + first
                break
            peaks.append(self._peak(history, signatures, self._first + first, self._first + stop - 1))
            start = stop
        return peaks

    def _peak(self, history: History, signatures: Signatures, first: int, last: int) -> Peak:
        probability = max(self._cut[first - self._first : last + 1 - self._first])
        low, high = max(first, history.first), min(last + 3, history.end - 1)
        rows = np.arange(low, high + 1) - history.first
        rows = rows[rows > 0]
        before, after = max(first - 3, history.first) - history.first, min(last + 4, history.end - 1) - history.first
        steps = distance(signatures[rows], signatures[rows - 1])
        total = float(distance(signatures[before], signatures[after]))
        if len(rows) and float(steps.max()) >= CUT_SHARE * total:
            row = int(rows[np.argmax(steps)])
            doubt = min(1.0, 2 * steadiness(signatures, row, row, CUT_SPAN))
            change = cut(history, row + history.first, probability * doubt, TRANSNET)
        else:
            change = self._gradual(history, signatures, first, last, probability)
        return Peak(change, first, last)

    def _gradual(self, history: History, signatures: Signatures, first: int, last: int, probability: float) -> Change:
        start, stop = self._extent(history, first, last)
        rough = Stretch(start - history.first, stop - history.first, 0.0, 0.0)
        fine = sharpen(signatures, rough)
        inside = deviation(signatures[fine.first : fine.last + 1])
        flat = inside.min() < max(FLAT_DEVIATION, 0.25 * min(inside[0], inside[-1]))
        kind = Boundary.FADE if flat else Boundary.DISSOLVE
        return transition(history, kind, fine.first + history.first, fine.last + history.first, probability, TRANSNET)

    def _extent(self, history: History, first: int, last: int) -> tuple[int, int]:
        """The last frame before and the first frame after a gradual change, positions in the history."""
        many = self._many
        start, stop = first - self._first, last - self._first
        while start > 0 and many[start - 1] >= EXTENT_PROBABILITY:
            start -= 1
        while stop < len(many) - 1 and many[stop + 1] >= EXTENT_PROBABILITY:
            stop += 1
        return max(self._first + start - 1, history.first), min(self._first + stop + 1, history.end - 1)

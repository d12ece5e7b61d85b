"""From frames to changes of shot, in one pass and bounded memory.

Frames are analysed block by block, with frames of the past and of the future beside them:

    forgotten | kept for what is undecided | block | AHEAD |

In every block the clues of the content are gathered: steps, stretches, runs. With a network, the network then judges the block:
what it finds counts; what it does not find counts only where the content leaves no doubt. A change is given out when no later frame
can alter it.
"""

from videoannotator.annotations.scenes import Boundary
from videoannotator.media.types import Frame
from videoannotator.pipelines.scene_detection.changes import Change
from videoannotator.pipelines.scene_detection.clues import Clues
from videoannotator.pipelines.scene_detection.content import CutProposer
from videoannotator.pipelines.scene_detection.gradual import FLANK, LONGEST
from videoannotator.pipelines.scene_detection.history import History, Mark
from videoannotator.pipelines.scene_detection.transnet import BLOCK, Peak, ShotNetwork

AHEAD = LONGEST // 2 + FLANK
"""Frames beyond a block that are seen before it is judged: enough for every stretch whose middle lies in the block."""
KEPT = 2 * LONGEST + BLOCK
"""Frames before a block that stay: a fade is judged that long after it began."""
CAPACITY = KEPT + 2 * BLOCK + AHEAD
RATIO, HINT_RATIO = 3.0, 1.8
"""How far a hard cut stands out from the changes around it, and how far a change must stand out to be shown to the network."""
HINT_SHARE = 1 / 3
"""The network is shown changes from this share of the threshold on."""
BEYOND_DOUBT = 0.6
"""A dissolve or fade of which the content is so sure counts without the network, which was seen to miss slow ones."""
FEEBLE = 0.4
"""A stretch with less confidence tells nothing about the extent of what the network finds."""
NEAR = 2
"""The network's answer may lie so many frames beside the change that it means."""


class Detector:
    """Finds changes of shot.

    Args:
        threshold: smallest change of content of a hard cut, 0 to 255.
        confidence: least confidence of a change that is given out.
        shortest_s: length of a single-coloured stretch that can be a scene.
        network: what decides; None to let the content alone decide.
        every_block: whether the network looks at every block, or only where a change is possible.
    """

    def __init__(
        self, *, threshold: float, confidence: float, shortest_s: float, network: ShotNetwork | None, every_block: bool
    ) -> None:
        self.history = History(CAPACITY)
        self._confidence = confidence
        self._network = network
        self._every_block = every_block
        proposer = CutProposer(HINT_RATIO, threshold * HINT_SHARE) if network else CutProposer(RATIO, threshold)
        self._clues = Clues(self.history, proposer, shortest_s, hints=network is not None and not every_block)
        self._peaks: list[Peak] = []
        self._done = 0
        self._settled = 0
        self.settled: Mark | None = None
        """Every change before this frame has been given out."""

    def add(self, frame: Frame) -> list[Change]:
        """Take the next frame, BGR; give the changes that are certain now, in order."""
        self.history.append(frame)
        self._clues.add(frame)
        if self.history.end < self._done + BLOCK + AHEAD:
            return []
        self._clues.gather(self.history.signatures(), self.history.end - FLANK, complete=False)
        return self._advance(self._done + BLOCK, complete=False)

    def finish(self) -> list[Change]:
        """Give the changes that waited for the end of the recording."""
        if not self.history.end:
            return []
        self._clues.gather(self.history.signatures(), self.history.end, complete=True)
        while self._done + BLOCK < self.history.end:
            self._ask_network(self._done + BLOCK)
            self._done += BLOCK
        return self._advance(self.history.end, complete=True)

    def _advance(self, stop: int, *, complete: bool) -> list[Change]:
        self._ask_network(stop)
        self._done = stop
        if self._network:
            self._peaks += self._network.take_peaks(self.history, self.history.signatures(), complete=complete)
        until = stop if complete else max(self._settled, min(stop - BLOCK, self._clues.undecided_from()))
        changes = self._settle(until)
        if self.history.first <= until < self.history.end:
            self.settled = self.history.mark(until)
        self.history.forget(stop - KEPT)
        if self._network:
            self._network.forget(stop - KEPT)
        return changes

    def _ask_network(self, stop: int) -> None:
        if self._network is None or stop == self._network.end:
            return
        start = self._network.end
        if self._every_block or any(first < stop + NEAR and start - NEAR <= last for first, last in self._clues.hints):
            self._network.see(self.history, stop)
        else:
            self._network.skip(stop)

    def _settle(self, until: int) -> list[Change]:
        """Give the changes that were not given yet, up to position `until`."""
        fades = self._clues.fades
        dissolves = [one for one in self._clues.dissolves if not any(_overlap(one, fade) for fade in fades)]
        if self._network:
            found = self._supported(fades, dissolves)
        else:
            graduals = [one for one in [*fades, *dissolves] if one.confidence >= self._confidence]
            cuts = [one for one in self._clues.cuts if one.confidence >= self._confidence]
            found = [*graduals, *(one for one in cuts if not any(other.covers(one.at.position) for other in graduals))]
        self._clues.forget(until - LONGEST)
        self._peaks = [peak for peak in self._peaks if peak.change.last.position >= until - LONGEST]
        self._settled, settled = until, self._settled
        return sorted((one for one in found if settled <= one.at.position < until), key=lambda one: one.at.position)

    def _supported(self, fades: list[Change], dissolves: list[Change]) -> list[Change]:
        """The network's changes, each in the form that the content gives it where the content knows better."""
        found: dict[Change, Change] = {}
        for peak in self._peaks:
            rivals = [one for one in fades if _meets(peak, one)]
            if not rivals and peak.change.kind is not Boundary.CUT:
                rivals = [one for one in dissolves if one.confidence >= FEEBLE and _meets(peak, one)]
            if not rivals:
                rivals = [one for one in self._clues.cuts if _meets(peak, one)]
            best = max(rivals, key=lambda one: one.confidence, default=None)
            if best is not None:
                known = found[best].confidence if best in found else 0.0
                found[best] = best.decided_by_network(max(peak.change.confidence, known))
            elif not any(first <= peak.change.at.position <= last for first, last in self._clues.quiet):
                found[peak.change] = peak.change
        for one in [*fades, *dissolves]:
            if one.confidence >= max(BEYOND_DOUBT, self._confidence) and not any(
                one.covers(known.at.position) for known in found.values()
            ):
                found[one] = one
        return [one for one in found.values() if one.confidence >= self._confidence]


def _overlap(left: Change, right: Change) -> bool:
    return left.first.position < right.last.position and right.first.position < left.last.position


def _meets(peak: Peak, change: Change) -> bool:
    return peak.first <= change.last.position + NEAR and change.first.position - NEAR <= peak.last

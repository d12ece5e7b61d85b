"""What the evidence speaks for: changes from one shot to the next."""

from dataclasses import dataclass, replace

import numpy as np

from videoannotator.annotations.scenes import Boundary
from videoannotator.pipelines.scene_detection.evidence import Signatures, distance, step_confidence
from videoannotator.pipelines.scene_detection.history import History, Mark

CONTENT = "content"
TRANSNET = "transnetv2"


@dataclass(frozen=True, slots=True)
class Change:
    """A change from one shot to the next.

    Attributes:
        kind: how it happens.
        first: for a dissolve or fade, the first frame that is touched by it; for a cut, the same as `at`.
        at: the first frame of the new shot; in the middle of a dissolve or fade.
        last: for a dissolve or fade, the first frame that is free of it again; for a cut, the same as `at`.
        confidence: 0 to 1.
        method: what decided: `content` or `transnetv2`.
    """

    kind: Boundary
    first: Mark
    at: Mark
    last: Mark
    confidence: float
    method: str = CONTENT

    def decided_by_network(self, probability: float) -> "Change":
        """The same change with the network's word for it."""
        return replace(self, confidence=probability, method=TRANSNET)

    def covers(self, position: int) -> bool:
        """Whether the frame at `position` belongs to the change."""
        return self.first.position <= position <= self.last.position


def cut(history: History, position: int, confidence: float, method: str = CONTENT) -> Change:
    """A hard cut; `position` is the first frame of the new shot."""
    mark = history.mark(position)
    return Change(Boundary.CUT, mark, mark, mark, confidence, method)


def transition(history: History, kind: Boundary, first: int, last: int, confidence: float, method: str = CONTENT) -> Change:
    """A dissolve or fade; `first` is the last frame before it, `last` the first one after it."""
    start = first + 1
    return Change(kind, history.mark(start), history.mark((start + last + 1) // 2), history.mark(last), confidence, method)


def take_clusters(proposals: list[int], span: int, until: int) -> list[list[int]]:
    """Remove from `proposals` (ascending) and give, in groups of neighbours at most `span` apart, those that end before `until`.

    A flash makes a group of two or three; where a group is longer than that, movement consists of steps, and each stands alone.
    """
    clusters: list[list[int]] = []
    for position in proposals:
        if clusters and position - clusters[-1][-1] <= span:
            clusters[-1].append(position)
        else:
            clusters.append([position])
    if clusters and clusters[-1][-1] >= until:
        clusters.pop()
    del proposals[: sum(map(len, clusters))]
    return [
        part for cluster in clusters for part in ([cluster] if cluster[-1] - cluster[0] <= 2 * span else [[one] for one in cluster])
    ]


def judge_cluster(history: History, signatures: Signatures, cluster: list[int], span: int) -> Change | None:
    """The hard cut that a group of proposals stands for; None when the picture after the group is the one before it (a flash).

    Several proposals within a few frames are one event: a flash between two shots, or a flash within one.
    """
    rows = [position - history.first for position in cluster]
    confidence = step_confidence(signatures, rows[0], rows[-1], span)
    if confidence == 0.0:
        return None
    steps = [float(distance(signatures[row], signatures[row - 1])) for row in rows]
    return cut(history, cluster[int(np.argmax(steps))], confidence)

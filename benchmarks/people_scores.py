"""How well people, postures and faces are found, by the measures of the field.

Tracks: MOTA (Bernardin & Stiefelhagen 2008), IDF1 (Ristani et al. 2016), id switches, by `motmetrics`, matched at an intersection
over union of 0.5. Postures: average precision over object keypoint similarity, by `pycocotools`. Faces: recall at the same overlap.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import motmetrics
import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import linear_sum_assignment

from videoannotator.annotations.boxes import Box

MIN_IOU = 0.5


@dataclass(frozen=True, slots=True)
class TruthBox:
    """Somebody, or a face, that is in a frame.

    Attributes:
        frame: its index.
        who: the same for the same one.
        box: pixels.
        counted: whether it must be found; what is hardly to be seen may be found, and need not be.
    """

    frame: int
    who: int | str
    box: Box
    counted: bool = True


@dataclass(frozen=True, slots=True)
class FoundBox:
    """Somebody, or a face, that was found in a frame, and under which id."""

    frame: int
    who: int | str
    box: Box


@dataclass(frozen=True, slots=True)
class TrackScores:
    """One sequence, or several taken together.

    Attributes:
        mota: 1 less the share of misses, false boxes and switches.
        idf1: share of the boxes that carry the right id, precision and recall taken together.
        switches: how often somebody goes on under another id.
        missed, false: boxes.
        boxes: how many had to be found.
    """

    mota: float
    idf1: float
    switches: int
    missed: int
    false: int
    boxes: int

    def __str__(self) -> str:
        return (
            f"MOTA {self.mota:6.1%}  IDF1 {self.idf1:6.1%}  {self.switches} switches  "
            f"{self.missed} of {self.boxes} missed, {self.false} false"
        )


def track_scores(sequences: Iterable[tuple[Sequence[int], Iterable[TruthBox], Iterable[FoundBox]]]) -> tuple[TrackScores, ...]:
    """The scores of each sequence, and last of all together.

    Args:
        sequences: of each one the frames that were looked at, what is in them, and what was found.
    """
    accumulators = [_accumulated(*sequence) for sequence in sequences]
    names = ["mota", "idf1", "num_switches", "num_misses", "num_false_positives", "num_objects"]
    table = motmetrics.metrics.create().compute_many(
        accumulators, metrics=names, names=[str(number) for number in range(len(accumulators))], generate_overall=True
    )
    return tuple(
        TrackScores(float(row[0]), float(row[1]), *(int(value) for value in row[2:]))
        for row in table[names].itertuples(index=False)
    )


def _accumulated(frames: Sequence[int], truth: Iterable[TruthBox], found: Iterable[FoundBox]) -> Any:
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    true_boxes, found_boxes = _by_frame(truth), _by_frame(found)
    numbers: dict[int | str, int] = {}
    for frame in frames:
        expected, given = _without_the_uncounted(true_boxes[frame], found_boxes[frame])
        overlaps = _overlaps(expected, given)
        distances = np.where(overlaps >= MIN_IOU, 1 - overlaps, np.nan)
        whos = [[numbers.setdefault(each.who, len(numbers)) for each in boxes] for boxes in (expected, given)]
        accumulator.update(*whos, distances)
    return accumulator


def _without_the_uncounted(truth: list[TruthBox], found: list[FoundBox]) -> tuple[list[TruthBox], list[FoundBox]]:
    """What has to be found, and what was found less what belongs to somebody who need not be."""
    overlaps = _overlaps(truth, found)
    pairs = zip(*linear_sum_assignment(-np.where(overlaps >= MIN_IOU, overlaps, 0)), strict=True)
    excused = {j for i, j in pairs if overlaps[i, j] >= MIN_IOU and not truth[i].counted}
    return [each for each in truth if each.counted], [each for j, each in enumerate(found) if j not in excused]


def _overlaps(truth: Sequence[TruthBox], found: Sequence[FoundBox]) -> npt.NDArray[np.float64]:
    return np.array([[a.box.iou(b.box) for b in found] for a in truth], np.float64).reshape(len(truth), len(found))


def _by_frame(boxes: Iterable[Any]) -> dict[int, list[Any]]:
    frames: dict[int, list[Any]] = defaultdict(list)
    for box in boxes:
        frames[box.frame].append(box)
    return frames


@dataclass(frozen=True, slots=True)
class FaceScores:
    """How many of the faces that had to be found were, and how many boxes show none."""

    found: int
    faces: int
    false: int
    boxes: int

    @property
    def recall(self) -> float:
        """0 to 1; NaN when there was nothing to find."""
        return self.found / self.faces if self.faces else float("nan")

    def __str__(self) -> str:
        return f"recall {self.recall:6.1%} of {self.faces} faces, {self.false} of {self.boxes} boxes show none"


def face_scores(sequences: Iterable[tuple[Sequence[int], Iterable[TruthBox], Iterable[FoundBox]]]) -> FaceScores:
    """All sequences taken together."""
    found_faces = faces = false = boxes = 0
    for frames, truth, found in sequences:
        true_boxes, found_boxes = _by_frame(truth), _by_frame(found)
        for frame in frames:
            overlaps = _overlaps(true_boxes[frame], found_boxes[frame])
            pairs = list(zip(*linear_sum_assignment(-overlaps), strict=True))
            matched = [(i, j) for i, j in pairs if overlaps[i, j] >= MIN_IOU]
            found_faces += sum(true_boxes[frame][i].counted for i, _ in matched)
            faces += sum(each.counted for each in true_boxes[frame])
            boxes += len(found_boxes[frame])
            false += len(found_boxes[frame]) - len(matched)
    return FaceScores(found_faces, faces, false, boxes)


@dataclass(frozen=True, slots=True)
class KeypointScores:
    """Average precision and recall over object keypoint similarities of 0.5 to 0.95, and precision at 0.5 and 0.75."""

    precision: float
    precision_50: float
    precision_75: float
    recall: float

    def __str__(self) -> str:
        return f"OKS-AP {self.precision:.3f}  AP50 {self.precision_50:.3f}  AP75 {self.precision_75:.3f}  AR {self.recall:.3f}"


def keypoint_scores(truth: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> KeypointScores:
    """Postures, by the evaluation of COCO.

    Args:
        truth: a data set in COCO's keypoint format; its `images` are those that are scored.
        results: `{image_id, category_id, keypoints, score}` for each posture that was found.
    """
    with redirect_stdout(io.StringIO()):
        expected = COCO()
        expected.dataset = dict(truth)
        expected.createIndex()
        if not results:
            return KeypointScores(0.0, 0.0, 0.0, 0.0)
        evaluation = COCOeval(expected, expected.loadRes([dict(result) for result in results]), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = evaluation.stats
    return KeypointScores(float(stats[0]), float(stats[1]), float(stats[2]), float(stats[5]))

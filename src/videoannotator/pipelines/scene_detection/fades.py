"""Fades: through a stretch of nearly single-coloured frames."""

from dataclasses import dataclass, field

from videoannotator.annotations.scenes import Boundary
from videoannotator.pipelines.scene_detection.changes import Change
from videoannotator.pipelines.scene_detection.history import Mark

NEAR = 3
"""A gradual change that ends or begins so many frames beside a run still touches it: a fade's last steps are hardly visible."""
MOST_MARKS = 256


@dataclass
class FlatRun:
    """Neighbouring frames that are nearly single-coloured.

    Attributes:
        first, last: its ends.
        before: the frame before it; None at the start of the recording.
        after: the frame after it; None while it goes on.
        marks: some of its frames, evenly spread.
    """

    before: Mark | None
    first: Mark
    last: Mark
    after: Mark | None = None
    marks: list[Mark] = field(default_factory=list)
    _stride: int = 1

    def grow(self, mark: Mark) -> None:
        """Take the next frame. At most 256 are remembered, evenly spread, however long the run is."""
        self.last = mark
        if (mark.position - self.first.position) % self._stride == 0:
            self.marks.append(mark)
        if len(self.marks) > MOST_MARKS:
            self.marks = self.marks[::2]
            self._stride *= 2

    def mark_near(self, position: int) -> Mark:
        """The remembered frame nearest to `position`."""
        return min([self.first, *self.marks, self.last], key=lambda mark: abs(mark.position - position))

    def touches(self, position: int) -> bool:
        """Whether a gradual change that ends or begins at `position` leads to or from this run."""
        return self.first.position - NEAR <= position <= self.last.position + NEAR


class FlatRuns:
    """Finds runs of nearly single-coloured frames; `open` is the one that goes on, `closed` those that wait to be judged."""

    def __init__(self) -> None:
        self.open: FlatRun | None = None
        self.closed: list[FlatRun] = []
        self._previous: Mark | None = None

    def add(self, mark: Mark, *, flat: bool) -> None:
        """Take the next frame."""
        if flat:
            if self.open is None:
                self.open = FlatRun(self._previous, mark, mark)
            self.open.grow(mark)
        elif self.open is not None:
            self.open.after = mark
            self.closed.append(self.open)
            self.open = None
        self._previous = mark


def judge_run(run: FlatRun, leading_in: Change | None, leading_out: Change | None, step: float) -> Change | None:
    """The fade that a finished run inside the recording stands for; None when it is none.

    Args:
        run: the nearly single-coloured frames, with a frame before and after.
        leading_in: the gradual change that ends in it, if any.
        leading_out: the gradual change that begins in it, if any.
        step: without any, how sure it is that what comes after the run is another shot than what came before, 0 to 1.
    """
    if run.before is None or run.after is None:
        return None
    sides = [side.confidence for side in (leading_in, leading_out) if side is not None] or [step]
    confidence = sum(sides) / len(sides)
    if confidence == 0.0:
        return None
    first = leading_in.first if leading_in else run.first
    last = leading_out.last if leading_out else run.after
    return Change(Boundary.FADE, first, run.mark_near((first.position + last.position + 1) // 2), last, confidence)

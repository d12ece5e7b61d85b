"""What the content of the frames alone says: steps, stretches and runs, gathered block by block."""

from dataclasses import dataclass

from videoannotator.annotations.scenes import Boundary
from videoannotator.media.types import Frame
from videoannotator.pipelines.scene_detection.changes import Change, judge_cluster, take_clusters, transition
from videoannotator.pipelines.scene_detection.content import NEIGHBOURS, CutProposer
from videoannotator.pipelines.scene_detection.evidence import (
    AROUND,
    FLAT_DEVIATION,
    SAME_PICTURE,
    Signatures,
    deviation,
    resemblance,
    step_confidence,
)
from videoannotator.pipelines.scene_detection.fades import FlatRun, FlatRuns, judge_run
from videoannotator.pipelines.scene_detection.gradual import (
    LIKELY,
    LONGEST,
    POSSIBLE,
    Stretch,
    best_apart,
    find_stretches,
    mixture_confidence,
    sharpen,
)
from videoannotator.pipelines.scene_detection.history import History

SPAN_S = 0.16
"""How long the picture must stay after a change: longer than a flash."""
FEWEST_SPAN, MOST_SPAN = 3, 12
BRIEF_RUN = 64
"""A nearly single-coloured run of this many frames or more is a scene by itself when it begins and ends abruptly."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Gradual(Stretch):
    """A stretch, its ends as positions, and the dissolve that it is unless a fade takes it over."""

    change_of_shot: Change


class Clues:
    """Changes that the content of the frames speaks for.

    Args:
        history: where the frames are; the owner adds to it and forgets.
        proposer: finds hard cuts.
        shortest_s: a nearly single-coloured run of at least so many seconds is a scene by itself when it begins and ends abruptly.
        hints: whether to gather `hints` too.

    Attributes:
        cuts, fades: found and not yet forgotten.
        quiet: ranges of positions without a boundary, whatever else may say so: flashes, fades at the recording's ends.
        hints: ranges of positions in which a change is possible.
        scanned: up to this position the last picture of a stretch was sought.
    """

    def __init__(self, history: History, proposer: CutProposer, shortest_s: float, *, hints: bool) -> None:
        self._history = history
        self._proposer = proposer
        self._shortest_s = shortest_s
        self._wants_hints = hints
        self._proposals: list[int] = []
        self._graduals: list[Gradual] = []
        self._runs = FlatRuns()
        self._runs_end = 0
        self.cuts: list[Change] = []
        self.fades: list[Change] = []
        self.quiet: list[Range] = []
        self.hints: list[Range] = []
        self.scanned = 0

    @property
    def dissolves(self) -> list[Change]:
        """Gradual changes found, not part of a fade, and not yet forgotten."""
        return [one.change_of_shot for one in self._graduals]

    def add(self, frame: Frame) -> None:
        """Take the next frame, after the history took it."""
        found = self._proposer.add(self._history.end - 1, frame.image)
        self._proposals.extend(found)
        if self._wants_hints:
            self.hints.extend((position - 1, position) for position in found)

    def gather(self, signatures: Signatures, until: int, *, complete: bool) -> None:
        """Look for stretches that end before position `until`, and for everything else up to the end of the history."""
        span = self._span()
        ripe = self._history.end if complete else self._history.end - AROUND - NEIGHBOURS
        for cluster in take_clusters(self._proposals, span, ripe):
            change = judge_cluster(self._history, signatures, cluster, span)
            if change is None:
                self.quiet.append((cluster[0] - 1, cluster[-1]))
            else:
                self.cuts.append(change)
        self._find_stretches(signatures, until)
        self._find_runs(signatures)
        self._judge_runs(signatures, span, complete=complete)

    def forget(self, before: int) -> None:
        """Let go of what ended before position `before`."""
        self.cuts = [change for change in self.cuts if change.last.position >= before]
        self.fades = [change for change in self.fades if change.last.position >= before]
        self._graduals = [one for one in self._graduals if one.last >= before]
        self.quiet = [one for one in self.quiet if one[1] >= before]
        self.hints = [one for one in self.hints if one[1] >= before]

    def undecided_from(self) -> int:
        """The first position at which later frames may still add, alter or remove a change."""
        runs = [*self._runs.closed, self._runs.open] if self._runs.open else self._runs.closed
        return min([self.scanned - LONGEST, *(self._begin(run) for run in runs)])

    def _begin(self, run: FlatRun) -> int:
        leading_in = self._leading_in(run)
        return leading_in.first if leading_in else run.first.position

    def _span(self) -> int:
        """How many frames a picture must stay after a change: by time, from the frames at hand."""
        frames = self._history.end - self._history.first
        if frames < 2:
            return FEWEST_SPAN
        length_s = self._history.mark(self._history.end - 1).time.since(self._history.mark(self._history.first).time)
        return min(max(round(SPAN_S * (frames - 1) / length_s), FEWEST_SPAN), MOST_SPAN)

    def _find_stretches(self, signatures: Signatures, until: int) -> None:
        base = self._history.first
        rows = (self.scanned - base, until - base)
        fresh = [self._gradual(sharpen(signatures, stretch)) for stretch in find_stretches(signatures, *rows, LIKELY)]
        self._graduals = best_apart([*self._graduals, *fresh])
        if self._wants_hints:
            for stretch in find_stretches(signatures, *rows, POSSIBLE):
                quarter = (stretch.last - stretch.first) // 4
                self.hints.append((stretch.first + quarter + base, stretch.last - quarter + base))
        self.scanned = until

    def _gradual(self, stretch: Stretch) -> Gradual:
        first, last = stretch.first + self._history.first, stretch.last + self._history.first
        confidence = mixture_confidence(self._history.window(first, last + 1 - first))
        change = transition(self._history, Boundary.DISSOLVE, first, last, confidence)
        return Gradual(first, last, stretch.change, stretch.residual, change)

    def _find_runs(self, signatures: Signatures) -> None:
        flat = deviation(signatures[self._runs_end - self._history.first :]) < FLAT_DEVIATION
        for position, is_flat in enumerate(flat.tolist(), start=self._runs_end):
            was_open = self._runs.open is not None
            self._runs.add(self._history.mark(position), flat=is_flat)
            if self._wants_hints and was_open != (self._runs.open is not None):
                self.hints.append((position - 1, position))
        self._runs_end = self._history.end

    def _judge_runs(self, signatures: Signatures, span: int, *, complete: bool) -> None:
        for run in list(self._runs.closed):
            if complete or self.scanned > run.last.position + LONGEST:
                self._runs.closed.remove(run)
                self._judge_run(run, signatures, span)
        if complete and self._runs.open:
            leading_in = self._leading_in(self._runs.open)
            if leading_in:
                self._replace(leading_in.change_of_shot.first.position, self._runs.open.last.position, None)

    def _judge_run(self, run: FlatRun, signatures: Signatures, span: int) -> None:
        leading_in, leading_out = self._leading_in(run), self._leading_out(run)
        before = leading_in.change_of_shot if leading_in else None
        after = leading_out.change_of_shot if leading_out else None
        abrupt = before is None and after is None
        if abrupt and self._is_scene(run):
            return
        first, last = before.first if before else run.first, after.last if after else run.after or run.last
        rows = (first.position - self._history.first, last.position - self._history.first)
        fade = judge_run(run, before, after, step_confidence(signatures, *rows, span) if abrupt else 0.0)
        if not (before and after) and rows[0] > 0 and resemblance(signatures[rows[0] - 1], signatures[rows[1]]) > SAME_PICTURE:
            fade = None  # a flash
        self._replace(first.position, last.position, fade)

    def _is_scene(self, run: FlatRun) -> bool:
        """Whether a run that begins and ends abruptly stands for itself, or belongs to an end of the recording."""
        if run.before is None or run.after is None or run.last.position - run.first.position >= BRIEF_RUN:
            return True
        return run.after.time.since(run.first.time) >= self._shortest_s

    def _leading_in(self, run: FlatRun) -> Gradual | None:
        found = [one for one in self._graduals if one.first < run.first.position and run.touches(one.last)]
        return max(found, key=lambda one: one.strength, default=None)

    def _leading_out(self, run: FlatRun) -> Gradual | None:
        found = [one for one in self._graduals if one.last > run.last.position and run.touches(one.first)]
        return max(found, key=lambda one: one.strength, default=None)

    def _replace(self, first: int, last: int, fade: Change | None) -> None:
        """Put a fade, or nothing, in the place of everything from position `first` to `last`."""
        self.cuts = [change for change in self.cuts if not first <= change.at.position <= last]
        self._graduals = [one for one in self._graduals if one.last <= first or last <= one.first]
        if fade is None:
            self.quiet.append((first, last))
        else:
            self.fades.append(fade)

"""What was read off one face in one frame."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from videoannotator.annotations.faces import FaceFlag, Measure
from videoannotator.pipelines.face_analysis.validity import Sight, reasons_against


@dataclass(slots=True)
class Readings:
    """Values and gaps, while they are gathered.

    Attributes:
        wanted: the measures asked for.
        flags: what makes the face hard to measure.
        values: what was measured.
        missing: what was not, and why.
    """

    wanted: frozenset[Measure]
    flags: list[FaceFlag]
    values: dict[Measure, Any] = field(default_factory=dict)
    missing: dict[Measure, tuple[FaceFlag, ...]] = field(default_factory=dict)

    def of(self, measures: frozenset[Measure]) -> "Readings":
        """The same readings, open to some of the measures only."""
        return Readings(self.wanted & measures, self.flags, self.values, self.missing)

    def open(self, measures: Iterable[Measure], sight: Sight) -> frozenset[Measure]:
        """Those of the measures that are wanted and that nothing speaks against; the others are entered as missing."""
        for measure in self.wanted & set(measures):
            if why := reasons_against(measure, self.flags, sight.size):
                self.missing[measure] = why
        return self.wanted & set(measures) - self.missing.keys()

    def miss(self, measures: Iterable[Measure], *why: FaceFlag) -> None:
        """Enter measures that are wanted as missing."""
        for measure in self.wanted & set(measures):
            self.missing[measure] = why

    def enter(self, measure: Measure, value: object | None) -> None:
        """Enter what was measured; nothing is a failure."""
        if measure not in self.wanted:
            return
        if value is None:
            self.missing[measure] = (FaceFlag.FAILED,)
        else:
            self.values[measure] = value

    def flag(self, flag: FaceFlag) -> None:
        """Enter a flag that came to light while measuring."""
        if flag not in self.flags:
            self.flags.append(flag)

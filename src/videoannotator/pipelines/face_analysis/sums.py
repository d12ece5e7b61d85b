"""What all sights of a face say together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import Estimate, FaceTrack, Measure
from videoannotator.annotations.time import MediaTime
from videoannotator.pipelines.face_analysis.age_gender import API_GENDER_SHARE
from videoannotator.pipelines.face_analysis.identity import unit_vector
from videoannotator.pipelines.face_analysis.measures import SAMPLED, Measured

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Sum:
    """What was gathered about one track. Of every sample the ages are kept, for their median: a few bytes a second."""

    start: MediaTime
    end: MediaTime
    observations: int = 0
    samples: int = 0
    ages: list[tuple[float, float, float]] = field(default_factory=list)
    female: list[tuple[float, float]] = field(default_factory=list)
    identity: Floats | None = None

    def track(self, number: int) -> FaceTrack:
        """What is known."""
        return FaceTrack(
            track_id=number,
            start=self.start,
            end=self.end,
            observations=self.observations,
            samples=self.samples,
            age=self._age(),
            female_probability=self._female(),
            embedding=None if self.identity is None else unit_vector(self.identity.tolist()),
        )

    def _age(self) -> Estimate | None:
        """The median age; its spread is that of both networks' votes over all samples."""
        if not self.ages:
            return None
        votes = np.array(self.ages)
        return Estimate(round(float(np.median(votes[:, 0])), 1), round(float(votes[:, 1:].std()), 1))

    def _female(self) -> Estimate | None:
        if not self.female:
            return None
        votes = np.array(self.female)
        mean = float(votes.mean(0) @ (1 - API_GENDER_SHARE, API_GENDER_SHARE))
        return Estimate(round(mean, 4), round(float(votes.std()), 4))


class TrackSums:
    """Gathers what is known about every track; grows with their number and their samples only."""

    def __init__(self) -> None:
        self._sums: dict[int, _Sum] = {}

    def add(self, number: int, time: MediaTime, measured: Measured) -> None:
        """Take a sight of a face, in order of time."""
        known = self._sums.setdefault(number, _Sum(time, time))
        known.end = time
        known.observations += 1
        values = measured.readings.values
        known.samples += bool(values.keys() & SAMPLED)
        if measured.votes and Measure.AGE in values:
            known.ages.append((values[Measure.AGE].value, *measured.votes.ages))
        if measured.votes and Measure.GENDER in values:
            known.female.append(measured.votes.female)
        if Measure.IDENTITY in values:
            fresh = np.array(values[Measure.IDENTITY])
            known.identity = fresh if known.identity is None else known.identity + fresh

    def tracks(self) -> Iterator[FaceTrack]:
        """What is known, by number of the track."""
        for number, known in sorted(self._sums.items()):
            yield known.track(number)

"""What all sights of a face say together."""

from collections.abc import Iterator
from dataclasses import dataclass

from videoannotator.annotations.faces import FaceObservation, FaceTrack
from videoannotator.annotations.time import MediaTime


@dataclass(slots=True)
class _Sum:
    """What was gathered about one track."""

    start: MediaTime
    end: MediaTime
    observations: int = 0
    samples: int = 0


class TrackSums:
    """Gathers what is known about every track; grows with their number only."""

    def __init__(self) -> None:
        self._sums: dict[int, _Sum] = {}

    def add(self, face: FaceObservation) -> None:
        """Take a sight of a face, in order of time."""
        known = self._sums.setdefault(face.track_id, _Sum(face.time, face.time))
        known.end = face.time
        known.observations += 1

    def tracks(self) -> Iterator[FaceTrack]:
        """What is known, by number of the track."""
        for number, known in sorted(self._sums.items()):
            yield FaceTrack(number, known.start, known.end, known.observations, known.samples)

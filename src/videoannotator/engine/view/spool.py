"""Numbers that come row by row and are wanted column by column, in memory that does not grow."""

import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

ROWS_HELD = 8192
"""Rows of all tracks together that wait in memory."""


@dataclass(slots=True)
class _Rows:
    """What is known of one track: rows in memory, and where the others lie in the file."""

    times: "array[float]" = field(default_factory=lambda: array("d"))
    values: "array[float]" = field(default_factory=lambda: array("f"))
    pieces: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0


class Spool:
    """Takes a row of numbers at a time of a track, and gives the columns of a track back.

    Args:
        columns: how many numbers a row has; one that is missing is NaN.
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._tracks: dict[int, _Rows] = {}
        self._held = 0
        self._end = 0

    def add(self, track: int, time_s: float, row: Sequence[float]) -> None:
        """Take the next row of a track; times of a track grow."""
        rows = self._tracks.setdefault(track, _Rows())
        rows.times.append(time_s)
        rows.values.extend(row)
        rows.count += 1
        self._held += 1
        if self._held >= ROWS_HELD:
            self._spill()

    def _spill(self) -> None:
        """Put what is held into the file: of each track the times, then the rows."""
        for rows in self._tracks.values():
            if rows.times:
                self._file.seek(self._end)
                self._end += self._file.write(rows.times.tobytes() + rows.values.tobytes())
                rows.pieces.append((self._end, len(rows.times)))
                del rows.times[:], rows.values[:]
        self._held = 0

    @property
    def counts(self) -> dict[int, int]:
        """How many rows each track has."""
        return {track: rows.count for track, rows in self._tracks.items()}

    def pieces(self, track: int) -> Iterator[tuple[npt.NDArray[np.float64], Floats]]:
        """A track's times, and its rows, shape (n, columns), piece by piece."""
        self._spill()
        for end, count in self._tracks[track].pieces:
            size = count * (8 + 4 * self._columns)
            self._file.seek(end - size)
            data = self._file.read(size)
            times = np.frombuffer(data, np.float64, count)
            yield times, np.frombuffer(data, np.float32, count * self._columns, 8 * count).reshape(count, self._columns)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

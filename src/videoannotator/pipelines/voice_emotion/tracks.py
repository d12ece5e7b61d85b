"""What was measured in every 10 ms of a recording, in a temporary file: 60 bytes a step, 22 MB an hour."""

import tempfile
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.disk import full_disk_named

Rows = npt.NDArray[np.void]

STEP = np.dtype(
    [
        (name, np.float32)
        for name in (
            *("pitch_hz", "power", "clipped", "speech", "harmonic", "tilt"),
            *("periods", "period_s", "period_pairs", "period_change_s", "amplitude", "amplitude_pairs", "amplitude_change"),
        )
    ]
)
"""One step of 10 ms.

pitch_hz: 0 where there is no voice. power: mean square. clipped: how many samples are at full scale. speech: probability of speech.
harmonic: share of the energy that is periodic, and tilt: dB per octave; both NaN without voice. The rest: see `PeriodSums`.
"""


class Spool:
    """Rows of one type that wait on disk, as long as the object, or until `close`.

    Args:
        kind: the type of a row.

    Raises:
        StorageFullException: there is no room for a temporary file.
    """

    def __init__(self, kind: np.dtype[Any]) -> None:
        self._kind = kind
        with full_disk_named("intermediate results"):
            self._file = tempfile.TemporaryFile(prefix="videoannotator-voice-")  # noqa: SIM115  lives as long as the spool
        self._rows = 0
        self._close = weakref.finalize(self, self._file.close)

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end.

        Raises:
            StorageFullException: the disk is full.
        """
        with full_disk_named("intermediate results"):
            self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(rows, self._kind).tobytes())
            self._file.flush()
        self._rows += len(rows)

    def __len__(self) -> int:
        return self._rows

    def read(self, begin: int, end: int) -> npt.NDArray[Any]:
        """The rows from `begin` to `end`, as far as there are any."""
        begin, end = max(0, begin), min(end, self._rows)
        self._file.seek(begin * self._kind.itemsize)
        return np.frombuffer(self._file.read(max(0, end - begin) * self._kind.itemsize), self._kind)

    def close(self) -> None:
        """Remove the file."""
        self._close()

"""How many uploads may arrive side by side."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from videoannotator.api.arrivals import Arrival
from videoannotator.errors import RateLimitedException

RETRY_S = 10
READERS = 4


class UploadPlaces:
    """How many uploads may arrive side by side. Used in one event loop only.

    Args:
        limit: that many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self.threads = anyio.CapacityLimiter(limit)
        """For what uploads do to the disk: it must not take the threads of everything else."""
        self.pieces: dict[str, Arrival] = {}
        """Pieces of resumable uploads that are arriving, by the id of their upload."""
        self.readers = anyio.CapacityLimiter(READERS)
        """For reading uploads that have come completely once more, which must not keep others from arriving."""

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place, for as long as the block runs.

        Raises:
            RateLimitedException: all are taken.
        """
        if self._taken >= self._limit:
            raise RateLimitedException(
                f"{self._limit} uploads are arriving already, and the server takes no more at once.",
                hint="Try again in a moment.",
                detail={"max_concurrent_uploads": self._limit, "retry_after_s": RETRY_S},
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

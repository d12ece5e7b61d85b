"""Keeps a claim alive while its job runs."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from videoannotator.database.queue import Claim, JobQueue
from videoannotator.errors import DatabaseUnavailableException, LeaseLost, StorageFullException
from videoannotator.worker.kernel import suspend_counting_clock

RENEW_INTERVAL_S = 3.0

log = logging.getLogger(__name__)


class Heartbeat:
    """Renews a claim in a thread of its own while its block runs, and feeds the guard after every renewal that was committed.

    Args:
        queue: the queue.
        claim: what to renew.
        interval_s: between two renewals.
    """

    def __init__(self, queue: JobQueue, claim: Claim, interval_s: float = RENEW_INTERVAL_S) -> None:
        self._queue = queue
        self._claim = claim
        self._interval_s = interval_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease of job {claim.job_id}", daemon=True)
        self.feed: Callable[[float], None] | None = None
        """Told when a renewal was begun, on the clock that counts suspend, once it is committed."""
        self.lost = threading.Event()
        """Set when the job belongs to somebody else."""

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(self._interval_s):
            began = suspend_counting_clock()
            try:
                self._queue.renew(self._claim)
            except LeaseLost:
                self.lost.set()
                return
            except (DatabaseUnavailableException, StorageFullException) as error:
                log.warning("The lease of job %s could not be renewed: %s", self._claim.job_id, error.message)
                continue
            if self.feed is not None:
                self.feed(began)

"""Jobs whose worker is gone go back to the queue."""

import logging
import time
from collections.abc import Callable, Collection

from videoannotator.database.queue import Held, JobQueue, WorkerIdentity
from videoannotator.database.states import JobStatus

log = logging.getLogger(__name__)


class LeaseWatch:
    """Takes jobs from workers that have fallen silent.

    A lease ends only after this watch has itself seen the same token and heartbeat for the lease time, on its own clock that knows
    no time of day. So no clock that jumps, here or anywhere, takes a job from a worker that is alive.

    Args:
        queue: the queue to watch.
        lease_s: how long a worker may be silent.
        clock: seconds that only go forward.
    """

    def __init__(self, queue: JobQueue, lease_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._queue = queue
        self._lease_s = lease_s
        self._clock = clock
        self._seen: dict[str, tuple[Held, float]] = {}

    def look(self) -> dict[str, JobStatus]:
        """Look once, a few times per lease; gives the jobs that were taken from their workers, and what became of them.

        Raises:
            DatabaseUnavailableException: the database does not answer; what was seen before still counts.
        """
        asked_at = self._clock()
        held = self._queue.held()
        answered_at = self._clock()
        seen, taken = {}, {}
        for job in held:
            before, since = self._seen.get(job.job_id, (job, answered_at))
            if (before.token, before.heartbeat) != (job.token, job.heartbeat):
                since = answered_at
            seen[job.job_id] = (job, since)
            if asked_at - since >= self._lease_s and (status := self._queue.expire(job)) is not None:
                log.warning("Job %s was taken from %s, silent for %.0f s.", job.job_id, job.worker.name, asked_at - since)
                taken[job.job_id] = status
        self._seen = seen
        return taken


def take_back(
    queue: JobQueue, host: str, boot: str, is_gone: Callable[[WorkerIdentity], bool], spared: Collection[str] = ()
) -> dict[str, JobStatus]:
    """At the start of a worker: take back at once what ended processes of this very machine have left running.

    Args:
        queue: the queue.
        host, boot: of this machine, as its workers write them into their claims.
        is_gone: whether that process of this machine has ended.
        spared: jobs to leave alone, because processes of theirs are still alive.

    Returns:
        The jobs, and what became of them.
    """
    taken = {}
    for job in queue.held():
        ours = (job.worker.host, job.worker.boot) == (host, boot)
        if ours and job.job_id not in spared and is_gone(job.worker) and (status := queue.expire(job)) is not None:
            log.warning("Job %s was left behind by %s, which has ended.", job.job_id, job.worker.name)
            taken[job.job_id] = status
    return taken

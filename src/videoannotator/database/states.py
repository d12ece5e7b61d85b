"""The states of a job, and which may follow which."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class JobStatus(str, Enum):
    """Where a job stands."""

    PENDING = "PENDING"
    """Waits for a worker."""
    RUNNING = "RUNNING"
    """A worker holds its lease."""
    RETRYING = "RETRYING"
    """Waits until its next attempt is due."""
    COMPLETED = "COMPLETED"
    """Ended with results of at least one pipeline."""
    FAILED = "FAILED"
    """Ended without any result."""
    CANCELLED = "CANCELLED"
    """Somebody asked for it; no process of it is alive."""

    @property
    def is_terminal(self) -> bool:
        """Whether nothing follows."""
        return not FOLLOWERS[self]

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a worker or for its next attempt."""
        return self in WAITING


WAITING = frozenset({JobStatus.PENDING, JobStatus.RETRYING})

FOLLOWERS: Mapping[JobStatus, frozenset[JobStatus]] = MappingProxyType(
    {
        JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED}),
        JobStatus.RUNNING: frozenset(
            {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.RETRYING, JobStatus.PENDING}
        ),
        JobStatus.RETRYING: frozenset({JobStatus.RUNNING, JobStatus.PENDING, JobStatus.CANCELLED}),
        JobStatus.COMPLETED: frozenset(),
        JobStatus.FAILED: frozenset(),
        JobStatus.CANCELLED: frozenset(),
    }
)


def may_follow(before: JobStatus, after: JobStatus) -> bool:
    """Whether a job in state `before` may go to `after`."""
    return after in FOLLOWERS[before]

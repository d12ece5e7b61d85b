"""Who tells a worker that there is a job."""

from datetime import datetime
from typing import Protocol

DEFAULT_QUEUE = "default"


class Dispatcher(Protocol):
    """Brings the news of a job to a worker. Losing or doubling it does no harm: a worker must claim the job before it runs it."""

    def notify(self, job_id: str, queue: str = DEFAULT_QUEUE, not_before: datetime | None = None) -> None:
        """Say that a job waits in that queue, and is not due before that moment; the job is in the database already."""


class EmbeddedDispatcher:
    """Workers look at the table of jobs several times a second: nobody needs to be told."""

    def notify(self, job_id: str, queue: str = DEFAULT_QUEUE, not_before: datetime | None = None) -> None:
        """The row itself is the news."""

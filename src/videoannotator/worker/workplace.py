"""What all supervisors of one worker process share."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from videoannotator.database.queue import JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.storage.config import Storage
from videoannotator.worker.cancellation import CancellationManager


@dataclass(frozen=True)
class Workplace:
    """What all supervisors of one worker process share.

    Attributes:
        database, queue, storage: the records.
        worker: who this process is.
        cancellations: the guards of this process.
        environment: for the processes of jobs.
        give_back: set when running jobs shall go back to the queue, because the worker stops.
    """

    database: Database
    queue: JobQueue
    storage: Storage
    worker: WorkerIdentity
    cancellations: CancellationManager
    environment: Mapping[str, str]
    give_back: threading.Event = field(default_factory=threading.Event)

"""A worker process: takes jobs from the queue, sees them through, and looks after what other workers have lost."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from videoannotator.database import crud, events
from videoannotator.database.migrations import upgrade
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database, former_file
from videoannotator.errors import (
    DatabaseUnavailableException,
    StorageFailedException,
    StorageFullException,
    VideoAnnotatorException,
)
from videoannotator.jobs.recovery import LeaseWatch, take_back
from videoannotator.settings import Settings
from videoannotator.storage.cleanup import clean_up
from videoannotator.storage.config import Storage
from videoannotator.storage.space import has_room
from videoannotator.worker import kernel, processes
from videoannotator.worker.cancellation import CancellationManager
from videoannotator.worker.job_processor import JobProcessor
from videoannotator.worker.workplace import Workplace

FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 5.0
LOOKS_PER_LEASE = 12
HOUR_S = 3600.0
ENDING_LOOK_S = 0.05
AWAY = (DatabaseUnavailableException, StorageFullException, StorageFailedException)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StopRequest:
    """The wish that a worker stops: once asked, it gives its jobs some time; when somebody insists, it gives them back at once."""

    asked: threading.Event = field(default_factory=threading.Event)
    insisted: threading.Event = field(default_factory=threading.Event)

    def ask(self, *_: object) -> None:
        """Ask; the second time, insist. Serves as a signal handler."""
        if self.asked.is_set():
            self.insisted.set()
        self.asked.set()


def run_worker(settings: Settings, *, concurrency: int | None = None, stop: StopRequest | None = None) -> None:
    """Run a worker until it is asked to stop, by a signal or by `stop`.

    Args:
        settings: how this installation runs.
        concurrency: jobs side by side, instead of what the settings say.
        stop: for whoever runs it in a thread; in the main thread, SIGTERM, SIGINT and SIGHUP ask as well.

    Raises:
        InvalidRequestException: the storage or the database cannot be used as the settings have it.
        DatabaseTooNewException: the database was made by a newer release.
    """
    stop = stop or StopRequest()
    storage = Storage.of(settings)
    storage.prepare()
    database = Database.of(settings)
    try:
        with _asked_by_signals(stop):
            place = Workplace(
                database=database,
                queue=JobQueue(database),
                storage=storage,
                worker=processes.this_worker(),
                cancellations=CancellationManager(adopts_orphans=kernel.adopt_orphans()),
                environment=processes.environment_for_jobs(),
            )
            WorkerLoop(settings, place, concurrency or settings.max_concurrent_jobs, stop).run()
    finally:
        database.dispose()


@contextmanager
def _asked_by_signals(stop: StopRequest) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda number, frame: _on_signal(stop, number, frame)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _on_signal(stop: StopRequest, number: int, frame: FrameType | None) -> None:  # noqa: ARG001  Python's signature
    stop.ask()


class WorkerLoop:
    """What a worker does, over and over.

    Args:
        settings: how this installation runs.
        place: what the worker has.
        concurrency: jobs side by side.
        stop: when to end.
    """

    def __init__(self, settings: Settings, place: Workplace, concurrency: int, stop: StopRequest) -> None:
        self._settings = settings
        self._place = place
        self._concurrency = concurrency
        self._stop = stop
        self._processor = JobProcessor(
            max_retries=settings.max_job_retries,
            retry_delay_base=settings.retry_delay_base,
            retry_max_delay_s=settings.retry_max_delay,
            retry_jitter=settings.retry_jitter,
            stall_timeout_s=settings.job_stall_timeout_s,
            job_timeout_s=settings.job_timeout_s,
            deadman_s=settings.deadman_in_force_s,
            device=settings.device.value,
            threads=settings.inference_threads,
            weights_folder=str(settings.model_cache_dir) if settings.model_cache_dir else None,
        )
        self._watch = LeaseWatch(place.queue, settings.lease_s)
        self._running: list[threading.Thread] = []
        self._cleaning: threading.Thread | None = None
        self._due: dict[str, float] = {}
        self._back_off_s = 0.0

    def run(self) -> None:
        """Work until asked to stop, then give running jobs their grace, and give back what is left."""
        logger.info("Worker %s runs up to %d jobs at once.", self._place.worker.name, self._concurrency)
        while not self._stop.asked.is_set() and not self._tried(self._start_up):
            self._stop.asked.wait(self._back_off_s)
        while not self._stop.asked.is_set():
            self._tried(self._work)
            self._stop.asked.wait(self._back_off_s or self._settings.worker_poll_interval)
        self._end()

    def _tried(self, act: Callable[[], None]) -> bool:
        """Do it; gives whether database and disk went along. When they do not, they are asked less and less often."""
        try:
            act()
        except AWAY as error:
            if not self._back_off_s:
                logger.warning("The worker waits: %s", error.message)
            self._back_off_s = min(LONGEST_BACK_OFF_S, 2 * self._back_off_s or FIRST_BACK_OFF_S)
            return False
        if self._back_off_s:
            logger.warning("The worker goes on.")
        self._back_off_s = 0.0
        return True

    def _start_up(self) -> None:
        """Make sure that no job counts as running that nobody runs."""
        upgrade(self._place.database, former_file(self._settings))
        stuck = processes.kill_leftovers()
        if stuck:
            logger.error("Processes of these jobs, left by a worker that has ended, would not die: %s.", ", ".join(sorted(stuck)))
        worker = self._place.worker
        take_back(self._place.queue, worker.host, worker.boot, processes.is_gone, spared=stuck)
        self._settle_former_jobs()

    def _settle_former_jobs(self) -> None:
        """Give waiting jobs of an earlier release their options; an idle worker does without the pipelines that this needs."""
        with self._place.database.reading() as session:
            if not crud.jobs_without_options(session):
                return
        from videoannotator.jobs.former import settle_former_jobs  # noqa: PLC0415  30 MB that only this needs

        settle_former_jobs(self._place.database, self._place.queue, self._place.worker)

    def _work(self) -> None:
        self._running = [thread for thread in self._running if thread.is_alive()]
        # looked at also while no job may start: those that run may fill the disk, and then need the ballast's room
        while has_room(self._place.storage) and self._may_start_another() and self._claim():
            pass
        self._every(self._settings.lease_s / LOOKS_PER_LEASE, "leases", self._watch.look)
        self._every(HOUR_S, "events", self._forget_events)
        if self._settings.storage_retention_days is not None:
            self._every(HOUR_S, "clean-up", self._start_clean_up)

    def _may_start_another(self) -> bool:
        return len(self._running) < self._concurrency and not self._stop.asked.is_set()

    def _claim(self) -> bool:
        """Take the next job; gives whether there was one."""
        claimed_at = kernel.suspend_counting_clock()
        claim = self._place.queue.claim(self._place.worker, total_limit=self._settings.max_concurrent_jobs_total)
        if claim is None:
            return False
        logger.info("Job %s starts.", claim.job_id)
        thread = threading.Thread(
            target=self._processor.process, args=(self._place, claim, claimed_at), name=f"job {claim.job_id}", daemon=True
        )
        thread.start()
        self._running.append(thread)
        return True

    def _every(self, interval_s: float, name: str, act: Callable[[], object]) -> None:
        if time.monotonic() >= self._due.get(name, 0.0):
            act()
            self._due[name] = time.monotonic() + interval_s

    def _forget_events(self) -> None:
        with self._place.database.writing() as session:
            events.forget_old(session)

    def _start_clean_up(self) -> None:
        """Delete what is too old in a thread of its own: it may take a while, and jobs must not wait for it."""
        if self._cleaning is None or not self._cleaning.is_alive():
            self._cleaning = threading.Thread(target=self._clean_up, name="clean-up", daemon=True)
            self._cleaning.start()

    def _clean_up(self) -> None:
        try:
            clean_up(self._place.database, self._place.storage, self._settings.storage_retention_days)
        except VideoAnnotatorException as error:
            logger.warning("The clean-up ended early, and goes on in an hour: %s", error.message)

    def _end(self) -> None:
        running = [thread for thread in self._running if thread.is_alive()]
        logger.info("Worker %s stops; %d jobs are running.", self._place.worker.name, len(running))
        give_back_at = time.monotonic() + self._settings.shutdown_grace_s
        while any(thread.is_alive() for thread in running) and time.monotonic() < give_back_at:
            if self._stop.insisted.wait(ENDING_LOOK_S):
                break
        self._place.give_back.set()
        for thread in running:
            thread.join()

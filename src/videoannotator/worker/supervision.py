"""Supervises one claimed job from its claim to its end."""

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TypeVar

from videoannotator.database import crud
from videoannotator.database.attempts import PROXY, VIEW_INDEX
from videoannotator.database.models import PipelineRun
from videoannotator.database.queue import Claim
from videoannotator.errors import (
    CancellationFailedException,
    DatabaseUnavailableException,
    JobStalledException,
    JobTimeoutException,
    LeaseLost,
    MediaUnreadableException,
    RunnerDiedException,
    StorageFullException,
    VideoAnnotatorException,
)
from videoannotator.storage.artifacts import begin_attempt
from videoannotator.storage.space import disk_errors
from videoannotator.worker.attempt import Attempt, JobLog
from videoannotator.worker.conclusion import Conclusion, failed
from videoannotator.worker.heartbeat import RENEW_INTERVAL_S, Heartbeat
from videoannotator.worker.messages import Done, Failed, Work
from videoannotator.worker.processes import marks
from videoannotator.worker.rules import Rules
from videoannotator.worker.verdict import still_to_run, to_draw_on
from videoannotator.worker.workplace import Workplace

LOOK_INTERVAL_S = 0.1
CANCEL_LOOK_INTERVAL_S = 0.5
PROGRESS_INTERVAL_S = 1.0
KILL_AGAIN_S = 1.0
DATABASE_AWAY_S = 1.0

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Ending(Enum):
    """Why an attempt is no longer watched."""

    BY_ITSELF = auto()
    CANCELLED = auto()
    GIVEN_BACK = auto()
    STALLED = auto()
    TIMED_OUT = auto()


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier attempts left: how pipelines ended, whether there is a copy for browsers, and the folder of the newest view."""

    runs: Sequence[PipelineRun]
    has_proxy: bool
    view: Path | None


class Supervision:
    """One job in the hands of this worker.

    Args:
        rules: how jobs are run.
        place: what the worker has.
        claim: the job.
        claimed_at: when the claim was begun, on the clock that counts suspend.
    """

    def __init__(self, rules: Rules, place: Workplace, claim: Claim, claimed_at: float) -> None:
        self._rules = rules
        self._place = place
        self._claim = claim
        self._claimed_at = claimed_at
        self._job = claim.job
        self._log = JobLog(place.storage.log_file(claim.job_id))
        self._database_back_at = 0.0
        self._told_at = 0.0
        self._heartbeat = Heartbeat(place.queue, claim, min(RENEW_INTERVAL_S, rules.deadman_s / 4))
        self._conclusion = Conclusion(rules, place, claim, self._log, self._heartbeat.lost.is_set)

    def run(self) -> None:
        """See the job through. When this returns, no process of it is alive, and its row says what became of it.

        Raises:
            LeaseLost: it belongs to somebody else now; nothing of this attempt is kept.
            CancellationFailedException: a process of it would not die, and the worker stops.
            DatabaseUnavailableException, StorageFullException: what became of it could not be written down, and the worker stops.
        """
        with self._heartbeat:
            try:
                self._end_processes()  # those of a frozen supervisor on this machine, say
                self._see_through()
            finally:
                self._place.cancellations.request_cancellation(self._claim.job_id)
                self._conclusion.clear()

    def _see_through(self) -> None:
        before = self._conclusion.write(self._earlier)
        pipelines = still_to_run(self._job.selected_pipelines, before.runs)
        if before.runs and not pipelines:
            self._conclusion.ended(before.runs, [], Done([], [], None, None))
            return
        to_run = to_draw_on(self._job.selected_pipelines, before.runs, pipelines) if self._job.overlay else pipelines
        ending, attempt, end = self._attempt(to_run, before)
        self._require_held()
        if ending is Ending.CANCELLED:
            self._conclusion.cancelled()
        elif ending is Ending.GIVEN_BACK or (attempt is not None and attempt.was_cut_off):
            self._conclusion.given_back()
        else:
            self._conclusion.ended(before.runs, pipelines, end)

    def _earlier(self) -> Before:
        with self._place.database.reading() as session:
            files = crud.artifacts_of(session, self._claim.job_id)
            views = [self._place.storage.resolve(file.path).parent for file in files if file.name == VIEW_INDEX]
            has_proxy = any(file.format == PROXY for file in files)
            return Before(crud.runs_of(session, self._claim.job_id), has_proxy, views[0] if views else None)

    def _attempt(self, pipelines: list[str], before: Before) -> tuple[Ending, Attempt | None, Done | Failed]:
        """Let the runner work; no process of it is alive afterwards."""
        try:
            attempt = self._started(pipelines, before)
        except VideoAnnotatorException as error:
            return Ending.BY_ITSELF, None, failed(error)
        try:
            ending = self._watch(attempt)
        finally:
            self._end_processes()
            attempt.close()
        return ending, attempt, self._outcome(ending, attempt)

    def _started(self, pipelines: list[str], before: Before) -> Attempt:
        """Start the guard, and the runner below it."""
        place, claim, rules = self._place, self._claim, self._rules
        folder = begin_attempt(place.storage, claim.job_id, claim.token)
        scratch = self._scratch_folder()
        options = {name: self._job.options.get(name, {}) for name in self._job.selected_pipelines}
        work = Work(
            recording=self._recording(),
            folder=str(folder),
            pipelines=pipelines,
            options=options,
            with_proxy=not before.has_proxy,
            with_overlay=self._job.overlay,
            token=claim.token,
            earlier_view=str(before.view) if before.view else None,
            device=rules.device,
            threads=rules.threads,
            weights_folder=rules.weights_folder,
        )
        attempt = Attempt(work, self._log)
        self._conclusion.say(f"Attempt {claim.token}: {', '.join(pipelines)}")
        environment = {**place.environment, **marks(claim.job_id, place.worker), "TMPDIR": str(scratch)}
        deadline = self._claimed_at + rules.deadman_s
        place.cancellations.start(claim.job_id, lambda: attempt.start_guard(deadline, rules.deadman_s, environment))
        attempt.begin()
        self._heartbeat.feed = attempt.feed
        return attempt

    def _scratch_folder(self) -> Path:
        """An empty folder for temporary files; what attempts left there whose supervisor was killed goes."""
        storage, claim = self._place.storage, self._claim
        for token in range(1, claim.token):
            shutil.rmtree(storage.scratch_folder(claim.job_id, token), ignore_errors=True)
        scratch = storage.scratch_folder(claim.job_id, claim.token)
        with disk_errors("the folder for temporary files"):
            storage.make_folder(scratch)
        return scratch

    def _recording(self) -> str:
        if self._job.original_path:
            return self._job.original_path
        if self._job.video_path:
            return str(self._place.storage.resolve(self._job.video_path))
        raise MediaUnreadableException("The job has no recording.", hint="Submit the recording again.")

    def _watch(self, attempt: Attempt) -> Ending:
        """Wait until the attempt ends, or has to."""
        began = looked_at = time.monotonic()
        while not attempt.has_ended(LOOK_INTERVAL_S):
            now = time.monotonic()
            self._require_held()
            if self._place.give_back.is_set():
                return Ending.GIVEN_BACK
            if now - looked_at >= CANCEL_LOOK_INTERVAL_S:
                looked_at = now
                if self._unless_away(lambda: self._place.queue.is_cancel_requested(self._claim)):
                    return Ending.CANCELLED
            if now - attempt.moved_at > self._rules.stall_timeout_s:
                return Ending.STALLED
            if self._rules.job_timeout_s is not None and now - began > self._rules.job_timeout_s:
                return Ending.TIMED_OUT
            self._relay(attempt)
        return Ending.BY_ITSELF

    def _require_held(self) -> None:
        if self._heartbeat.lost.is_set():
            raise LeaseLost(f"Job {self._claim.job_id} is no longer this worker's.")

    def _relay(self, attempt: Attempt) -> None:
        if attempt.moved_at > self._told_at and time.monotonic() - self._told_at >= PROGRESS_INTERVAL_S:
            self._told_at, moved = time.monotonic(), attempt.moved
            self._unless_away(lambda: self._place.queue.progress(self._claim, moved.fraction, moved.stage, moved.eta_s))

    def _unless_away(self, ask: Callable[[], T]) -> T | None:
        """Ask the database, unless it did not answer a moment ago: the job goes on without it."""
        if time.monotonic() < self._database_back_at:
            return None
        try:
            return ask()
        except (DatabaseUnavailableException, StorageFullException):
            self._database_back_at = time.monotonic() + DATABASE_AWAY_S
            return None

    def _end_processes(self) -> None:
        """Kill every process of the job, and do not go on before none is alive.

        Raises:
            LeaseLost: one would not die, and the job belongs to somebody else.
            CancellationFailedException: one would not die, and the worker stops.
        """
        while not (response := self._place.cancellations.request_cancellation(self._claim.job_id)).is_dead:
            logger.error("Job %s: %s", self._claim.job_id, response.message)
            self._require_held()
            self._unless_away(lambda: self._place.queue.report_cancel_failed(self._claim, response.message))
            if self._place.give_back.wait(KILL_AGAIN_S):
                raise CancellationFailedException(response.message)

    def _outcome(self, ending: Ending, attempt: Attempt) -> Done | Failed:
        """What the attempt came to."""
        if ending is Ending.STALLED:
            message = f"The job made no progress for {self._rules.stall_timeout_s:g} s, and was ended."
            return failed(JobStalledException(message, hint="The job's log says what it did last."))
        if ending is Ending.TIMED_OUT:
            message = f"The job took longer than {self._rules.job_timeout_s:g} s, and was ended."
            return failed(JobTimeoutException(message, hint="Raise VIDEOANNOTATOR_JOB_TIMEOUT_S, or select fewer pipelines."))
        if attempt.end is not None:
            return attempt.end
        message = f"The process that computed the job ended without a result. {attempt.way_of_death}"
        hint = "The job's log says what it did last. A SIGKILL that nobody sent usually means that memory ran out."
        return failed(RunnerDiedException(message, hint=hint))

"""Writes down what became of a job, once no process of it is alive."""

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TypeVar

from videoannotator.database import crud
from videoannotator.database.attempts import PROXY, SAVED, VIEW
from videoannotator.database.models import PipelineRun
from videoannotator.database.queue import AttemptResult, Claim, Failure, RunReport, StoredFile
from videoannotator.errors import DatabaseUnavailableException, RunStopped, StorageFullException, VideoAnnotatorException
from videoannotator.storage.artifacts import ListedFile, discard_attempt, publish
from videoannotator.storage.space import free_ballast
from videoannotator.worker.attempt import JobLog
from videoannotator.worker.messages import Done, Failed
from videoannotator.worker.rules import Rules
from videoannotator.worker.verdict import COMPLETED, SKIPPED, Verdict, judge, report_of, reports_of_failure
from videoannotator.worker.workplace import Workplace

FIRST_BACK_OFF_S = 0.2
LONGEST_BACK_OFF_S = 5.0
VIEW_TYPES = {".json": "application/json", ".jpg": "image/jpeg", ".bin": "application/octet-stream"}
"""Of the files of a view, by their ending."""
LAST_TRIES_S = 1.5
"""How long a worker that is being stopped goes on trying to write down what became of a job."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


def failed(error: VideoAnnotatorException) -> Failed:
    """An attempt that failed as a whole."""
    return Failed(error.code, error.message, error.hint, error.transient)


class Conclusion:
    """The end of one claim. Every method may raise `LeaseLost`, and what `write` raises.

    Args:
        rules: whether and when a job is tried again.
        place: what the worker has.
        claim: the job.
        log: takes a sentence for whoever reads the job's log.
        is_lost: whether the job belongs to somebody else by now.
    """

    def __init__(self, rules: Rules, place: Workplace, claim: Claim, log: JobLog, is_lost: Callable[[], bool]) -> None:
        self._rules = rules
        self._place = place
        self._claim = claim
        self._log = log
        self._is_lost = is_lost
        self._unrecorded = False

    def write(self, change: Callable[[], T]) -> T:
        """Write to the database, waiting for it as long as it takes.

        Raises:
            DatabaseUnavailableException, StorageFullException: it could not be done, and the worker stops.
        """
        began, wait_s = time.monotonic(), FIRST_BACK_OFF_S
        while True:
            try:
                return change()
            except (DatabaseUnavailableException, StorageFullException) as error:
                logger.warning("What became of job %s cannot be written down yet: %s", self._claim.job_id, error.message)
                if isinstance(error, StorageFullException):
                    free_ballast(self._place.storage)
                if self._place.give_back.is_set() and time.monotonic() - began > LAST_TRIES_S:
                    raise
            time.sleep(wait_s)
            wait_s = min(LONGEST_BACK_OFF_S, 2 * wait_s)

    def say(self, message: str) -> None:
        """Tell whoever reads the job's log, now or later."""
        self._log.note(message)
        with suppress(DatabaseUnavailableException, StorageFullException):  # it stands in the log
            self._place.queue.log(self._claim, message)

    def cancelled(self) -> None:
        """Confirm that no process of the job is alive: CANCELLED."""
        self.write(lambda: self._place.queue.confirm_cancelled(self._claim))
        self._log.note("Cancelled.")

    def given_back(self) -> None:
        """Give the job back unharmed: PENDING; or CANCELLED, when that was asked for."""
        self.say("Given back to the queue: the worker stops, or was cut off from the database.")
        if not self.write(lambda: self._place.queue.requeue(self._claim)):
            self.cancelled()

    def ended(self, before: Sequence[PipelineRun], pipelines: Sequence[str], end: Done | Failed) -> None:
        """Publish what the attempt made; end the job, or try it again later.

        Args:
            before: how pipelines ended in earlier attempts.
            pipelines: those that this attempt was about.
            end: how it ended.
        """
        files: list[StoredFile] = []
        if isinstance(end, Done):
            try:
                files = self._publish(end)
            except RunStopped:
                self.given_back()
                return
            except VideoAnnotatorException as error:
                end = failed(error)
        if isinstance(end, Done):
            # One that ran again for the others' sake, and failed this time, keeps what it had.
            told = [one for one in end.outcomes if one.pipeline in pipelines or one.status.value in (COMPLETED, SKIPPED)]
            reports = [self._without_paths(report_of(outcome)) for outcome in told]
            duration_s = end.duration_s
        else:
            reports = [self._without_paths(report) for report in reports_of_failure(pipelines, self._claim.job.options, end)]
            duration_s = None
        storage, claim = self._place.storage, self._claim
        folder = storage.relative(storage.results_folder(claim.job_id, claim.token)) if files else None
        verdict = judge(self._claim.job.selected_pipelines, before, reports, retries_left=self._retries_left)
        if isinstance(end, Failed) and not pipelines:  # nobody to blame but the job
            verdict = Verdict(again=False, failure=Failure(end.code, end.message, end.hint))
        elif isinstance(end, Done) and end.remark and not verdict.again:
            verdict = replace(verdict, remark=" ".join(filter(None, [verdict.remark, self._plain(end.remark)])))
        self._settle(verdict, AttemptResult(reports, files, folder, duration_s))

    @property
    def _retries_left(self) -> bool:
        return self._claim.job.retry_count < self._rules.max_retries

    def _publish(self, done: Done) -> list[StoredFile]:
        """Put what the attempt made in place, when any of its pipelines came to an end."""
        if not any(outcome.status.value in (COMPLETED, SKIPPED) for outcome in done.outcomes):
            return []
        listed = [
            ListedFile(file.name, file.pipeline_name, file.format, file.media_type, file.description, file.main)
            for file in done.files
        ]
        if done.proxy is not None:
            listed.append(ListedFile(done.proxy, None, PROXY, "video/mp4", "The recording in a form that every browser plays."))
        if done.saved is not None:
            listed.append(ListedFile(done.saved, None, SAVED, "application/zip", "All annotations, to be read back."))
        shown = "What the web app shows of the results."
        listed += [ListedFile(name, None, VIEW, VIEW_TYPES[PurePosixPath(name).suffix], shown) for name in done.view]
        self._unrecorded = True
        return publish(
            self._place.storage,
            self._claim.job_id,
            self._claim.token,
            listed,
            lambda: self._is_lost() or self._place.give_back.is_set(),
        )

    def _settle(self, verdict: Verdict, result: AttemptResult) -> None:
        job, queue = self._claim.job, self._place.queue
        if verdict.again and verdict.failure is not None:
            failure, delay_s = verdict.failure, self._rules.retry_delay_s(job.retry_count + 1)
            self.say(f"{failure.message} It is tried again in {delay_s:.0f} s.")
            recorded = self.write(lambda: queue.retry_later(self._claim, result, failure, delay_s))
        else:
            self.say(f"Failed: {verdict.failure.message}" if verdict.failure else f"Completed. {verdict.remark or ''}".rstrip())
            recorded = self.write(lambda: queue.finish(self._claim, result, verdict.failure, remark=verdict.remark))
        if recorded:
            self._unrecorded = False
        else:
            self.cancelled()

    def _without_paths(self, report: RunReport) -> RunReport:
        """Clients see these texts, and no path of this machine."""
        return replace(report, error_message=self._plain(report.error_message or "") or None)

    def _plain(self, message: str) -> str:
        root, recording = str(self._place.storage.root), self._claim.job.original_path or ""
        for path, word in ((recording, "the recording"), (f"{root}/", ""), (root, "the storage")):
            message = message.replace(path, word) if path else message
        return message

    def clear(self) -> None:
        """Remove what the attempt left and nobody needs."""
        storage, claim = self._place.storage, self._claim
        shutil.rmtree(storage.scratch_folder(claim.job_id, claim.token), ignore_errors=True)
        try:
            discard_attempt(storage, claim.job_id, claim.token)
            if self._unrecorded and not self._is_recorded():
                shutil.rmtree(storage.results_folder(claim.job_id, claim.token), ignore_errors=True)
        except VideoAnnotatorException as error:
            logger.warning("What an attempt of job %s left could not be removed: %s", claim.job_id, error.message)

    def _is_recorded(self) -> bool:
        """Whether the database speaks of this attempt's files after all: an answer may get lost after a change was made."""
        with self._place.database.reading() as session:
            return any(artifact.token == self._claim.token for artifact in crud.artifacts_of(session, self._claim.job_id))

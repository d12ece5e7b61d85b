"""What can be done with a job that exists: cancel it, try it again, delete it."""

import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import anyio
import anyio.to_thread

from videoannotator.database import crud
from videoannotator.database.models import Job, PipelineRun
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import (
    CancellationFailedException,
    DatabaseUnavailableException,
    JobAlreadyCompletedException,
    JobNotFoundException,
    JobNotReadyException,
)
from videoannotator.jobs.listing import get
from videoannotator.jobs.results import DownloadFile, source_of
from videoannotator.jobs.submit import Intake, Submission, new_job
from videoannotator.storage.cleanup import delete_job
from videoannotator.storage.config import Storage
from videoannotator.storage.recordings import NewRecording
from videoannotator.storage.space import BLOCK_BYTES, Reservation, with_ballast

CONFIRMATION_S = 10.0
"""How long callers wait for a worker to confirm that every process of a job has ended."""
LOOK_INTERVAL_S = 0.1
WITHOUT_FAULT = ("completed", "skipped")


async def cancel(
    database: Database, queue: JobQueue, storage: Storage, job_id: str, reason: str | None = None, wait_s: float = CONFIRMATION_S
) -> Job:
    """Cancel a job, and wait so long until no process of it is alive. No database connection is held meanwhile.

    It works on a full disk too, as long as the ballast lies there: a job that fills the disk must be stoppable.

    Returns:
        The job: CANCELLED; or still RUNNING, because its worker has not confirmed in time.

    Raises:
        JobNotFoundException: there is no such job.
        JobAlreadyCompletedException: it has ended otherwise.
        CancellationFailedException: a process of it could not be ended so far; its worker goes on trying.
    """
    job = await anyio.to_thread.run_sync(with_ballast, storage, partial(queue.request_cancel, job_id, reason))
    give_up_at = time.monotonic() + wait_s
    while not job.is_terminal and time.monotonic() < give_up_at:
        await anyio.sleep(LOOK_INTERVAL_S)
        with suppress(DatabaseUnavailableException):
            job = await anyio.to_thread.run_sync(get, database, job_id)
    if job.is_terminal:
        job.cancel()  # raises for one that has ended otherwise; the row is not touched
    elif job.cancel_error:
        raise CancellationFailedException(
            "The job could not be cancelled so far: some of its processes do not end.",
            hint="Its worker goes on trying. Look at the processes on that machine.",
            detail={"job_id": job_id, "worker_said": job.cancel_error},
        )
    return job


async def delete(database: Database, queue: JobQueue, storage: Storage, job_id: str, wait_s: float = CONFIRMATION_S) -> None:
    """Delete a job with its files, after cancelling it if need be; never a recording that was submitted by path.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it runs, and its worker has not confirmed that it ended.
        CancellationFailedException: it runs, and a process of it could not be ended so far.
        StorageFailedException: the job is gone, and its folder could not be removed; the next clean-up tries again.
    """
    job = await anyio.to_thread.run_sync(get, database, job_id)
    if not job.is_terminal:
        with suppress(JobAlreadyCompletedException):
            job = await cancel(database, queue, storage, job_id, "It was deleted.", wait_s)
    if not await anyio.to_thread.run_sync(with_ballast, storage, partial(delete_job, database, storage, job_id)):
        if job.is_terminal:
            message = "There is no such job any more."
            raise JobNotFoundException(message, hint="Somebody else has deleted it in this moment.", detail={"job_id": job_id})
        raise JobNotReadyException(
            "The job still runs: its worker has not confirmed that it has ended, so that its files may be in use.",
            hint="It is being cancelled. Delete it again when it is cancelled.",
            detail={"job_id": job_id},
        )


def retry(intake: Intake, job_id: str, *, only_failed: bool = False, created_by: str | None = None) -> Job:
    """Make a new job of the recording of one that has ended; afterwards each can be deleted without harm to the other.

    Args:
        intake: where jobs come in.
        job_id: the job to try again.
        only_failed: run only the pipelines that have not succeeded.
        created_by: name of the key.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it has not ended.
        JobAlreadyCompletedException: nothing of it failed.
        NotFoundException: its recording is not on the disk.
        InvalidConfigException: its options are wrong by today's rules.
        ForbiddenException: its recording was submitted by a path that is not allowed any more.
        RateLimitedException, StorageFullException, StorageFailedException, DatabaseUnavailableException: it cannot be taken now.
    """
    with intake.database.reading() as session:
        job, runs = crud.get_job(session, job_id), crud.runs_of(session, job_id)
    pipelines = _worth_trying(job, runs, only_failed=only_failed)
    sent = {name: options for name, options in job.options.items() if name in pipelines} if job.options else job.config
    checked = intake.check(Submission(sent, pipelines, job.tags, created_by, overlay=job.overlay))
    source = source_of(intake.storage, job)
    again = new_job(checked, str(uuid.uuid4()))
    again.config, again.retry_of, again.video_filename = job.config, job.id, job.video_filename
    again.video_size_bytes, again.video_sha256 = source.size_bytes, job.video_sha256
    again.video_duration_seconds, again.video_browser_playable = job.video_duration_seconds, job.video_browser_playable
    if job.original_path and job.legacy is None:
        again.original_path = str(intake.require_allowed(job.original_path))
        again.storage_path = intake.storage.relative(intake.storage.job_folder(again.id))
        return intake.record(again).job
    intake.require_place()
    recording = NewRecording(intake.storage, again.id, source.path.name)
    try:
        again.video_sha256 = _share(intake.storage, source, recording) or job.video_sha256
        again.video_path, again.storage_path = recording.stored_path, recording.folder
        return intake.record(again, recording).job
    finally:
        recording.discard()


def _worth_trying(job: Job, runs: Sequence[PipelineRun], *, only_failed: bool) -> list[str]:
    """The pipelines to run."""
    detail = {"job_id": job.id, "status": job.to_dict()["status"]}
    if not job.is_terminal:
        message = "The job has not ended yet, so there is nothing to try again."
        raise JobNotReadyException(message, hint="Wait for it, or cancel it first.", detail=detail)
    fine = {run.pipeline_name for run in runs if run.status in WITHOUT_FAULT}
    if job.status is JobStatus.COMPLETED:
        fine |= set(job.selected_pipelines) - {run.pipeline_name for run in runs}
    failed = [name for name in job.selected_pipelines if name not in fine]
    if not failed and (only_failed or job.status is JobStatus.COMPLETED):
        message = "No pipeline of the job failed, so there is nothing to try again."
        raise JobAlreadyCompletedException(message, hint="Submit the recording again to have it annotated anew.", detail=detail)
    return failed if only_failed else list(job.selected_pipelines)


def _share(storage: Storage, source: DownloadFile, recording: NewRecording) -> str | None:
    """Give a job the recording of another one: the same bytes or, where the disk knows no links, a copy; then gives its SHA-256."""
    if recording.link(source.path):
        return None
    with Reservation(storage, source.size_bytes) as room, source.path.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            recording.write(block)
            room.check(recording.size_bytes)
    recording.settle()
    return recording.sha256

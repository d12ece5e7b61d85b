"""The annotations of a job, as its attempts have saved them."""

from collections.abc import Collection
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.database import crud
from videoannotator.database.attempts import SAVED
from videoannotator.database.models import Artifact, Job, PipelineRun
from videoannotator.database.session import Database
from videoannotator.errors import JobNotReadyException, NotFoundException
from videoannotator.jobs.results import file_of
from videoannotator.jobs.saved_job import SavedJob, SavedPart
from videoannotator.storage.config import Storage

RUN_AGAIN = "Try the job again (POST /jobs/{id}/retry), or submit its recording anew."


def require_annotations(database: Database, job_id: str) -> tuple[Job, list[PipelineRun], dict[int, Artifact]]:
    """A job whose annotations can be read: itself, how its pipelines ended, and the saved file of each attempt, by token.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it has not ended.
        NotFoundException: it has no saved annotations, and why.
    """
    with database.reading() as session:
        job, runs = crud.get_job(session, job_id), list(crud.runs_of(session, job_id))
        saved = {file.token: file for file in crud.artifacts_of(session, job_id) if file.format == SAVED}
    detail: dict[str, Any] = {"job_id": job_id, "status": job.to_dict()["status"]}
    if not job.is_terminal:
        message = f"The annotations of the job are not complete: it is {detail['status']}."
        raise JobNotReadyException(message, hint="Wait until it has ended.", detail=detail)
    if not saved:
        succeeded = any(run.status == PipelineStatus.COMPLETED.value for run in runs)
        why = "It was computed by a release that did not keep them." if succeeded else "None of its pipelines came to an end."
        raise NotFoundException(f"The job has no saved annotations. {why}", hint=RUN_AGAIN, detail=detail)
    return job, runs, saved


def saved_job(database: Database, storage: Storage, job_id: str) -> SavedJob:
    """Where the annotations of a job lie.

    Raises:
        JobNotFoundException, JobNotReadyException: as `require_annotations`.
        NotFoundException: nothing is saved, or a saved file is missing.
    """
    _, runs, saved = require_annotations(database, job_id)
    parts = [
        SavedPart(str(file_of(storage, artifact).path), [run.pipeline_name for run in runs if run.token == token])
        for token, artifact in sorted(saved.items())
    ]
    return SavedJob(parts, [_recorded(run) for run in runs])


def annotations_of(database: Database, storage: Storage, job_id: str, *, only: Collection[str] | None = None) -> AnnotationSet:
    """All annotations of a job, each pipeline's from the attempt that it ended in; close them at the end.

    Args:
        database: where the rows are.
        storage: where the files are.
        job_id: whose.
        only: names of the record types to load, as `annotations.saved.load` takes them.

    Raises:
        JobNotFoundException, JobNotReadyException, NotFoundException: as `saved_job`.
        StorageFailedException: a saved file is damaged.
    """
    return saved_job(database, storage, job_id).open(only)


def _recorded(run: PipelineRun) -> PipelineOutcome:
    """How a pipeline ended, as far as its row says: for one whose attempt failed as a whole and has saved nothing."""
    failed = run.status == PipelineStatus.FAILED.value
    code, message = run.error_code or "PIPELINE_FAILED", run.error_message or f"{run.pipeline_name} did not end."
    return PipelineOutcome(
        pipeline=run.pipeline_name,
        status=PipelineStatus(run.status),
        options=run.options,
        reason=run.reason,
        error=PipelineError(code, message, run.error_hint, run.transient) if failed else None,
        started_at=run.start_time,
        finished_at=run.end_time,
        busy_s=run.processing_time or 0.0,
        warnings=tuple(run.warnings),
        included_in=run.included_in,
    )

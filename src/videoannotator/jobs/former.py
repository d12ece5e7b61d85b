"""Waiting jobs of release 1.2: that release kept what a client sent; a worker wants every option with the value in force."""

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import AttemptResult, Failure, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.errors import InvalidConfigException
from videoannotator.registry.entries import Registry
from videoannotator.validation.models import ValidationResult
from videoannotator.validation.validator import ConfigValidator


def settle_former_jobs(database: Database, queue: JobQueue, worker: WorkerIdentity, registry: Registry | None = None) -> int:
    """Give each of them its pipelines and options, as if it were submitted now; one whose config is wrong by today's rules fails.

    Call it after every upgrade and before the first claim. Several workers may do so at once.

    Args:
        database: where they are.
        queue: the queue of that database.
        worker: who claims a job in order to let it fail.
        registry: the pipelines that exist; those of this installation unless given.

    Returns:
        How many jobs were looked at.

    Raises:
        DatabaseUnavailableException: the database does not answer.
    """
    with database.reading() as session:
        jobs = crud.jobs_without_options(session)
    if not jobs:
        return 0
    registry = registry or Registry.installed()
    for job in jobs:
        selected = job.selected_pipelines or list(registry.default_pipelines())
        result = ConfigValidator(registry).validate_batch(job.config, selected)
        try:
            result.require_valid()
        except InvalidConfigException as error:
            _fail(queue, worker, job, error)
        else:
            _settle(database, job, result)
    return len(jobs)


def _settle(database: Database, job: Job, result: ValidationResult) -> None:
    with database.writing() as session:
        now = crud.find_job(session, job.id)
        if now is None or not now.status.is_waiting or now.options:
            return
        options = {name: typed.model_dump(mode="json") for name, typed in result.options.items()}
        warnings = [warning.as_item() for warning in result.warnings]
        crud.set_fields(session, job.id, selected_pipelines=list(result.pipelines_validated), options=options, warnings=warnings)


def _fail(queue: JobQueue, worker: WorkerIdentity, job: Job, error: InvalidConfigException) -> None:
    claim = queue.claim(worker, job_id=job.id)
    if claim is None:  # somebody else was faster
        return
    failure = Failure(
        error.code, f"The configuration, accepted by an earlier release, cannot be used here. {error.message}", error.hint
    )
    if not queue.finish(claim, AttemptResult(), failure):
        queue.confirm_cancelled(claim)

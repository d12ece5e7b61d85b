"""What becomes of a job after an attempt: pure rules, no effects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.database.models import PipelineRun
from videoannotator.database.queue import Failure, RunReport
from videoannotator.worker.messages import Failed

COMPLETED, FAILED, SKIPPED = (status.value for status in (PipelineStatus.COMPLETED, PipelineStatus.FAILED, PipelineStatus.SKIPPED))
Ended = PipelineRun | RunReport


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a job.

    Attributes:
        again: whether it is tried again later.
        failure: why it is tried again, or why it FAILED; None when it COMPLETED.
        remark: of a completed job, what of it failed, in sentences; None when nothing did.
    """

    again: bool
    failure: Failure | None
    remark: str | None = None


def still_to_run(selected: Sequence[str], runs: Iterable[PipelineRun]) -> list[str]:
    """The pipelines of a job that an attempt has to run: those that have not ended yet, or ended by a passing failure."""
    ended = {
        run.pipeline_name for run in runs if run.status in (COMPLETED, SKIPPED) or (run.status == FAILED and not run.transient)
    }
    return [name for name in selected if name not in ended]


def to_draw_on(selected: Sequence[str], runs: Iterable[PipelineRun], now: Sequence[str]) -> list[str]:
    """The pipelines that an attempt runs whose annotated video shows all of the job: also those that have completed before.

    Results are files that nobody reads back, and a video that shows some of the people only would be taken for the whole.
    """
    done = {run.pipeline_name for run in runs if run.status in (COMPLETED, SKIPPED)}
    return [name for name in selected if name in done or name in now]


def judge(selected: Sequence[str], before: Iterable[Ended], now: Sequence[Ended], *, retries_left: bool) -> Verdict:
    """What becomes of a job.

    Args:
        selected: its pipelines.
        before: how pipelines ended in earlier attempts.
        now: how those of this attempt ended; they replace what was before.
        retries_left: whether it may be tried again.
    """
    latest = {run.pipeline_name: run for run in (*before, *now)}
    runs = [latest[name] for name in selected if name in latest]
    failed = [run for run in runs if run.status not in (COMPLETED, SKIPPED)]
    passing = [run for run in failed if run.transient]
    if passing and retries_left:
        return Verdict(again=True, failure=_failure(passing[0]))
    if failed and not any(run.status == COMPLETED for run in runs):
        return Verdict(again=False, failure=_failure(failed[0]))
    return Verdict(again=False, failure=None, remark=_remark(failed, len(runs)))


def report_of(outcome: PipelineOutcome) -> RunReport:
    """How a pipeline ended, as it is stored."""
    error = outcome.error
    return RunReport(
        pipeline_name=outcome.pipeline,
        status=outcome.status.value,
        start_time=outcome.started_at,
        end_time=outcome.finished_at,
        processing_time=outcome.busy_s if outcome.started_at else None,
        annotation_count=None if outcome.records is None else sum(outcome.records.values()),
        options=outcome.options,
        reason=outcome.reason,
        included_in=outcome.included_in,
        warnings=list(outcome.warnings),
        error_code=error.code if error else None,
        error_message=error.message if error else None,
        error_hint=error.hint if error else None,
        transient=error.transient if error else False,
    )


def reports_of_failure(pipelines: Iterable[str], options: dict[str, dict[str, object]], failed: Failed) -> list[RunReport]:
    """How the pipelines of an attempt ended that failed as a whole."""
    return [
        RunReport(
            pipeline_name=name,
            status=FAILED,
            options=options.get(name, {}),
            error_code=failed.code,
            error_message=failed.message,
            error_hint=failed.hint,
            transient=failed.transient,
        )
        for name in pipelines
    ]


def _remark(failed: Sequence[Ended], of: int) -> str | None:
    if not failed:
        return None
    return f"{len(failed)} of {of} pipelines failed. " + " ".join(f"{run.pipeline_name}: {_failure(run).message}" for run in failed)


def _failure(run: Ended) -> Failure:
    return Failure(run.error_code or "PIPELINE_FAILED", run.error_message or f"{run.pipeline_name} did not end.", run.error_hint)

"""What becomes of a job after an attempt."""

from datetime import datetime, timezone

import pytest

from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.database.models import PipelineRun
from videoannotator.database.queue import Failure, RunReport
from videoannotator.worker.verdict import Verdict, judge, report_of, still_to_run


def run(name: str, status: str, *, transient: bool = False) -> RunReport:
    error = f"{name} broke" if status == "failed" else None
    return RunReport(name, status, error_code=error and "BROKEN", error_message=error, transient=transient)


DONE, SKIPPED = run("a", "completed"), run("a", "skipped")
PASSING, LASTING = run("b", "failed", transient=True), run("b", "failed")
B_BROKE = Failure("BROKEN", "b broke")
WITHOUT_B = "1 of 2 pipelines failed. b: b broke"


@pytest.mark.parametrize(
    ("before", "now", "retries_left", "expected"),
    [
        ([], [DONE], True, Verdict(again=False, failure=None)),
        ([], [SKIPPED], True, Verdict(again=False, failure=None)),
        ([], [DONE, PASSING], True, Verdict(again=True, failure=B_BROKE)),
        ([], [DONE, PASSING], False, Verdict(again=False, failure=None, remark=WITHOUT_B)),
        ([], [DONE, LASTING], True, Verdict(again=False, failure=None, remark=WITHOUT_B)),
        ([], [SKIPPED, LASTING], True, Verdict(again=False, failure=B_BROKE)),
        ([], [run("a", "failed"), PASSING], True, Verdict(again=True, failure=B_BROKE)),
        ([], [run("a", "failed"), PASSING], False, Verdict(again=False, failure=Failure("BROKEN", "a broke"))),
        ([DONE, PASSING], [run("b", "completed")], True, Verdict(again=False, failure=None)),
        ([DONE, PASSING], [PASSING], False, Verdict(again=False, failure=None, remark=WITHOUT_B)),
        ([SKIPPED, PASSING], [PASSING], False, Verdict(again=False, failure=B_BROKE)),
    ],
)
def test_verdict(before: list[RunReport], now: list[RunReport], *, retries_left: bool, expected: Verdict) -> None:
    assert judge(["a", "b"], before, now, retries_left=retries_left) == expected


def test_what_ended_for_good_does_not_run_again() -> None:
    ended = [("done", "completed", False), ("skipped", "skipped", False), ("broken", "failed", False), ("unlucky", "failed", True)]
    runs = [PipelineRun(pipeline_name=name, status=status, transient=transient) for name, status, transient in ended]
    assert still_to_run(["new", "done", "skipped", "broken", "unlucky"], runs) == ["new", "unlucky"]


def test_an_outcome_is_stored_with_all_that_it_says() -> None:
    began = datetime(2026, 1, 1, tzinfo=timezone.utc)
    error = PipelineError("GPU_LOST", "It is gone.", "Plug it in.", transient=True)
    outcome = PipelineOutcome(
        "trial", PipelineStatus.FAILED, {"x": 1}, error=error, started_at=began, busy_s=2.5, records={"Scene": 2, "Word": 3}
    )
    report = report_of(outcome)
    assert (report.pipeline_name, report.status, report.options, report.start_time) == ("trial", "failed", {"x": 1}, began)
    assert (report.processing_time, report.annotation_count, report.transient) == (2.5, 5, True)
    assert (report.error_code, report.error_message, report.error_hint) == ("GPU_LOST", "It is gone.", "Plug it in.")

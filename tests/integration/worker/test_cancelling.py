"""A job that is told to stop is dead, with all that it started, and soon."""

import os
import signal
import statistics
import time

import psutil
import pytest
from tests.integration.worker.conftest import Lab, until

from videoannotator.database.states import JobStatus
from videoannotator.worker import processes

WORST_S = 5.0


def is_alive(pid: int) -> bool:
    return processes.started(pid) is not None


def guard_of(runner: int) -> int:
    return int(psutil.Process(runner).ppid())


def cancel(lab: Lab, job_id: str) -> float:
    """Cancel and wait for the confirmation; gives the seconds that it took."""
    began = time.monotonic()
    lab.queue.request_cancel(job_id)
    lab.wait_for(job_id, JobStatus.CANCELLED, within_s=2 * WORST_S)
    return time.monotonic() - began


@pytest.mark.alone
@pytest.mark.parametrize("bare", [False, True], ids=["marked", "bare"])
def test_a_deaf_pipeline_and_its_daemon_are_dead_when_the_job_is_cancelled(lab: Lab, *, bare: bool) -> None:
    job_id = lab.submit(deaf=True, bare=bare)
    with lab.processing(lab.claim(job_id)):
        daemon, runner = lab.wait_for_daemon(job_id), lab.wait_for_word(job_id, "hang")
        guard = guard_of(runner)
        took_s = cancel(lab, job_id)
        assert [pid for pid in (daemon, runner, guard) if is_alive(pid)] == []
    assert took_s < WORST_S
    assert lab.artifacts(job_id) == {}


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=lambda number: number.name)
def test_a_frozen_or_dead_guard_does_not_hinder(lab: Lab, number: signal.Signals) -> None:
    job_id = lab.submit(deaf=True, bare=True)
    lab.start_worker(RETRY_DELAY_BASE="300")
    daemon, runner = lab.wait_for_daemon(job_id), lab.wait_for_word(job_id, "hang")
    guard = guard_of(runner)
    began = time.monotonic()
    lab.queue.request_cancel(job_id)
    os.kill(guard, number)
    lab.wait_for(job_id, JobStatus.CANCELLED, JobStatus.RETRYING, within_s=2 * WORST_S)
    assert [pid for pid in (daemon, runner, guard) if is_alive(pid)] == []
    assert time.monotonic() - began < WORST_S
    assert lab.job(job_id).status is JobStatus.CANCELLED


def test_a_cancelled_job_never_starts_again(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    with lab.processing(lab.claim(job_id)):
        lab.wait_for_word(job_id, "begin")
        cancel(lab, job_id)
    assert lab.queue.claim(processes.this_worker()) is None
    assert lab.job(job_id).retry_count == 0


def test_a_cancellation_that_comes_while_the_supervisor_starts_is_heard(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    claim = lab.claim(job_id)
    lab.queue.request_cancel(job_id)
    with lab.processing(claim):
        lab.wait_for(job_id, JobStatus.CANCELLED)
    assert processes.marked_with(job_id) == set()


def test_a_result_that_comes_after_the_wish_to_cancel_is_not_published(lab: Lab) -> None:
    job_id = lab.submit(seconds=0.0)
    claim, place = lab.claim(job_id), lab.place()
    with lab.processing(claim, place):
        lab.wait_for_word(job_id, "end")
        lab.queue.request_cancel(job_id)
    assert lab.job(job_id).status in (JobStatus.CANCELLED, JobStatus.COMPLETED)
    published = lab.storage.results_folder(job_id, claim.token).exists()
    assert published == (lab.job(job_id).status is JobStatus.COMPLETED) == bool(lab.artifacts(job_id))


@pytest.mark.alone
@pytest.mark.slow
def test_fifty_cancellations(lab: Lab) -> None:
    lab.start_worker(RETRY_DELAY_BASE="300")
    times = []
    for number in range(50):
        job_id = lab.submit(deaf=True, bare=number % 2 == 1)
        daemon, runner = lab.wait_for_daemon(job_id), lab.wait_for_word(job_id, "hang")
        if number % 5 == 4:
            os.kill(guard_of(runner), signal.SIGSTOP)
        times.append(cancel(lab, job_id))
        assert [pid for pid in (daemon, runner) if is_alive(pid)] == []
        until(lambda runner=runner: not is_alive(runner), "the runner's end")  # type: ignore[misc]  # bound at once
    print(f"cancel to dead tree: p50 {statistics.median(times):.2f} s, worst {max(times):.2f} s")
    assert statistics.median(times) < 1.0
    assert max(times) < WORST_S

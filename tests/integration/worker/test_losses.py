"""Workers that die, freeze, are stopped or cut off: no job is lost, and none runs twice at once."""

import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from tests.integration.worker.conftest import Lab, until
from tests.integration.worker.test_cancelling import guard_of, is_alive

from videoannotator.database.states import JobStatus
from videoannotator.worker import processes

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")

SLEEP = "import threading, time; time.sleep = lambda seconds: threading.Event().wait(seconds)"
"""libfaketime does not understand the system call behind `time.sleep`, which fails under it."""


def tree_is_dead(*pids: int) -> bool:
    return not any(is_alive(pid) for pid in pids)


@pytest.mark.alone
def test_the_tree_of_a_killed_supervisor_dies_and_the_job_goes_on_at_once(lab: Lab) -> None:
    job_id = lab.submit(deaf=True)
    worker = lab.start_worker()
    daemon, runner = lab.wait_for_daemon(job_id), lab.wait_for_word(job_id, "hang")
    guard = guard_of(runner)
    worker.kill()
    until(lambda: tree_is_dead(daemon, runner, guard), "the tree's end", within_s=5)
    assert lab.job(job_id).status is JobStatus.RUNNING
    lab.set_options(job_id, deaf=False)
    lab.start_worker()
    job = lab.wait_for(job_id, JobStatus.COMPLETED, within_s=45)  # before the lease of 60 s ends
    assert (job.retry_count, job.supervisor_losses) == (0, 1)


@pytest.mark.alone
def test_a_frozen_supervisor_loses_its_job_and_publishes_nothing(lab: Lab) -> None:
    job_id = lab.submit(seconds=6.0)
    frozen = lab.start_worker(LEASE_S="4", DEADMAN_S="2")
    runner = lab.wait_for_word(job_id, "begin")
    guard = guard_of(runner)
    frozen.send_signal(signal.SIGSTOP)
    until(lambda: tree_is_dead(runner, guard), "the dead-man", within_s=5)
    lab.set_options(job_id, seconds=0.0)
    lab.start_worker(LEASE_S="4", DEADMAN_S="2")
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    frozen.send_signal(signal.SIGCONT)
    other = lab.submit()
    lab.wait_for(other, JobStatus.COMPLETED)
    frozen.terminate()
    frozen.wait(30)
    assert (job.token, job.supervisor_losses, job.retry_count) == (2, 1, 0)
    assert {artifact.token for artifact in lab.artifacts(job_id).values()} == {2}
    assert sorted(path.name for path in (lab.storage.job_folder(job_id) / "results").iterdir()) == ["attempt-2"]
    assert [word for word, _, _ in lab.diary(job_id)] == ["begin", "begin", "end"]


def test_what_a_frozen_guard_keeps_alive_is_killed_by_the_next_worker(lab: Lab) -> None:
    job_id = lab.submit(deaf=True)
    worker = lab.start_worker()
    daemon, runner = lab.wait_for_daemon(job_id), lab.wait_for_word(job_id, "hang")
    guard = guard_of(runner)
    os.kill(guard, signal.SIGSTOP)
    worker.kill()
    until(lambda: not is_alive(runner), "the runner's end, which hears nobody any more", within_s=5)
    assert is_alive(daemon)
    lab.set_options(job_id, deaf=False)
    lab.start_worker()
    lab.wait_for(job_id, JobStatus.COMPLETED)
    assert tree_is_dead(daemon, guard)


def test_one_job_delivered_to_many_runs_once(any_lab: Lab) -> None:
    lab = any_lab
    job_id = lab.submit(seconds=0.2)
    claims = []

    def deliver() -> None:
        claims.append(lab.queue.claim(processes.this_worker(), job_id=job_id))

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [claim for claim in claims if claim is not None]
    assert len(won) == 1
    with lab.processing(won[0]):
        assert lab.queue.claim(processes.this_worker(), job_id=job_id) is None
    assert [word for word, _, _ in lab.diary(job_id)] == ["begin", "end"]


def test_a_stopped_worker_gives_its_job_back_unharmed(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    worker = lab.start_worker(SHUTDOWN_GRACE_S="0.2")
    runner = lab.wait_for_word(job_id, "begin")
    worker.terminate()
    assert worker.wait(10) == 0
    job = lab.job(job_id)
    assert (job.status, job.retry_count, job.supervisor_losses) == (JobStatus.PENDING, 0, 0)
    assert not is_alive(runner)
    lab.set_options(job_id, seconds=0.0)
    lab.start_worker()
    assert lab.wait_for(job_id, JobStatus.COMPLETED).retry_count == 0


def test_a_stopped_worker_lets_a_job_end_that_is_quick_enough_and_takes_no_other(lab: Lab) -> None:
    first, second = lab.submit(seconds=1.0), lab.submit()
    worker = lab.start_worker(SHUTDOWN_GRACE_S="30", MAX_CONCURRENT_JOBS="1")
    lab.wait_for_word(first, "begin")
    worker.terminate()
    worker.wait(30)
    assert lab.job(first).status is JobStatus.COMPLETED
    assert lab.job(second).status is JobStatus.PENDING


def test_a_second_signal_stops_at_once(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    worker = lab.start_worker(SHUTDOWN_GRACE_S="60")
    lab.wait_for_word(job_id, "begin")
    worker.terminate()
    time.sleep(0.2)  # two signals of one kind that come together count once
    worker.terminate()
    assert worker.wait(10) == 0
    assert lab.job(job_id).status is JobStatus.PENDING


@pytest.mark.slow
def test_a_job_goes_on_while_the_database_is_away(lab: Lab) -> None:
    job_id = lab.submit(seconds=12.0)
    lab.start_worker(LEASE_S="40", DEADMAN_S="30")
    lab.wait_for_word(job_id, "begin")
    connection = sqlite3.connect(str(lab.database.file), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    time.sleep(10)
    connection.execute("ROLLBACK")
    connection.close()
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    assert (job.token, job.retry_count, job.supervisor_losses) == (1, 0, 0)


@pytest.mark.slow
def test_a_job_that_ends_while_the_database_is_away_is_written_down_later(lab: Lab) -> None:
    job_id = lab.submit(seconds=1.0)
    lab.start_worker()
    lab.wait_for_word(job_id, "begin")
    connection = sqlite3.connect(str(lab.database.file), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    lab.wait_for_word(job_id, "end")
    time.sleep(11)  # longer than a writer waits for the lock
    connection.execute("ROLLBACK")
    connection.close()
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    assert (job.token, job.retry_count) == (1, 0)
    assert "trial.json" in lab.artifacts(job_id)


@pytest.mark.alone
def test_a_job_cut_off_from_the_database_for_too_long_ends_itself_and_is_run_again(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    lab.start_worker(LEASE_S="4", DEADMAN_S="2")
    runner = lab.wait_for_word(job_id, "begin")
    connection = sqlite3.connect(str(lab.database.file), isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    until(lambda: not is_alive(runner), "the dead-man", within_s=6)
    connection.execute("ROLLBACK")
    connection.close()
    lab.set_options(job_id, seconds=0.0)
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    assert job.retry_count == 0


def test_never_more_jobs_run_than_allowed_and_the_oldest_first(lab: Lab) -> None:
    jobs = [lab.submit(seconds=1.0) for _ in range(5)]
    assert [lab.job(job_id).queue_position for job_id in jobs] == [1, 2, 3, 4, 5]
    lab.start_worker(MAX_CONCURRENT_JOBS="2")
    lab.wait_for(jobs[1], JobStatus.RUNNING, JobStatus.COMPLETED)
    assert (lab.job(jobs[4]).queue_position or 0) <= 3
    for job_id in jobs:
        lab.wait_for(job_id, JobStatus.COMPLETED)
    spans = sorted((at, 1 if word == "begin" else -1) for job_id in jobs for word, _, at in lab.diary(job_id))
    running = [sum(step for _, step in spans[: count + 1]) for count in range(len(spans))]
    assert max(running) == 2
    started = [at for at in (lab.job(job_id).started_at for job_id in jobs) if at is not None]
    assert started == sorted(started)


@pytest.mark.slow
@pytest.mark.skipif(not FAKETIME.exists(), reason="libfaketime is not installed")
@pytest.mark.parametrize("jump", ["+3600", "-3600"])
def test_a_clock_that_jumps_by_an_hour_takes_no_job_away(lab: Lab, tmp_path: Path, jump: str) -> None:
    job_id = lab.submit(seconds=5.0)
    offset = tmp_path / "offset"
    offset.write_text("+0")
    (lab.plugins / "sitecustomize.py").write_text(SLEEP)
    fake = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1"}
    for _ in range(2):
        lab.start_worker(**fake, FAKETIME_DONT_FAKE_MONOTONIC="1", LEASE_S="8", DEADMAN_S="5")
    lab.wait_for_word(job_id, "begin")
    offset.write_text(jump)
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    assert (job.token, job.retry_count, job.supervisor_losses) == (1, 0, 0)
    assert [word for word, _, _ in lab.diary(job_id)] == ["begin", "end"]


@pytest.mark.slow
def test_ten_lost_supervisors_do_not_use_up_retries(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    for loss in range(1, 11):
        worker = lab.start_worker()
        until(lambda loss=loss: len(lab.diary(job_id)) == loss, "the next start")  # type: ignore[misc]  # bound at once
        worker.kill()
        worker.wait()
    lab.set_options(job_id, seconds=0.0)
    lab.start_worker()
    job = lab.wait_for(job_id, JobStatus.COMPLETED)
    assert (job.retry_count, job.supervisor_losses) == (0, 10)


@pytest.mark.slow
def test_the_limit_over_all_workers_holds(any_lab: Lab) -> None:
    lab = any_lab
    jobs = [lab.submit(seconds=0.5) for _ in range(8)]
    for _ in range(2):
        lab.start_worker(MAX_CONCURRENT_JOBS="2", MAX_CONCURRENT_JOBS_TOTAL="2")
    for job_id in jobs:
        lab.wait_for(job_id, JobStatus.COMPLETED)
    spans = sorted((at, 1 if word == "begin" else -1) for job_id in jobs for word, _, at in lab.diary(job_id))
    assert max(sum(step for _, step in spans[: count + 1]) for count in range(len(spans))) == 2

"""Who is who among processes, and their end."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from videoannotator.database.queue import WorkerIdentity
from videoannotator.worker import processes
from videoannotator.worker.cancellation import CancellationManager

Sleeper = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """Starts a process that sleeps, with additions to its environment."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**marks: str) -> "subprocess.Popen[bytes]":
        environment = {**processes.environment_for_jobs(), **marks}
        process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"], env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def ended_worker() -> WorkerIdentity:
    """A worker of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    start = processes.started(process.pid)
    process.wait()
    return replace(processes.this_worker(), pid=process.pid, started=start or 1.0)


def test_a_process_is_known_by_its_pid_and_its_start() -> None:
    this = processes.this_worker()
    assert (this.pid, processes.is_gone(this)) == (os.getpid(), False)
    assert processes.is_gone(replace(this, started=this.started + 1))
    assert processes.is_gone(ended_worker())


def test_a_process_that_has_ended_and_was_not_let_go_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    give_up_at = time.monotonic() + 20
    while processes.started(process.pid) is not None:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    assert process.wait() == 0


def test_processes_of_a_job_are_found_by_their_mark_and_ended(sleeper: Sleeper) -> None:
    job_id, other_id = str(uuid.uuid4()), str(uuid.uuid4())
    ours = [sleeper(**processes.marks(job_id, processes.this_worker())) for _ in range(3)]
    other = sleeper(**processes.marks(other_id, processes.this_worker()))
    assert processes.marked_with(job_id) == {process.pid for process in ours}
    response = CancellationManager().request_cancellation(job_id)
    assert response.is_dead
    assert "ended within" in response.message
    assert [process.wait(5) for process in ours] == [-9] * 3
    assert other.poll() is None


def test_only_leftovers_of_workers_that_are_gone_are_killed(sleeper: Sleeper) -> None:
    dead, this = ended_worker(), processes.this_worker()
    leftover = sleeper(**processes.marks(str(uuid.uuid4()), dead))
    spared = [
        sleeper(**processes.marks(str(uuid.uuid4()), this)),
        sleeper(**processes.marks(str(uuid.uuid4()), replace(dead, boot="another boot"))),
        sleeper(**{processes.JOB_MARK: str(uuid.uuid4())}),
        sleeper(),
    ]
    assert processes.kill_leftovers() == set()
    assert leftover.wait(5) == -9
    assert [process.poll() for process in spared] == [None] * 4


def test_what_would_not_die_is_told() -> None:
    immortal = {os.getppid()}  # never killed here: the time is up before the first attempt
    assert processes.kill_all(lambda: immortal, timeout_s=-1.0) == immortal


def test_what_a_process_starts_while_it_is_killed_is_killed_too(sleeper: Sleeper) -> None:
    batches = [{sleeper().pid}, {sleeper().pid}, set(), {sleeper().pid}, set(), set()]
    found = iter(batches)
    assert processes.kill_all(lambda: next(found)) == set()
    assert next(found, None) is None
    assert [pid for batch in batches for pid in batch if processes.started(pid)] == []

"""The guard, with small programs in the place of the runner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from videoannotator.worker import kernel, processes
from videoannotator.worker.guard import DEADMAN_EXIT

FAR_S = 600.0
Start = Callable[..., "subprocess.Popen[bytes]"]

DAEMON = """
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
sys.stdin.readline()
"""
"""Leaves a daemon behind, then waits for its work."""

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a guard with a Python program below it."""
    guards: list[subprocess.Popen[bytes]] = []

    def start(program: str, *, in_s: float = FAR_S, deadman_s: float = FAR_S) -> "subprocess.Popen[bytes]":
        deadline = kernel.suspend_counting_clock() + in_s
        command = [sys.executable, "-m", "videoannotator.worker.guard", repr(deadline), repr(deadman_s)]
        guard = subprocess.Popen([*command, sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        guards.append(guard)
        return guard

    yield start
    for guard in guards:
        for pid in processes.below(guard.pid):
            os.kill(pid, signal.SIGKILL)
        guard.kill()
        guard.wait()
        for pipe in (guard.stdin, guard.stdout):
            if pipe is not None:
                pipe.close()


def first_line(guard: "subprocess.Popen[bytes]") -> int:
    assert guard.stdout is not None
    return int(guard.stdout.readline())


def tell(guard: "subprocess.Popen[bytes]", line: str) -> None:
    assert guard.stdin is not None
    guard.stdin.write(f"{line}\n".encode())
    guard.stdin.flush()


def wait_for_runner(guard: "subprocess.Popen[bytes]") -> int:
    give_up_at = time.monotonic() + 20
    while not (below := processes.below(guard.pid)):
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    return below.pop()


@pytest.mark.parametrize(("program", "code"), [("", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)])
def test_a_guard_tells_how_the_runner_ended(start: Start, program: str, code: int) -> None:
    assert start(program).wait(20) == code


def test_the_runner_gets_the_work_and_nothing_else(start: Start) -> None:
    guard = start("import sys; print(len(sys.stdin.readline()), flush=True); sys.stdin.read()")
    tell(guard, "x" * 100_000)  # more than a pipe holds
    tell(guard, repr(kernel.suspend_counting_clock()))
    assert first_line(guard) == 100_001
    assert guard.poll() is None


def test_what_the_runner_leaves_behind_is_killed_when_it_ends(start: Start) -> None:
    guard = start(DAEMON)
    daemon = first_line(guard)
    tell(guard, "work")
    assert guard.wait(20) == 0
    assert processes.started(daemon) is None


def test_everything_is_killed_when_the_supervisor_dies(start: Start) -> None:
    guard = start(DAEMON)
    daemon = first_line(guard)
    assert guard.stdin is not None
    guard.stdin.close()
    guard.stdin = None
    assert guard.wait(20) == 137
    assert processes.started(daemon) is None


def test_everything_is_killed_when_nobody_feeds_the_guard(start: Start) -> None:
    guard = start(DAEMON, in_s=1.0)
    daemon = first_line(guard)
    assert guard.wait(20) == DEADMAN_EXIT
    assert processes.started(daemon) is None


def test_a_guard_that_starts_too_late_kills_at_once(start: Start) -> None:
    assert start(SLEEP, in_s=-1.0).wait(20) == DEADMAN_EXIT


def test_feeding_counts_from_when_the_renewal_was_begun(start: Start) -> None:
    guard = start(SLEEP, deadman_s=60.0)
    tell(guard, "work")
    tell(guard, repr(kernel.suspend_counting_clock() - 61))  # begun, then frozen for a minute
    assert guard.wait(20) == DEADMAN_EXIT


def test_a_fed_guard_lets_the_runner_work(start: Start) -> None:
    guard = start(SLEEP, in_s=1.5, deadman_s=1.5)
    tell(guard, "work")
    for _ in range(10):
        time.sleep(0.3)
        tell(guard, repr(kernel.suspend_counting_clock()))
    assert guard.poll() is None
    assert guard.wait(20) == DEADMAN_EXIT


@pytest.mark.skipif(not kernel.LINUX, reason="only Linux has a parent-death signal")
def test_the_runner_dies_with_its_guard(start: Start) -> None:
    guard = start(SLEEP)
    runner = wait_for_runner(guard)
    guard.kill()
    give_up_at = time.monotonic() + 20
    while processes.started(runner) is not None:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def test_signals_to_the_guard_do_not_stop_it_and_the_runner_gets_its_own_defaults(start: Start) -> None:
    guard = start("import signal; print(int(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL), flush=True); signal.pause()")
    assert first_line(guard) == 1
    guard.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        guard.wait(0.5)


def test_the_guard_is_small() -> None:
    """It loads nothing of this package but itself, so that it starts at once."""
    program = "import sys, videoannotator.worker.guard; print(*sorted(m for m in sys.modules if 'videoannotator' in m))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == ["videoannotator", "videoannotator.worker", "videoannotator.worker.guard", "videoannotator.worker.kernel"]

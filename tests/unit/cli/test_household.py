"""Processes that are kept alive, and ended."""

import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from videoannotator.cli.household import Household, Member
from videoannotator.errors import ServiceUnavailableException

PATIENCE_S = 20.0


def member(code: str, *words: str | Path, is_ready: Callable[[], bool] = lambda: True) -> Member:
    return Member("clerk", [sys.executable, "-S", "-c", code, *map(str, words)], is_ready=is_ready)


def after(true: Callable[[], bool]) -> Callable[[], bool]:
    """A wish to stop that comes when something is true, or much too late."""
    give_up_at = time.monotonic() + PATIENCE_S
    return lambda: true() or time.monotonic() > give_up_at


NOTE = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n'); "


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_who_ends_is_started_again_each_time_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notes = tmp_path / "notes"
    household = Household([member(f"{NOTE} sys.exit(7)", notes)], grace_s=1)
    household.start(lambda: False)
    household.keep(after(lambda: len(lines(notes)) == 3))
    household.stop()
    first, second = (later - earlier for earlier, later in pairwise(map(float, lines(notes))))
    assert 1.0 <= first < second
    assert second >= 2.0
    assert "The clerk ended with exit code 7; it is started again in 2 s." in caplog.text


def test_who_cannot_work_as_things_are_is_not_started_again(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    household = Household([member(f"{NOTE} sys.exit(1)", notes)], grace_s=1)
    household.start(lambda: False)
    with pytest.raises(ServiceUnavailableException, match="did not start"):
        household.keep(after(lambda: False))
    household.stop()
    assert len(lines(notes)) == 1


def test_one_starts_when_the_one_before_is_ready(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    writes = "import sys, time; time.sleep(0.5); open(sys.argv[1], 'w').write('x'); time.sleep(600)"
    sees = "import os, sys, time; open(sys.argv[2], 'w').write(str(os.path.exists(sys.argv[1]))); time.sleep(600)"
    household = Household([member(writes, first, is_ready=first.exists), member(sees, first, second)], grace_s=0.2)
    try:
        household.start(lambda: False)
        household.keep(after(lambda: bool(lines(second))))
    finally:
        household.stop()
    assert second.read_text() == "True"


def test_who_ends_before_it_is_ready_ends_the_start() -> None:
    household = Household(
        [member("import sys; sys.exit(3)", is_ready=lambda: False), member("import time; time.sleep(600)")], grace_s=1
    )
    with pytest.raises(ServiceUnavailableException):
        household.start(lambda: False)
    household.stop()
    assert not psutil.Process().children()


@pytest.mark.alone
def test_who_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stubborn = (
        "import os, sys, time; child = os.fork(); open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
        "[time.sleep(600) for _ in range(9)]"
    )
    household = Household([member(stubborn, pids)], grace_s=0.3)
    household.start(lambda: False)
    household.keep(after(lambda: len(lines(pids)) == 2))
    began = time.monotonic()
    household.stop()
    assert time.monotonic() - began < PATIENCE_S
    give_up_at = time.monotonic() + PATIENCE_S
    while alive := [pid for pid in map(int, lines(pids)) if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]:
        assert time.monotonic() < give_up_at, f"alive: {alive}"
        time.sleep(0.01)


def test_a_process_stops_when_its_parent_is_gone(tmp_path: Path) -> None:
    watches = "from videoannotator.worker.parent import stop_with_parent; stop_with_parent(); "
    code = watches + "import time; print('here', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(PATIENCE_S) == -15

"""Tests that hold a promised limit have the machine to themselves: marked `alone`, they run while no other worker runs a test."""

import fcntl
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Wait for the machine outside of the test's own time limit."""
    run: str | None = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None:  # one process, one test at a time
        return (yield)
    with _place_on_the_machine(
        Path(tempfile.gettempdir()) / f"videoannotator-tests-{run}", item.get_closest_marker("alone") is not None
    ):
        return (yield)


@contextmanager
def _place_on_the_machine(path: Path, alone: bool) -> Iterator[None]:
    """Shared with others, or alone: who waits for that holds the gate, so that nobody else begins while the others end."""
    with path.with_suffix(".gate").open("w") as gate, path.with_suffix(".lock").open("w") as place:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(place, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield

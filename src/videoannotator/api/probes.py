"""Looks at parts of the system that may hang, without ever hanging with them."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from videoannotator.diagnostics.database import DatabaseReport
from videoannotator.diagnostics.gpu import GPUReport
from videoannotator.diagnostics.storage import StorageReport

Report = TypeVar("Report")

PATIENCE_S = 2.0
FRESH_S = 1.0
GPU_FRESH_S = 30.0


class Probe(Generic[Report]):
    """One look at a time, in a thread of its own; whoever asks meanwhile shares it.

    Args:
        name: of the thread.
        look: gives the report; may hang.
        fresh_s: how long a report is given again without a new look.
    """

    def __init__(self, name: str, look: Callable[[], Report], fresh_s: float = FRESH_S) -> None:
        self._name = name
        self._look = look
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._looking: Future[Report | None] | None = None
        self._report: Report | None = None
        self._looked = 0.0

    async def report(self) -> Report | None:
        """The report; None when the look failed, or does not end within 2 s and goes on for whoever asks next."""
        looking = self._start_unless_fresh()
        if looking is None:
            return self._report
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(looking)), PATIENCE_S)
        except asyncio.TimeoutError:
            return None

    async def recent(self) -> Report | None:
        """The last report, however old, while a new look goes on; waits as `report` when there has been none."""
        if self._report is None:
            return await self.report()
        self._start_unless_fresh()
        return self._report

    def _start_unless_fresh(self) -> "Future[Report | None] | None":
        """The look that goes on; None when the last one is fresh."""
        with self._lock:
            if self._report is not None and time.monotonic() - self._looked < self._fresh_s:
                return None
            if self._looking is None:
                self._looking = Future()
                threading.Thread(target=self._run, args=(self._looking,), name=f"probe-{self._name}", daemon=True).start()
            return self._looking

    def _run(self, looking: "Future[Report | None]") -> None:
        report = None
        try:
            report = self._look()
        finally:  # a look that fails unexpectedly is told by its thread, and counts as no answer
            with self._lock:
                self._report, self._looked, self._looking = report, time.monotonic(), None
            looking.set_result(report)


@dataclass(frozen=True)
class Probes:
    """The parts of the system that health reports name."""

    database: Probe[DatabaseReport]
    storage: Probe[StorageReport]
    gpu: Probe[GPUReport]

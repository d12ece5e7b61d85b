"""Ends a job's processes, and proves that none of them is alive."""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from videoannotator.worker import processes

GUARD_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class CancellationResponse:
    """What came of ending a job's processes: those that would not die, by pid, and the seconds that it took."""

    job_id: str
    survivors: frozenset[int]
    took_s: float

    @property
    def is_dead(self) -> bool:
        """Whether no process of the job is alive on this machine."""
        return not self.survivors

    @property
    def message(self) -> str:
        """The same in a sentence."""
        if self.is_dead:
            return f"Every process of the job ended within {self.took_s:.1f} s."
        pids = ", ".join(map(str, sorted(self.survivors)))
        return f"These processes of the job could not be ended within {self.took_s:.0f} s: {pids}."


class CancellationManager:
    """Knows the guards of this worker, and ends what lives below them.

    A job's processes are found in two ways: below its guard, and by the mark in their environment. Where a guard is gone that
    somebody else killed, the worker inherits its orphans, if it adopts them: any child of it that is no guard is such an orphan.

    Args:
        adopts_orphans: whether this process has asked the system for them, and starts nothing but guards.
    """

    def __init__(self, *, adopts_orphans: bool = False) -> None:
        self._adopts_orphans = adopts_orphans
        self._guards: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, job_id: str, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """Start a job's guard, so that nobody takes it for an orphan."""
        with self._lock:
            guard = self._guards[job_id] = start()
        return guard

    def request_cancellation(self, job_id: str, timeout_s: float = processes.KILL_TIMEOUT_S) -> CancellationResponse:
        """KILL every process of a job, at once and until none is left, its guard last."""
        began = time.monotonic()
        survivors = processes.kill_all(lambda: self._below_guard(job_id) | self._marked(job_id) | self._orphans(), timeout_s)
        survivors |= processes.kill_all(lambda: self._guard(job_id) | self._marked(job_id), GUARD_TIMEOUT_S)
        if not survivors:
            self._forget(job_id)
        return CancellationResponse(job_id, frozenset(survivors), time.monotonic() - began)

    def _guard(self, job_id: str) -> set[int]:
        guard = self._guards.get(job_id)
        return {guard.pid} if guard is not None and guard.poll() is None else set()

    def _below_guard(self, job_id: str) -> set[int]:
        return set().union(*map(processes.below, self._guard(job_id)))

    def _marked(self, job_id: str) -> set[int]:
        return processes.marked_with(job_id) - self._guard(job_id)

    def _orphans(self) -> set[int]:
        """Living children of this process that are no guards, and what is below them."""
        if not self._adopts_orphans:
            return set()
        with self._lock:
            orphans = processes.living_children() - self._guard_pids()
        return orphans.union(*map(processes.below, orphans))

    def _forget(self, job_id: str) -> None:
        """The guard is gone; let the orphans that have ended go as well."""
        with self._lock:
            self._guards.pop(job_id, None)
            if self._adopts_orphans:
                processes.reap(processes.ended_children() - self._guard_pids())

    def _guard_pids(self) -> set[int]:
        return {guard.pid for guard in self._guards.values()}

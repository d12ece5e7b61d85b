"""Processes: who this worker is, which processes belong to which job, and their end."""

import os
import platform
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

from videoannotator.database.queue import WorkerIdentity
from videoannotator.settings import PREFIX, variables_of
from videoannotator.worker import kernel

JOB_MARK = "VIDEOANNOTATOR_JOB_ID"
SUPERVISOR_MARK = "VIDEOANNOTATOR_SUPERVISOR"
"""Environment variables that every process of a job carries: the job, and `boot pid started` of its worker."""

KILL_TIMEOUT_S = 8.0
"""Less than callers wait who have asked for a cancellation, so that they hear when it failed."""

KILL_INTERVAL_S = 0.02


@cache
def this_boot() -> str:
    """Changes with each start of the machine, and differs between process namespaces, where pids mean different processes."""
    if kernel.LINUX:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{platform.system()}/{psutil.boot_time():.0f}"


def started(pid: int) -> float | None:
    """When a living process started, as its machine counts; None when there is none with this pid, or it has ended."""
    if kernel.LINUX:  # in ticks since the machine started, because the time of day may be set
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if fields[0] in (b"Z", b"X") else float(fields[19])
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def this_worker() -> WorkerIdentity:
    """The identity of this process."""
    host, pid = socket.gethostname(), os.getpid()
    return WorkerIdentity(f"{host}:{pid}", host, this_boot(), pid, started(pid) or 0.0)


def is_gone(worker: WorkerIdentity) -> bool:
    """Whether that process of this machine and boot has ended."""
    return started(worker.pid) != worker.started


def marks(job_id: str, worker: WorkerIdentity) -> dict[str, str]:
    """What the environment of every process of a job says."""
    return {JOB_MARK: job_id, SUPERVISOR_MARK: _mark(worker.boot, worker.pid, worker.started)}


def _mark(boot: str, pid: int, start: float | None) -> str:
    return f"{boot} {pid} {start!r}"


def environment_for_jobs() -> dict[str, str]:
    """The environment of this process without our settings, secrets among them: a runner reads none."""
    ours = {variable for setting in ("database_url", "secret_key", "api_key") for variable in variables_of(setting)}
    everything = os.environ.items()  # noqa: TID251  handed on, not read
    return {name: value for name, value in everything if name not in ours and not name.startswith(PREFIX)}


def marked() -> Iterator[tuple[int, str, str]]:
    """Every living process of this user that carries a job's mark: its pid, the job, and the mark of its supervisor."""
    for process in psutil.process_iter(["environ", "status"]):
        environment = process.info["environ"] or {}
        if JOB_MARK in environment and process.info["status"] not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            yield process.pid, environment[JOB_MARK], environment.get(SUPERVISOR_MARK, "")


def marked_with(job_id: str) -> set[int]:
    """Every living process of a job, whoever started it, as far as its environment says so."""
    return {pid for pid, job, _ in marked() if job == job_id}


def below(pid: int) -> set[int]:
    """Every living process below that one."""
    if kernel.LINUX:
        return kernel.descendants(pid)
    with suppress(psutil.NoSuchProcess):
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    return set()


def living_children() -> set[int]:
    """Every living child of this process."""
    return {child.pid for child in psutil.Process().children() if not _has_ended(child)}


def ended_children() -> set[int]:
    """Every child of this process that has ended and was not let go yet."""
    return {child.pid for child in psutil.Process().children() if _has_ended(child)}


def _has_ended(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


def reap(pids: set[int]) -> None:
    """Let children of this process go that have ended."""
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def kill_all(find: Callable[[], set[int]], timeout_s: float = KILL_TIMEOUT_S) -> set[int]:
    """Kill what `find` finds until it finds nothing twice in a row; gives what would not die within the time."""
    give_up_at = time.monotonic() + timeout_s
    clean = 0
    while clean < 2:
        alive = find()
        if alive and time.monotonic() > give_up_at:
            return alive
        clean = 0 if alive else clean + 1
        for pid in alive:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                psutil.Process(pid).kill()
        if alive:
            time.sleep(KILL_INTERVAL_S)
    return set()


def kill_leftovers() -> set[str]:
    """Kill what ended supervisors of this machine have left behind; gives the jobs of which something would not die."""

    def left() -> dict[int, str]:
        return {pid: job for pid, job, supervisor in marked() if _supervisor_is_gone(supervisor)}

    stuck = kill_all(lambda: set(left()))
    return {job for pid, job in left().items() if pid in stuck}


def _supervisor_is_gone(mark: str) -> bool:
    boot, _, rest = mark.partition(" ")
    pid = rest.partition(" ")[0]
    if boot != this_boot() or not pid.isdigit():
        return False  # of another process namespace: nobody here can tell
    return mark != _mark(boot, int(pid), started(int(pid)))

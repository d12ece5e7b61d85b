"""What the operating system offers for keeping hold of a job's processes: the one place where systems differ.

Linux: the guard, and the worker above it, adopt orphans (child subreaper), so that a process that leaves its session and loses its
parents is still found below them; the runner dies with its guard (parent-death signal); the dead-man's clock counts suspend.

macOS and other Unix systems: nobody adopts orphans. The guard ends the runner's process group; the supervisor ends whatever is
below the guard and whatever carries the job's mark in its environment, which also finds a process that has left the group.

Windows: the guard ends the runner alone; the supervisor does the rest as above.

Imports the standard library alone, because the guard must start at once.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def suspend_counting_clock() -> float:
    """Seconds since the machine started, the time that it slept included; the same for all its processes."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # time.monotonic() stops there while the machine sleeps
    return time.monotonic()


def adopt_orphans() -> bool:
    """Become the parent of every process below this one that loses its own; gives whether the system can do that."""
    return LINUX and ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent(parent: int) -> None:
    """Ask for this process to be killed when its parent ends, which has that pid. For a child between fork and exec."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def offer_to_oom_killer() -> None:
    """Let the kernel, when memory runs out, end this process before any other of this user."""
    if LINUX:
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")


def descendants(pid: int) -> set[int]:
    """Every living process below `pid` on Linux; a process that has ended and is not yet reaped does not live."""
    children: dict[int, list[int]] = {}
    living = set()
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        state, parent, threads = fields[0], int(fields[1]), int(fields[17])
        children.setdefault(parent, []).append(int(entry.name))
        if state not in (b"Z", b"X") or threads > 1:  # a first thread may end before the others
            living.add(int(entry.name))
    found, left = set(), [pid]
    while left:
        below = children.get(left.pop(), [])
        found.update(below)
        left += below
    return found & living

"""Runs commands as processes of their own and counts what they cost."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTER = """
import json, os, sys
silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silence), 0)
json.dump([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss], sys.stdout)
"""
"""Starts a command from a small process: to the system, the memory of who starts it counts to its peak."""


@dataclass(frozen=True)
class Cost:
    """What one command cost: CPU and wall seconds, and the peak of its resident memory in MB (10^6 bytes)."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def cost_of(words: Sequence[str | Path]) -> Cost:
    """Run a command to its end; a command that fails ends the benchmark, with what it said."""
    began = time.monotonic()
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", STARTER, *map(str, words)], capture_output=True, text=True, check=True)
    status, cpu_s, peak = json.loads(ran.stdout)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(map(str, words))} ended with {code}:\n{ran.stderr}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(cpu_s, time.monotonic() - began, peak * unit / 1e6)


def median_costs(runs: int, *commands: Callable[[], Sequence[str | Path]]) -> list[list[Cost]]:
    """Run the commands in turn, A B A B …, so that a change of the machine's speed meets all of them; costs per command."""
    costs: list[list[Cost]] = [[] for _ in commands]
    for _ in range(runs):
        for kept, command in zip(costs, commands, strict=True):
            kept.append(cost_of(command()))
    return costs


def ratio(ours: Sequence[Cost], reference: Sequence[Cost]) -> float:
    """Median of the CPU time ratios, pair by pair."""
    return statistics.median(a.cpu_s / b.cpu_s for a, b in zip(ours, reference, strict=True))


def median_cpu_s(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.cpu_s for cost in costs)


def verdict(name: str, value: float, target: float, unit: str) -> str:
    """One line: figure, target, and whether it holds."""
    return f"{name}: {value:.2f} {unit} (target: at most {target:g} {unit}) {'holds' if value <= target else 'FALLS SHORT'}"


def videoannotator(*arguments: str | Path) -> list[str | Path]:
    """The command line of this installation."""
    return [sys.executable, "-m", "videoannotator", *arguments]

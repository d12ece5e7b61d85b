"""Runs commands as processes of their own and counts what they cost."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one command cost: CPU and wall seconds, and the peak of its resident memory in MB (10^6 bytes)."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def cost_of(words: Sequence[str | Path]) -> Cost:
    """Run a command to its end; a command that fails ends the benchmark, with what it said."""
    began = time.monotonic()
    with subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {process.returncode}:\n{said}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss * unit / 1e6)


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

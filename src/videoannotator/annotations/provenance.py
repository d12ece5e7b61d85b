"""Where a result comes from: enough to trace every number of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class WeightsUsed:
    """One weights file that a run loaded."""

    name: str
    sha256: str
    licence: str
    device: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a run was made from.

    Attributes:
        input_sha256: of the whole input file; None when the run was stopped before it was read.
        videoannotator: version of this package.
        python, platform: the interpreter and the operating system.
        packages: versions of the packages that the computation rests on.
        device_asked, device_used: the device that was asked for (`auto`, `cpu`, `cuda`, `coreml`) and the one that was obtained.
        threads: intra-op threads per network.
        weights: each weights file that was loaded.
        started_at, finished_at: aware UTC.
        timings_s: seconds by stage: `open`, `decode` (CPU time of the reading thread), `total`.
        warnings: what a careful reader of the whole result should know.
        options: per pipeline, every option with the value that was in force.
    """

    input_sha256: str | None
    videoannotator: str
    python: str
    platform: str
    packages: dict[str, str]
    device_asked: str
    device_used: str
    threads: int
    weights: tuple[WeightsUsed, ...]
    started_at: datetime
    finished_at: datetime
    timings_s: dict[str, float]
    warnings: tuple[str, ...]
    options: dict[str, dict[str, Any]]

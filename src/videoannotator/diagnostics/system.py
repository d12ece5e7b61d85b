"""The machine and this process."""

import os
import platform
import shutil
from dataclasses import dataclass

import psutil

from videoannotator.version import __version__


@dataclass(frozen=True, slots=True)
class SystemReport:
    """The machine and this process."""

    version: str
    python_version: str
    platform: str
    cpu_count: int
    memory_total_gb: float
    memory_available_gb: float
    process_memory_gb: float
    ffmpeg: bool
    """Whether the ffmpeg program is installed; nothing here needs it."""


def look() -> SystemReport:
    """Ask the operating system."""
    memory = psutil.virtual_memory()
    return SystemReport(
        version=__version__,
        python_version=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        cpu_count=os.cpu_count() or 1,
        memory_total_gb=round(memory.total / 1e9, 2),
        memory_available_gb=round(memory.available / 1e9, 2),
        process_memory_gb=round(psutil.Process().memory_info().rss / 1e9, 3),
        ffmpeg=shutil.which("ffmpeg") is not None,
    )

"""The machine, this process, the networks' weights, and whether the server could start and would be closed to strangers."""

import errno
import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import psutil

from videoannotator.auth.exposure import is_loopback
from videoannotator.diagnostics.findings import Finding, error, fine, info, warning
from videoannotator.inference.weights import WeightsStatus
from videoannotator.media.libraries import ffmpeg_libraries
from videoannotator.version import __version__

OLDEST_PYTHON = (3, 10)
LEAST_MEMORY_GB = 2.0
"""One job with every default pipeline takes 1.3 GB."""
RELEASED = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""No clock that is right shows an earlier moment."""
FEATURES = ("avx", "avx2", "avx512f", "avx512_vnni", "amx_int8", "asimd")
"""What makes networks fast, as Linux calls it."""


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


def cpu_features() -> tuple[str, ...] | None:
    """Which of `FEATURES` the processor has; None where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    words = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return tuple(feature for feature in FEATURES if feature in words)


def examine(
    report: SystemReport, python: Sequence[int] = tuple(sys.version_info[:3]), now_s: float | None = None
) -> Iterator[Finding]:
    """What is wrong with the machine, if anything is."""
    version = ".".join(map(str, python))
    if tuple(python[:2]) < OLDEST_PYTHON:
        yield error(f"Python {version} is too old.", "VideoAnnotator needs 3.10 or newer.", "uv python install 3.12")
    else:
        yield fine(f"VideoAnnotator {report.version} on Python {version}, {report.platform}.")
    features = cpu_features()
    known = f": {', '.join(features)}" if features else ""
    yield fine(f"{report.cpu_count} processors{known}.")
    what = f"{report.memory_available_gb:g} of {report.memory_total_gb:g} GB of memory are available."
    if report.memory_available_gb < LEAST_MEMORY_GB:
        why = "A job with every default pipeline takes 1.3 GB; without it, the system ends the job."
        yield warning(what, why, "Close other programs, or set VIDEOANNOTATOR_MAX_CONCURRENT_JOBS=1.")
    else:
        yield fine(what)
    yield fine("FFmpeg's libraries: " + ", ".join(f"{name} {number}" for name, number in ffmpeg_libraries().items()) + ".")
    if not report.ffmpeg:
        yield info("There is no ffmpeg program.", "Nothing here needs it: FFmpeg's libraries come with the package.")
    if datetime.fromtimestamp(time.time() if now_s is None else now_s, timezone.utc) < RELEASED:
        why = "Keys end and jobs are ordered by the clock; certificates look invalid."
        yield error("The clock is wrong: it shows a moment before this release.", why, "timedatectl set-ntp true")


def examine_weights(statuses: Iterable[WeightsStatus]) -> Iterator[Finding]:
    """Whether the networks' weights are there and whole."""
    count = 0
    for status in statuses:
        if status.state == "ok":
            count += 1
        else:
            why = "The pipelines that need them cannot run."
            yield error(status.problem or f"The weights {status.name} are {status.state}.", why, status.hint or "")
    if count:
        yield fine(f"{count} weights files are there and whole.")


def examine_server(
    host: str, port: int, *, require_auth: bool, origins: Sequence[str], ours: Mapping[str, object] | None
) -> Iterator[Finding]:
    """Whether the server could start here, and who could come in.

    Args:
        host, port: where it would listen.
        require_auth, origins: as in the settings.
        ours: what answers on the port when that is this program; None when nothing does, or somebody else.
    """
    if ours is not None:
        yield fine(f"VideoAnnotator {ours.get('version')} answers on port {port}.")
    else:
        yield _port(host, port)
    if not require_auth and not is_loopback(host):
        why = "Everybody who reaches this machine can see and delete every recording."
        yield error(f"The server would let anybody in on {host}.", why, "Set VIDEOANNOTATOR_REQUIRE_AUTH=true.")
    elif not require_auth:
        yield warning(
            "Keys are switched off.",
            "Every program on this machine can see every recording.",
            "Set VIDEOANNOTATOR_REQUIRE_AUTH=true.",
        )
    if "*" in origins:
        why = "Any page that somebody opens may ask this server; a key that a browser holds is all that protects it."
        yield warning(
            "CORS_ORIGINS lets every page in.", why, "Set VIDEOANNOTATOR_CORS_ORIGINS to the addresses of your front ends."
        )


def _port(host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as place:
        if os.name == "posix":  # as servers do: an address in its time of waiting counts as free
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((host, port))
        except OSError as failure:
            taken = failure.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE))
            what = (
                f"Port {port} is taken by another program."
                if taken
                else f"The server cannot listen on {host}, port {port}: {failure.strerror}."
            )
            return error(what, "The server cannot start.", f"videoannotator server --port {port + 1}")
    return fine(f"Port {port} is free.")

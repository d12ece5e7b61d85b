"""Which GPUs there are, without starting anything on them."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from videoannotator.diagnostics.findings import Finding, fine, info, warning
from videoannotator.errors import DeviceUnavailableException
from videoannotator.inference.devices import HINTS, built_in_providers, obtain_device

QUERY = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
TIMEOUT_S = 10.0
MIB_PER_GB = 1e9 / 2**20
CUDA = "CUDAExecutionProvider"


@dataclass(frozen=True, slots=True)
class GPU:
    """One GPU, as its driver sees it."""

    name: str
    memory_total_gb: float | None
    memory_free_gb: float | None


@dataclass(frozen=True, slots=True)
class GPUReport:
    """The GPUs of this machine.

    Attributes:
        available: whether networks can run on one.
        devices: all that the driver names, usable or not.
        reason: why networks cannot run on one; None when they can.
        providers: what the installed ONNX Runtime was built for.
    """

    available: bool
    devices: tuple[GPU, ...]
    reason: str | None
    providers: tuple[str, ...]

    @property
    def device_count(self) -> int:
        """How many there are."""
        return len(self.devices)


def look() -> GPUReport:
    """Ask the driver, where there is one; takes up to some seconds."""
    providers = built_in_providers()
    devices = _devices()
    reason = None
    if not devices:
        reason = "No NVIDIA driver answers on this machine."
    elif CUDA not in providers:
        reason = "The installed ONNX Runtime was built without CUDA."
    return GPUReport(reason is None, devices, reason, providers)


def examine() -> Iterator[Finding]:
    """What GPUs there are and whether networks run on them. A machine without any is as good; starts a tiny network on one."""
    report = look()
    if not report.devices:
        yield info("No NVIDIA GPU answers; the networks run on the CPU.", "Everything works; a GPU makes long recordings faster.")
        return
    for gpu in report.devices:
        memory = "" if gpu.memory_free_gb is None else f", {gpu.memory_free_gb:g} of {gpu.memory_total_gb:g} GB free"
        yield fine(f"The driver sees {gpu.name}{memory}.")
    why = "The networks run on the CPU, and the GPU does nothing."
    if CUDA not in report.providers:
        yield warning("The installed ONNX Runtime was built without CUDA.", why, HINTS["cuda"])
        return
    try:
        obtain_device("cuda")
    except DeviceUnavailableException as failure:
        yield warning(failure.message, f"{why} Driver and CUDA libraries often do not belong together.", HINTS["cuda"])
    else:
        yield fine("Networks run on the GPU.")


def _devices() -> tuple[GPU, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        answer = subprocess.run([program, *QUERY], capture_output=True, text=True, timeout=TIMEOUT_S, check=True)  # noqa: S603  no input
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(gpu for line in answer.stdout.splitlines() if (gpu := parse_line(line)) is not None)


def parse_line(line: str) -> GPU | None:
    """A GPU from a line of `nvidia-smi`: name, total and free memory in MiB, either of which may be `[N/A]`."""
    parts = [part.strip() for part in line.rsplit(",", 2)]
    if len(parts) != 3 or not parts[0]:
        return None
    return GPU(parts[0], _gb(parts[1]), _gb(parts[2]))


def _gb(mib: str) -> float | None:
    return round(int(mib) / MIB_PER_GB, 2) if mib.isdecimal() else None

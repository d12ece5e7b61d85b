"""On which kind of machine this runs, as the installation guide calls it."""

import platform
from collections.abc import Mapping
from types import MappingProxyType

GUIDE = "docs/installation/README.md"
NAMES: Mapping[str, str] = MappingProxyType({"Linux": "Linux", "Darwin": "macOS", "Windows": "Windows"})


def platform_name(system: str | None = None, release: str | None = None, machine: str | None = None) -> str:
    """`Linux`, `macOS (Apple)`, `macOS (Intel)`, `Windows`, `WSL2`, `WSL1`, or what the system calls itself.

    Args:
        system, release, machine: as the module `platform` tells them; this machine's when None.
    """
    system = platform.system() if system is None else system
    release = (platform.release() if release is None else release).lower()
    machine = platform.machine() if machine is None else machine
    if system == "Linux" and "microsoft" in release:
        return "WSL2" if "wsl2" in release or "microsoft-standard" in release else "WSL1"
    if system == "Darwin":
        return "macOS (Apple)" if machine == "arm64" else "macOS (Intel)"
    return NAMES.get(system, system or "an unknown system")

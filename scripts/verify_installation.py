"""Check an installation step by step, up to ten seconds of video that every default pipeline annotates.

Audience: users. It runs with Python 3.7 or newer, and says so when that is too old or has no VideoAnnotator in it.

Usage: python scripts/verify_installation.py [--json]

The installed program does the same: videoannotator verify. Exit codes: 0 everything works, 1 errors, 2 warnings.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence

OLDEST = (3, 10)
PACKAGE = "videoannotator"


def main(arguments: list[str], version: Sequence[int] = tuple(sys.version_info[:2]), package: str = PACKAGE) -> int:
    """Check what must hold before the package itself can check the rest; gives the exit code."""
    trouble = missing(version, package)
    if trouble is None:
        return subprocess.run([sys.executable, "-m", package, "verify", *arguments], check=False).returncode
    what, why, cure = trouble
    if "--json" in arguments:
        finding = {"severity": "error", "what": what, "why": why, "cure": cure}
        step = {"name": "python", "seconds": 0.0, "findings": [finding]}
        print(json.dumps({"status": "error", "steps": [step]}, indent=2))
    else:
        print(f"python:\n  [error] {what}\n      Why:  {why}\n      Cure: {cure}")
    return 1


def missing(version: Sequence[int], package: str) -> tuple[str, str, str] | None:
    """What is wrong with the Python that runs this, why that matters, and the cure; None when nothing is."""
    if tuple(version[:2]) < OLDEST:
        what = f"Python {version[0]}.{version[1]} is too old."
        return what, "VideoAnnotator needs 3.10 or newer.", "Install Python 3.12, then: python3.12 -m venv .venv"
    if importlib.util.find_spec(package) is None:
        what = f"{package} is not installed for {sys.executable}."
        return what, "Nothing can be checked without it.", f"{sys.executable} -m pip install {package}"
    return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

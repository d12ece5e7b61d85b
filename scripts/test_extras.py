"""Test the extras that the everyday suite leaves out, each in an environment of its own: python -m scripts.test_extras [NAME …].

The networks behind them are large: an environment takes up to 6 GB, made anew when --fresh is given. Torch comes as a CPU build
from its own index; --torch-index '' takes whatever the package index has, for machines that reach no other.
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "extras"
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
WITH_TORCH = frozenset({"laion_voice", "pyannote", "pyfeat", "ultralytics", "voice_emotion_baseline"})
PYTEST = ("-m", "pytest", "-W", "default", "--import-mode=importlib", "-p", "no:randomly", "-n", "0")
"""Their libraries warn of much that is not ours."""


def main() -> int:
    """Run the tests of all extras, or of those that are named; 1 when any fails."""
    names = sorted(path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--folder", type=Path, default=ROOT / ".extras", help="where the environments are made")
    parser.add_argument("--torch-index", default=TORCH_INDEX, help="where torch comes from")
    parser.add_argument("--torch", default="torch torchvision", help="what is installed from there")
    parser.add_argument("--fresh", action="store_true", help="make the environments anew")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(names)):
        parser.error(f"no tests for {', '.join(unknown)}; there are {', '.join(names)}")
    failed = [name for name in given.names or names if not passes(name, given)]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def passes(name: str, given: argparse.Namespace) -> bool:
    """Make the environment of an extra, and run its tests there."""
    folder = given.folder / name
    if given.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"== {name}: making {folder}", flush=True)
        venv.create(folder, with_pip=True)
    index = ["--index-url", given.torch_index] if given.torch_index else []
    torch = name not in WITH_TORCH or installs(python, *given.torch.split(), *index)
    if not (torch and installs(python, "-e", f"{ROOT}[dev,{name.replace('_', '-')}]")):
        print(f"== {name}: what it needs could not be installed", flush=True)
        return False
    print(f"== {name}: tests", flush=True)
    return subprocess.run([python, *PYTEST, TESTS / f"test_{name}.py"], cwd=ROOT, check=False).returncode == 0


def installs(python: Path, *words: str) -> bool:
    """Run pip; gives whether it did."""
    return subprocess.run([python, "-m", "pip", "install", "-q", *words], cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

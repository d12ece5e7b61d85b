"""The real program, in processes of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import videoannotator

TIMEOUT_S = 600
"""Against hanging; machines may be busy."""
PACKAGE = Path(videoannotator.__file__).parent
WEIGHTS = Path("inference") / "weights"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


RunCommand = Callable[..., Ended]


def environment(**extra: str) -> dict[str, str]:
    """The environment of a person without any setting of ours, and without ffmpeg on the path."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")}  # noqa: TID251  a child's environment
    return {**kept, "PATH": str(Path(sys.executable).parent), **extra}


def command(
    *arguments: str | Path, prefix: tuple[str, ...] = (), cwd: Path | None = None, timeout_s: float = TIMEOUT_S, **extra: str
) -> Ended:
    """Run `videoannotator …` to its end."""
    words = [*prefix, sys.executable, "-m", "videoannotator", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, timeout=timeout_s, env=environment(**extra), check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def run_command() -> RunCommand:
    return command


@pytest.fixture(scope="session")
def offline() -> tuple[str, ...]:
    """Words before a command that take the network away; none where the system cannot do that."""
    words = (shutil.which("unshare") or "unshare", "--net", "--map-root-user")
    try:
        possible = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    return words if possible else ()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, offline: tuple[str, ...]) -> tuple[Path, Ended]:
    """The folder of one `videoannotator demo`, run without a network where that is possible, and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "videoannotator-demo"
    return folder, command("demo", "-o", folder, prefix=offline)


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of one second."""
    from videoannotator.media.synthetic import Shot, shots_clip

    path = tmp_path_factory.mktemp("second") / "second.mp4"
    shots_clip(path, [Shot(13), Shot(12)], size=(64, 48))
    return path


@pytest.fixture
def copy_of_package(tmp_path: Path) -> Path:
    """A folder with a copy of the package that a test may damage; the weights are links to the real ones."""
    target = tmp_path / "copy" / "videoannotator"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("weights", "__pycache__"))
    (target / WEIGHTS).mkdir()
    for file in (PACKAGE / WEIGHTS).iterdir():
        (target / WEIGHTS / file.name).symlink_to(file)
    return target

"""The web app's own checks and tests, which need Node."""

import shutil
import subprocess
from pathlib import Path

import hatch_build
import pytest

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture(scope="module")
def npm() -> str:
    """npm, with every module that the lock file names."""
    found = hatch_build.own_node()
    if found is None:
        pytest.skip("Node 20.19 or newer with npm is not installed")
    (command,) = found[1]
    if not (WEB / "node_modules" / ".bin" / "vitest").exists():
        said = subprocess.run([command, "ci", "--ignore-scripts"], cwd=WEB, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
    return command


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_web_app_passes_its_own(npm: str, script: str) -> None:
    """Types, style and format (`check`); units (`test`)."""
    said = subprocess.run([npm, "run", script], cwd=WEB, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_what_loads_first_is_small() -> None:
    """Less than 250 kB gzipped: the page, and what it loads before anything else is asked for."""
    import gzip
    import re

    static = Path(hatch_build.__file__).parent / hatch_build.STATIC
    page = (static / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
    assert names
    size = sum(len(gzip.compress((static / name).read_bytes())) for name in names)
    assert size < 250_000


def test_the_app_is_built_once_and_again_when_its_source_has_changed(tmp_path: Path) -> None:
    for name in ("web", "hatch_build.py"):
        source = Path(hatch_build.__file__).parent / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, symlinks=True)
        else:
            shutil.copy(source, tmp_path / name)
    if hatch_build.own_node() is None:
        pytest.skip("Node 20.19 or newer with npm is not installed")
    assert hatch_build.build(tmp_path)
    assert not hatch_build.build(tmp_path)
    with (tmp_path / "web" / "src" / "styles" / "base.css").open("a", encoding="utf-8") as file:
        file.write("\n.another { color: red; }\n")
    assert hatch_build.build(tmp_path)
    styles = [file.read_text(encoding="utf-8") for file in (tmp_path / hatch_build.STATIC).rglob("*.css")]
    assert any(".another" in style for style in styles)

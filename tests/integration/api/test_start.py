"""What the first start and later ones do about keys, and what they tell."""

import json
import os
import stat
import threading
from pathlib import Path

import anyio
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from tests.servers import Live, serving

from videoannotator.api.main import create_app
from videoannotator.api.startup import running
from videoannotator.auth.keys import KEY_PREFIX
from videoannotator.auth.legacy import ENCRYPTION_FILE, TOKEN_FILE
from videoannotator.auth.local import LocalKey
from videoannotator.auth.secret import SECRET_FILE
from videoannotator.errors import InvalidRequestException
from videoannotator.settings import load_settings

FORMER_KEY = KEY_PREFIX + "f" * 43


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def keys_named(server: Live) -> list[str]:
    return [key.name for key in server.here.keys.list()]


def local_key(server: Live) -> str | None:
    return LocalKey(server.here.storage.root / "tokens", server.here.secret).find()


def test_the_first_start_prints_a_key_and_the_second_none(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = tmp_path / "storage"
    with serving(storage, database_url=database_url) as server:
        said = capsys.readouterr().out
        (secret,) = {word.strip('"') for word in said.split() if word.startswith(KEY_PREFIX)}
        assert said.isascii()
        assert "Authorization: Bearer" in said
        assert "videoannotator token create" in said
        assert local_key(server) == secret
        assert server.get("/api/v1/pipelines", key=secret).status_code == 200
        assert keys_named(server) == ["first key", "test"]
    if os.name == "posix":
        for name in (TOKEN_FILE, SECRET_FILE):
            assert stat.S_IMODE((storage / "tokens" / name).stat().st_mode) == 0o600
        assert stat.S_IMODE((storage / "tokens").stat().st_mode) == 0o700
    with serving(storage, database_url=database_url) as server:
        assert KEY_PREFIX not in capsys.readouterr().out
        assert server.get("/api/v1/pipelines", key=secret).status_code == 200
        assert keys_named(server) == ["first key", "test", "test"]


def test_generation_can_be_switched_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path / "storage", auto_generate_api_key=False) as server:
        assert keys_named(server) == ["test"]
        assert KEY_PREFIX not in capsys.readouterr().out
        assert not (tmp_path / "storage" / "tokens" / TOKEN_FILE).exists()


@pytest.mark.parametrize("place", ["storage/tokens", "work/tokens"])
def test_keys_of_release_1_2_are_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    folder = tmp_path / place
    folder.mkdir(parents=True)
    cipher_key = Fernet.generate_key()
    (folder / ENCRYPTION_FILE).write_bytes(cipher_key)
    document = {FORMER_KEY: {"token_id": FORMER_KEY, "username": "ada", "scopes": ["read"], "is_active": True}}
    (folder / TOKEN_FILE).write_bytes(Fernet(cipher_key).encrypt(json.dumps(document).encode()))
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    for _ in range(2):
        with serving(tmp_path / "storage") as server:
            assert KEY_PREFIX not in capsys.readouterr().out, "then nothing is generated"
            assert keys_named(server)[0] == "ada"
            assert keys_named(server).count("ada") == 1
            assert server.get("/api/v1/pipelines", key=FORMER_KEY).status_code == 200
            assert server.get("/api/v1/system/config", key=FORMER_KEY).status_code == 403
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_revoked_key_of_release_1_2_does_not_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "storage" / "tokens"
    folder.mkdir(parents=True)
    (folder / TOKEN_FILE).write_text(json.dumps({FORMER_KEY: {"username": "ada"}}), encoding="utf-8")
    with serving(tmp_path / "storage") as server:
        server.here.keys.revoke(next(key.id for key in server.here.keys.list() if key.name == "ada"))
    with serving(tmp_path / "storage") as server:
        assert server.get("/api/v1/pipelines", key=FORMER_KEY).status_code == 401


def test_a_kept_key_works_with_a_new_database_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(tmp_path / "storage", database_url=f"sqlite:///{tmp_path / 'one.db'}") as server:
        secret = local_key(server)
        assert secret is not None
    capsys.readouterr()
    with serving(tmp_path / "storage", database_url=f"sqlite:///{tmp_path / 'two.db'}") as server:
        assert server.get("/api/v1/pipelines", key=secret).status_code == 200
        assert KEY_PREFIX not in capsys.readouterr().out


def test_a_given_secret_leaves_no_file_of_it(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", secret_key="given") as server:  # noqa: S106  not a secret
        assert not (tmp_path / "storage" / "tokens" / SECRET_FILE).exists()
        assert local_key(server) is not None


def test_authentication_off_is_told_and_needs_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="videoannotator")
    with serving(tmp_path / "storage", require_auth=False) as server:
        assert server.get("/api/v1/pipelines", key="").status_code == 200
        assert server.get("/api/v1/system/config", key="wrong").status_code == 200
        assert server.get("/api/v1/system/health", key="").json()["security"] == {"auth_required": False}
    said = capsys.readouterr().out
    assert "WARNING: AUTHENTICATION IS OFF" in said
    assert KEY_PREFIX not in said
    assert any(record.levelname == "WARNING" and "Authentication is off" in record.getMessage() for record in caplog.records)
    assert any("authentication OFF" in record.getMessage() for record in caplog.records)


def test_the_security_state_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="videoannotator")
    with serving(tmp_path / "storage"):
        pass
    (line,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Security:")]
    assert "authentication on" in line
    assert "1 valid key(s)" in line
    assert "http://localhost:19011" in line
    assert str(tmp_path / "storage") in line


def test_threads_end_with_the_server(tmp_path: Path) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with serving(tmp_path / "storage"):
        names = {thread.name for thread in threading.enumerate()} - before
        assert {"note-key-use", "watch-leases"} <= names
    left = {thread.name for thread in threading.enumerate()} - before
    assert {name for name in left if not name.startswith(("AnyIO", "probe-"))} == set()


def test_the_use_of_a_key_is_written_down_at_the_end(tmp_path: Path) -> None:
    with serving(tmp_path / "storage") as server:
        server.get("/api/v1/pipelines")
        assert server.here.keys.list()[1].last_used_at is None
    with serving(tmp_path / "storage") as server:
        assert server.here.keys.list()[1].last_used_at is not None


def test_a_storage_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def start(app: FastAPI) -> None:
        async with running(app.state.services):
            raise AssertionError("it started")

    url = f"sqlite:///{tmp_path / 'db'}"
    app = create_app(load_settings(storage_dir=tmp_path / "file" / "storage", database_url=url))
    with pytest.raises(InvalidRequestException, match="storage folder"):
        anyio.run(start, app)

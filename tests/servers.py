"""The real application behind real sockets, in a thread of the test's process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from videoannotator.api.dependencies import Services
from videoannotator.api.main import create_app
from videoannotator.settings import load_settings

START_TIMEOUT_S = 60


@dataclass(frozen=True)
class Live:
    """A server that answers."""

    url: str
    app: FastAPI
    here: Services
    key: str
    """With every scope."""

    @property
    def headers(self) -> dict[str, str]:
        """Of a request with that key."""
        return {"Authorization": f"Bearer {self.key}"}

    def request(self, method: str, path: str, *, key: str | None = None, **arguments: Any) -> httpx.Response:
        """Ask it, with that key unless another or none ("") is given."""
        secret = self.key if key is None else key
        headers = ({"Authorization": f"Bearer {secret}"} if secret else {}) | arguments.pop("headers", {})
        with httpx.Client(trust_env=False, timeout=30) as client:
            return client.request(method, self.url + path, headers=headers, **arguments)

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        """The same for GET."""
        return self.request("GET", path, **arguments)


@contextmanager
def serving(storage_dir: Path, prepare: Callable[[FastAPI], None] = lambda _: None, **settings: Any) -> Iterator[Live]:
    """The application with its storage there, until the block ends; `prepare` may add routes that only a test needs."""
    app = create_app(load_settings(storage_dir=storage_dir, **settings))
    prepare(app)
    listener = socket.socket(fileno=socket.create_server(("127.0.0.1", 0)).detach())  # knows that it speaks TCP, as asyncio wants
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, ws="none", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        _wait_until(server, thread)
        here: Services = app.state.services
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", app, here, here.keys.issue("test").secret)
    finally:
        server.should_exit = True
        thread.join(START_TIMEOUT_S)
        listener.close()
    assert not thread.is_alive()


def _wait_until(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(START_TIMEOUT_S * 100):
        if server.started:
            return
        thread.join(0.01)
        assert thread.is_alive(), "the application did not start"
    raise AssertionError("the application did not start in time")


@pytest.fixture
def live(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A server on a fresh database of either kind."""
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "storage", database_url=database_url, auth_failures_per_minute=0) as server:
        yield server


@pytest.fixture
def live_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A server on SQLite, for what no database can change."""
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "storage", auth_failures_per_minute=0) as server:
        yield server

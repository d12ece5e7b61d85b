"""Connections on which no request comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from videoannotator.api import connections
from videoannotator.api.connections import PromptProtocol

PATIENCE_S = 30


async def slow_hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers after much more than the time for a head, which is of no concern to it."""
    assert scope["type"] == "http"
    await receive()
    await asyncio.sleep(0.6)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def listening() -> AsyncIterator[int]:
    """The port of a server."""
    config = uvicorn.Config(slow_hello, http=PromptProtocol, lifespan="off", ws="none", log_config=None)
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: PromptProtocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("sent", [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: a"])
def test_a_connection_without_a_whole_head_is_closed(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)

    async def scenario() -> bytes:
        async with listening() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            received = await asyncio.wait_for(reader.read(), PATIENCE_S)
            writer.close()
            return received

    assert asyncio.run(scenario()) == b""


def test_drops_gain_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)

    async def scenario() -> int:
        async with listening() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nX-Long: ")
            drops, end = 0, asyncio.ensure_future(reader.read())
            while not end.done() and drops < 100:
                writer.write(b"a")
                drops += 1
                await asyncio.wait([end], timeout=0.1)
            writer.close()
            return drops

    assert asyncio.run(scenario()) < 100


def test_slow_answers_and_second_requests_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)

    async def scenario() -> tuple[list[bytes], bytes]:
        async with listening() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers = []
            for _ in range(2):
                writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
                answers.append(await reader.readexactly(5))
            writer.write(b"GET / HTTP/1.1\r\n")
            rest = await asyncio.wait_for(reader.read(), PATIENCE_S)
            writer.close()
            return answers, rest

    assert asyncio.run(scenario()) == ([b"hello", b"hello"], b"")

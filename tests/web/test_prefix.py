"""The app behind a proxy that puts a path before it, whether the server knows it or not; and by other names of its machine."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from tests.finished_jobs import Bench
from tests.servers import serving
from tests.web.conftest import visiting

PREFIX = "/lab/annotator"
METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]
OWN_HEADERS = {"connection", "transfer-encoding", "content-length", "content-encoding"}


@contextmanager
def proxy(upstream: str, *, strips: bool) -> Iterator[str]:
    """A proxy that passes on what comes below the prefix, with or without it; gives its address."""

    @asynccontextmanager
    async def with_client(_: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        async with httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(60)) as client:
            yield {"client": client}

    async def forward(request: Request) -> StreamingResponse:
        client: httpx.AsyncClient = request.state.client
        path = request.url.path.removeprefix(PREFIX) if strips else request.url.path
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        url = f"{upstream}{path}{'?' if request.url.query else ''}{request.url.query}"
        asked = client.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            try:
                async for piece in answer.aiter_raw():
                    yield piece
            finally:
                await answer.aclose()

        kept = {name: value for name, value in answer.headers.items() if name not in OWN_HEADERS}
        return StreamingResponse(body(), answer.status_code, kept)

    routes = [Route(f"{PREFIX}/{{rest:path}}", forward, methods=METHODS), Route(PREFIX, forward)]
    app = Starlette(routes=routes, lifespan=with_client)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{PREFIX}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.mark.parametrize(
    ("root_path", "strips"), [("", True), (PREFIX, True), (PREFIX, False)], ids=["unknown", "known", "known-and-kept"]
)
def test_it_works_below_a_path(tmp_path: Path, browser: Any, root_path: str, strips: bool) -> None:
    with serving(tmp_path / "storage", root_path=root_path) as live, proxy(live.url, strips=strips) as address:
        bench = Bench(live.here.database, live.here.storage)
        job_id = bench.add(video_filename="behind a proxy.mp4")
        with visiting(browser, address) as visitor:
            asked: list[str] = []
            visitor.page.on("request", lambda request: asked.append(request.url))
            visitor.sign_in(live.key)
            row = visitor.page.get_by_role("row").filter(has_text="behind a proxy.mp4")
            row.get_by_text("Waiting").wait_for()
            bench.queue.request_cancel(job_id)
            row.get_by_text("Cancelled").wait_for()
            visitor.page.get_by_role("link", name="System").click()
            visitor.page.get_by_text("GB free").first.wait_for()
            assert len(asked) > 5
            assert [url for url in asked if not url.startswith(f"{address}/")] == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_it_works_by_every_name_of_this_machine(tmp_path: Path, browser: Any, name: str) -> None:
    with serving(tmp_path / "storage") as live, visiting(browser, live.url.replace("127.0.0.1", name)) as visitor:
        visitor.sign_in(live.key)
        visitor.page.get_by_text("No jobs yet").wait_for()

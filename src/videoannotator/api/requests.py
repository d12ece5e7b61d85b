"""What every request gets: an id, a line in the log, a place in the counters, and headers that keep browsers careful."""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.api.metrics import Metrics

REQUEST_ID = "X-Request-ID"
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
CLIENT_GONE = 499

access_log = logging.getLogger("videoannotator.access")


class RequestRecord:
    """Outermost of all: whatever answers a request, this sees it.

    Args:
        app: what comes next.
        metrics: where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_for(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = request_id
        method, path, began, status = scope["method"], scope["path"], time.perf_counter(), CLIENT_GONE

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - began
            client = scope["client"][0] if scope.get("client") else "-"
            self._metrics.count_request(method, _template(scope), status, seconds)
            access_log.info("%s %s %d %.1f ms %s %s", method, _printable(path), status, seconds * 1000, client, request_id)


def _id_for(offered: str | None) -> str:
    return offered if offered and SANE_ID.fullmatch(offered) else uuid.uuid4().hex


def _printable(path: str) -> str:
    """A path as one word of a log line, whatever is in it; the query, which may hold a key, is not part of it."""
    return path.encode("ascii", "backslashreplace").decode().replace(" ", "%20").translate({c: f"\\x{c:02x}" for c in range(32)})


def _template(scope: Scope) -> str:
    """The route that answered, without the ids in the path, so that the counters stay few."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return "(none)"
    if isinstance(endpoint, StaticFiles):
        return "(files)"
    names = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(names.get(part, part) for part in scope["path"].removeprefix(scope["root_path"]).split("/"))

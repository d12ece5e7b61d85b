"""Addresses answer with and without a slash at the end, and to HEAD wherever they answer to GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDERS = ("/viewer/", "/static-offline-docs/")
"""Below these a slash at the end means something."""


class Addresses:
    """Brings every request into the form in which routes are declared.

    Args:
        app: what comes next.
        root_path: what a proxy puts before every path; whether or not it takes it away again, routes are found.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = self._inside(scope["path"])
        if len(path) > 1 and path.endswith("/") and not path.startswith(FOLDERS):
            path = path[:-1]
        scope["root_path"], scope["path"] = self._root_path, self._root_path + path  # as ASGI has it; static files need it so
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
            await self._app(scope, *_head_only(receive, send))
        else:
            await self._app(scope, receive, send)

    def _inside(self, path: str) -> str:
        """The path without what the proxy put before it."""
        return path.removeprefix(self._root_path) or "/" if f"{path}/".startswith(f"{self._root_path}/") else path


def _head_only(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Send the head of the answer to GET, and then let the route believe that the client went away."""
    ended = False

    async def send_head(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            ended = True
            await send(message)
            await send({"type": "http.response.body", "body": b""})

    async def receive_or_end() -> Message:
        return {"type": "http.disconnect"} if ended else await receive()

    return receive_or_end, send_head

"""Addresses answer with and without a slash at the end, and to HEAD wherever they answer to GET."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDERS = ("/viewer/", "/static-offline-docs/")
"""Below these a slash at the end means something."""


class Addresses:
    """Brings every request into the form in which routes are declared."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if len(path) > 1 and path.endswith("/") and not path[len(scope.get("root_path", "")) :].startswith(FOLDERS):
            scope["path"] = path[:-1]
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
            await self._app(scope, *_head_only(receive, send))
        else:
            await self._app(scope, receive, send)


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

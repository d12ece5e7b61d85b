"""Bodies of requests have a limit; uploads, which go to the disk as they arrive, keep their own."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.errors import InvalidRequestException, PayloadTooLargeException

MAX_BODY_BYTES = 1_000_000
STREAMED = frozenset({("POST", "/api/v1/jobs")})


class BodyLimit:
    """Refuses bodies that are longer than any JSON that this server takes, before or while they arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))) in STREAMED:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal():
            raise InvalidRequestException("The header Content-Length is no number.", hint="Leave it to your HTTP library.")
        if int(announced[:20]) > MAX_BODY_BYTES:
            raise _too_large()
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise _too_large()
            return message

        await self._app(scope, receive_limited, send)


def _too_large() -> PayloadTooLargeException:
    return PayloadTooLargeException(
        f"The request is larger than {MAX_BODY_BYTES} bytes.", hint="Send less at once.", detail={"max_bytes": MAX_BODY_BYTES}
    )

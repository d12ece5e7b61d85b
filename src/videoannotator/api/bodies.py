"""Bodies of requests have limits; uploads, which go to the disk as they arrive, keep their own."""

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.errors import InvalidRequestException, PayloadTooLargeException, RequestTimeoutException

MAX_BODY_BYTES = 1_000_000
BODY_TIMEOUT_S = 60.0
"""For all of a body."""
STREAMED = frozenset({("POST", "/api/v1/jobs"), ("POST", "/api/v1/uploads")})
STREAMED_BELOW = ("PATCH", "/api/v1/uploads/")


class BodyLimit:
    """Refuses bodies that are longer than any JSON that this server takes, before or while they arrive, or that never do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_streamed(scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))):
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal():
            raise InvalidRequestException("The header Content-Length is no number.", hint="Leave it to your HTTP library.")
        if int(announced[:20]) > MAX_BODY_BYTES:
            raise _too_large()
        received, complete = 0, False
        deadline = anyio.current_time() + BODY_TIMEOUT_S

        async def receive_limited() -> Message:
            nonlocal received, complete
            if complete:  # what comes now is only whether the client is still there
                return await receive()
            try:
                with anyio.fail_after(deadline - anyio.current_time()):
                    message = await receive()
            except TimeoutError as error:
                raise _too_slow() from error
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > MAX_BODY_BYTES:
                raise _too_large()
            return message

        await self._app(scope, receive_limited, send)


def _is_streamed(method: str, path: str) -> bool:
    return (method, path) in STREAMED or (method == STREAMED_BELOW[0] and path.startswith(STREAMED_BELOW[1]))


def _too_slow() -> RequestTimeoutException:
    message = f"The request was not complete within {BODY_TIMEOUT_S:g} s."
    return RequestTimeoutException(message, hint="Send it again, over a better connection.")


def _too_large() -> PayloadTooLargeException:
    return PayloadTooLargeException(
        f"The request is larger than {MAX_BODY_BYTES} bytes.", hint="Send less at once.", detail={"max_bytes": MAX_BODY_BYTES}
    )

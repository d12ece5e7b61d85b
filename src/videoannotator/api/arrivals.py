"""The body of an upload as it comes from the network, with patience for slow lines and none for silent ones."""

import anyio
from starlette.requests import Request
from starlette.types import Message

from videoannotator.errors import InvalidRequestException, RequestTimeoutException

SLOWEST_BYTES = 65_536
"""Must come within the time of UPLOAD_IDLE_TIMEOUT_S: an upload that only drips would hold one of the few places for ever."""


class Arrival:
    """The body of one request.

    Args:
        request: whose body nobody else reads.
        patience_s: within which 64 KiB must come.
    """

    def __init__(self, request: Request, patience_s: float) -> None:
        self._request = request
        self._patience_s = patience_s
        self._since_waiting = 0
        self._waited_s = 0.0
        """Spent on those bytes, waiting for the client alone."""
        self._heard_at = anyio.current_time()
        self._receiving = anyio.CancelScope()
        self._is_given_up = False

    @property
    def silent_s(self) -> float:
        """For how long nothing has come."""
        return anyio.current_time() - self._heard_at

    def give_up(self) -> None:
        """Wait for it no longer: its client is back on another connection."""
        self._is_given_up = True
        self._receiving.cancel()

    async def next(self) -> tuple[bytes, bool]:
        """The next piece of the body, and whether more may follow.

        Raises:
            RequestTimeoutException: too little has come in time.
            InvalidRequestException: the client is gone, or back on another connection.
        """
        began = anyio.current_time()
        message: Message = {"type": "http.disconnect"}
        try:
            with anyio.fail_after(self._patience_s - self._waited_s), anyio.CancelScope() as self._receiving:
                if not self._is_given_up:
                    message = await self._request.receive()
        except TimeoutError as error:
            raise RequestTimeoutException(
                f"Less than {SLOWEST_BYTES} bytes of the upload have come within {self._patience_s:g} s.",
                hint="Send it again, over a better connection.",
            ) from error
        if message["type"] == "http.disconnect":
            raise InvalidRequestException("The upload broke off.", hint="Send it again.")
        data: bytes = message.get("body", b"")
        self._heard_at = anyio.current_time()
        self._since_waiting += len(data)
        self._waited_s += anyio.current_time() - began
        if self._since_waiting >= SLOWEST_BYTES:
            self._since_waiting, self._waited_s = 0, 0.0
        return data, message.get("more_body", False)


def announced_length(request: Request) -> int | None:
    """The length of the body, when the client says it.

    Raises:
        InvalidRequestException: what it says is no number.
    """
    header = request.headers.get("content-length")
    if header is None:
        return None
    if not (header.isascii() and header.isdigit()):
        raise InvalidRequestException("The header Content-Length is no number.", hint="Leave it to your HTTP library.")
    return int(header[:20])

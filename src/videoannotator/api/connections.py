"""Connections that ask for nothing are closed: each costs a file descriptor, and anybody can open a thousand of them."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIMEOUT_S = 20.0
"""How long a client may take to send the head of a request; its body has limits of its own."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which would wait for a request without end."""

    _head_timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Begin to count when a request is due, and stop when its head is there; what trickles in meanwhile gains no time."""
        if not self._is_due():
            self._stop_watching()
        elif self._head_timeout is None:
            self._head_timeout = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _is_due(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _stop_watching(self) -> None:
        if self._head_timeout is not None:
            self._head_timeout.cancel()
            self._head_timeout = None

    def _give_up(self) -> None:
        if self._is_due():
            self.transport.close()

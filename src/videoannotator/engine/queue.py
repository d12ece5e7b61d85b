"""A queue that is bounded in bytes: a slow reader slows the writer down instead of filling the memory."""

import threading
from collections import deque
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")


class ByteBoundedQueue(Generic[ItemT]):
    """First in, first out, between one writer and one reader.

    Args:
        limit_bytes: `put` waits while more than this is queued; one item is always let in, however large.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._items: deque[tuple[ItemT, int]] = deque()
        self._queued_bytes = 0
        self._ended = False
        self._discarding = False
        self._changed = threading.Condition()

    @property
    def queued_bytes(self) -> int:
        """How much is waiting to be taken."""
        with self._changed:
            return self._queued_bytes

    def put(self, item: ItemT, size_bytes: int) -> None:
        """Add an item, waiting for room. Does nothing once the reader has called `discard`."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._discarding or not self._items or self._queued_bytes + size_bytes <= self._limit_bytes
            )
            if not self._discarding:
                self._items.append((item, size_bytes))
                self._queued_bytes += size_bytes
                self._changed.notify_all()

    def end(self) -> None:
        """Nothing more will be put."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def discard(self) -> None:
        """Nothing more will be taken: drop what is queued and let every `put` pass at once."""
        with self._changed:
            self._discarding = self._ended = True
            self._items.clear()
            self._queued_bytes = 0
            self._changed.notify_all()

    def get(self) -> ItemT | None:
        """The next item, waiting for it; None after the last."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended)
            if not self._items:
                return None
            item, size_bytes = self._items.popleft()
            self._queued_bytes -= size_bytes
            self._changed.notify_all()
            return item

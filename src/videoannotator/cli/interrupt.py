"""Ctrl-C, SIGTERM and the loss of the terminal as a request to stop: the first one asks, the second one insists."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""


@contextmanager
def stop_on_signal() -> Iterator[Callable[[], bool]]:
    """While the block runs, a first such signal makes the yielded function answer true; a second is a KeyboardInterrupt.

    The loss of the terminal stays without effect where `nohup` has made it so.
    """
    asked = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature is Python's
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    heard = [number for number in SIGNALS if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, on_signal) for number in heard}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

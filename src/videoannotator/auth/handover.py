"""Handing a login over to a web page by a code that works once and for a short time."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from videoannotator.auth.keys import Principal
from videoannotator.errors import UnauthorizedException

LIFETIME_S = 120.0
MAX_CODES = 100
CODE_LENGTH = 200
"""No code is longer."""


class HandOvers:
    """The codes that were given out and not used yet; safe to use from several threads.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    def issue(self, who: Principal, lifetime_s: float = LIFETIME_S) -> str:
        """A code that stands for this principal, for so many seconds."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[_digest(code)] = (who, self._clock() + lifetime_s)
            while len(self._codes) > MAX_CODES:
                self._codes.popitem(last=False)
        return code

    def redeem(self, code: str) -> Principal:
        """Whom the code stands for; it is useless from now on.

        Raises:
            UnauthorizedException: there is no such code, or it was used, or it is too old.
        """
        with self._lock:
            who, ends = self._codes.pop(_digest(code), (None, 0.0))
        if who is None or self._clock() >= ends:
            raise UnauthorizedException("This code was used already, or it is too old.", hint="Ask for a new one.", field="code")
        return who


def _digest(code: str) -> bytes:
    """Codes are looked up by their digests, so that the time of a look-up says nothing about them."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()

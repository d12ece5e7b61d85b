"""How often somebody may present a wrong key."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

WINDOW_S = 60.0
MAX_ADDRESSES = 4096
"""Beyond it the address that failed longest ago is forgotten, so that memory stays bounded whatever arrives."""


class FailureLimiter:
    """Counts failures per address in a sliding window; who never fails is never counted. Safe to use from several threads.

    Args:
        allowed: failures within the window that an address may have; 0 for any number.
        window_s: length of the window.
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, allowed: int, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def record(self, address: str) -> int | None:
        """Count one more failure of this address.

        Returns:
            None while there are few enough of them; else the whole seconds to wait. Failures beyond the limit are not counted, so
            that the window passes even for somebody who goes on trying.
        """
        if not self._allowed:
            return None
        now = self._clock()
        with self._lock:
            times = self._failures.setdefault(_network_of(address), deque())
            while times and now - times[0] >= self._window_s:
                times.popleft()
            if len(times) >= self._allowed:
                return max(1, math.ceil(times[0] + self._window_s - now))
            times.append(now)
            self._failures.move_to_end(_network_of(address))
            while len(self._failures) > MAX_ADDRESSES:
                self._failures.popitem(last=False)
        return None


def _network_of(address: str) -> str:
    """One person has a whole IPv6 network of 64 bits, and one IPv4 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))

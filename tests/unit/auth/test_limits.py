"""Only wrong keys count, per address, and memory stays bounded."""

from videoannotator.auth import limits
from videoannotator.auth.limits import FailureLimiter


class Clock:
    """A clock that the test turns."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_window_slides() -> None:
    clock = Clock()
    limiter = FailureLimiter(3, window_s=60, clock=clock)
    assert [limiter.record("10.0.0.1") for _ in range(3)] == [None, None, None]
    assert limiter.record("10.0.0.1") == 60
    clock.now += 59.5
    assert limiter.record("10.0.0.1") == 1
    clock.now += 0.5
    assert limiter.record("10.0.0.1") is None


def test_refused_attempts_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    limiter = FailureLimiter(1, window_s=60, clock=clock)
    limiter.record("10.0.0.1")
    for _ in range(59):
        clock.now += 1
        assert limiter.record("10.0.0.1") is not None
    clock.now += 1
    assert limiter.record("10.0.0.1") is None


def test_addresses_do_not_share_their_failures_and_an_ipv6_network_does() -> None:
    limiter = FailureLimiter(1)
    assert limiter.record("10.0.0.1") is None
    assert limiter.record("10.0.0.2") is None
    assert limiter.record("::ffff:10.0.0.1") is not None
    assert limiter.record("2001:db8::1") is None
    assert limiter.record("2001:db8::2") is not None
    assert limiter.record("2001:db8:0:1::1") is None


def test_zero_allows_any_number() -> None:
    limiter = FailureLimiter(0)
    assert {limiter.record("10.0.0.1") for _ in range(1000)} == {None}


def test_memory_is_bounded() -> None:
    limiter = FailureLimiter(1)
    for number in range(limits.MAX_ADDRESSES + 100):
        limiter.record(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limiter._failures) == limits.MAX_ADDRESSES
    assert limiter.record("10.0.0.0") is None, "the one that failed longest ago is forgotten"

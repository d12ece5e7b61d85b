"""A code works once, and for a short time."""

import pytest

from videoannotator.auth import handover
from videoannotator.auth.handover import HandOvers
from videoannotator.auth.keys import ANYBODY
from videoannotator.errors import UnauthorizedException


class Clock:
    """A clock that the test turns."""

    now = 5.0

    def __call__(self) -> float:
        return self.now


def test_a_code_works_once() -> None:
    codes = HandOvers()
    code = codes.issue(ANYBODY)
    assert codes.redeem(code) is ANYBODY
    with pytest.raises(UnauthorizedException):
        codes.redeem(code)


def test_a_code_ends() -> None:
    clock = Clock()
    codes = HandOvers(clock)
    code = codes.issue(ANYBODY)
    clock.now += handover.LIFETIME_S
    with pytest.raises(UnauthorizedException):
        codes.redeem(code)


def test_codes_stay_few() -> None:
    codes = HandOvers()
    first = codes.issue(ANYBODY)
    issued = [codes.issue(ANYBODY) for _ in range(handover.MAX_CODES)]
    with pytest.raises(UnauthorizedException):
        codes.redeem(first)
    assert codes.redeem(issued[0]) is ANYBODY

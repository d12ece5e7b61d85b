"""Keeps the processes of a server alive: starts them one after the other, starts one again that has ended, ends all of them."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from videoannotator.errors import ServiceUnavailableException

LOOK_INTERVAL_S = 0.1
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
HEALTHY_AFTER_S = 60.0
"""A process that has lived so long starts over with the shortest delay."""
EXIT_TOLD_ERROR = 1
"""How a process ends that cannot work as things are, and has said why."""
START_LIMIT_S = 10.0
"""Who ends so soon after the very first start, and has said why, would only say it again."""

NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What Windows has instead of sessions."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """A process of the household.

    Attributes:
        name: for people.
        words: its command line.
        descriptors: file descriptors of this process that it gets.
        is_ready: whether it works; the next member is started only then.
    """

    name: str
    words: Sequence[str]
    descriptors: Sequence[int] = ()
    is_ready: Callable[[], bool] = field(default=lambda: True)


class _Kept:
    """A member, and the process that is it at the moment."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self.starts = 0
        self._delay_s = FIRST_DELAY_S
        self._started_at = 0.0
        self._due_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def code(self) -> int | None:
        """How it ended; None while it lives, and before it was ever started."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it, in a process group of its own, so that a signal from the terminal reaches this process alone."""
        self.ask_to_stop()  # closes what is left of the former one
        self._process = subprocess.Popen(  # noqa: S603  our own program
            self.member.words,
            stdin=subprocess.PIPE,
            pass_fds=self.member.descriptors,
            start_new_session=True,
            creationflags=NEW_GROUP,
        )
        self._started_at, self._due_at = time.monotonic(), None
        self.starts += 1

    def look_after(self) -> None:
        """Start it again when it has ended, each time a little later.

        Raises:
            ServiceUnavailableException: it cannot work as things are, and has said why.
        """
        if self.code is None:
            return
        lived_s = time.monotonic() - self._started_at
        if self._due_at is None:
            if self.starts == 1 and self.code == EXIT_TOLD_ERROR and lived_s < START_LIMIT_S:
                raise _did_not_start(self.member)
            self._delay_s = FIRST_DELAY_S if lived_s >= HEALTHY_AFTER_S else self._delay_s
            logger.warning("The %s %s; it is started again in %g s.", self.member.name, _ending(self.code), self._delay_s)
            self._due_at = time.monotonic() + self._delay_s
            self._delay_s = min(LONGEST_DELAY_S, 2 * self._delay_s)
        elif time.monotonic() >= self._due_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Close the pipe on which it waits for this process's end."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it with its process group, when it still lives; later its number may be somebody else's."""
        if self._process is None or self.code is not None:
            return
        if sys.platform == "win32":
            self._process.kill()
        else:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Household:
    """The processes of a server.

    Args:
        members: in the order in which they are started.
        grace_s: how long they may take to stop.
    """

    def __init__(self, members: Sequence[Member], grace_s: float) -> None:
        self._kept = [_Kept(member) for member in members]
        self._grace_s = grace_s

    def start(self, should_stop: Callable[[], bool]) -> None:
        """Start each member when the one before it is ready.

        Raises:
            ServiceUnavailableException: one ended before it was ready; it has said why.
        """
        for kept in self._kept:
            kept.start()
            while not should_stop() and not kept.member.is_ready():
                if kept.code is not None:
                    raise _did_not_start(kept.member)
                time.sleep(LOOK_INTERVAL_S)

    def keep(self, should_stop: Callable[[], bool]) -> None:
        """Look after the members until somebody wants them to stop.

        Raises:
            ServiceUnavailableException: one cannot work as things are; it has said why.
        """
        while not should_stop():
            for kept in self._kept:
                kept.look_after()
            time.sleep(LOOK_INTERVAL_S)

    def stop(self) -> None:
        """End all members: first they are asked, then they are killed."""
        try:
            for kept in self._kept:
                kept.ask_to_stop()
            give_up_at = time.monotonic() + self._grace_s
            while any(kept.code is None and kept.starts for kept in self._kept) and time.monotonic() < give_up_at:
                time.sleep(LOOK_INTERVAL_S / 2)
        finally:  # also when somebody insists
            for kept in self._kept:
                kept.kill()


def _did_not_start(member: Member) -> ServiceUnavailableException:
    return ServiceUnavailableException(f"The {member.name} did not start.", hint="The reason stands above.")


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"

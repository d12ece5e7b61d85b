"""One attempt at a job: a guard, the runner below it, and what comes out of the runner."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import IO

from videoannotator.errors import RunnerDiedException
from videoannotator.worker.guard import DEADMAN_EXIT
from videoannotator.worker.messages import Done, Failed, Moved, Work, read_runner_line, work_line

LOG_BYTES = 20_000_000
BLOCK_BYTES = 65_536
LAST_WORDS_S = 5.0


class JobLog:
    """The file with all that a job's attempts say; at 20 MB it ends, and says so.

    Args:
        path: the file; attempts are written one after the other.
        limit_bytes: its largest size.
    """

    def __init__(self, path: Path, limit_bytes: int = LOG_BYTES) -> None:
        self._path = path
        self._last_line = b"\n[The log ends here: it has reached its largest size.]\n"
        self._limit_bytes = limit_bytes - len(self._last_line)
        self._lock = threading.Lock()

    def note(self, message: str) -> None:
        """Write a line of the supervisor's own."""
        self.write(f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} {message}\n".encode())

    def write(self, text: bytes) -> None:
        """Add to the file as much as it takes. A log that cannot be written does not stop a job."""
        with self._lock, suppress(OSError), self._path.open("ab") as file:
            room = self._limit_bytes - file.tell()
            if room > 0:
                file.write(text[:room])
                if len(text) >= room:
                    file.write(self._last_line)


class Attempt:
    """A runner under a guard.

    Args:
        work: what the runner shall do.
        log: takes what it says.
    """

    def __init__(self, work: Work, log: JobLog) -> None:
        self._work = work
        self._log = log
        self._guard: subprocess.Popen[bytes] | None = None
        self._readers: list[threading.Thread] = []
        self.moved = Moved(0.0, "starting")
        """How far the runner is."""
        self.moved_at = time.monotonic()
        """When it last said so."""
        self.end: Done | Failed | None = None
        """What it said at its end."""
        self.heard_all = threading.Event()
        """Set when the runner has said its last word, or nobody is left who could say anything."""

    def start_guard(self, deadline: float, deadman_s: float, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start the guard, which waits for `begin`.

        Args:
            deadline: when the tree is killed, on the clock that counts suspend, unless the guard is fed before.
            deadman_s: how long one feeding lasts.
            environment: for all processes of the job.

        Raises:
            RunnerDiedException: the system does not let another process start.
        """
        runner = [sys.executable, "-u", "-m", "videoannotator.worker.runner"]
        guard = [sys.executable, "-m", "videoannotator.worker.guard", repr(deadline), repr(deadman_s), *runner]
        pipe = subprocess.PIPE
        try:
            self._guard = subprocess.Popen(  # noqa: S603  our own program
                guard, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(environment), start_new_session=True
            )
        except OSError as error:
            message = f"The process that computes the job could not be started: {error.strerror or error}."
            raise RunnerDiedException(message, hint="Look for a shortage of memory or processes.") from error
        return self._guard

    def begin(self) -> None:
        """Hand the work over, and listen."""
        guard = self._started()
        self._readers = [
            threading.Thread(target=read, args=(pipe,), name=f"{read.__name__} of a job", daemon=True)
            for read, pipe in ((self._hear, guard.stdout), (self._keep, guard.stderr))
        ]
        for reader in self._readers:
            reader.start()
        self._tell(work_line(self._work))
        if os.name == "posix" and guard.stdin is not None:
            os.set_blocking(guard.stdin.fileno(), False)  # a frozen guard must not freeze whoever feeds it

    def feed(self, renewal_began: float) -> None:
        """Tell the guard when the renewal was begun that has just been committed."""
        self._tell(f"{renewal_began!r}\n".encode())

    def _tell(self, line: bytes) -> None:
        stdin = self._started().stdin
        with suppress(OSError, ValueError):  # it has ended or takes nothing now, which is noticed elsewhere
            while stdin is not None and line:
                line = line[os.write(stdin.fileno(), line) :]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._guard is None:
            raise RuntimeError("the attempt was not started")
        return self._guard

    def _hear(self, pipe: IO[bytes]) -> None:
        """What the runner reports."""
        for text in pipe:
            line = read_runner_line(text)
            if line is None:
                continue
            self.moved, self.moved_at = line.moved or self.moved, time.monotonic()
            self.end = line.done or line.failed
            if self.end is not None:
                self.heard_all.set()
        self.heard_all.set()

    def _keep(self, pipe: IO[bytes]) -> None:
        """What the runner says."""
        while text := os.read(pipe.fileno(), BLOCK_BYTES):
            self._log.write(text)

    def has_ended(self, wait_s: float) -> bool:
        """Whether the runner has said its last word, or its guard has ended; waits for that, up to so many seconds."""
        self.heard_all.wait(wait_s)
        return self.end is not None or self._started().poll() is not None

    @property
    def was_cut_off(self) -> bool:
        """Whether the guard ended the runner because the lease was not renewed in time."""
        return self._started().poll() == DEADMAN_EXIT

    def close(self) -> None:
        """Take the last words and close the pipes, after every process has ended."""
        guard = self._started()
        guard.wait()
        for reader in self._readers:
            reader.join(LAST_WORDS_S)
        if any(reader.is_alive() for reader in self._readers):
            return  # something that does not count among the job's processes keeps a pipe open
        for pipe in (guard.stdin, guard.stdout, guard.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def way_of_death(self) -> str:
        """How the runner ended that has not said anything at its end, in a sentence."""
        code = self._started().poll()
        if code is None:
            return "It runs."
        if code < 0:
            return f"Its guard was ended by {_signal_name(-code)}."
        if code > 128:
            return f"It was ended by {_signal_name(code - 128)}."
        return f"It ended with code {code}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

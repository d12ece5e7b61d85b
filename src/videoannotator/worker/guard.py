"""The guard of one attempt: a small process between the supervisor and the runner that makes sure that the runner's tree ends.

    python -m videoannotator.worker.guard DEADLINE DEADMAN_S COMMAND…

It starts COMMAND, the runner, in a session of its own. Standard input comes from the supervisor: the first line is the runner's
work and is handed on; each later one says when, on the clock that counts suspend, a renewal of the lease was begun that has been
committed since. Standard output and standard error are the runner's.

The whole tree is killed when standard input ends (the supervisor is dead), or when no renewal was begun within the last DEADMAN_S
seconds (the supervisor is frozen, or cut off from the database); before the first renewal DEADLINE counts, a moment on that clock.
The guard ends when the runner has ended and nothing is left below it, with the runner's exit code, or 128 plus the number of the
signal that ended it, or `DEADMAN_EXIT`.

Imports the standard library alone, so that it starts at once and stays small.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial

from videoannotator.worker import kernel

DEADMAN_EXIT = 199
LOOK_INTERVAL_S = 0.05
KILL_INTERVAL_S = 0.01


class Guard:
    """Watches over one runner.

    Args:
        command: starts the runner.
        deadline: when to kill, on the clock that counts suspend, unless fed before.
        deadman_s: how long one feeding lasts.
    """

    def __init__(self, command: list[str], deadline: float, deadman_s: float) -> None:
        self._deadline = deadline
        self._deadman_s = deadman_s
        self._abandoned = threading.Event()
        self._runner = subprocess.Popen(  # noqa: S603  our own program
            command,
            stdin=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=partial(kernel.die_with_parent, os.getpid()) if kernel.LINUX else None,  # noqa: PLW1509  no threads yet
        )

    def watch(self) -> int:
        """Watch until nothing is left; gives the exit code."""
        threading.Thread(target=self._listen, daemon=True).start()
        frozen = False
        while (code := self._reap()) is None and not self._abandoned.wait(LOOK_INTERVAL_S):
            frozen = kernel.suspend_counting_clock() > self._deadline
            if frozen:
                break
        while self._kill() or code is None:
            ended = self._reap()
            code = ended if code is None else code
            time.sleep(KILL_INTERVAL_S)
        return DEADMAN_EXIT if frozen else code

    def _listen(self) -> None:
        """Hand the work on, then be fed."""
        given = sys.stdin.buffer
        work = given.readline()
        to_runner = self._runner.stdin
        if to_runner is not None:
            with suppress(OSError):  # the runner has ended already; it is reported as that
                to_runner.write(work)
                to_runner.flush()
        for line in given:
            self._deadline = float(line) + self._deadman_s
        self._abandoned.set()

    def _reap(self) -> int | None:
        """Let ended children go; gives the runner's exit code once it has ended."""
        if os.name != "posix":
            return self._runner.poll()
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._runner.pid:
                    self._runner.returncode = os.waitstatus_to_exitcode(ended[1])
        code = self._runner.returncode
        return code if code is None or code >= 0 else 128 - code

    def _kill(self) -> bool:
        """Kill what is left; gives whether there was anything."""
        if kernel.LINUX:
            left = kernel.descendants(os.getpid())
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return bool(left)
        if os.name == "posix":
            with suppress(ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
                os.killpg(self._runner.pid, signal.SIGKILL)
        elif self._runner.poll() is None:
            self._runner.kill()
        return False


def main() -> int:
    """Run the guard."""
    deadline, deadman_s = map(float, sys.argv[1:3])
    for number in (getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)):
        signal.signal(number, lambda *_: None)  # SIG_IGN would be inherited by the runner and all that it starts
    kernel.adopt_orphans()
    return Guard(sys.argv[3:], deadline, deadman_s).watch()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the listening thread may wait for a line that never comes

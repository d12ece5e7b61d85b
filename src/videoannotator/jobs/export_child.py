"""Starts a process that exports, listens to it, and ends it when the disk gets too full."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

from videoannotator.errors import ServiceUnavailableException, StorageFailedException, StorageFullException
from videoannotator.jobs.export_messages import ExportLine, ExportWork, Problem, read_export_line, work_line
from videoannotator.storage.config import Storage
from videoannotator.storage.space import require_space

COMMAND = (sys.executable, "-m", "videoannotator.jobs.export_process")
LOOK_INTERVAL_S = 0.5
END_TIMEOUT_S = 5.0


class ExportChild:
    """One such process.

    Args:
        work: what it shall do.
        storage: whose free space it leaves alone.

    Raises:
        ServiceUnavailableException: the system does not let it start.
    """

    def __init__(self, work: ExportWork, storage: Storage) -> None:
        self._storage = storage
        self._over = threading.Event()
        self.trouble: Problem | None = None
        """Why it was ended."""
        try:
            self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  our own program
        except OSError as error:
            message = "The process that makes the export could not be started."
            raise ServiceUnavailableException(message, hint="Look for a shortage of memory or processes.") from error
        self._watch = threading.Thread(target=self._look, name="free space for an export", daemon=True)
        self._watch.start()
        with suppress(OSError):  # it has ended already, which its lines tell
            if self._process.stdin is not None:
                self._process.stdin.write(work_line(work))
                self._process.stdin.flush()

    def lines(self) -> Iterator[ExportLine]:
        """What it says, until it ends."""
        for text in self._process.stdout or ():
            line = read_export_line(text)
            if line is not None:
                yield line

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """Wait for its end, and give back what it held; one that does not end is ended."""
        self._over.set()
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._watch.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_INTERVAL_S):
            try:
                require_space(self._storage, 0)
            except (StorageFullException, StorageFailedException) as error:
                self.trouble = Problem("", None, error.code, error.message, error.hint)
                self.kill()
                return

"""Looks at the headers of recordings in helper processes, so that a hostile file cannot harm the server."""

import json
import logging
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videoannotator.errors import MediaUnreadableException, ServiceUnavailableException, UnsupportedMediaException

PROBE_TIMEOUT_S = 30.0
"""For one recording; usual ones take milliseconds."""
AGAIN_WITHIN_S = 5.0
"""A helper that dies sooner is asked once more: it may have died of something else."""
HELPERS = 2
END_TIMEOUT_S = 1.0
HELPER = (sys.executable, "-m", "videoannotator.jobs.probe_process")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProbedFacts:
    """What the headers of a recording say.

    Attributes:
        size_bytes: of the file.
        duration_s: seconds; None when the file does not say.
        browser_playable: whether a browser shows it as it is.
    """

    size_bytes: int
    duration_s: float | None
    browser_playable: bool


class _HelperDied(Exception):
    """The helper process ended, or was ended, without an answer."""


class Prober:
    """A few helper processes, each warm after its first start. Safe to use from several threads; close it at the end.

    Args:
        timeout_s: how long a look may take.
        helper: the command that starts a helper.
    """

    def __init__(self, timeout_s: float = PROBE_TIMEOUT_S, helper: tuple[str, ...] = HELPER) -> None:
        self._helpers = [_Helper(timeout_s, helper) for _ in range(HELPERS)]
        self._free: queue.LifoQueue[_Helper] = queue.LifoQueue()  # the one used last is the warmest
        for one in self._helpers:
            self._free.put(one)

    def warm_up(self) -> None:
        """Start a helper, so that the first recording does not wait for it."""
        self._helpers[-1].start()

    def probe(self, path: Path) -> ProbedFacts:
        """What the headers of a recording say. Messages do not name its path, which is the server's own business.

        Raises:
            UnsupportedMediaException: it is no recording that can be decoded, or too hard to look at.
            MediaUnreadableException: it cannot be read.
            ServiceUnavailableException: no helper process can be started.
        """
        helper = self._free.get()
        try:
            answer = self._ask(helper, path)
        finally:
            self._free.put(helper)
        if "error" not in answer:
            return ProbedFacts(**answer)
        told = answer["error"]
        kind = UnsupportedMediaException if told["code"] == UnsupportedMediaException.code else MediaUnreadableException
        raise kind(str(told["message"]).replace(str(path), "The recording"), hint=told["hint"])

    def _ask(self, helper: "_Helper", path: Path) -> dict[str, Any]:
        began = time.monotonic()
        for _ in range(2):
            try:
                return helper.ask(path)
            except _HelperDied as error:
                logger.warning("A recording could not be looked at: %s.", error)
            if time.monotonic() - began > AGAIN_WITHIN_S:
                break
        raise UnsupportedMediaException(
            "The recording cannot be looked at: it takes too much time or memory, or makes the decoder fail.",
            hint="It is probably damaged. If it plays elsewhere, convert it to mp4 first.",
        )

    def close(self) -> None:
        """End the helper processes."""
        for helper in self._helpers:
            helper.end()


class _Helper:
    """One helper process, started when it is needed."""

    def __init__(self, timeout_s: float, command: tuple[str, ...]) -> None:
        self._timeout_s = timeout_s
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def start(self) -> subprocess.Popen[bytes]:
        """The running process.

        Raises:
            ServiceUnavailableException: the system does not let one start, or the server stops.
        """
        with self._lock:
            if self._ended:
                raise ServiceUnavailableException("The server stops.", hint="Try again in a moment.")
            if self._process is not None and self._process.poll() is None:
                return self._process
            self._close()
            try:
                self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603  our own program
            except OSError as error:
                message = "The process that looks at recordings could not be started."
                raise ServiceUnavailableException(message, hint="Look for a shortage of memory or processes.") from error
            return self._process

    def ask(self, path: Path) -> dict[str, Any]:
        """Its answer.

        Raises:
            _HelperDied: it gave none in time, and has ended.
        """
        process = self.start()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the helper has no pipes")
        deadline = threading.Timer(self._timeout_s, process.kill)
        deadline.daemon = True
        deadline.start()
        try:
            process.stdin.write(json.dumps({"path": str(path)}).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError) as error:
            raise _HelperDied("the helper process is gone") from error
        finally:
            deadline.cancel()
        if not line.endswith(b"\n"):
            process.kill()
            raise _HelperDied(f"the helper process ended with {process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process, if there is one, and start no other."""
        with self._lock:
            self._ended = True
            self._close()

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

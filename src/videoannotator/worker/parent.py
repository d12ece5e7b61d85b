"""A process that another one of this program started ends when that one does, however it ended."""

import os
import signal
import sys
import threading
import time

INSIST_AFTER_S = 10.0
EXIT_ABANDONED = 3


def stop_with_parent() -> None:
    """From now on, stop as on SIGTERM when standard input closes: its other end is the parent's, and it never writes.

    A pipe tells of the parent's death on every system, at once, and also when it died before this process began to look.
    """
    threading.Thread(target=_wait_and_stop, name="parent", daemon=True).start()


def _wait_and_stop() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(INSIST_AFTER_S)
    os._exit(EXIT_ABANDONED)

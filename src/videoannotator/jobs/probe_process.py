"""The helper process that looks at recordings nobody has vouched for: `python -m videoannotator.jobs.probe_process`.

It reads one JSON document per line, `{"path": …}`, and answers each with one, until its input ends. A file may be made to exhaust
memory or time, or to make a decoder crash; then it is this process that ends, and it is started again.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil

from videoannotator.errors import VideoAnnotatorException
from videoannotator.media.probe import probe
from videoannotator.media.proxy import browser_can_play

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 4_000_000_000
"""Of address space, beyond what the program itself takes; that is much more than of memory."""
PROCESSOR_S = 15
"""For one recording."""
WALL_S = 40
"""The same by the clock, should nobody be left who would end this process."""


def main() -> int:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which closes the input
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _limit_memory()
    for line in sys.stdin:
        _limit_time()
        answers.write(json.dumps(_look(Path(json.loads(line)["path"]))) + "\n")
        _unlimit_time()
    return 0


def _look(path: Path) -> dict[str, Any]:
    try:
        media = probe(path, timing=False)
    except VideoAnnotatorException as error:
        return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    except MemoryError:
        hint = "The file is probably damaged: copy it again from the camera. If it is not, make a smaller version of it first."
        message = f"{path} asks for more memory than a recording may."
        return {"error": {"code": "UNSUPPORTED_MEDIA", "message": message, "hint": hint}}
    return {"size_bytes": media.size_bytes, "duration_s": media.duration_s, "browser_playable": browser_can_play(media)}


def _limit_memory() -> None:
    """Also let this process write no file."""
    if sys.platform != "win32":
        _lower(resource.RLIMIT_FSIZE, 0)
        _lower(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_AS, psutil.Process().memory_info().vms + MEMORY_BYTES)


def _lower(kind: int, limit: int) -> None:
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(kind)
        if soft == resource.RLIM_INFINITY or soft > limit:
            resource.setrlimit(kind, (limit, hard))


def _limit_time() -> None:
    """The system ends this process when one look takes too long."""
    if sys.platform != "win32":
        used = resource.getrusage(resource.RUSAGE_SELF)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(used.ru_utime + used.ru_stime) + PROCESSOR_S
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
        signal.alarm(WALL_S)


def _unlimit_time() -> None:
    if sys.platform != "win32":
        signal.alarm(0)


if __name__ == "__main__":
    sys.exit(main())

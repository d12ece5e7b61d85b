"""Talking to the person at the terminal: plain words, ASCII wherever the output is not a terminal."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from videoannotator.errors import StorageFailedException, VideoAnnotatorException

CONTROL_CHARACTERS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def say(text: str = "") -> None:
    """Print a line of the answer."""
    _print(text, sys.stdout)


def tell(text: str) -> None:
    """Print a line about what is going on, beside the answer."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:  # the program was started with this output closed
        return
    try:
        print(printable(text, stream), file=stream, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        _silence(stream)
        message = f"The output cannot be written: {error.strerror or error}."
        raise StorageFailedException(message, hint="Let it go to the terminal, or to a disk with free space.") from error


def _silence(stream: TextIO) -> None:
    """Let nobody try again to write what waits in a stream that cannot be written to: not even Python at its end."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def printable(text: str, stream: TextIO) -> str:
    """The text as the stream can take it: file names may hold any bytes, and those that steer a terminal must not reach one."""
    encoding = (stream.encoding or "utf-8") if stream.isatty() else "ascii"  # that of a progress bar has no encoding
    return text.translate(CONTROL_CHARACTERS).encode(encoding, "backslashreplace").decode(encoding)


def say_json(value: Any) -> None:
    """Print the answer as one JSON document."""
    say(json.dumps(value, indent=2, ensure_ascii=True))


def counted(count: int, kind: str) -> str:
    """A number of annotations in words: `137 person observations` for 137 of the type PersonObservation."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
    if count != 1:
        words = f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"
    return f"{count} {words}"


def fail(error: VideoAnnotatorException) -> None:
    """Print what went wrong, and what to do about it."""
    tell(f"Error: {error.message}")
    if error.hint:
        tell(f"  Hint: {error.hint}")


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print left-aligned columns; the last one may be as long as it likes."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

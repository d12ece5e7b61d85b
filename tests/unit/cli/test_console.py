"""What reaches a terminal, a file, or nobody."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from videoannotator.cli.console import counted, printable, say


class Terminal(io.TextIOWrapper):
    """A terminal that knows UTF-8."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="strict")

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("caf\xe9 \u65e5.mp4", "caf\xe9 \u65e5.mp4"),
        ("\udcff.mp4", "\\udcff.mp4"),
        ("\x1b[31m\x07\x9bm.mp4", "\\x1b[31m\\x07\\x9bm.mp4"),
    ],
)
def test_a_terminal_gets_no_bytes_that_steer_it_or_that_it_cannot_show(name: str, shown: str) -> None:
    assert printable(name, Terminal()) == shown


def test_what_is_no_terminal_gets_ascii() -> None:
    assert printable("caf\xe9\t\u65e5\n", io.StringIO()) == "caf\\xe9\t\\u65e5\n"


def test_a_closed_output_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    say("Nobody listens.")
    assert sys.stdout is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("words", [["version"], ["pipelines", "--json"]], ids=str)
def test_an_output_that_cannot_be_written_is_told_in_words(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "videoannotator", *words]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[0]) == (1, "Error: The output cannot be written: No space left on device.")
    assert "Traceback" not in ended.stderr
    assert "ignored" not in ended.stderr


@pytest.mark.parametrize(
    ("count", "kind", "words"),
    [(137, "PersonObservation", "137 person observations"), (4, "PersonIdentity", "4 person identities"), (1, "Scene", "1 scene")],
)
def test_annotations_are_counted_in_words(count: int, kind: str, words: str) -> None:
    assert counted(count, kind) == words

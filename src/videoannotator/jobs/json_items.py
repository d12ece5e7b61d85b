"""Reads the items of a large JSON file one after the other, in little memory."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

READ_CHARACTERS = 1 << 16
WHITE = " \t\r\n"
LONGEST_BREAK = len("e+")
"""Characters at the end of what was read that may belong to a number before them: `1` and `1e+` begin `1e+5`."""


def items_of(file: TextIO, key: str) -> Iterator[Any]:
    """The items of a document that is an array, or of the array that a document has under `key`; none when there is no such array.

    Raises:
        ValueError: the file is not JSON as far as it was read.
    """
    text = _Text(file)
    first = text.next()
    if first == "[":
        yield from text.array()
    elif first == "{":
        yield from _member(text, key)
    else:
        raise ValueError("the file holds neither an array nor an object")


def _member(text: "_Text", key: str) -> Iterator[Any]:
    text.take("{")
    while text.next() != "}":
        name = text.name()
        text.take(":")
        if name == key and text.next() == "[":
            yield from text.array()
            return
        text.value()
        if text.next() != "}":
            text.take(",")


class _Text:
    """The part of a file that has been read and not been used."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._decoder = json.JSONDecoder()
        self._held = ""
        self._at = 0

    def next(self) -> str:
        """The next character that is not white space, which stays; empty at the end of the file."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in WHITE:
                    return self._held[self._at]
                self._at += 1
            if not self._more(READ_CHARACTERS):
                return ""

    def take(self, character: str) -> None:
        """Go past this character."""
        if self.next() != character:
            raise ValueError(f"{character!r} is missing")
        self._at += 1

    def array(self) -> Iterator[Any]:
        """The items of the array that begins here."""
        self.take("[")
        while self.next() != "]":
            yield self.value()
            if self.next() != "]":
                self.take(",")
        self.take("]")

    def name(self) -> Any:
        """The name of a member that begins here."""
        if self.next() != '"':
            raise ValueError("a name is missing")
        return self.value()

    def value(self) -> Any:
        """The value that begins here."""
        self.next()
        wanted = READ_CHARACTERS
        while True:
            try:
                value, end = self._decoder.raw_decode(self._held, self._at)
            except ValueError:
                value, end = None, -1
            if 0 <= end < len(self._held) - LONGEST_BREAK:
                self._at = end
                return value
            if not self._more(wanted):
                if end < 0:
                    raise ValueError("the file breaks off, or is no JSON")
                self._at = end
                return value
            wanted *= 2

    def _more(self, characters: int) -> bool:
        read = self._file.read(characters)
        if read:
            self._held, self._at = self._held[self._at :] + read, 0
        return bool(read)

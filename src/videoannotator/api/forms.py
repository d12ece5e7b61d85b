"""Reads a multipart form as it arrives (RFC 7578), and keeps none of it."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from videoannotator.errors import InvalidRequestException, UnsupportedContentTypeException

MAX_HEADER_BYTES = 16_384
MAX_PARTS = 64
ENCODED_NAME = re.compile(r"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PartBegan:
    """A field begins; `file_name` is None unless it holds a file."""

    name: str
    file_name: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """A piece of its content."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnded:
    """It is complete."""


FormEvent = PartBegan | PartData | PartEnded


class FormReader:
    """Turns the bytes of a form into events.

    Args:
        content_type: the request's header.

    Raises:
        UnsupportedContentTypeException: the body is something else.
        InvalidRequestException: the header names no boundary.
    """

    def __init__(self, content_type: str | None) -> None:
        kind, parameters = parse_options_header(content_type)
        if kind != b"multipart/form-data":
            raise UnsupportedContentTypeException(
                f"This address takes a form with a file, not {kind.decode('latin-1')[:60] or 'a body without a content type'}.",
                hint="Send it as multipart/form-data, with the recording in the field 'video'; with curl: -F video=@FILE.",
            )
        self._events: list[FormEvent] = []
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value = b"", b""
        self._parts = 0
        self._complete = False
        boundary = parameters.get(b"boundary")
        if not boundary:
            raise _broken("the header Content-Type names no boundary")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise _broken(str(error)) from error

    def feed(self, data: bytes) -> list[FormEvent]:
        """What these bytes bring.

        Raises:
            InvalidRequestException: they are no form.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _broken(str(error)) from error
        events, self._events = self._events, []
        return events

    def end(self) -> None:
        """Say that there are no more bytes.

        Raises:
            InvalidRequestException: some are missing.
        """
        if not self._complete:
            raise _broken("it ends before its last boundary")

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _broken(f"it has more than {MAX_PARTS} fields")
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _on_headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        kind, parameters = parse_options_header(disposition)
        name = parameters.get(b"name")
        if kind != b"form-data" or name is None:
            raise _broken("one of its fields has no name")
        self._events.append(PartBegan(name.decode("utf-8", "replace"), _file_name(disposition, parameters.get(b"filename"))))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _on_part_end(self) -> None:
        self._events.append(PartEnded())

    def _on_end(self) -> None:
        self._complete = True


def _file_name(disposition: bytes, plain: bytes | None) -> str | None:
    """The file's name; some clients write it in the encoded form of other protocols."""
    encoded = ENCODED_NAME.search(disposition.decode("latin-1"))
    if encoded:
        return unquote(encoded[1].strip('"'), errors="replace")
    return None if plain is None else plain.decode("utf-8", "replace")


def _broken(reason: str) -> InvalidRequestException:
    message = f"The form cannot be read: {reason}."
    return InvalidRequestException(message, hint="Leave the form, its boundary and Content-Type to your HTTP library.")

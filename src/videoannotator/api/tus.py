"""Resumable uploads as clients speak of them: tus 1.0.0 (https://tus.io/protocols/resumable-upload), in headers.

Known extensions: creation, creation-with-upload, expiration, termination.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from email.utils import format_datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.errors import InvalidRequestException, UnsupportedContentTypeException, UploadProtocolException
from videoannotator.jobs.resumable import UploadState

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
UPLOADS = "/api/v1/uploads"
PIECE = "application/offset+octet-stream"
MAX_METADATA_LENGTH = 8000
METADATA_KEY = re.compile(r"[!-+\--~]+")
"""Printable ASCII without space and comma."""
FILE_NAME_KEYS = ("filename", "name")
"""By which clients call it."""
MAX_DIGITS = 18
"""Of a number of bytes; what databases keep has 19."""
OVERRIDDEN = frozenset({"PATCH", "DELETE"})


class TusHeaders:
    """Says in every answer below the address of uploads which protocol is spoken there, and obeys X-HTTP-Method-Override.

    That header is for clients in surroundings where only GET and POST get through.

    Args:
        app: what comes next.
        root_path: what a proxy puts before every path.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(self._root_path) if scope["type"] == "http" else ""
        if path != UPLOADS and not path.startswith(f"{UPLOADS}/"):
            await self._app(scope, receive, send)
            return
        method = Headers(scope=scope).get("x-http-method-override", "").upper()
        if scope["method"] == "POST" and method in OVERRIDDEN:
            scope["method"] = method

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = VERSION
                headers.setdefault("Cache-Control", "no-store")
                if message["status"] == 412:
                    headers["Tus-Version"] = VERSION
            await send(message)

        await self._app(scope, receive, send_with_headers)


def require_version(request: Request, *, or_none: bool = False) -> None:
    """Go on only with a client that speaks the same version; or, with `or_none`, with one that does not speak this protocol.

    Raises:
        UploadProtocolException: it speaks another one, or does not say which.
    """
    spoken = request.headers.get("tus-resumable")
    if spoken == VERSION or (spoken is None and or_none):
        return
    said = "is missing" if spoken is None else f"says {spoken[:20]!r}"
    raise UploadProtocolException(
        f"The header Tus-Resumable {said}; this server speaks {VERSION}.",
        hint=f"Send 'Tus-Resumable: {VERSION}'.",
        detail={"tus_version": VERSION},
        field="Tus-Resumable",
    )


def require_piece(request: Request) -> None:
    """Go on only with a body that is a piece of a recording.

    Raises:
        UnsupportedContentTypeException: it is something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != PIECE:
        raise UnsupportedContentTypeException(
            f"This address takes {PIECE}, not {kind[:60] or 'a body without a content type'}.",
            hint=f"Send it with 'Content-Type: {PIECE}'.",
        )


def brings_piece(request: Request) -> bool:
    """Whether the request that begins an upload also brings its first piece."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def number_of(request: Request, name: str) -> int:
    """A number of bytes in a header.

    Raises:
        InvalidRequestException: it is missing, or no such number.
    """
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        said = f"is no number of bytes: {text[:30]!r}" if text else "is missing"
        message = f"The header {name} {said}."
        raise InvalidRequestException(message, hint="Write a whole number, 0 or more.", field=name)
    return int(text)


def length_of(request: Request) -> int:
    """How long the upload that a request begins will be.

    Raises:
        InvalidRequestException: it does not say, or asks for an extension that this server has not got.
    """
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        if name in request.headers:
            message = f"This server does not take {name}."
            raise InvalidRequestException(message, hint=f"It knows the extensions {EXTENSIONS}.", field=name)
    return number_of(request, "Upload-Length")


def metadata_of(request: Request) -> tuple[str | None, str | None]:
    """What the request says about the recording: its file name, and all of it as it came.

    Raises:
        InvalidRequestException: it is not as the protocol has it, or too long.
    """
    header = request.headers.get("upload-metadata")
    if not header:
        return None, None
    if len(header) > MAX_METADATA_LENGTH:
        raise _wrong_metadata(f"it is longer than {MAX_METADATA_LENGTH} characters")
    values: dict[str, bytes] = {}
    for pair in header.split(","):
        key, _, encoded = pair.strip().partition(" ")
        if not METADATA_KEY.fullmatch(key):
            raise _wrong_metadata("one of its keys is empty, or holds what no key may")
        if key in values:
            raise _wrong_metadata(f"the key {key[:60]!r} comes twice")
        try:
            values[key] = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _wrong_metadata(f"the value of {key[:60]!r} is no Base64") from error
    name = next((values[key] for key in FILE_NAME_KEYS if values.get(key)), None)
    return None if name is None else name.decode("utf-8", "replace"), header


def headers_of(upload: UploadState) -> Mapping[str, str]:
    """What every answer about one upload says."""
    headers = {
        "Upload-Offset": str(upload.offset_bytes),
        "Upload-Length": str(upload.size_bytes),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    if upload.client_metadata:
        headers["Upload-Metadata"] = upload.client_metadata
    return headers


def _wrong_metadata(reason: str) -> InvalidRequestException:
    return InvalidRequestException(
        f"The header Upload-Metadata cannot be read: {reason}.",
        hint="Write pairs with commas between: a key, a space, and the value in Base64.",
        field="Upload-Metadata",
    )

"""Every answer that is not a success, in one shape."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope, Send

from videoannotator.api.v1.exceptions import status_of
from videoannotator.errors import (
    DatabaseUnavailableException,
    InvalidRequestException,
    MethodNotAllowedException,
    NotFoundException,
    PayloadTooLargeException,
    RangeNotSatisfiableException,
    RequestTimeoutException,
    UnsupportedContentTypeException,
    VideoAnnotatorException,
)

SERVER_FACTS = ("reason",)
"""Parts of an error's detail that name hosts, users or paths of this server; they stand in the log."""
STORAGE = "(storage)"


def error_response(scope: Scope, error: VideoAnnotatorException, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells a client of this error."""
    return JSONResponse(body_of(scope, error), status_code=status_of(error), headers={**headers_of(error), **(headers or {})})


def body_of(scope: Scope, error: VideoAnnotatorException) -> dict[str, Any]:
    """The envelope. Where the storage lies on this server is nobody's business."""
    detail = {name: value for name, value in error.detail.items() if name not in SERVER_FACTS}
    fields = {
        "code": error.code,
        "message": error.message,
        "detail": json.loads(json.dumps(detail, default=str)),
        "hint": error.hint,
        "field": error.field,
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "request_id": request_id_of(scope),
    }
    root = storage_root_of(scope)
    clean = _without(fields, root) if root else fields
    return {"error": clean, "detail": clean["message"]}


def headers_of(error: VideoAnnotatorException) -> dict[str, str]:
    """What HTTP wants said beside the status."""
    headers = {}
    if error.code == "UNAUTHORIZED":
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in error.detail:
        headers["Retry-After"] = str(error.detail["retry_after_s"])
    elif isinstance(error, DatabaseUnavailableException):
        headers["Retry-After"] = "5"
    if isinstance(error, MethodNotAllowedException):
        headers["Allow"] = ", ".join(error.detail.get("allowed", ()))
    if isinstance(error, RequestTimeoutException):
        headers["Connection"] = "close"  # what may still come of the request would be taken for the next one
    if isinstance(error, RangeNotSatisfiableException) and "size_bytes" in error.detail:
        headers["Content-Range"] = f"bytes */{error.detail['size_bytes']}"
    return headers


def error_for_status(scope: Scope, status: int, said: str = "") -> VideoAnnotatorException:
    """An error for a status that a library chose by itself."""
    if status == 404:
        return NotFoundException(f"There is nothing at {scope['path']}.", hint="See /docs for all addresses.")
    if status == 413:
        return PayloadTooLargeException("The request is larger than this server takes.", hint="Send less at once.")
    if status == 415:
        return UnsupportedContentTypeException("The body is of a kind that this address does not take.", hint="See /docs.")
    if status == 416:
        return RangeNotSatisfiableException("The range lies outside the file.", hint="Ask for a part that exists.")
    if status == 408:
        return RequestTimeoutException("The request stopped arriving before it was complete.", hint="Send it again.")
    if 400 <= status < 500:
        return InvalidRequestException(said or "The request cannot be understood.", hint="See /docs for what this address takes.")
    return VideoAnnotatorException(
        "Something failed that should not have.", hint="Look for the request id in the server's log, and report it."
    )


def request_id_of(scope: Scope) -> str:
    """The id of a request."""
    return str(scope.get("state", {}).get("request_id", ""))


def storage_root_of(scope: Scope) -> str | None:
    """The storage folder of the application that the request came to."""
    application = scope.get("app")
    services = getattr(getattr(application, "state", None), "services", None)
    return str(services.storage.root) if services is not None else None


def _without(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return value.replace(root, STORAGE)
    if isinstance(value, dict):
        return {name: _without(part, root) for name, part in value.items()}
    return [_without(part, root) for part in value] if isinstance(value, list) else value


class EnvelopeSend:
    """Puts the envelope in the place of any failure that a library answered in another shape."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._replaced = False
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = Headers(raw=message.get("headers", []))
            if message["status"] >= 400 and headers.get("content-type", "").partition(";")[0] != "application/json":
                self._replaced = True
                await self._replace(message["status"], headers)
                return
        if not self._replaced:
            await self._send(message)

    async def _replace(self, status: int, headers: Headers) -> None:
        kept = {name: headers[name] for name in ("allow", "content-range", "retry-after", "www-authenticate") if name in headers}
        response = error_response(self._scope, error_for_status(self._scope, status), kept)
        await self._send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await self._send({"type": "http.response.body", "body": bytes(response.body)})

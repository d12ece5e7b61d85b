"""The one shape of every answer that is not a success, and how routes declare which of them they can give."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from videoannotator.api.v1.exceptions import STATUS_BY_CODE

EXAMPLE_TIME = "2026-01-01T00:00:00Z"
EXAMPLE_REQUEST = "4f7c1c2e9d0a4c5b8f1e2d3c4b5a6978"

EXAMPLES: dict[int, tuple[str, str, str | None]] = {
    400: ("INVALID_REQUEST", "The request makes no sense.", "Correct what the message names."),
    401: ("UNAUTHORIZED", "This address needs a key.", "Send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."),
    403: ("FORBIDDEN", "This key lacks the scope 'write'.", "Use a key with that scope."),
    404: ("NOT_FOUND", "There is nothing at this address.", "See /docs for all addresses."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take PUT.", "It takes GET."),
    408: ("REQUEST_TIMEOUT", "The request was not complete within 60 s.", "Send it again, over a better connection."),
    409: ("JOB_NOT_READY", "The job has no results yet.", "Wait until its status is 'completed'."),
    410: ("UPLOAD_EXPIRED", "Nothing of this upload has come for 24 hours; it is not kept any more.", "Begin a new upload."),
    412: ("UPLOAD_PROTOCOL", "The header Tus-Resumable is missing.", "Send 'Tus-Resumable: 1.0.0'."),
    413: ("PAYLOAD_TOO_LARGE", "The request is larger than this server takes.", "Send less."),
    415: ("UNSUPPORTED_CONTENT_TYPE", "This address takes JSON.", "Send it with 'Content-Type: application/json'."),
    416: ("RANGE_NOT_SATISFIABLE", "The range lies outside the file.", "Ask for a part that exists."),
    422: ("VALIDATION_ERROR", "The request has not the right shape: body.config: Field required.", "See /docs for the shape."),
    423: ("UPLOAD_LOCKED", "Another request is at work on this upload.", "Try again in a moment."),
    429: ("RATE_LIMITED", "There were too many failed attempts from this address.", "Try again in 30 s."),
    500: ("INTERNAL_SERVER_ERROR", "Something failed that should not have.", "Look for the request id in the server's log."),
    503: ("SERVICE_UNAVAILABLE", "The database does not answer.", "Try again in a moment."),
    507: ("STORAGE_FULL", "The disk has too little free space.", "Free some space, then try again."),
}
"""For each status, a code that goes with it, and what it says."""


class ErrorDetail(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="The kind of error, for programs.", examples=["JOB_NOT_FOUND"])
    message: str = Field(description="What happened, for people.")
    detail: dict[str, Any] = Field(description="Facts about it, for programs.")
    hint: str | None = Field(description="What to do about it.")
    field: str | None = Field(description="The input field at fault, dotted.")
    timestamp: datetime = Field(description="When it happened, UTC.")
    request_id: str = Field(description="The same as in the X-Request-ID header and in the server's log.")


class ErrorEnvelope(BaseModel):
    """The body of every 4xx and 5xx answer."""

    model_config = ConfigDict(extra="forbid")

    error: ErrorDetail
    detail: str = Field(description="The message again, for older clients.")


def example(status: int, code: str | None = None, message: str | None = None) -> dict[str, Any]:
    """An envelope as it comes with that status."""
    usual_code, usual_message, hint = EXAMPLES[status]
    message = message or usual_message
    error: dict[str, Any] = {"code": code or usual_code, "message": message, "detail": {}, "hint": hint, "field": None}
    return {"error": {**error, "timestamp": EXAMPLE_TIME, "request_id": EXAMPLE_REQUEST}, "detail": message}


def as_text(value: Any) -> str:
    """An example as JSON text: FastAPI drops every null from a description; `api/description` reads the text after that."""
    return json.dumps(value)


def responses(*statuses: int, codes: Iterable[str] = ()) -> dict[int | str, dict[str, Any]]:
    """What a route that needs a key says in OpenAPI about its failures: each status with the envelope and an example per code.

    Args:
        statuses: those that it can give besides 400, 401, 403, 429, 500 and 503, which every such route can give.
        codes: codes to show instead of the usual one of their status, for example `JOB_NOT_FOUND`.
    """
    return public_responses(*statuses, 401, 403, 429, 503, codes=codes)


def public_responses(*statuses: int, codes: Iterable[str] = ()) -> dict[int | str, dict[str, Any]]:
    """The same for a route that needs none: `statuses` besides 400 (a foreign Host header) and 500."""
    named: dict[int, list[str]] = {}
    for code in codes:
        named.setdefault(STATUS_BY_CODE[code], []).append(code)
    with_body = {408} if 413 in statuses else set()  # what may be too long may also be too slow
    every = sorted({*statuses, *with_body, 400, 500})
    return {status: _declared(status, named.get(status, [EXAMPLES[status][0]])) for status in every}


def _declared(status: int, codes: Iterable[str]) -> dict[str, Any]:
    """What OpenAPI says about one status."""
    examples = {code: {"summary": code, "value": as_text(example(status, code))} for code in codes}
    return {
        "model": ErrorEnvelope,
        "description": f"{EXAMPLES[status][1]} ({', '.join(examples)})",
        "content": {"application/json": {"examples": examples}},
    }


def succeeds(value: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route says in OpenAPI about its success: an example of the answer."""
    return {status: {"content": {"application/json": {"example": as_text(value)}}}}

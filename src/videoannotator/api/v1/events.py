"""What happens to jobs, as a stream of server-sent events (WHATWG HTML, section 9.2)."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from videoannotator.api.dependencies import StreamReader, services, still_reads
from videoannotator.api.metrics import Metrics
from videoannotator.api.v1.errors import responses
from videoannotator.api.v1.schemas import JOB_ID_PATTERN
from videoannotator.database.events import Event
from videoannotator.errors import InvalidRequestException

HEARTBEAT_S = 15
SEND_TIMEOUT_S = 30
LARGEST_NUMBER = 2**63 - 1
MOST_DIGITS = 40
"""Python refuses to read numbers of thousands of digits."""

router = APIRouter(prefix="/events", tags=["events"])

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, as they happen, until the client leaves or the server stops.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": (
                    "id: 42\r\nevent: job.update\r\n"
                    'data: {"job_id": "5f0c6f5e-0c5e-4b59-9a3c-6f1a52b0b8d4", "status": "running", "progress": 0.4, '
                    '"stage": "reading", "eta_seconds": 12.5, "error": null, "retry_count": 0, "timestamp": "2026-01-01T00:00:00Z"}'
                    "\r\n\r\n"
                ),
            }
        },
    }
}


@router.get("/stream", response_class=EventSourceResponse, responses=responses(422) | STREAM)
async def stream(
    request: Request,
    who: StreamReader,
    job_id: Annotated[
        str | None, Query(description="Only what happens to this job; begins with how it stands.", pattern=JOB_ID_PATTERN)
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="The number of the last event that came; what happened since is sent first.")
    ] = None,
    since: Annotated[
        str | None, Query(alias="last_event_id", description="The same, for clients that cannot send headers.")
    ] = None,
) -> EventSourceResponse:
    """Tell what happens to jobs while it happens.

    Kinds of events: `job.update`, `job.log`, `job.complete`, `job.error`, `job.cancelled`; a comment comes every 15 s. Each event
    has a number as its id; a client that sends the last one it got, as browsers do by themselves, misses nothing for a day. Whoever
    was away for longer gets how the jobs stand first.

    ```bash
    curl -N --max-time 2 -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/events/stream
    ```
    """
    last_seen = _number(last_event_id or since)
    feed = services(request).feed
    watcher = await feed.join()  # before the answer begins: what happens once the client sees that it has begun, it gets
    return EventSourceResponse(
        _written(feed.follow(watcher, last_seen, job_id), services(request).metrics, partial(still_reads, request, who)),
        ping=HEARTBEAT_S,
        ping_message_factory=lambda: ServerSentEvent(comment="heartbeat"),
        send_timeout=SEND_TIMEOUT_S,
    )


def _number(text: str | None) -> int | None:
    if text is None or not text.strip():
        return None
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or int(digits[:MOST_DIGITS]) > LARGEST_NUMBER:
        raise InvalidRequestException(
            "The number of the last event is not one that this server gave.",
            hint="Send the id of the last event that came, or leave it out.",
            field="Last-Event-ID",
        )
    return int(digits)


async def _written(
    events: AsyncGenerator[Event, None], metrics: Metrics, allowed: Callable[[], Awaitable[bool]]
) -> AsyncIterator[ServerSentEvent]:
    """The events as they are sent, as long as the client's key works."""
    async with aclosing(events):
        async for event in events:
            if not await allowed():
                return
            metrics.events.labels(event.type).inc()
            data = {**event.data, "timestamp": event.created_at.isoformat().replace("+00:00", "Z")}
            yield ServerSentEvent(data=json.dumps(data), event=event.type, id=str(event.id))

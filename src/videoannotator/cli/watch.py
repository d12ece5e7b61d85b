"""Follows a job to its end: by the server's events, and by asking where events do not come through."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from videoannotator.cli.client import Client, ServerUnreachable
from videoannotator.errors import ServiceUnavailableException

ENDED = frozenset({"completed", "failed", "cancelled"})
ENDS = frozenset({"job.complete", "job.error", "job.cancelled"})
SILENCE_S = 40.0
"""The server says something every 15 s; after this time without a word the connection counts as lost."""
ASK_INTERVAL_S = 2.0
ASKS_BETWEEN_STREAMS = 5
PATIENCE_S = 600.0
"""How long a server that was there may be away."""

OnJob = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """An event as it came: `id` is empty when it had none."""

    id: str
    type: str
    data: str


def follow(client: Client, job_id: str, on_change: OnJob, on_trouble: Callable[[str], None]) -> dict[str, Any]:
    """Wait until a job has ended.

    A lost connection is taken up again after the last event that came; between tries the server is simply asked.

    Args:
        client: the server.
        job_id: the job.
        on_change: told of the job, or of the part of it that an event carries, whenever something comes.
        on_trouble: told in a sentence when the connection is lost.

    Returns:
        The job as it ended.

    Raises:
        VideoAnnotatorException: the server refuses, or was away for ten minutes.
    """
    watching = _Watching(client, job_id, on_change)
    job = watching.ask()
    reached_at, troubled = time.monotonic(), False
    while job["status"] not in ENDED:
        try:
            job = watching.listen()
            reached_at, troubled = time.monotonic(), False
        except ServiceUnavailableException as error:
            if time.monotonic() - reached_at > PATIENCE_S:
                raise
            if not troubled:
                on_trouble(f"{error.message} Still trying.")
            troubled = True
            job = watching.poll() or job
            if job["status"] in ENDED:
                break
    return job


class _Watching:
    """One job that is watched, and the last event of it that came."""

    def __init__(self, client: Client, job_id: str, on_change: OnJob) -> None:
        self._client = client
        self._job_id = job_id
        self._on_change = on_change
        self._last_event = ""

    def ask(self) -> dict[str, Any]:
        """The job as it stands."""
        job: dict[str, Any] = self._client.get(f"jobs/{self._job_id}")
        self._on_change(job)
        return job

    def poll(self) -> dict[str, Any] | None:
        """Ask several times, without events; None when the server never answered."""
        job = None
        for _ in range(ASKS_BETWEEN_STREAMS):
            time.sleep(ASK_INTERVAL_S)
            try:
                job = self.ask()
            except ServiceUnavailableException:
                return job
            if job["status"] in ENDED:
                break
        return job

    def listen(self) -> dict[str, Any]:
        """Follow the events until the job has ended, or the server ends the stream; gives the job as it stands then.

        Raises:
            ServerUnreachable: the connection broke, or nothing came for too long.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_event:
            headers["Last-Event-ID"] = self._last_event
        timeout = httpx.Timeout(SILENCE_S, connect=10.0)
        query = {"job_id": self._job_id}
        with self._client.stream("GET", "events/stream", params=query, headers=headers, timeout=timeout) as response:
            if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
                raise ServerUnreachable("Events do not come through to here.")
            job = self.ask()  # what happened before the stream began is in no event of it
            if job["status"] in ENDED:
                return job
            for event in events_in(response.iter_lines()):
                self._last_event = event.id or self._last_event
                if event.type in ENDS:
                    return self.ask()
                if event.type == "job.update":
                    self._on_change(json.loads(event.data))
        raise ServerUnreachable("The server ended the stream of events.")


def events_in(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """The events in the lines of a stream; comments, which keep it alive, are none."""
    number, kind, data = "", "message", list[str]()
    for line in lines:
        if not line:
            if data:
                yield ServerEvent(number, kind, "\n".join(data))
            kind, data = "message", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            number = value
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)

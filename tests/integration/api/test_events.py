"""The stream of events: live, taken up again, and for those who were away too long."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from tests.databases import waiting_job
from tests.servers import Live

from videoannotator.api import feed as feed_module
from videoannotator.api.feed import Feed
from videoannotator.api.v1 import events as events_module
from videoannotator.database.events import Event, latest
from videoannotator.database.models import JobEvent
from videoannotator.database.queue import AttemptResult, Claim, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.errors import DatabaseUnavailableException

WORKER = WorkerIdentity("tester", "host", "boot", 1, 1.0)
STREAM = "/api/v1/events/stream"


@contextmanager
def watching(
    live: Live, headers: dict[str, str] | None = None, **query: Any
) -> Iterator[Iterator[tuple[int, str, dict[str, Any]]]]:
    """The events that one client gets, as (number, kind, data)."""
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", live.url + STREAM, params=query, headers=live.headers | (headers or {})) as response,
    ):
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _events(response)


def _events(response: httpx.Response) -> Iterator[tuple[int, str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def take(events: Iterator[tuple[int, str, dict[str, Any]]], count: int) -> list[tuple[int, str, dict[str, Any]]]:
    return [next(events) for _ in range(count)]


def run_through(live: Live) -> str:
    """A job from its submission to its end: pending, running, half, completed."""
    job_id = waiting_job(live.here.database)
    claim = claimed(live, job_id)
    live.here.queue.progress(claim, 0.5, "reading", 3.0)
    assert live.here.queue.finish(claim, AttemptResult())
    return job_id


def claimed(live: Live, job_id: str) -> Claim:
    claim = live.here.queue.claim(WORKER, job_id=job_id)
    assert claim is not None
    return claim


def test_a_job_is_told_from_its_submission_to_its_end(live: Live) -> None:
    with watching(live) as events:
        job_id = run_through(live)
        told = take(events, 4)
    assert [(kind, data["status"], data["progress"]) for _, kind, data in told] == [
        ("job.update", "pending", 0.0),
        ("job.update", "running", 0.0),
        ("job.update", "running", 0.5),
        ("job.complete", "completed", 1.0),
    ]
    assert {data["job_id"] for _, _, data in told} == {job_id}
    assert told[2][2]["stage"] == "reading"
    assert told[2][2]["eta_seconds"] == 3.0
    assert told[2][2]["timestamp"].endswith("Z")
    numbers = [number for number, _, _ in told]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(live: Live, way: str) -> None:
    with watching(live) as events:
        run_through(live)
        first = take(events, 2)
    run_through(live)
    last = str(first[-1][0])
    again = watching(live, {"Last-Event-ID": last}) if way == "header" else watching(live, last_event_id=last)
    with again as events:
        missed = take(events, 6)
        run_through(live)
        later = take(events, 4)
    numbers = [number for number, _, _ in first + missed + later]
    assert numbers == list(range(numbers[0], numbers[0] + 12))


def test_who_was_away_too_long_gets_how_the_jobs_stand(live: Live) -> None:
    done, waiting = run_through(live), waiting_job(live.here.database)
    with live.here.database.writing() as session:
        session.execute(delete(JobEvent).where(JobEvent.id < 4))
    with watching(live, last_event_id="1") as events:
        stand = take(events, 2)
        run_through(live)
        later = take(events, 4)
    assert {data["job_id"]: data["status"] for _, _, data in stand} == {done: "completed", waiting: "pending"}
    assert stand[-1][0] < later[0][0]


def test_a_number_that_was_never_given_is_too_old_as_well(live: Live) -> None:
    done = run_through(live)
    with watching(live, last_event_id="99999") as events:
        number, kind, data = next(events)
    assert (kind, data["job_id"], data["status"]) == ("job.complete", done, "completed")
    assert number < 99999


def test_one_job_begins_with_how_it_stands(live: Live) -> None:
    other, job_id = waiting_job(live.here.database), waiting_job(live.here.database)
    with watching(live, job_id=job_id) as events:
        assert next(events)[2]["status"] == "pending"
        claimed(live, other)
        claimed(live, job_id)
        _, _, data = next(events)
    assert (data["job_id"], data["status"]) == (job_id, "running")


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_stream_ends_when_its_key_is_revoked(live: Live, way: str) -> None:
    key = live.here.keys.issue("somebody who leaves")
    headers = {"Authorization": f"Bearer {key.secret}"} if way == "header" else {}
    query = {"token": key.secret} if way == "query" else {}
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", live.url + STREAM, params=query, headers=headers) as response,
    ):
        events = _events(response)
        waiting_job(live.here.database)
        assert next(events)[2]["status"] == "pending"
        live.here.keys.revoke(key.id)
        waiting_job(live.here.database)
        assert list(events) == [], "it ends, and tells no more"


def test_the_key_may_come_in_the_address(live: Live) -> None:
    job_id = waiting_job(live.here.database)
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", live.url + STREAM, params={"token": live.key, "job_id": job_id}) as response,
    ):
        assert response.status_code == 200
        assert next(_events(response))[2]["job_id"] == job_id


@pytest.mark.alone
def test_a_stream_on_which_nothing_happens_says_that_it_lives(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    assert events_module.HEARTBEAT_S == 15
    monkeypatch.setattr(events_module, "HEARTBEAT_S", 0.2)
    with (
        httpx.Client(trust_env=False, timeout=10) as client,
        client.stream("GET", live.url + STREAM, headers=live.headers) as response,
    ):
        lines = (line for line in response.iter_lines() if line)
        assert [next(lines), next(lines)] == [": heartbeat"] * 2


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 30, "9" * 5000])
def test_a_number_that_is_none_is_refused(live: Live, number: str) -> None:
    answer = live.get(STREAM, headers={"Last-Event-ID": number})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "Last-Event-ID"


@pytest.mark.parametrize("job_id", ["\0", "a b", "../..", "x" * 65])
def test_a_job_that_cannot_be_is_refused(live: Live, job_id: str) -> None:
    assert live.get(STREAM, params={"job_id": job_id}).status_code == 422


def test_a_stream_ends_when_the_database_is_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise DatabaseUnavailableException("The database does not answer.")

    async def scenario() -> list[Event]:
        feed = Feed(database)
        async with feed.running():
            watcher = await feed.join()
            monkeypatch.setattr(feed_module, "standing_now", away)
            return [event async for event in feed.follow(watcher, None, "a-job")]

    assert asyncio.run(asyncio.wait_for(scenario(), 30)) == []


def test_a_client_that_falls_behind_is_dropped_and_harms_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "WAITING_EVENTS", 3)

    async def scenario() -> int:
        feed = Feed(database)
        async with feed.running():
            slow, quick = [feed.follow(await feed.join(), None) for _ in range(2)]
            for _ in range(6):
                await asyncio.to_thread(waiting_job, database)
                await anext(quick)
            return len([event async for event in slow])

    assert asyncio.run(asyncio.wait_for(scenario(), 30)) == 3


def test_what_another_server_has_told_a_client_is_not_told_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers on one database: a client goes from the one that has read further to the other."""
    monkeypatch.setattr(feed_module, "POLL_INTERVAL_S", 0.5)

    async def scenario() -> list[str]:
        feed = Feed(database)
        async with feed.running():
            await feed.join()
            told = await asyncio.to_thread(waiting_job, database)
            with database.reading() as session:
                last_seen = latest(session)
            stream = feed.follow(await feed.join(), last_seen)
            new = await asyncio.to_thread(waiting_job, database)
            return [told, new, (await anext(stream)).job_id]

    told, new, got = asyncio.run(asyncio.wait_for(scenario(), 30))
    assert got == new != told


def test_streams_end_when_the_feed_does(database: Database) -> None:
    async def scenario() -> list[Event]:
        feed = Feed(database)
        async with feed.running():
            stream = feed.follow(await feed.join(), None)
        return [event async for event in stream]

    assert asyncio.run(asyncio.wait_for(scenario(), 30)) == []


def test_a_queue_of_many_writers_is_told_in_order(live: Live) -> None:
    queue = JobQueue(live.here.database)
    with watching(live) as events:
        ids = [waiting_job(live.here.database) for _ in range(5)]
        for job_id in ids:
            queue.request_cancel(job_id)
        told = take(events, 10)
    assert [data["job_id"] for _, kind, data in told if kind == "job.cancelled"] == ids

"""Events: each thing that happened once, in an order that no reader misses anything by, kept for a day."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

import pytest
from sqlalchemy import update
from tests.databases import events_in, job_in, waiting_job

from videoannotator.database import crud, events
from videoannotator.database.clock import now
from videoannotator.database.models import Job, JobEvent
from videoannotator.database.queue import Claim, JobQueue, WorkerIdentity
from videoannotator.database.session import Database

WORKER = WorkerIdentity("first", "host", "boot", 11, 5.0)
WRITERS = 4
NOTES = 25


def age(database: Database, numbers: list[int], seconds: float) -> None:
    with database.writing() as session:
        session.execute(update(JobEvent).where(JobEvent.id.in_(numbers)).values(created_at=now(-seconds)))


def forget(database: Database) -> int:
    with database.writing() as session:
        return events.forget_old(session)


def test_an_event_carries_what_clients_show(database: Database) -> None:
    job_id = waiting_job(database)
    (event,) = events_in(database)
    assert (event.type, event.job_id) == ("job.update", job_id)
    assert dict(event.data) == {
        "job_id": job_id,
        "status": "pending",
        "progress": 0.0,
        "stage": None,
        "eta_seconds": None,
        "error": None,
        "retry_count": 0,
    }
    assert event.created_at == job_in(database, job_id).created_at or event.created_at > job_in(database, job_id).created_at


def test_an_event_and_its_change_are_one(database: Database) -> None:
    """What is undone leaves no event; what stands has one."""

    def fail_after_the_change() -> None:
        with database.writing() as session:
            crud.add_job(session, Job(id="undone"))
            raise ZeroDivisionError

    job_id = waiting_job(database)
    with pytest.raises(ZeroDivisionError):
        fail_after_the_change()
    assert [event.job_id for event in events_in(database)] == [job_id]
    with database.reading() as session:
        assert crud.find_job(session, "undone") is None


def test_readers_go_on_where_they_stopped(database: Database) -> None:
    ids = [waiting_job(database) for _ in range(5)]
    first, *_, last = events_in(database)
    with database.reading() as session:
        assert (events.oldest(session), events.latest(session)) == (first.id, last.id)
        assert [event.job_id for event in events.after(session, first.id)] == ids[1:]
        assert [event.job_id for event in events.after(session, first.id, limit=2)] == ids[1:3]
        assert [event.job_id for event in events.after(session, 0, job_id=ids[3])] == [ids[3]]
        assert events.after(session, last.id) == []


def test_an_empty_log_has_no_numbers(database: Database) -> None:
    with database.reading() as session:
        assert (events.oldest(session), events.latest(session)) == (0, 0)
    assert forget(database) == 0


def test_events_are_kept_for_a_day_and_the_newest_for_ever(database: Database) -> None:
    for _ in range(4):
        waiting_job(database)
    numbers = [event.id for event in events_in(database)]
    age(database, numbers[:2], 24 * 3600 + 60)
    age(database, numbers[2:3], 24 * 3600 - 60)
    assert forget(database) == 2
    assert [event.id for event in events_in(database)] == numbers[2:]
    age(database, numbers, 48 * 3600)
    assert forget(database) == 1
    assert [event.id for event in events_in(database)] == numbers[3:]


def test_a_number_is_never_used_again(database: Database) -> None:
    waiting_job(database)
    (event,) = events_in(database)
    with database.writing() as session:
        session.delete(session.get_one(JobEvent, event.id))
    waiting_job(database)
    assert events_in(database)[0].id > event.id


def test_no_event_overtakes_one_that_is_not_visible_yet(database: Database) -> None:
    """A second writer waits until the first has committed; else a reader would see the later number, and never the earlier one."""
    recorded, commit = threading.Event(), threading.Event()

    def first() -> None:
        with database.writing() as session:
            crud.add_job(session, Job(id="first"))
            recorded.set()
            assert commit.wait(30)

    def second() -> None:
        assert recorded.wait(30)
        waiting_job(database, "second")

    with ThreadPoolExecutor(2) as threads:
        writers = [threads.submit(first), threads.submit(second)]
        assert recorded.wait(30)
        done, pending = writers[1], writers[0]
        with pytest.raises(FutureTimeout):  # Python 3.10 has one of its own
            done.result(0.3)
        assert events_in(database) == []
        commit.set()
        pending.result(30)
        done.result(30)
    assert [event.job_id for event in events_in(database)] == ["first", "second"]


def test_a_reader_beside_many_writers_misses_nothing(database: Database) -> None:
    queue = JobQueue(database)
    for _ in range(WRITERS):
        waiting_job(database)
    claims = [queue.claim(WORKER) for _ in range(WRITERS)]
    seen: list[int] = []
    stop = threading.Event()

    def write(claim: Claim) -> None:
        for number in range(NOTES):
            queue.log(claim, str(number))

    def read() -> None:
        finished = False
        while not finished:
            finished = stop.is_set()
            seen.extend(event.id for event in events_in(database, after=seen[-1] if seen else 0))

    _all_of([*(lambda claim=claim: write(claim) for claim in claims if claim)], read, stop)
    assert seen == [event.id for event in events_in(database)]
    assert len(seen) == WRITERS * (2 + NOTES)


def _all_of(writers: list[Callable[[], None]], reader: Callable[[], None], stop: threading.Event) -> None:
    with ThreadPoolExecutor(len(writers) + 1) as threads:
        reading = threads.submit(reader)
        try:
            for writing in [threads.submit(writer) for writer in writers]:
                writing.result(60)
        finally:
            stop.set()
        reading.result(60)

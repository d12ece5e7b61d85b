"""What a worker does beside its jobs: it deletes what is too old to keep."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update
from tests.integration.worker.conftest import Lab, until

from videoannotator.database import crud, events
from videoannotator.database.clock import now
from videoannotator.database.models import Job, JobEvent
from videoannotator.settings import load_settings
from videoannotator.storage.cleanup import audit
from videoannotator.worker import loop
from videoannotator.worker.loop import StopRequest, WorkerLoop

OLD_S = 10 * 86400.0


@contextmanager
def working(lab: Lab, days: float | None) -> Iterator[None]:
    """A worker that takes jobs, in a thread of this process, until the block ends."""
    settings = load_settings(
        storage_dir=lab.storage.root,
        database_url=lab.database.url.render_as_string(hide_password=False),
        storage_retention_days=days,
        worker_poll_interval=0.02,
    )
    stop = StopRequest()
    thread = threading.Thread(target=WorkerLoop(settings, lab.place(), 1, stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.ask()
        thread.join()


def age(lab: Lab, job_id: str) -> str:
    """Let a job have ended ten days ago."""
    with lab.database.writing() as session:
        session.execute(update(Job).where(Job.id == job_id).values(completed_at=now(-OLD_S)))
    return job_id


def is_there(lab: Lab, job_id: str) -> bool:
    with lab.database.reading() as session:
        row = crud.find_job(session, job_id) is not None
    assert row == lab.storage.job_folder(job_id).exists()
    return row


def is_gone(lab: Lab, job_id: str) -> bool:
    """Whether its row and its folder are; the one goes a moment before the other."""
    with lab.database.reading() as session:
        return crud.find_job(session, job_id) is None and not lab.storage.job_folder(job_id).exists()


def test_jobs_that_ended_too_long_ago_go_every_hour_when_the_setting_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "HOUR_S", 0.2)
    first, second, young = (lab.submit() for _ in range(3))
    for job_id in (first, second, young):
        lab.process(job_id)
    age(lab, first)
    with caplog.at_level(logging.INFO, logger=audit.name), working(lab, days=7):
        until(lambda: is_gone(lab, first), "the first clean-up")
        age(lab, second)
        until(lambda: is_gone(lab, second), "the next clean-up")
        assert is_there(lab, young)
    deleted = [record.getMessage() for record in caplog.records if record.name == audit.name]
    assert [sum(job_id in line for line in deleted) for job_id in (first, second, young)] == [1, 1, 0]


def test_without_that_setting_every_job_stays_and_only_old_events_go(lab: Lab) -> None:
    old = lab.submit()
    lab.process(old)
    age(lab, old)
    with lab.database.writing() as session:
        session.execute(update(JobEvent).values(created_at=now(-OLD_S)))
        newest = events.latest(session)
    with working(lab, days=None):
        until(lambda: oldest_event(lab) == newest, "old events to go")
        assert is_there(lab, old)
    assert is_there(lab, old)


def oldest_event(lab: Lab) -> int:
    with lab.database.reading() as session:
        return events.oldest(session)

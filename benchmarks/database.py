"""The queue and the lists in a large database, without HTTP: SQLite, and PostgreSQL where TEST_POSTGRES_URL names a server."""

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from benchmarks.server import ROUTE_LIMIT_S, STORED_JOBS, timed
from videoannotator.database import crud, events
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job, PipelineRun
from videoannotator.database.queue import AttemptResult, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus

WAITING_JOBS = 10_000
"""As many as the queue takes by default; the others have ended."""
PER_PAGE = 20
PIPELINES = ("scene_detection", "speech_recognition")
WORKER = WorkerIdentity("bench", "host", "boot", 1, 1.0)


def database(runs: int, folder: Path) -> None:  # noqa: ARG001  each figure has many samples of its own
    """One hundred thousand jobs: what a look at them and a step of the queue cost, beside the limits of the contract."""
    with postgres_database() as server:
        for name, url in (("SQLite", f"sqlite:///{folder / 'bench.db'}"), ("PostgreSQL", server)):
            if url is None:
                print(f"{name}: left out, TEST_POSTGRES_URL names no server")
                continue
            opened = Database(url)
            try:
                upgrade(opened)
                ids = fill(opened)
                print(f"{name}, {STORED_JOBS} jobs, {WAITING_JOBS} of them waiting:")
                looks(opened, ids)
                steps(opened)
            finally:
                opened.dispose()


def looks(opened: Database, ids: Sequence[str]) -> None:
    """What reads."""
    deepest = STORED_JOBS // PER_PAGE
    deep_ended = (STORED_JOBS - WAITING_JOBS) // PER_PAGE // 2
    reads: dict[str, Callable[[Session], object]] = {
        "list, first page": lambda session: crud.list_jobs(session, per_page=PER_PAGE),
        "list, last page": lambda session: crud.list_jobs(session, page=deepest, per_page=PER_PAGE),
        "list, waiting ones": lambda session: crud.list_jobs(session, statuses=[JobStatus.PENDING, JobStatus.RETRYING]),
        "list, completed ones, deep": lambda session: crud.list_jobs(session, page=deep_ended, statuses=[JobStatus.COMPLETED]),
        "status of the last in the queue": lambda session: crud.get_job(session, ids[-1]),
        "count by state": crud.count_jobs,
        "latest event": events.latest,
    }
    for name, read in reads.items():
        timed(name, ROUTE_LIMIT_S, lambda read=read: reading(opened, read))  # type: ignore[misc]


def reading(opened: Database, read: Callable[[Session], object]) -> None:
    with opened.reading() as session:
        read(session)


def steps(opened: Database) -> None:
    """What writes; each step is on the disk when it is done."""
    queue = JobQueue(opened)
    held = queue.claim(WORKER)
    assert held is not None
    claimed = [held]

    def claim() -> None:
        taken = queue.claim(WORKER, total_limit=STORED_JOBS)
        assert taken is not None
        claimed.append(taken)

    def add() -> None:
        with opened.writing() as session:
            crud.add_job(session, Job(id=str(uuid.uuid4()), selected_pipelines=list(PIPELINES)))

    timed("record a job", ROUTE_LIMIT_S, add)
    timed("claim", ROUTE_LIMIT_S, claim)
    timed("renew", ROUTE_LIMIT_S, lambda: queue.renew(held))
    timed("progress, with its event", ROUTE_LIMIT_S, lambda: queue.progress(held, 0.5, "running", 1.0))
    timed("finish", ROUTE_LIMIT_S, lambda: queue.finish(claimed.pop(), AttemptResult()))


def fill(opened: Database) -> list[str]:
    """Put the jobs in; gives their ids."""
    ids = [str(uuid.uuid4()) for _ in range(STORED_JOBS)]
    ended = STORED_JOBS - WAITING_JOBS
    with opened.writing() as session:
        for start in range(0, STORED_JOBS, 5000):
            session.execute(insert(Job), [row_of(ids[number], number, ended) for number in range(start, start + 5000)])
        for start in range(0, ended, 5000):
            runs = [
                {"job_id": job_id, "pipeline_name": pipeline, "status": "completed"}
                for job_id in ids[start : start + 5000]
                for pipeline in PIPELINES
            ]
            session.execute(insert(PipelineRun), runs)
    if not opened.is_sqlite:  # PostgreSQL does so by itself, some time later
        with opened.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return ids


def row_of(job_id: str, number: int, ended: int) -> dict[str, Any]:
    moment = datetime.now(timezone.utc) - timedelta(seconds=STORED_JOBS - number)
    waiting = JobStatus.RETRYING if number % 10 == 0 else JobStatus.PENDING
    return {
        "id": job_id,
        "status": waiting if number >= ended else JobStatus.COMPLETED if number % 10 else JobStatus.FAILED,
        "selected_pipelines": list(PIPELINES),
        "options": {pipeline: {f"option_{one}": one for one in range(10)} for pipeline in PIPELINES},
        "video_filename": "visit.mp4",
        "video_path": f"jobs/{job_id}/source.mp4",
        "created_at": moment,
        "queued_at": moment,
        "completed_at": None if number >= ended else moment,
        "next_attempt_at": moment + timedelta(days=1) if number >= ended and waiting is JobStatus.RETRYING else None,
    }


@contextmanager
def postgres_database() -> Iterator[str | None]:
    """A database of its own on that server; None where there is none."""
    url = os.environ.get("TEST_POSTGRES_URL")  # noqa: TID251  no setting of ours
    if url is None:
        yield None
        return
    server = make_url(url).set(drivername="postgresql+psycopg")
    name = f"va_bench_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        engine.dispose()

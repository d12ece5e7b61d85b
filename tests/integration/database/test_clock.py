"""The database's clock: one for all processes, and free to jump."""

import itertools
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.databases import waiting_job

from videoannotator.database.clock import now
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job
from videoannotator.database.session import Database

JUMPER = """
import sys
import threading
from videoannotator.database import crud
from videoannotator.database.queue import AttemptResult, Failure, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.jobs.recovery import LeaseWatch

database = Database(sys.argv[1])
queue = JobQueue(database)
watch = LeaseWatch(queue, lease_s=0.5)
worker = WorkerIdentity("first", "host", "boot", 1, 1.0)
held, waiting = queue.claim(worker), None
taken = {}
for line in sys.stdin:
    if line.startswith("look"):
        for _ in range(8):
            queue.renew(held)
            taken.update(watch.look())
            threading.Event().wait(0.1)
        with database.reading() as session:
            print(crud.database_now(session).timestamp(), taken, flush=True)
    elif line.startswith("wait"):
        other = queue.claim(worker)
        queue.retry_later(other, AttemptResult(), Failure("GPU_LOST", "Gone."), 600.0)
        print(queue.claim(worker), flush=True)
    else:
        again = queue.claim(worker)
        print(again.token if again else None, flush=True)
database.dispose()
"""
FAKETIME = Path("/usr/lib")


def faked_clock(file: Path) -> dict[str, str]:
    """The environment of a process whose clock of day is off by what `file` says; skips the test where that cannot be had."""
    found = sorted(FAKETIME.glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("a clock that jumps is not tested: libfaketime is not installed")
    fake = {"LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
    return {**os.environ, **fake}  # noqa: TID251  a child's environment


def test_a_clock_that_jumps_ends_no_lease_and_delays_no_retry(tmp_path: Path) -> None:
    """An hour forwards and two backwards, under a holder and a watcher with a lease of half a second."""
    database = Database(f"sqlite:///{tmp_path / 'videoannotator.db'}")
    upgrade(database)
    waiting_job(database, "held")
    waiting_job(database, "retried")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    words = [sys.executable, "-c", JUMPER, str(database.url)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=faked_clock(offset), bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(word: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{word}\n")
            return process.stdout.readline().strip()

        times = []
        for jump in ("+0", "+3600", "-3600", "+0"):
            offset.write_text(jump)
            moment, taken = ask("look").split(" ", 1)
            assert taken == "{}", jump
            times.append(float(moment))
        assert [round((later - sooner) / 3600) for sooner, later in itertools.pairwise(times)] == [1, -2, 1]
        assert ask("wait") == "None", "a retry waits"
        offset.write_text("-3600")
        assert ask("claim") == "2", "but no hour longer than it should"
        process.stdin.close()
        assert process.wait(30) == 0
    database.dispose()


def test_the_present_and_moments_around_it(database: Database) -> None:
    with database.reading() as session:
        past, present, future = session.execute(select(now(-90.5), now(), now(86400.0))).one()
    assert present.tzinfo is timezone.utc
    assert abs(present - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert abs(present - past - timedelta(seconds=90.5)) < timedelta(seconds=1)
    assert abs(future - present - timedelta(days=1)) < timedelta(seconds=1)


def test_moments_come_back_as_they_were(database: Database) -> None:
    moment = datetime(2021, 3, 4, 5, 6, 7, 891000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.writing() as session:
        session.add(Job(id="a", created_at=moment))
    with database.reading() as session:
        (found,) = session.scalars(select(Job.created_at)).all()
        assert session.scalar(select(Job.id).where(Job.created_at == moment)) == "a"
        assert session.scalar(select(Job.id).where(Job.created_at < now())) == (
            "a" if moment < datetime.now(timezone.utc) else None
        )
    assert (found, found.tzinfo) == (moment, timezone.utc)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without a zone"), database.writing() as session:
        session.add(Job(id="a", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001  the mistake that is made here

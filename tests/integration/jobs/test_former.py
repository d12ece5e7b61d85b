"""Waiting jobs of release 1.2 get what a worker needs."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.release_1_2 import build, insert, job_id

from videoannotator.database import crud
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job
from videoannotator.database.queue import JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.jobs.former import settle_former_jobs
from videoannotator.registry.entries import Registry

WORKER = WorkerIdentity("worker", "host", "boot", 1, 1.0)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Release 1.2's rows are put into its file before the first use."""
    former = build("b", tmp_path, 0)
    (tmp_path / "v.mp4").write_bytes(b"v")
    database = Database(f"sqlite:///{former.file}")
    yield database
    database.dispose()


def settle(database: Database, **row: Any) -> Job:
    assert database.file is not None
    with closing(sqlite3.connect(database.file)) as old:
        insert(old, "jobs", {"id": job_id(0), "video_path": "v.mp4", "status": "queued", "created_at": "2025-01-01", **row})
        old.commit()
    upgrade(database)
    assert settle_former_jobs(database, JobQueue(database), WORKER) == 1
    with database.reading() as session:
        return crud.get_job(session, job_id(0))


def test_a_job_gets_every_option_with_the_value_in_force(database: Database) -> None:
    config = {"scene_detection": {"min_scene_length_s": 2.5}}
    job = settle(database, selected_pipelines='["scene_detection"]', config=json.dumps(config))
    assert (job.status, job.selected_pipelines, job.config) == (JobStatus.PENDING, ["scene_detection"], config)
    options = Registry.installed().pipeline("scene_detection").Options
    assert job.options == {"scene_detection": options.model_validate({"min_scene_length_s": 2.5}).model_dump(mode="json")}
    assert settle_former_jobs(database, JobQueue(database), WORKER) == 0


def test_a_job_without_a_selection_runs_the_default_pipelines(database: Database) -> None:
    job = settle(database)
    assert job.selected_pipelines == list(Registry.installed().default_pipelines())
    assert job.options.keys() == set(job.selected_pipelines)


def test_what_is_odd_about_a_config_is_told(database: Database) -> None:
    job = settle(database, selected_pipelines='["scene_detection"]', config='{"scene_detection": {"colour": 1}}')
    assert [warning["code"] for warning in job.warnings] == ["UNKNOWN_FIELD"]


@pytest.mark.parametrize(
    ("selected", "config"),
    [('["reading_thoughts"]', "{}"), ('["scene_detection"]', '{"scene_detection": {"min_scene_length_s": "long"}}')],
)
def test_a_job_that_todays_rules_refuse_fails_with_the_reason(database: Database, selected: str, config: str) -> None:
    job = settle(database, selected_pipelines=selected, config=config)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "INVALID_CONFIG")
    assert "min_scene_length_s" in (job.error_message or "") or "reading_thoughts" in (job.error_message or "")
    assert job.error_hint


def test_a_job_cancelled_first_stays_cancelled(database: Database) -> None:
    assert database.file is not None
    with closing(sqlite3.connect(database.file)) as old:
        insert(
            old, "jobs", {"id": job_id(0), "video_path": "v.mp4", "status": "queued", "selected_pipelines": '["reading_thoughts"]'}
        )
        old.commit()
    upgrade(database)
    queue = JobQueue(database)
    queue.request_cancel(job_id(0))
    assert settle_former_jobs(database, queue, WORKER) == 0
    with database.reading() as session:
        assert crud.get_job(session, job_id(0)).status is JobStatus.CANCELLED

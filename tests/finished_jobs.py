"""Jobs with real rows and real files, as a worker leaves them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import update

from videoannotator.annotations.checksum import sha256_of
from videoannotator.database import crud
from videoannotator.database.clock import now
from videoannotator.database.models import Job
from videoannotator.database.queue import AttemptResult, Failure, JobQueue, RunReport, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.jobs.results import DownloadFile, file_of
from videoannotator.storage.artifacts import ListedFile, begin_attempt, publish
from videoannotator.storage.config import Storage

WORKER = WorkerIdentity("tester", "here", "boot", 1, 1.0)
BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Written:
    """A result file to write."""

    name: str
    content: bytes
    pipeline: str | None = None
    format: str = "json"
    media_type: str = "application/json"
    main: bool = False

    @property
    def listed(self) -> ListedFile:
        return ListedFile(self.name, self.pipeline, self.format, self.media_type, "", self.main)


@dataclass
class Bench:
    """A database, a storage, and jobs in them."""

    database: Database
    storage: Storage
    queue: JobQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = JobQueue(self.database)
        self.storage.prepare()

    def add(
        self,
        *,
        pipelines: Sequence[str] = ("scene_detection",),
        recording: bytes = b"video",
        job_id: str | None = None,
        **fields: Any,
    ) -> str:
        """A waiting job with its recording, and with that id when one is given."""
        job_id = job_id or str(uuid.uuid4())
        folder = self.storage.ensure_job_folder(job_id)
        stored: dict[str, Any] = {"video_filename": "My holiday.mp4", "selected_pipelines": list(pipelines), **fields}
        if "original_path" not in fields:
            path = self.storage.source_path(job_id, "x.mp4")
            path.write_bytes(recording)
            stored |= {"video_path": self.storage.relative(path), "video_size_bytes": len(recording)}
        with self.database.writing() as session:
            crud.add_job(session, Job(id=job_id, storage_path=self.storage.relative(folder), **stored))
        return job_id

    def run(
        self,
        job_id: str,
        reports: Sequence[RunReport] = (),
        files: Sequence[Written] = (),
        *,
        failure: Failure | None = None,
        again: Failure | None = None,
    ) -> str:
        """Claim it, publish what an attempt wrote, and end it; with `again` it waits for another attempt."""
        claim = self.queue.claim(WORKER, job_id=job_id)
        assert claim is not None
        attempt = begin_attempt(self.storage, job_id, claim.token)
        for file in files:
            path = attempt / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        stored = publish(self.storage, job_id, claim.token, [file.listed for file in files])
        folder = self.storage.relative(self.storage.results_folder(job_id, claim.token))
        result = AttemptResult(reports, stored, folder, 12.5)
        if again:
            assert self.queue.retry_later(claim, result, again, 0)
        else:
            assert self.queue.finish(claim, result, failure)
        return job_id

    def age(self, job_id: str, days: float) -> None:
        """Make a job so much older, in every respect."""
        moment = {name: now(-days * 86400) for name in ("created_at", "queued_at")}
        with self.database.writing() as session:
            session.execute(update(Job).where(Job.id == job_id).values(moment))
            for name in ("completed_at", "cancelled_at", "started_at"):
                column = getattr(Job, name)
                session.execute(update(Job).where(Job.id == job_id, column.is_not(None)).values({name: now(-days * 86400)}))

    def ids(self) -> set[str]:
        """Every job."""
        with self.database.reading() as session:
            jobs, _ = crud.list_jobs(session, per_page=1000)
        return {job.id for job in jobs}


def completed(pipeline: str, count: int = 1, **fields: Any) -> RunReport:
    """A pipeline that did its work in a second and a half."""
    facts: Mapping[str, Any] = {"start_time": BEGAN, "end_time": BEGAN.replace(second=7), "processing_time": 1.5, **fields}
    return RunReport(pipeline, "completed", annotation_count=count, options={"mode": "fast"}, **facts)


def changed_files(database: Database, storage: Storage, job_id: str) -> set[str]:
    """The result files of a job that are not what their rows say."""
    with database.reading() as session:
        rows = crud.artifacts_of(session, job_id)
    return {row.name for row in rows if not _is_as_recorded(file_of(storage, row))}


def _is_as_recorded(file: DownloadFile) -> bool:
    same_size = file.path.stat().st_size == file.size_bytes
    return same_size and file.sha256 in (None, sha256_of(file.path))

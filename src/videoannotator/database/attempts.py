"""What one attempt at a job leaves behind, and how it becomes visible."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from videoannotator.database.clock import now
from videoannotator.database.models import Artifact, Job, PipelineRun

PROXY = "proxy"
"""Format of the copy of a recording that every browser plays; made where browsers cannot play the recording itself."""
SAVED = "saved"
"""Format of the file from which all annotations of an attempt can be read back, to be corrected and exported again."""
VIEW = "view"
"""Format of the files that the web app's Result page fetches as it goes."""
VIEW_INDEX, VIEW_TIMELINE = "view/index.json", "view/timeline.json"
"""Those that have the same name in every attempt; the index names all others."""
FOR_THE_PROGRAM = frozenset({SAVED, VIEW})
"""Formats of files that the program itself reads; they are not among the results that clients see and get."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job, or one attempt of it, failed."""

    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class RunReport:
    """How one pipeline of an attempt ended; the fields are those of `PipelineRun`."""

    pipeline_name: str
    status: str
    start_time: datetime | None = None
    end_time: datetime | None = None
    processing_time: float | None = None
    annotation_count: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    included_in: str | None = None
    warnings: list[str] = field(default_factory=list)
    error_code: str | None = None
    error_message: str | None = None
    error_hint: str | None = None
    transient: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A result file that lies in its final place; the fields are those of `Artifact`."""

    name: str
    path: str
    pipeline_name: str | None
    format: str
    media_type: str
    description: str
    main: bool
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What an attempt leaves behind when it is published: reports, files, and what is known about the recording since."""

    reports: Sequence[RunReport] = ()
    files: Sequence[StoredFile] = ()
    result_path: str | None = None
    duration_s: float | None = None


def publish(session: Session, job: Job, result: AttemptResult) -> None:
    """Make an attempt's files and reports visible. What they replace keeps its file under a name that says its attempt."""
    reported = {report.pipeline_name for report in result.reports}
    runs = session.scalars(select(PipelineRun).where(PipelineRun.job_id == job.id, PipelineRun.pipeline_name.in_(reported)))
    for run in runs.all():
        session.delete(run)
    names = {file.name for file in result.files}
    for old in session.scalars(select(Artifact).where(Artifact.job_id == job.id, Artifact.name.in_(names))).all():
        old.name, old.main = _earlier(old.name, old.token), False
    session.flush()
    for report in result.reports:
        session.add(PipelineRun(job_id=job.id, token=job.token, **_fields(report)))
    for file in result.files:
        session.add(Artifact(job_id=job.id, token=job.token, created_at=now(), **_fields(file)))
    if any(file.format == PROXY for file in result.files):
        job.video_browser_playable = True
    job.result_path = result.result_path or job.result_path
    job.video_duration_seconds = result.duration_s if result.duration_s is not None else job.video_duration_seconds


def _earlier(name: str, token: int) -> str:
    """`provenance.attempt-1.json` for `provenance.json`."""
    folder, slash, file = name.rpartition("/")
    stem, dot, ending = file.partition(".")
    return f"{folder}{slash}{stem}.attempt-{token}{dot}{ending}"


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}

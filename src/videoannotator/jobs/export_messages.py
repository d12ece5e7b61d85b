"""What the server and a process that exports say to each other: one line of JSON down, several back."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from videoannotator.annotations.corrections import Correction
from videoannotator.jobs.saved_job import SavedJob


@dataclass(frozen=True, slots=True)
class JobToExport:
    """A job.

    Attributes:
        job_id: its id.
        folder: the name of its folder in the archive.
        saved: its annotations.
        corrections: those in force; None to export what the pipelines found.
        history: what `corrections.json` says; None without.
    """

    job_id: str
    folder: str
    saved: SavedJob
    corrections: list[Correction] | None = None
    history: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ExportWork:
    """What to export: into the archive `archive`, with `scratch` for what is being made; both lie on the storage's disk."""

    jobs: list[JobToExport]
    formats: list[str]
    archive: str
    scratch: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be exported; `format` is None when it is all of a job."""

    job_id: str
    format: str | None
    code: str
    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One line from the process; one of its fields is set. `done` counts formats of jobs, `ended` files that were written."""

    done: int | None = None
    problem: Problem | None = None
    ended: int | None = None
    failed: Problem | None = field(default=None)


_WORK = TypeAdapter(ExportWork)
_LINE = TypeAdapter(ExportLine)


def work_line(work: ExportWork) -> bytes:
    """The work as the process reads it."""
    return _WORK.dump_json(work) + b"\n"


def read_work(line: bytes) -> ExportWork:
    """The work that a line says."""
    return _WORK.validate_json(line)


def export_line(line: ExportLine) -> bytes:
    """A line as the server reads it."""
    return _LINE.dump_json(line) + b"\n"


def read_export_line(line: bytes) -> ExportLine | None:
    """What the process says; None for a line that it did not finish."""
    try:
        return _LINE.validate_json(line)
    except ValidationError:
        return None

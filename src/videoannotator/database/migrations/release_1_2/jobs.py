"""Rows of release 1.2 as today's rows: pure, apart from looking whether files exist."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from videoannotator.database.migrations.release_1_2 import values
from videoannotator.database.migrations.release_1_2.files import Named, Places, ResultFile, ResultFinder
from videoannotator.database.migrations.release_1_2.values import Row
from videoannotator.database.paths import size_of_file
from videoannotator.database.states import JobStatus

RELEASE = "1.2"
PLAIN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
WORDS_FOR_STATUS = {
    JobStatus.PENDING: (
        *("pending", "queued", "submitted", "waiting", "created", "new", "scheduled", "paused"),
        *("running", "processing", "in_progress", "started", "retrying", "retry"),
    ),
    JobStatus.COMPLETED: ("completed", "complete", "success", "succeeded", "successful", "done", "finished"),
    JobStatus.FAILED: ("failed", "failure", "error", "errored", "timeout"),
    JobStatus.CANCELLED: ("cancelled", "canceled", "aborted", "stopped"),
}
"""What earlier releases called a state. A job that ran waits now: nobody runs it any more."""
STATUS_OF = {word: status for status, words in WORDS_FOR_STATUS.items() for word in words}
RUN_STATUS_OF = {JobStatus.COMPLETED: "completed", JobStatus.FAILED: "failed"}
ROWS_NAMING_RESULTS = ("output_dir", "result_path")


@dataclass(slots=True)
class Brought:
    """Today's rows, by table."""

    jobs: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Old:
    """A job of release 1.2 with its pipelines' rows, and the moment by which it is ordered."""

    id: str
    row: Row
    runs: Sequence[Row]
    selected: list[str]
    created_at: datetime
    named: Named


def bring(jobs: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], places: Places, at: datetime) -> Brought:
    """Turn every job of release 1.2, with its pipelines and the result files that exist, into today's rows.

    Args:
        jobs: rows of `jobs`.
        runs: rows of `pipeline_results`.
        places: where their paths lead.
        at: the present.
    """
    by_job: dict[str, list[Row]] = {}
    for values_of_run in runs:
        row = Row(values_of_run)
        by_job.setdefault(row.take(values.identifier, "job_id") or "", []).append(row)
    taken: set[str] = set()
    old = [_old(Row(job), number, by_job, taken, places, at) for number, job in enumerate(jobs, start=1)]
    old.sort(key=lambda one: one.created_at)
    finder = ResultFinder([one.named for one in old], places)
    brought = Brought()
    for one in old:
        _bring_one(one, finder.of(one.named), brought, at)
    return brought


def _old(row: Row, number: int, runs: dict[str, list[Row]], taken: set[str], places: Places, at: datetime) -> _Old:
    written = row.see("id") if row.see("id") is not None else row.see("job_id")
    job_id = values.identifier(written)
    if job_id is None or job_id in taken:  # two rows cannot have one id; the later keeps its own in `legacy`
        job_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{written}#{number}"))
    else:
        row.take(values.identifier, "id", "job_id")
    taken.add(job_id)
    own_runs = runs.pop(job_id, [])
    selected = row.take(values.names, "selected_pipelines") or []
    source = places.absolute(values.words(row.see("video_path")) or "")
    results = [text for column in ROWS_NAMING_RESULTS if (text := values.words(row.see(column)))]
    outputs = [
        (name, text)
        for run in reversed(own_runs)
        if (name := values.words(run.see("pipeline_name"))) and (text := values.words(run.see("output_file")))
    ]
    known = [*selected, *(name for name, _ in outputs)]
    named = Named(job_id, results, outputs, known, source)
    created = row.take(values.moment, "created_at")
    other = next((when for column in ("queued_at", "started_at", "completed_at") if (when := values.moment(row.see(column)))), at)
    return _Old(job_id, row, own_runs, selected, created or other, named)


def _bring_one(old: _Old, files: Sequence[ResultFile], brought: Brought, at: datetime) -> None:
    row = old.row
    status = STATUS_OF.get(str(row.see("status") or "").strip().lower().rpartition(".")[2])
    failure = _why_not_to_run(old) if status is JobStatus.PENDING else None if status else _unknown(row)
    if failure:
        status = JobStatus.FAILED
    job = _values(old, status or JobStatus.FAILED)
    if failure:
        job.update(failure, completed_at=job["completed_at"] or at)
    kept: list[dict[str, Any]] = []
    if status is JobStatus.PENDING:  # it starts anew
        kept = [run.left() for run in old.runs]
    else:
        brought.runs += _runs(old, kept)
        brought.artifacts += [_artifact(old.id, file) for file in files]
    job["legacy"] = {"release": RELEASE, **row.left(), **({"pipeline_results": kept} if kept else {})}
    brought.jobs.append(job)


def _values(old: _Old, status: JobStatus) -> dict[str, Any]:
    row, source = old.row, old.named.source
    written_path = values.words(row.see("video_path"))
    size = row.take(values.count, "video_size_bytes")
    ended = row.take(values.moment, "completed_at")
    cancelled = row.take(values.moment, "cancelled_at") or (ended if status is JobStatus.CANCELLED else None)
    share = row.take(values.number, "progress_percentage") or 0.0
    return {
        **EMPTY,
        "id": old.id,
        "status": status.value,
        "selected_pipelines": old.selected,
        "config": row.take(values.mapping, "config") or {},
        "video_filename": row.take(values.words, "video_filename") or _file_name(written_path),
        "original_path": str(source) if source is not None and _can_be_stored(source) else None,
        "video_size_bytes": size_of_file(source) if size is None and source is not None else size,
        "storage_path": row.take(values.words, "storage_path") or (f"/tmp/{old.id}" if PLAIN_ID.fullmatch(old.id) else None),  # noqa: S108
        "created_by": _shortened(row.take(values.words, "user_id", "created_by"), 200),
        "created_at": old.created_at,
        "queued_at": row.take(values.moment, "queued_at") or old.created_at,
        "started_at": row.take(values.moment, "started_at"),
        "completed_at": None if status is JobStatus.PENDING else ended,
        "cancelled_at": cancelled,
        "progress": 1.0
        if status is JobStatus.COMPLETED
        else 0.0
        if status is JobStatus.PENDING
        else min(1.0, max(0.0, share / 100)),
        "retry_count": row.take(values.count, "retry_count") or 0,
        "error_message": None if status is JobStatus.PENDING else row.take(values.words, "error_message"),
    }


EMPTY: dict[str, Any] = {
    "options": {},
    "overlay": False,
    "warnings": [],
    "tags": [],
    "supervisor_losses": 0,
    "token": 0,
    "heartbeat": 0,
    "error_code": None,
    "error_hint": None,
}
"""What no earlier release knew."""


def _why_not_to_run(old: _Old) -> dict[str, Any] | None:
    """Why a job that waited, or ran, in release 1.2 cannot be run today."""
    hint = "Submit the recording again."
    if not values.is_uuid(old.id):
        message = "The job's id, given by an earlier release, is not a UUID and so has no folder; it cannot be run."
        return {"error_code": "INVALID_REQUEST", "error_message": message, "error_hint": hint}
    if old.named.source is None or size_of_file(old.named.source) is None:
        name = _file_name(values.words(old.row.see("video_path"))) or "of this job"
        message = f"The recording {name} is no longer where release {RELEASE} kept it."
        return {"error_code": "MEDIA_UNREADABLE", "error_message": message, "error_hint": hint}
    return None


def _unknown(row: Row) -> dict[str, Any]:
    message = f"Release {RELEASE} left the job in the state {str(row.see('status'))[:100]!r}, which is not known here."
    return {"error_message": values.words(row.see("error_message")) or message}


def _runs(old: _Old, kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Today's rows about the job's pipelines, the latest of each; what they cannot hold goes to `kept`."""
    latest: dict[str, dict[str, Any]] = {}
    for run in reversed(old.runs):
        name = values.words(run.see("pipeline_name"))
        if name is not None and name not in latest:
            latest[name] = _run(old.id, name, run)
        if left := run.left():
            kept.insert(0, {"pipeline_name": name, **left})
    return list(reversed(latest.values()))


def _run(job_id: str, name: str, row: Row) -> dict[str, Any]:
    word = str(row.see("status") or "").strip().lower().rpartition(".")[2]
    milliseconds = row.take(values.number, "processing_time")
    return {
        "job_id": job_id,
        "pipeline_name": name,
        "token": 0,
        "status": "skipped" if word == "skipped" else RUN_STATUS_OF.get(STATUS_OF.get(word, JobStatus.CANCELLED), "stopped"),
        "start_time": row.take(values.moment, "start_time"),
        "end_time": row.take(values.moment, "end_time"),
        "processing_time": None if milliseconds is None else milliseconds / 1000,
        "annotation_count": row.take(values.count, "annotation_count"),
        "options": {},
        "warnings": [],
        "error_message": row.take(values.words, "error_message"),
        "transient": False,
    }


def _artifact(job_id: str, file: ResultFile) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "token": 0,
        "name": file.name,
        "path": str(file.path),
        "pipeline_name": file.pipeline,
        "format": file.format,
        "media_type": file.media_type,
        "description": f"A result of release {RELEASE}.",
        "main": file.main,
        "size_bytes": file.size_bytes,
        "sha256": None,
        "created_at": file.changed_at,
    }


def _file_name(written: str | None) -> str | None:
    return (re.split(r"[\\/]", written.rstrip("\\/"))[-1] or None) if written else None


def _shortened(text: str | None, length: int) -> str | None:
    return text[:length] if text else None


def _can_be_stored(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True

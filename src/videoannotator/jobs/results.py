"""What jobs have produced, read from the rows about it and never by scanning folders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from videoannotator.database import crud
from videoannotator.database.attempts import FOR_THE_PROGRAM, PROXY, VIEW, VIEW_INDEX
from videoannotator.database.models import Artifact, Job, PipelineRun
from videoannotator.database.paths import size_of_file
from videoannotator.database.session import Database
from videoannotator.errors import JobNotReadyException, NotFoundException
from videoannotator.storage.config import Storage

MEDIA_TYPES = {
    ".3gp": "video/3gpp",
    ".aac": "audio/aac",
    ".avi": "video/x-msvideo",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".m2ts": "video/mp2t",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".mts": "video/mp2t",
    ".mxf": "application/mxf",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".ts": "video/mp2t",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".wmv": "video/x-ms-wmv",
}
"""Of recordings, by their ending. Anything else is offered as bytes to keep, so that no browser takes it for a page."""
UNKNOWN_TYPE = "application/octet-stream"
LOG_BLOCK_BYTES = 1_000_000
ASK_FOR_A_COPY = "Put it back from a backup, or run the job again."


@dataclass(frozen=True, slots=True)
class DownloadFile:
    """A file to send. `path` is for the server alone; `name` is for the person who gets it, and may hold any character.

    `sha256` is None where nobody has counted it yet.
    """

    path: Path
    name: str
    media_type: str
    size_bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Produced:
    """A job and all that is recorded about its results; files for the program itself are not among `artifacts`."""

    job: Job
    runs: Sequence[PipelineRun]
    artifacts: Sequence[Artifact]

    def file(self, pipeline: str, format: str | None = None) -> Artifact | None:  # noqa: A002  the query's name
        """A pipeline's file in a format, or with that ending: of its latest attempt, and there the main one."""
        fitting = [file for file in self.artifacts if file.pipeline_name == pipeline]
        if format is not None:
            fitting = [file for file in fitting if format == file.format or file.name.lower().endswith(f".{format.lower()}")]
        return max(fitting, key=lambda file: (file.token, file.main), default=None)


def produced_by(database: Database, job_id: str) -> Produced:
    """What a job has produced so far.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it has not ended, and no attempt of it has left anything yet.
    """
    with database.reading() as session:
        job = crud.get_job(session, job_id)
        files = [file for file in crud.artifacts_of(session, job_id) if file.format not in FOR_THE_PROGRAM]
        produced = Produced(job, crud.runs_of(session, job_id), files)
    if not job.is_terminal and not produced.runs and not produced.artifacts:
        raise _not_ready(job, "There are no results yet")
    return produced


def _not_ready(job: Job, what: str) -> JobNotReadyException:
    status = job.to_dict()["status"]
    return JobNotReadyException(
        f"{what}: the job is {status}.",
        hint="Wait until it has completed; its progress stands in the job.",
        detail={"job_id": job.id, "status": status},
    )


def results_document(database: Database, job_id: str, root_path: str = "") -> dict[str, Any]:
    """How each pipeline of a job ended, and which files there are. Moments are aware datetimes, `processing_time` is in seconds.

    A job that runs again for the sake of its failed pipelines shows what earlier attempts completed.

    Args:
        database: where the rows are.
        job_id: whose.
        root_path: what a proxy puts before every address of this server.

    Raises:
        JobNotFoundException, JobNotReadyException: as `produced_by`.
    """
    produced = produced_by(database, job_id)
    base = f"{root_path}/api/v1/jobs/{quote(job_id)}/results/files/"
    facts = produced.job.to_dict()
    ran = {run.pipeline_name for run in produced.runs}
    return {
        "job_id": job_id,
        "status": facts["status"],
        "pipeline_results": {run.pipeline_name: _run(run, produced, base) for run in produced.runs},
        "artifacts": [_artifact(file, base) for file in produced.artifacts if file.pipeline_name not in ran],
        **{name: facts[name] for name in ("created_at", "completed_at", "result_path", "error_message", "error")},
    }


def _run(run: PipelineRun, produced: Produced, base: str) -> dict[str, Any]:
    error = {"code": run.error_code, "message": run.error_message, "hint": run.error_hint} if run.error_code else None
    main = produced.file(run.pipeline_name)
    timed = ("pipeline_name", "status", "start_time", "end_time", "processing_time", "annotation_count")
    return {
        **{name: getattr(run, name) for name in timed},
        "output_file": main.name if main else None,
        "download_url": base + quote(run.pipeline_name) if main else None,
        "error_message": run.error_message,
        "error": error,
        **{name: getattr(run, name) for name in ("reason", "included_in", "warnings", "options")},
        "artifacts": [_artifact(file, base) for file in produced.artifacts if file.pipeline_name == run.pipeline_name],
    }


def _artifact(artifact: Artifact, base: str) -> dict[str, Any]:
    plain = ("name", "format", "media_type", "description", "main", "size_bytes", "sha256")
    return {**{name: getattr(artifact, name) for name in plain}, "download_url": base + quote(artifact.name)}


def main_file(
    database: Database,
    storage: Storage,
    job_id: str,
    pipeline: str,
    format: str | None = None,  # noqa: A002  the query's name
) -> DownloadFile:
    """The main file of a pipeline, or its file in another format; `pipeline` may also be the name of any file of the job.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: the pipeline has not come so far.
        NotFoundException: there is no such file, and why.
    """
    produced = produced_by(database, job_id)
    artifact = produced.file(pipeline, format)
    if artifact is None and format is None:
        artifact = next((file for file in produced.artifacts if file.name == pipeline), None)
    if artifact is None:
        raise _no_file(produced, pipeline, format)
    return file_of(storage, artifact)


def _no_file(produced: Produced, pipeline: str, format: str | None) -> NotFoundException | JobNotReadyException:  # noqa: A002
    """Why a pipeline has no such file."""
    job, run = produced.job, next((run for run in produced.runs if run.pipeline_name == pipeline), None)
    detail: dict[str, str | None] = {"job_id": job.id, "pipeline": pipeline, "format": format}
    formats = sorted({file.format for file in produced.artifacts if file.pipeline_name == pipeline})
    if formats:
        hint = f"These are there: {', '.join(formats)}."
        return NotFoundException(f"{pipeline} has no file in the format {format!r}.", hint=hint, detail=detail)
    if run is None and pipeline in job.selected_pipelines and not job.is_terminal:
        return _not_ready(job, f"{pipeline} has no results yet")
    if run is None:
        known = ", ".join(sorted({run.pipeline_name for run in produced.runs}))
        message = f"The job has no pipeline or file named {pipeline!r}."
        return NotFoundException(message, hint=f"These pipelines ran: {known}." if known else None, detail=detail)
    if run.included_in:
        hint = f"Its results stand in those of {run.included_in}, which did its work."
        return NotFoundException(f"{pipeline} has no file of its own.", hint=hint, detail=detail)
    reason = run.reason or run.error_message or "it found nothing that the format could hold."
    return NotFoundException(f"{pipeline} has no file: {reason}", hint=run.error_hint, detail=detail)


def file_of(storage: Storage, artifact: Artifact) -> DownloadFile:
    """The file that a row speaks of, also one of an earlier release that lies elsewhere.

    Raises:
        NotFoundException: it is not on the disk any more, or its stored path leads out of the storage.
    """
    path = _located(storage, artifact.path)
    if size_of_file(path) is None:
        raise NotFoundException(
            f"The result file {artifact.name!r} is recorded, and missing on the server's disk.",
            hint=ASK_FOR_A_COPY,
            detail={"job_id": artifact.job_id, "name": artifact.name},
        )
    return DownloadFile(path, artifact.name.rpartition("/")[2], artifact.media_type, artifact.size_bytes, artifact.sha256)


def _located(storage: Storage, stored: str) -> Path:
    """Only rows of an earlier release hold absolute paths; nothing that a client sends ever becomes one."""
    path = Path(stored)
    return path if path.is_absolute() and "\0" not in stored else storage.resolve(stored)


def video_of(database: Database, storage: Storage, job_id: str) -> DownloadFile:
    """The recording in a form that a browser can play where one was made, else as it is.

    Raises:
        JobNotFoundException: there is no such job.
        NotFoundException: the recording is not on the disk.
    """
    with database.reading() as session:
        job, artifacts = crud.get_job(session, job_id), crud.artifacts_of(session, job_id)
    proxy = max((file for file in artifacts if file.format == PROXY), key=lambda file: file.token, default=None)
    return file_of(storage, proxy) if proxy else source_of(storage, job)


def source_of(storage: Storage, job: Job) -> DownloadFile:
    """The recording as it was submitted.

    Raises:
        NotFoundException: it is not on the disk.
    """
    stored = job.original_path or job.video_path
    path = _located(storage, stored) if stored else None
    size = size_of_file(path) if path and not (job.legacy and job.original_path and not may_be_recording(path)) else None
    if path is None or size is None:
        raise NotFoundException("The recording is not on the server's disk.", hint=ASK_FOR_A_COPY, detail={"job_id": job.id})
    media_type = MEDIA_TYPES.get(path.suffix.lower(), UNKNOWN_TYPE)
    return DownloadFile(path, job.video_filename or path.name, media_type, size, job.video_sha256)


def may_be_recording(path: Path) -> bool:
    """Whether a path in a row of an earlier release may be shown to clients: the row may name any file of this machine."""
    return path.suffix.lower() in MEDIA_TYPES


def view_of(database: Database, storage: Storage, job_id: str, name: str) -> DownloadFile:
    """A file of what the web app's Result page shows, by the name that the index gives it; `view/` before it may be left out.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it has not come so far.
        NotFoundException: there is no such file, and why.
    """
    with database.reading() as session:
        job = crud.get_job(session, job_id)
        files = {file.name: file for file in crud.artifacts_of(session, job_id) if file.format == VIEW}
    found = files.get(name) or files.get(f"{VIEW}/{name}")
    if found is not None:
        return file_of(storage, found)
    if not files and not job.is_terminal:
        raise _not_ready(job, "There is nothing to look at yet")
    detail = {"job_id": job_id, "name": name}
    if not files:
        message = "This job has nothing that the Result page could show."
        hint = "An earlier release ran it, or none of its pipelines came to an end: run it again to look at it."
        raise NotFoundException(message, hint=hint, detail=detail)
    raise NotFoundException(f"The view of this job has no file {name!r}.", hint=f"{VIEW_INDEX} names them all.", detail=detail)


def log_of(database: Database, storage: Storage, job_id: str) -> DownloadFile:
    """What the job said while it ran.

    Raises:
        JobNotFoundException: there is no such job.
        NotFoundException: it has not said anything yet.
    """
    with database.reading() as session:
        crud.get_job(session, job_id)
    path = storage.log_file(job_id)
    size = size_of_file(path)
    if size is None:
        raise NotFoundException(
            "The job has written no log.", hint="A job writes its log while it runs.", detail={"job_id": job_id}
        )
    return DownloadFile(path, "job.log", "text/plain; charset=utf-8", size, None)


def last_lines(file: DownloadFile, lines: int | None = None) -> bytes:
    """So many lines from the end of a log, or all; what is written meanwhile is left out."""
    with file.path.open("rb") as log:
        at, found = file.size_bytes, b""
        while at > 0 and (lines is None or found.count(b"\n", 0, -1) < lines):
            size = min(at, LOG_BLOCK_BYTES)
            at -= size
            log.seek(at)
            found = log.read(size) + found
    return found if lines is None else b"".join(found.splitlines(keepends=True)[-lines:])

"""Exports of one or many jobs as one archive, each made by a process of its own.

They lie in the storage's folder for temporary files, below one folder of this process, and stay there for a day at most. They do
not outlive the process: who asks for one after a restart is told to ask anew.
"""

import logging
import os
import queue
import re
import secrets
import shutil
import sys
import threading
import time
import unicodedata
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.database.models import Job
from videoannotator.database.session import Database
from videoannotator.engine.output import choose_exporters
from videoannotator.errors import (
    InvalidRequestException,
    JobNotReadyException,
    NotFoundException,
    RateLimitedException,
    ServiceUnavailableException,
    VideoAnnotatorException,
)
from videoannotator.jobs.annotations import saved_job
from videoannotator.jobs.corrections import history_of
from videoannotator.jobs.export_child import ExportChild
from videoannotator.jobs.export_messages import ExportWork, JobToExport, Problem
from videoannotator.jobs.formats import FormatInfo, formats_for
from videoannotator.jobs.listing import get
from videoannotator.jobs.results import DownloadFile
from videoannotator.registry.entries import Registry
from videoannotator.storage.config import Storage
from videoannotator.storage.space import require_space

if sys.platform != "win32":
    import fcntl

AT_ONCE = 2
MOST_WAITING = 20
KEPT_S = 24 * 3600
FOLDERS = "exports-"
OWNER = ".owner"
MAX_NAME = 60
RETRY_S = 30
ASK_ANEW = "Ask for it again (POST /api/v1/exports): exports are kept for a day, and not over a restart of the server."

logger = logging.getLogger(__name__)


@dataclass
class Export:
    """An export; its fields change while it is made.

    Attributes:
        status: waiting, running, ready or failed.
        done, of: formats of jobs that are written, and how many there are.
        problems: what could not be exported.
        error: why there is no archive.
        files: how many files the archive holds.
    """

    id: str
    job_ids: list[str]
    formats: list[str]
    corrected: bool
    created_at: datetime
    status: str = "waiting"
    done: int = 0
    of: int = 0
    problems: list[Problem] = field(default_factory=list)
    error: Problem | None = None
    files: int | None = None
    size_bytes: int | None = None

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return 1.0 if self.status == "ready" else min(1.0, self.done / self.of) if self.of else 0.0


class Exports:
    """The exports of this process; safe to use from several threads. Start it, and close it at the end.

    Args:
        database: the rows.
        storage: the files.
    """

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage
        self._folder = storage.root / "temp" / f"{FOLDERS}{secrets.token_hex(8)}"
        self._owner: int | None = None
        self._lock = threading.Lock()
        self._exports: dict[str, Export] = {}
        self._born: dict[str, float] = {}
        self._children: dict[str, ExportChild] = {}
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []

    def start(self) -> None:
        """Remove what exports of processes left that are gone, and wait for work."""
        for folder in (self._storage.root / "temp").glob(f"{FOLDERS}*"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self._workers = [threading.Thread(target=self._work, name=f"export {n}", daemon=True) for n in range(AT_ONCE)]
        for worker in self._workers:
            worker.start()

    def close(self) -> None:
        """End every export, and remove them all."""
        for _ in self._workers:
            self._waiting.put(None)
        with self._lock:
            self._exports.clear()
            children = list(self._children.values())
        for child in children:
            child.kill()
        for worker in self._workers:
            worker.join()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._owner is not None:
            os.close(self._owner)
            self._owner = None

    def formats(self, job_id: str) -> list[FormatInfo]:
        """Every format, and why a job cannot be exported in it.

        Raises:
            JobNotFoundException: there is no such job.
            StorageFailedException: its saved annotations are damaged.
        """
        try:
            saved: Any = saved_job(self._database, self._storage, job_id)
        except (JobNotReadyException, NotFoundException) as error:
            saved = error
        return list(formats_for(saved, Registry.installed()))

    def ask(self, job_ids: Sequence[str], formats: Sequence[str], *, corrected: bool) -> Export:
        """Have jobs exported.

        Raises:
            InvalidRequestException: a format does not exist, or cannot be written on this installation.
            RateLimitedException: too many exports wait already.
            StorageFullException: the disk has too little free space.
        """
        if not job_ids or not formats:
            raise InvalidRequestException("An export needs jobs and formats.", hint="Name at least one of each.")
        choose_exporters(formats)
        require_space(self._storage, 0)
        made = Export(uuid.uuid4().hex, list(dict.fromkeys(job_ids)), list(dict.fromkeys(formats)), corrected, _now())
        made.of = len(made.job_ids) * len(made.formats)
        with self._lock:
            if sum(each.status == "waiting" for each in self._exports.values()) >= MOST_WAITING:
                raise RateLimitedException(
                    f"{MOST_WAITING} exports wait already, and the server takes no more.",
                    hint="Wait for them, or stop one.",
                    detail={"retry_after_s": RETRY_S},
                )
            self._exports[made.id], self._born[made.id] = made, time.monotonic()
        self._waiting.put(made.id)
        return made

    def get(self, export_id: str) -> Export:
        """An export as it stands.

        Raises:
            NotFoundException: there is none of that id, or not any more.
        """
        with self._lock:
            found = self._exports.get(export_id)
        if found is None:
            raise NotFoundException("There is no such export, or not any more.", hint=ASK_ANEW, detail={"export_id": export_id})
        return found

    def file(self, export_id: str) -> DownloadFile:
        """The archive.

        Raises:
            NotFoundException: there is no such export, or none that could be made.
            JobNotReadyException: it is not ready yet.
        """
        export = self.get(export_id)
        if export.status == "failed":
            why = export.error.message if export.error else ""
            raise NotFoundException(f"The export has no archive: it failed. {why}", hint=ASK_ANEW)
        if export.status != "ready" or export.size_bytes is None:
            raise JobNotReadyException("The export is not ready yet.", hint="Ask how it stands until its status is ready.")
        name = f"videoannotator-export-{export.created_at:%Y%m%d-%H%M%S}.zip"
        return DownloadFile(self._archive(export_id), name, "application/zip", export.size_bytes, None)

    def stop(self, export_id: str) -> None:
        """End an export, and forget it with its archive.

        Raises:
            NotFoundException: there is none of that id.
        """
        self.get(export_id)
        with self._lock:
            self._exports.pop(export_id, None)
            self._born.pop(export_id, None)
            child = self._children.get(export_id)
        if child is not None:
            child.kill()
        shutil.rmtree(self._folder / export_id, ignore_errors=True)

    def sweep(self) -> None:
        """Forget exports that are a day old."""
        with self._lock:
            old = [each for each, born in self._born.items() if time.monotonic() - born > KEPT_S]
        for export_id in old:
            with suppress(NotFoundException):
                self.stop(export_id)

    def _work(self) -> None:
        while (export_id := self._waiting.get()) is not None:
            with self._lock:
                export = self._exports.get(export_id)
            if export is not None:
                try:
                    self._make(export)
                except VideoAnnotatorException as error:
                    export.error = Problem("", None, error.code, error.message, error.hint)
                    export.status = "failed"
                except OSError as error:
                    logger.warning("An export failed: %s", error)
                    export.error = Problem("", None, "STORAGE_FAILED", "The disk did not do what it should.", "Check the disk.")
                    export.status = "failed"
                with self._lock:
                    forgotten = export_id not in self._exports
                if forgotten or export.status == "failed":
                    shutil.rmtree(self._folder / export_id, ignore_errors=True)

    def _make(self, export: Export) -> None:
        export.status = "running"
        jobs = self._jobs(export)
        if not jobs:
            raise NotFoundException("None of the jobs could be exported.", hint="The problems say why, job by job.")
        folder = self._prepared(export.id)
        work = ExportWork(jobs, export.formats, str(self._archive(export.id)), str(folder))
        child = ExportChild(work, self._storage)
        with self._lock:
            if export.id not in self._exports:  # it was stopped meanwhile
                child.kill()
            self._children[export.id] = child
        try:
            for line in child.lines():
                if line.done is not None:
                    export.done = line.done + (len(export.job_ids) - len(jobs)) * len(export.formats)
                elif line.problem is not None:
                    export.problems.append(line.problem)
                elif line.ended is not None:
                    export.files = line.ended
                elif line.failed is not None:
                    export.error = line.failed
        finally:
            child.end()
            with self._lock:
                self._children.pop(export.id, None)
        export.error = export.error or child.trouble
        if export.error is None and export.files:
            export.size_bytes = self._archive(export.id).stat().st_size
            export.status = "ready"
        else:
            export.error = export.error or _why_nothing(export)
            export.status = "failed"

    def _jobs(self, export: Export) -> list[JobToExport]:
        """What can be exported; what cannot is noted."""
        found, names = [], set[str]()
        for job_id in export.job_ids:
            try:
                job = get(self._database, job_id)
                history = history_of(self._database, job_id) if export.corrected else None
                saved = saved_job(self._database, self._storage, job_id)
            except ServiceUnavailableException:
                raise
            except VideoAnnotatorException as error:
                export.problems.append(Problem(job_id, None, error.code, error.message, error.hint))
                continue
            if not any(outcome.status is PipelineStatus.COMPLETED for outcome in saved.outcomes):
                export.problems.append(Problem(job_id, None, "NOTHING_TO_WRITE", "None of its pipelines completed.", None))
                continue
            if history is None:
                found.append(JobToExport(job_id, folder_name(job, names), saved))
            else:
                told = corrections_document(job, history.rows, history.revision)
                found.append(JobToExport(job_id, folder_name(job, names), saved, history.corrections, told))
        return found

    def _prepared(self, export_id: str) -> Path:
        folder = self._folder / export_id
        with self._lock:
            self._storage.make_folder(folder)
            owner = self._folder / OWNER
            if sys.platform != "win32" and not owner.exists():  # for the first time, or somebody has cleaned up
                if self._owner is not None:
                    os.close(self._owner)
                self._owner = os.open(owner, os.O_RDWR | os.O_CREAT, 0o600)
                with suppress(OSError):  # some network file systems have no locks; who sweeps up meets the same error
                    fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return folder

    def _archive(self, export_id: str) -> Path:
        return self._folder / export_id / "export.zip"


def folder_name(job: Job, taken: set[str]) -> str:
    """A job's folder in an archive: a plain form of the recording's name, and the beginning of the id. It is added to `taken`."""
    stem = unicodedata.normalize("NFKD", (job.video_filename or "").rpartition(".")[0] or job.video_filename or "")
    plain = re.sub(r"[^A-Za-z0-9]+", "_", stem.encode("ascii", "ignore").decode()).strip("_")[:MAX_NAME] or "recording"
    name, number = f"{plain}-{job.id[:8]}", 1
    free = name
    while free.casefold() in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free.casefold())
    return free


def corrections_document(job: Job, rows: Sequence[Any], revision: int) -> dict[str, Any]:
    """What `corrections.json` says: who changed what, when, and what it was before."""
    plain = ("number", "kind", "target", "before", "after", "created_by", "undone_by")
    return {
        "schema_version": 1,
        "job_id": job.id,
        "revision": revision,
        "corrections": [
            {
                **{name: getattr(row, name) for name in plain},
                "created_at": _moment(row.created_at),
                "undone_at": _moment(row.undone_at),
                "in_force": row.in_force,
            }
            for row in rows
        ],
    }


def _why_nothing(export: Export) -> Problem:
    """Why there is no archive although no error was told."""
    if export.files == 0:
        return Problem("", None, "NOT_FOUND", "Nothing could be exported.", "The problems say why, job by job.")
    return Problem("", None, "INTERNAL_SERVER_ERROR", "The process that made the export ended without an archive.", ASK_ANEW)


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _is_abandoned(folder: Path) -> bool:
    """Whether the process is gone whose exports these are."""
    if folder.is_symlink() or sys.platform == "win32":
        return False
    try:
        with (folder / OWNER).open("rb") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True

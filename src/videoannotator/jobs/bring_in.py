"""Bringing recordings and results of release 1.2 into the storage: `videoannotator migrate --files`.

The originals stay. Each file is linked where its disk allows it and copied elsewhere; a job's rows change in one transaction after
its files are on the disk. So this can be ended at any moment and run again.
"""

import errno
import hashlib
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from videoannotator.annotations.checksum import BLOCK_BYTES
from videoannotator.annotations.disk import full_disk_named
from videoannotator.database import crud
from videoannotator.database.models import Artifact, Job
from videoannotator.database.session import Database
from videoannotator.errors import NotFoundException
from videoannotator.jobs.results import may_be_recording
from videoannotator.storage.artifacts import sync_folder
from videoannotator.storage.config import Storage
from videoannotator.storage.space import require_space

try:
    import fcntl
except ModuleNotFoundError:  # Windows: two of these at once would each do the whole work
    fcntl = None  # type: ignore[assignment,unused-ignore]

PART = ".bring-in.part"
FORMER_ATTEMPT = 0
"""Results of release 1.2 lie where those of an attempt with this token would; claims begin with 1."""
NOT_LINKABLE = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that was not brought in, and why."""

    job_id: str
    path: str
    reason: str


@dataclass(slots=True)
class Report:
    """What was brought in, or would be.

    Attributes:
        jobs: how many jobs had files elsewhere.
        linked, copied, in_place: files that share the original's space, that need their own, and that lay in the storage already.
        copied_bytes: what the copies take.
        missing: files that are not there any more.
        refused: files that lead out of the folder that the database names, or that cannot be read.
        left: jobs whose id is no UUID; their files stay where they are.
    """

    jobs: int = 0
    linked: int = 0
    copied: int = 0
    in_place: int = 0
    copied_bytes: int = 0
    missing: list[Trouble] = field(default_factory=list)
    refused: list[Trouble] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    """A file to bring in; `artifact` is None for the recording."""

    real: Path
    target: Path
    size_bytes: int
    device: int
    artifact: int | None

    @property
    def is_in_place(self) -> bool:
        return self.real == self.target


@dataclass(frozen=True, slots=True)
class _Brought:
    file: _File
    sha256: str
    size_bytes: int
    linked: bool


def bring_in(
    database: Database,
    storage: Storage,
    *,
    dry_run: bool = False,
    on_job: Callable[[int, int], None] = lambda _done, _total: None,
) -> Report:
    """Bring every recording and result of release 1.2 into its job's folder.

    Args:
        database: whose jobs.
        storage: where to.
        dry_run: only say what would be done.
        on_job: called after each job with the number of jobs done and the number of all.

    Raises:
        StorageFullException: the storage has too little room; nothing was begun, or what was done so far is kept.
        DatabaseUnavailableException: the database does not answer.
    """
    if dry_run:
        return _foreseen(database, storage)[0]
    with _alone(storage):
        report, plans = _foreseen(database, storage)
        if report.copied_bytes:
            require_space(storage, report.copied_bytes)
        report.linked = report.copied = report.in_place = report.copied_bytes = 0
        for done, (job, files) in enumerate(plans, start=1):
            _bring_one(database, storage, job, files, report)
            on_job(done, len(plans))
    return report


@contextmanager
def _alone(storage: Storage) -> Iterator[None]:
    """Let one process at a time bring files in; the next one waits, and finds nothing left to do."""
    storage.make_folder(storage.root)
    with (storage.root / ".bring-in.lock").open("ab") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _foreseen(database: Database, storage: Storage) -> tuple[Report, list[tuple[Job, list[_File]]]]:
    """What there is to do, and what it will amount to."""
    report = Report()
    plans = list(_plans(database, storage, report))
    device = _nearest(storage.root).stat().st_dev
    for file in (file for _, files in plans for file in files):
        if file.is_in_place:
            report.in_place += 1
        elif file.device == device:
            report.linked += 1
        else:
            report.copied += 1
            report.copied_bytes += file.size_bytes
    return report, plans


def _plans(database: Database, storage: Storage, report: Report) -> Iterator[tuple[Job, list[_File]]]:
    with database.reading() as session:
        jobs = crud.jobs_with_files_elsewhere(session)
        artifacts: dict[str, list[Artifact]] = {}
        for artifact in crud.artifacts_elsewhere(session):
            artifacts.setdefault(artifact.job_id, []).append(artifact)
    report.jobs = len(jobs)
    for job in jobs:
        try:
            storage.job_folder(job.id)
        except NotFoundException:
            report.left.append(job.id)
            continue
        if files := _files_of(job, artifacts.get(job.id, []), storage, report):
            yield job, files


def _files_of(job: Job, artifacts: Sequence[Artifact], storage: Storage, report: Report) -> list[_File]:
    wanted: list[tuple[str, Path, int | None]] = []
    if job.original_path is not None:
        wanted.append((job.original_path, storage.source_path(job.id, job.original_path), None))
    results = storage.results_folder(job.id, FORMER_ATTEMPT)
    wanted += [(artifact.path, results / artifact.name, artifact.id) for artifact in artifacts]
    files = []
    for written, target, artifact_id in wanted:
        path = storage.root / written
        try:
            real = path.resolve(strict=True)
            facts = real.stat()
        except FileNotFoundError:
            report.missing.append(Trouble(job.id, written, "it is not there any more"))
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
            report.refused.append(Trouble(job.id, written, getattr(error, "strerror", None) or "it cannot be read"))
        else:
            if not real.is_relative_to(path.parent.resolve()):
                report.refused.append(Trouble(job.id, written, "it is a link that leads out of its folder"))
            elif artifact_id is None and not may_be_recording(real):
                report.refused.append(Trouble(job.id, written, "its name is not that of a recording"))
            elif not real.is_file():
                report.refused.append(Trouble(job.id, written, "it is not a regular file"))
            else:
                inside = real.is_relative_to(storage.job_folder(job.id))
                files.append(_File(real, real if inside else target, facts.st_size, facts.st_dev, artifact_id))
    return files


def _nearest(folder: Path) -> Path:
    """The folder, or the one in which it will be made."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _bring_one(database: Database, storage: Storage, job: Job, files: Sequence[_File], report: Report) -> None:
    folder = storage.ensure_job_folder(job.id)
    if fcntl is not None:
        for leftover in folder.rglob(f".*{PART}"):  # of a run that was killed; nobody else is at work
            leftover.unlink()
    brought = []
    for file in files:
        try:
            with full_disk_named(file.target.name):
                brought.append(_bring_file(file, storage))
        except FileNotFoundError:
            report.missing.append(Trouble(job.id, str(file.real), "it went away"))
        except OSError as error:
            report.refused.append(Trouble(job.id, str(file.real), error.strerror or "it cannot be read"))
    for changed in {parent for one in brought for parent in one.file.target.parents if parent.is_relative_to(folder.parent)}:
        sync_folder(changed)
    if not _record(database, storage, job.id, brought):
        _take_out(brought, folder)
        return
    for one in brought:
        report.in_place += one.file.is_in_place
        report.linked += one.linked
        if not one.linked and not one.file.is_in_place:
            report.copied += 1
            report.copied_bytes += one.size_bytes


def _record(database: Database, storage: Storage, job_id: str, brought: Sequence[_Brought]) -> bool:
    """Change the job's rows; False when it was deleted meanwhile."""
    with database.writing() as session:
        if crud.find_job(session, job_id) is None:
            return False
        for one in brought:
            path = storage.relative(one.file.target)
            if one.file.artifact is None:
                facts = {"video_size_bytes": one.size_bytes, "video_sha256": one.sha256}
                crud.set_fields(session, job_id, video_path=path, original_path=None, **facts)
            else:
                crud.set_artifact_file(session, one.file.artifact, path=path, size_bytes=one.size_bytes, sha256=one.sha256)
        if brought:
            crud.set_fields(session, job_id, storage_path=storage.relative(storage.job_folder(job_id)))
        if any(one.file.artifact is not None for one in brought):
            results = storage.results_folder(job_id, FORMER_ATTEMPT)
            crud.set_fields(session, job_id, result_path=storage.relative(results))
    return True


def _bring_file(file: _File, storage: Storage) -> _Brought:
    if file.is_in_place:
        return _Brought(file, *_hash_of(file.real), linked=False)
    storage.make_folder(file.target.parent)
    part = file.target.with_name(f".{uuid.uuid4().hex}{PART}")
    try:
        linked = _link(file.real, part)
        if not linked:
            require_space(storage, file.size_bytes)
        sha256, size_bytes = _hash_of(part) if linked else _copy(file.real, part, storage.file_mode)
        part.replace(file.target)
    finally:
        part.unlink(missing_ok=True)  # it is still there when it and the target were the same file already
    return _Brought(file, sha256, size_bytes, linked)


def _link(real: Path, part: Path) -> bool:
    """Whether the disk took a second name for the file."""
    try:
        os.link(real, part)
    except OSError as error:
        if error.errno not in NOT_LINKABLE:
            raise
        return False
    return True


def _open(path: Path) -> BinaryIO:
    """A file to read; a link that somebody has put in its place meanwhile is an error."""
    return open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb")  # noqa: PTH123


def _hash_of(path: Path) -> tuple[str, int]:
    """SHA-256 and size of what is on the disk."""
    digest, size_bytes = hashlib.sha256(), 0
    with _open(path) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
    return digest.hexdigest(), size_bytes


def _copy(real: Path, part: Path, mode: int) -> tuple[str, int]:
    """The same of a copy that is on the disk when this returns."""
    digest, size_bytes = hashlib.sha256(), 0
    with _open(real) as file, part.open("xb") as copy:
        part.chmod(mode)
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            copy.write(block)
            size_bytes += len(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest(), size_bytes


def _take_out(brought: Sequence[_Brought], folder: Path) -> None:
    """Remove again what was brought for a job that was deleted meanwhile."""
    for one in brought:
        if not one.file.is_in_place:
            one.file.target.unlink(missing_ok=True)
    for path in sorted(
        {parent for one in brought for parent in one.file.target.parents if parent.is_relative_to(folder)}, reverse=True
    ):
        with suppress(OSError):  # something else is in it
            path.rmdir()

"""Deletes what is too old to keep, and what interrupted work left behind.

A job goes in four steps: a mark is put into its folder; its row is deleted, in one transaction that looks at its state; the folder
gets a name that says what it is; it is removed. After a sudden death between the first two, the job is still there and the mark
means nothing. After a later one there is a mark without a row, or the name, and the next clean-up goes on from there. A folder with
no row, no mark and no such name is only reported, never removed: the row may be missing for a reason that should cost nobody a
recording, such as a database that was restored from a backup.
"""

import logging
import math
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from videoannotator.database import crud, uploads
from videoannotator.database.models import Job
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import NotFoundException, StorageFailedException, StorageFullException
from videoannotator.storage.artifacts import UNFINISHED, atomic_write, sync_folder
from videoannotator.storage.config import Storage
from videoannotator.storage.expiry import expire_uploads
from videoannotator.storage.space import BALLAST, disk_errors, with_ballast

if sys.platform != "win32":
    import fcntl

DELETION_MARK = ".deleted"
DELETED_FOLDERS = ".deleted-"
OLD_S = 24 * 3600
"""What was changed later than so many seconds ago may still be in use."""
JOBS_AT_ONCE = 500
PUBLISHED = re.compile(r"attempt-(\d+)")
"""Results of one attempt. When no row speaks of any, though the job has come so far, its worker died before it could write that."""
UNFINISHED_FILE = re.compile(r"\..*\.part")
RECORDS_FOLDERS = "videoannotator-records-*"
RECORDS_OWNER = ".owner"
"""Folders for temporary files of runs, and the file in them that its process holds locked while it lives."""

audit = logging.getLogger("videoannotator.audit")
audit.setLevel(logging.INFO)  # whatever else is logged
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What a clean-up did, or would do when it is a dry run. Paths are relative to the storage root where they lie in it.

    Attributes:
        dry_run: whether nothing was deleted.
        jobs: ids of the jobs that were deleted because they ended too long ago.
        leftovers: what interrupted work had left behind, and was deleted.
        orphans: folders of jobs that the database does not know; somebody must look at them.
        unlisted: files among results that no row speaks of; somebody must look at them.
        failed: what could not be deleted, with the reason.
        freed_bytes: size of all that was deleted.
    """

    dry_run: bool
    jobs: tuple[str, ...]
    leftovers: tuple[str, ...]
    orphans: tuple[str, ...]
    unlisted: tuple[str, ...]
    failed: tuple[str, ...]
    freed_bytes: int


def clean_up(database: Database, storage: Storage, days: float | None, *, dry_run: bool = False) -> Report:
    """Delete jobs that ended more than `days` days ago, uploads that nobody went on with, and leftovers older than a day.

    The audit log gets a line for each.

    Only jobs that have ended are deleted, whatever the age of others; never a recording that was submitted by path, nor files of an
    earlier release outside the storage.

    Args:
        database: the rows.
        storage: the files.
        days: None keeps every job.
        dry_run: only look.

    Raises:
        DatabaseUnavailableException: the database does not answer; what was done so far is complete in itself.
    """
    cleaner = _Cleaner(database, storage, dry_run=dry_run)
    if days is not None:
        cleaner.delete_ended_jobs(days)
    cleaner.expire_uploads()
    cleaner.look_at_job_folders()
    cleaner.sweep_folders()
    cleaner.sweep_records()
    return cleaner.report()


def delete_job(database: Database, storage: Storage, job_id: str, *, only_ended: bool = False) -> bool:
    """Delete a job that no worker holds, with everything in its folder; gives whether it did.

    Raises:
        StorageFailedException: the row is gone, and the folder could not be removed; the next clean-up tries again.
    """
    folder = _own_folder(storage, job_id)
    if folder is not None:
        _mark(folder)
    with database.writing() as session:
        job = crud.find_job(session, job_id)
        deleted = job is not None and (job.is_terminal or not only_ended) and crud.delete_job(session, job_id)
    if not deleted or job is None:
        if folder is not None:
            (folder / DELETION_MARK).unlink(missing_ok=True)
        return False
    audit.info("deleted job %s (%s)", job_id, _described(job))
    if folder is not None:
        with disk_errors("a deleted job's folder"):
            _remove_marked(folder)
    return True


class _Cleaner:
    """One clean-up."""

    def __init__(self, database: Database, storage: Storage, *, dry_run: bool) -> None:
        self._database = database
        self._storage = storage
        self._dry_run = dry_run
        self._now = time.time()
        self._jobs: list[str] = []
        self._leftovers: list[str] = []
        self._orphans: list[str] = []
        self._unlisted: list[str] = []
        self._failed: list[str] = []
        self._freed = 0

    def report(self) -> Report:
        return Report(
            dry_run=self._dry_run,
            jobs=tuple(self._jobs),
            leftovers=tuple(self._leftovers),
            orphans=tuple(self._orphans),
            unlisted=tuple(self._unlisted),
            failed=tuple(self._failed),
            freed_bytes=self._freed,
        )

    def delete_ended_jobs(self, days: float) -> None:
        with self._database.reading() as session:
            ids = crud.ids_ended_before(session, days)
        for job_id in ids:
            folder = _own_folder(self._storage, job_id)
            size = _size(folder) if folder else 0
            if not self._dry_run and not self._delete_job(job_id):
                continue
            self._jobs.append(job_id)
            self._freed += size

    def _delete_job(self, job_id: str) -> bool:
        """Whether the job is gone; what could not be done is noted."""
        try:
            # even a deletion needs room in the database's log
            return with_ballast(self._storage, lambda: delete_job(self._database, self._storage, job_id, only_ended=True))
        except (StorageFullException, StorageFailedException) as error:
            self._failed.append(f"job {job_id}: {error.message}")
            return False

    def expire_uploads(self) -> None:
        """Recordings of which nothing has come for a day, and of which no job was made."""
        for upload in expire_uploads(self._database, self._storage, dry_run=self._dry_run):
            self._leftovers.append(upload.name)
            self._freed += upload.size_bytes

    def look_at_job_folders(self) -> None:
        """Unfinished attempts and files, folders whose job was deleted, folders that nobody knows."""
        for batch in _batches(_entries(self._storage.root / "jobs"), JOBS_AT_ONCE):
            with self._database.reading() as session:
                states = crud.states_of(session, [path.name for path in batch])
                known = crud.stored_paths_of(session, list(states))
                on_their_way = uploads.known_among(session, [path.name for path in batch])
            for path in batch:
                if path.name not in states:
                    if path.name not in on_their_way:  # a sudden death came while a job was made of it; it can still be
                        self._without_row(path)
                    continue
                status, token = states[path.name]
                if status is not JobStatus.RUNNING and not path.is_symlink():
                    self._with_row(path, token, known)

    def _without_row(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            self._orphans.append(self._name(path))
        elif path.name.startswith(DELETED_FOLDERS) or (path / DELETION_MARK).exists():
            self._delete(path, "folder of a deleted job")
        elif self._is_old(path):
            if all(UNFINISHED_FILE.fullmatch(file.name) for file in _files(path)):
                self._delete(path, "folder of an upload that broke off")
            else:
                self._orphans.append(self._name(path))

    def _with_row(self, folder: Path, token: int, known: set[str]) -> None:
        for path in _entries(folder):
            if UNFINISHED_FILE.fullmatch(path.name) and self._is_old(path):
                self._delete(path, "unfinished file")
        for path in _entries(folder / "results"):
            if UNFINISHED.fullmatch(path.name):
                if self._is_old(path):
                    self._delete(path, "unfinished attempt")
                continue
            files = [path] if path.is_symlink() or not path.is_dir() else list(_files(path))
            unlisted = [file for file in files if self._name(file) not in known]
            if len(unlisted) == len(files) and _token_of(path) <= token and self._is_old(path):
                self._delete(path, "attempt that came to its end too late")
            else:
                self._unlisted += [self._name(file) for file in unlisted if self._is_old(file)]

    def sweep_folders(self) -> None:
        """Uploads that broke off, and temporary files of whoever does not run any more."""
        in_use = {self._storage.scratch_folder(held.job_id, held.token) for held in JobQueue(self._database).held()}
        for path in _entries(self._storage.root / "temp"):
            if path not in in_use and self._is_old(path):
                self._delete(path, "temporary file")
        for batch in _batches(_entries(self._storage.root / "uploads"), JOBS_AT_ONCE):
            with self._database.reading() as session:
                known = uploads.known_among(session, [path.name.partition(".")[0] for path in batch])
            for path in batch:
                if path.name.partition(".")[0] not in known and self._is_old(path):
                    self._delete(path, "temporary file")
        for path in self._storage.root.glob(f"{BALLAST}.*"):
            if self._is_old(path):
                self._delete(path, "unfinished ballast")

    def sweep_records(self) -> None:
        """Temporary files of runs whose process is gone: it held a lock on a file among them as long as it lived."""
        if sys.platform == "win32":
            return
        for folder in Path(tempfile.gettempdir()).glob(RECORDS_FOLDERS):
            try:
                if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                    continue
                with (folder / RECORDS_OWNER).open("rb") as owner:
                    fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._delete(folder, "temporary files of a run that has ended")
            except FileNotFoundError:
                if self._is_old(folder):  # made in this moment, or by a release that had no such lock
                    self._delete(folder, "temporary files of a run that has ended")
            except OSError:  # its process lives, or it is not ours to look into
                continue

    def _is_old(self, path: Path) -> bool:
        """Whether nothing in it was changed for a day; what is gone by now is not old."""
        try:
            newest = max(file.lstat().st_mtime for file in (path, *_files(path)))
        except FileNotFoundError:
            return False
        return self._now - newest > OLD_S

    def _delete(self, path: Path, what: str) -> None:
        """Remove a leftover, never following a link."""
        name = self._name(path)
        size = _size(path)
        if not self._dry_run:
            try:
                if path.is_symlink() or not path.is_dir():
                    path.unlink()
                elif path.parent == self._storage.root / "jobs":
                    _remove_marked(path)
                else:
                    shutil.rmtree(path)
            except FileNotFoundError:  # another clean-up was faster
                return
            except OSError as error:
                self._failed.append(f"{name}: {error.strerror or error}")
                return
            audit.info("deleted %s: %s", what, name)
        self._leftovers.append(name)
        self._freed += size

    def _name(self, path: Path) -> str:
        return self._storage.relative(path) if path.is_relative_to(self._storage.root) else str(path)


def _own_folder(storage: Storage, job_id: str) -> Path | None:
    """The folder of a job below the storage; None when it has none, as jobs of earlier releases."""
    try:
        folder = storage.job_folder(job_id)
    except NotFoundException:
        return None
    return folder if folder.is_dir() else None


def _mark(folder: Path) -> None:
    try:
        atomic_write(folder / DELETION_MARK, b"")
    except (StorageFullException, StorageFailedException):  # room is what it is about to make; or another clean-up was faster
        if folder.exists():
            logger.warning("The folder of %s could not be marked for deletion.", folder.name)


def _remove_marked(folder: Path) -> None:
    """Remove a job's folder whose row is gone. The mark inside may be the first thing to go, so the name tells from now on."""
    doomed = folder.with_name(f"{DELETED_FOLDERS}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):  # another clean-up is at it
        folder.rename(doomed)
        sync_folder(doomed.parent)
        shutil.rmtree(doomed)


def _described(job: Job) -> str:
    ended = job.completed_at or job.cancelled_at
    original = ", its original stays where it is" if job.original_path else ""
    return f"{job.status.value}, {f'ended {ended.isoformat()}' if ended else 'not ended'}{original}"


def _entries(folder: Path) -> Iterator[Path]:
    """What stands in a folder that may be missing; a link to a folder is not followed."""
    if folder.is_symlink():
        return
    try:
        with os.scandir(folder) as entries:
            yield from [Path(entry.path) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return


def _files(folder: Path) -> Iterator[Path]:
    """All that is not a folder below this one; links are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for here, _, files in os.walk(folder):
        yield from (Path(here) / name for name in files)


def _token_of(results: Path) -> float:
    """The attempt whose complete results lie there; infinite for anything else."""
    match = PUBLISHED.fullmatch(results.name)
    return int(match[1]) if match and not results.is_symlink() else math.inf


def _size(path: Path) -> int:
    total = 0
    for file in (path, *_files(path)):
        try:
            total += 0 if file.is_dir() and not file.is_symlink() else file.lstat().st_size
        except FileNotFoundError:
            continue
    return total


def _batches(items: Iterable[Path], size: int) -> Iterator[Sequence[Path]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch

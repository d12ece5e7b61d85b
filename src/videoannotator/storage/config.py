"""Where the files of jobs lie. Nobody else builds a path to a job's file.

{root}/jobs/{job id}/source.mp4               the recording
{root}/jobs/{job id}/job.log                  what the job said while it ran
{root}/jobs/{job id}/results/.attempt-3/      what attempt 3 is writing; nobody reads it
{root}/jobs/{job id}/results/attempt-3/       the same, complete; its artifact rows say what it holds
{root}/uploads/{upload id}.mp4                 a recording that comes in pieces; its id becomes that of its job
{root}/{results,temp,logs,tokens}/
"""

import errno
import os
import re
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from videoannotator.errors import InvalidRequestException, NotFoundException
from videoannotator.settings import Settings, load_settings

if TYPE_CHECKING:
    STORAGE_ROOT: Path

FOLDERS = ("jobs", "uploads", "results", "temp", "logs", "tokens")
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SOURCE = "source"
MAX_SUFFIX_LENGTH = 6
GB = 1_000_000_000
BALLAST_BYTES = 64 * 1024 * 1024


class Storage:
    """The storage below one folder.

    Args:
        root: an absolute folder; made when it is missing.
        free_floor_bytes: free space that uploads and jobs leave alone.
        umask: permissions that new files and folders do not get.
        ballast_bytes: room that is kept for writing down that the disk is full.

    Attributes:
        lock, reservations, is_short: what this process knows of the free space; for `storage.space` alone.
    """

    def __init__(self, root: Path, free_floor_bytes: int = GB, *, umask: int = 0o077, ballast_bytes: int = BALLAST_BYTES) -> None:
        self.root = root.resolve()
        self.free_floor_bytes = free_floor_bytes
        self.ballast_bytes = ballast_bytes
        self.folder_mode = 0o777 & ~umask
        self.file_mode = 0o666 & ~umask
        self.lock = threading.Lock()
        self.reservations: dict[object, int] = {}
        self.is_short = False

    @classmethod
    def of(cls, settings: Settings) -> "Storage":
        """The storage that the settings name."""
        return cls(settings.storage_dir, int(settings.storage_free_floor_gb * GB), umask=settings.umask)

    def prepare(self) -> None:
        """Make the root and the folders in it, for this user alone.

        Raises:
            InvalidRequestException: they cannot be made or written to.
        """
        try:
            for name in ("", *FOLDERS):
                self.make_folder(self.root / name)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise InvalidRequestException(
                f"The storage folder {self.root} cannot be used: {error.strerror or error}.",
                hint="Set VIDEOANNOTATOR_STORAGE_DIR to a folder that you may write to.",
                field="STORAGE_DIR",
            ) from error

    def job_folder(self, job_id: str) -> Path:
        """The folder of a job, which need not exist.

        Raises:
            NotFoundException: the id is no UUID in its usual form, or the folder leads out of the storage.
        """
        folder = self.root / "jobs" / _checked_id(job_id)
        if folder.resolve() != folder:
            raise NotFoundException("The folder of this job leads out of the storage.", detail={"job_id": job_id})
        return folder

    def ensure_job_folder(self, job_id: str) -> Path:
        """The same, made when it is missing."""
        folder = self.job_folder(job_id)
        self.make_folder(folder)
        return folder

    def make_folder(self, folder: Path) -> None:
        """Make a folder with those it lies in; one that is there keeps its rights."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=self.folder_mode, exist_ok=True)
            path.chmod(self.folder_mode)  # the process's own mask may be narrower or wider
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))

    def source_path(self, job_id: str, file_name: str | None) -> Path:
        """Where a job's recording lies. Of the client's name, only a plain ending is taken."""
        return self.job_folder(job_id) / f"{SOURCE}{_plain_suffix(file_name or '')}"

    def upload_path(self, upload_id: str, file_name: str | None) -> Path:
        """Where a recording that comes in pieces lies until a job is made of it."""
        return self.root / "uploads" / f"{_checked_id(upload_id)}{_plain_suffix(file_name or '')}"

    def attempt_folder(self, job_id: str, token: int) -> Path:
        """Where an attempt writes; nobody reads there."""
        return self.job_folder(job_id) / "results" / f".attempt-{token}"

    def results_folder(self, job_id: str, token: int) -> Path:
        """Where a complete attempt lies."""
        return self.job_folder(job_id) / "results" / f"attempt-{token}"

    def scratch_folder(self, job_id: str, token: int) -> Path:
        """Where an attempt keeps what it needs only while it runs; a short name, because some systems' sockets want short paths."""
        return self.root / "temp" / f"{_checked_id(job_id)[:13]}-{token}"

    def log_file(self, job_id: str) -> Path:
        """What a job said while it ran."""
        return self.job_folder(job_id) / "job.log"

    def relative(self, path: Path) -> str:
        """A path below the root as it is stored in the database: relative, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    def resolve(self, stored: str) -> Path:
        """The file that a stored path means.

        Raises:
            NotFoundException: it leads out of the storage.
        """
        if "\0" in stored:
            raise NotFoundException("The stored path of this file is damaged.")
        path = (self.root / stored).resolve()
        if not path.is_relative_to(self.root):
            raise NotFoundException("The stored path of this file leads out of the storage.")
        return path


def _checked_id(job_id: str) -> str:
    if not UUID.fullmatch(job_id):
        raise NotFoundException("A job's id is a UUID in lower case.", hint="Copy the id from the list of jobs.", field="job_id")
    return job_id


def _plain_suffix(file_name: str) -> str:
    suffix = os.path.splitext(file_name)[1].lower()  # noqa: PTH122  the name may hold what no path may
    plain = suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= MAX_SUFFIX_LENGTH
    return suffix if plain else ""


@cache
def installed_storage() -> Storage:
    """The storage that the settings of this process name."""
    return Storage.of(load_settings())


def get_job_storage_path(job_id: str) -> Path:
    """The folder of a job in the storage that the settings name.

    Raises:
        NotFoundException: the id is no UUID, or the folder leads out of the storage.
    """
    return installed_storage().job_folder(job_id)


def ensure_job_storage_path(job_id: str) -> Path:
    """The same, made when it is missing."""
    return installed_storage().ensure_job_folder(job_id)


def __getattr__(name: str) -> Path:
    if name == "STORAGE_ROOT":
        return installed_storage().root
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The files of recordings that come in pieces.

Each lies on the disk of the jobs, so that it becomes a job's recording by a change of its name. A request that writes to it, makes
a job of it or deletes it holds a lock on it: across processes, and given back by the system when a process dies.
"""

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from videoannotator.errors import NotFoundException, UploadLockedException
from videoannotator.storage.artifacts import sync_folder
from videoannotator.storage.config import Storage
from videoannotator.storage.recordings import BINARY
from videoannotator.storage.space import disk_errors

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WHAT = "the upload"
BEYOND = 2**40
"""Windows locks a part of a file against everybody: one where nothing will ever be."""


def begin_upload(storage: Storage, upload_id: str, file_name: str | None) -> None:
    """Make the empty file of an upload; it is on the disk when this returns.

    Raises:
        StorageFullException, StorageFailedException: the disk does not take it.
    """
    path = storage.upload_path(upload_id, file_name)
    with disk_errors(WHAT):
        storage.make_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, storage.file_mode))
        sync_folder(path.parent)


def discard_upload(storage: Storage, upload_id: str, file_name: str | None) -> None:
    """Remove the file of an upload that nobody was told of."""
    with disk_errors(WHAT):
        storage.upload_path(upload_id, file_name).unlink(missing_ok=True)


def size_of_upload(storage: Storage, upload_id: str, file_name: str | None) -> int | None:
    """How much lies in the file of an upload; None when there is none."""
    for path in (storage.upload_path(upload_id, file_name), storage.source_path(upload_id, file_name)):
        with suppress(OSError):
            return path.stat().st_size
    return None


class UploadFile:
    """The file of an upload, in the hands of this process alone until it is closed. Use it as a context manager.

    It may lie in the folder of its job: because that job has been made, and then there is no row of the upload any more; or because
    a sudden death came before the row of the job was written. So look for the row once the file is held, and then put it back.

    Args:
        storage: where it lies.
        upload_id: its id.
        file_name: as the client calls it; only a plain ending of it is used.

    Attributes:
        path: where it lies now.
        size_bytes: how much lies in it.

    Raises:
        UploadLockedException: somebody else has it.
        NotFoundException: there is no such file.
        StorageFailedException: the disk failed.
    """

    def __init__(self, storage: Storage, upload_id: str, file_name: str | None) -> None:
        self._storage = storage
        self._home = storage.upload_path(upload_id, file_name)
        self._in_job = storage.source_path(upload_id, file_name)
        self._kept = False
        self.path = self._home
        self._file: int | None = None
        with disk_errors(WHAT):
            self._open()

    @property
    def folder(self) -> str:
        """The folder of its job as it is stored in the database."""
        return self._storage.relative(self._in_job.parent)

    @property
    def stored_path(self) -> str:
        """Itself, as the recording of its job, as it is stored in the database."""
        return self._storage.relative(self._in_job)

    def write(self, data: bytes | bytearray) -> None:
        """Add to its end.

        Raises:
            StorageFullException, StorageFailedException: the disk did not take all of it; `size_bytes` says how much it took.
        """
        file = self._descriptor()
        with disk_errors(WHAT):
            os.lseek(file, self.size_bytes, os.SEEK_SET)
            rest = memoryview(data)
            while rest:
                written = os.write(file, rest)
                self.size_bytes += written
                rest = rest[written:]

    def cut(self, size_bytes: int) -> None:
        """Drop what lies behind so many bytes."""
        with disk_errors(WHAT):
            os.ftruncate(self._descriptor(), size_bytes)
        self.size_bytes = size_bytes

    def sync(self) -> None:
        """Have all of it on the disk.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        with disk_errors(WHAT):
            os.fsync(self._descriptor())

    def move_into_job(self) -> None:
        """Put it into the folder of its job, where it stays once it is kept; its name is on the disk when this returns.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        folder = self._in_job.parent
        with disk_errors(WHAT):
            self._storage.make_folder(folder.parent)
            with suppress(FileNotFoundError):
                folder.rmdir()  # empty, when a sudden death came between these lines; anything else belongs to somebody
            folder.mkdir(mode=self._storage.folder_mode)
            folder.chmod(self._storage.folder_mode)
            self._rename(self._in_job)
            for changed in (folder, folder.parent, self._home.parent):
                sync_folder(changed)

    def keep(self) -> None:
        """From now on it belongs to a job."""
        self._kept = True

    def put_back(self) -> None:
        """Undo `move_into_job`, unless it belongs to a job.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        if self._kept or self.path == self._home:
            return
        with disk_errors(WHAT):
            self._storage.make_folder(self._home.parent)
            self._rename(self._home)
            sync_folder(self._home.parent)
            with suppress(OSError):  # something else has come into it, and is not ours to remove
                self._in_job.parent.rmdir()

    def remove(self) -> None:
        """Delete it.

        Raises:
            StorageFailedException: the disk failed.
        """
        with disk_errors(WHAT):
            if sys.platform == "win32":
                self.close()
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give it back."""
        if self._file is not None:
            file, self._file = self._file, None
            with suppress(OSError):
                os.close(file)

    def __enter__(self) -> "UploadFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _open(self) -> None:
        """Open it where it lies, and lock it."""
        for path in (self._home, self._in_job):
            try:
                self._file = os.open(path, os.O_RDWR | BINARY)
            except FileNotFoundError:
                continue
            self.path = path
            _lock(self._file)
            self.size_bytes = os.fstat(self._file).st_size
            if not _is_still(path, self._file):  # renamed or removed before the lock was ours
                self.close()
                raise _locked()
            return
        raise NotFoundException("The bytes of this upload are gone.", hint="Begin a new upload.", field="upload_id")

    def _rename(self, to: Path) -> None:
        if sys.platform == "win32":  # where an open file cannot be renamed
            self.close()
        self.path.replace(to)
        self.path = to

    def _descriptor(self) -> int:
        if self._file is None:
            raise RuntimeError("the file of the upload is closed")
        return self._file


def _lock(file: int) -> None:
    try:
        if sys.platform == "win32":
            os.lseek(file, BEYOND, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            raise _locked() from error
        raise


def _is_still(path: Path, file: int) -> bool:
    """Whether a path still means this open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _locked() -> UploadLockedException:
    return UploadLockedException(
        "Another request is at work on this upload.",
        hint="Try again in a moment; a client that is gone gives it up when it has been silent for UPLOAD_IDLE_TIMEOUT_S.",
        detail={"retry_after_s": 1},
    )

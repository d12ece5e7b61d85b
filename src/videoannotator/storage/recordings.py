"""A recording on its way into the folder of its job: written once, to its final disk, and hashed as it comes."""

import hashlib
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from videoannotator.storage.artifacts import sync_folder
from videoannotator.storage.config import Storage
from videoannotator.storage.space import disk_errors

SYNC_EVERY_BYTES = 256 * 1024 * 1024
"""Flushed to the disk as it comes, so that the end of a long upload does not wait for all of it."""
BINARY = getattr(os, "O_BINARY", 0)
"""Windows would change line ends."""

logger = logging.getLogger(__name__)


class NewRecording:
    """A recording that becomes part of a job, or leaves nothing behind. Not safe to use from two threads at once.

    Args:
        storage: where to.
        job_id: of a job that has no folder yet.
        file_name: as the client calls it; only a plain ending of it is used.

    Attributes:
        path: where it lies once it is settled.
        size_bytes: how much has come.

    Raises:
        StorageFullException, StorageFailedException: the disk does not take it; nothing was left.
    """

    def __init__(self, storage: Storage, job_id: str, file_name: str | None) -> None:
        self.job_id = job_id
        self.path = storage.source_path(job_id, file_name)
        self.size_bytes = 0
        self._storage = storage
        self._part = self.path.with_name(f".{self.path.name}.part")
        self._digest = hashlib.sha256()
        self._synced_bytes = 0
        self._kept = False
        self._file: int | None = None
        folder = self.path.parent
        with disk_errors("the folder for the recording"):
            storage.make_folder(folder.parent)
            folder.mkdir(mode=storage.folder_mode)  # one that is there belongs to somebody else
        with ExitStack() as undo, disk_errors("the recording"):
            undo.callback(self.discard)
            folder.chmod(storage.folder_mode)
            self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, storage.file_mode)
            undo.pop_all()

    @property
    def sha256(self) -> str:
        """Of what has come, hexadecimal."""
        return self._digest.hexdigest()

    @property
    def folder(self) -> str:
        """Its job's folder as it is stored in the database."""
        return self._storage.relative(self.path.parent)

    @property
    def stored_path(self) -> str:
        """Itself as it is stored in the database."""
        return self._storage.relative(self.path)

    def write(self, data: bytes | bytearray) -> None:
        """Add to it.

        Raises:
            StorageFullException, StorageFailedException: the disk did not take it.
        """
        file = self._open_file()
        with disk_errors("the recording"):
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(file, rest) :]
            self._digest.update(data)
            self.size_bytes += len(data)
            if self.size_bytes - self._synced_bytes >= SYNC_EVERY_BYTES:
                os.fsync(file)
                self._synced_bytes = self.size_bytes

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Put it in its place; it is on the disk when the block ends, which may read it meanwhile.

        It gets its name first: then one write of the file system's journal covers the content and the names, and the disk can be
        told about all of them at once. That takes a third of the time of one after the other.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        file = self._open_file()
        with disk_errors("the recording"):
            if sys.platform == "win32":  # where an open file cannot be renamed
                os.fsync(file)
                self._close()
            self._part.replace(self.path)
        folder = self.path.parent
        with ThreadPoolExecutor(max_workers=3) as threads:
            on_their_way = [threads.submit(self._sync_file), *(threads.submit(sync_folder, one) for one in (folder, folder.parent))]
            yield
            with disk_errors("the recording"):
                for one in on_their_way:
                    one.result()
        with disk_errors("the recording"):
            self._close()

    def settle(self) -> None:
        """Put it in its place; it is on the disk when this returns.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        with self.settling():
            pass

    def link(self, source: Path) -> bool:
        """Share the bytes of a file that is on the disk, instead of writing any; gives whether the disk can do that.

        Raises:
            StorageFullException, StorageFailedException: the disk failed.
        """
        try:
            os.link(source, self.path)
        except OSError:  # another disk, a disk without links, too many of them: each has its own number somewhere
            return False
        with disk_errors("the recording"):
            self._close()
            self._part.unlink()
            self._sync_folders()
        return True

    @property
    def is_kept(self) -> bool:
        """Whether it belongs to a job."""
        return self._kept

    def keep(self) -> None:
        """From now on it belongs to a job."""
        self._kept = True

    def discard(self) -> None:
        """Remove it with its folder, unless it belongs to a job."""
        with suppress(OSError):
            self._close()
        if not self._kept:
            shutil.rmtree(self.path.parent, ignore_errors=True)
            if self.path.parent.exists():
                logger.error("The folder of the refused job %s could not be removed.", self.job_id)

    def _open_file(self) -> int:
        if self._file is None:
            raise RuntimeError("the recording is settled or discarded")
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _sync_file(self) -> None:
        if self._file is not None:
            os.fsync(self._file)

    def _sync_folders(self) -> None:
        sync_folder(self.path.parent)
        sync_folder(self.path.parent.parent)

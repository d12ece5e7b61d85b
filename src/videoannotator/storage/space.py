"""Free space: nothing is accepted that would fill the disk, and on a full disk what happened can still be written down.

Uploads and jobs leave a floor of free space alone. Beside it lies the ballast, a file that only takes up room: when the disk is
full all the same, it goes, and the database has room to say so. It comes back when there is space again; until then no job starts.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from videoannotator.errors import StorageFailedException, StorageFullException
from videoannotator.storage.config import Storage

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
HINT = "Free some space; `videoannotator storage cleanup` shows what can go."
BLOCK_BYTES = 1024 * 1024
BALLAST = ".ballast"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Space:
    """What a disk holds."""

    total_bytes: int
    free_bytes: int


def space_of(storage: Storage) -> Space:
    """The disk of the storage, as it is now.

    Raises:
        StorageFailedException: it does not answer.
    """
    with disk_errors("the storage folder"):
        usage = shutil.disk_usage(storage.root)
    return Space(usage.total, usage.free)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn what the operating system says about `what` into our words, without a path.

    Raises:
        StorageFullException: the disk, or this user's share of it, is full.
        StorageFailedException: anything else.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullException(f"The disk is full: {what} could not be written.", hint=HINT) from error
        message = f"The disk did not do what it should with {what}: {error.strerror or type(error).__name__}."
        raise StorageFailedException(message, hint="Check the disk and the rights on the storage folder.") from error


def require_space(storage: Storage, bytes_wanted: int) -> None:
    """Make sure that so many bytes can be written without touching the floor, or what uploads in flight have reserved.

    Raises:
        StorageFullException: there is too little room.
    """
    with storage.lock:
        reserved = sum(storage.reservations.values())
    _require(storage, bytes_wanted + reserved)


def require_floor(storage: Storage) -> None:
    """Make sure that the disk has not filled up from elsewhere, while something arrives for which there was room.

    Raises:
        StorageFullException: it has.
    """
    _require(storage, 0)


class Reservation:
    """Room for one upload, held while it arrives. Use it as a context manager.

    Args:
        storage: where to.
        bytes_wanted: as announced; None when the client did not say.
        promised_bytes: what is still to come of uploads that began earlier and may go on at any time.

    Raises:
        StorageFullException: there is too little room beside the floor and the other uploads in flight.
    """

    def __init__(self, storage: Storage, bytes_wanted: int | None, promised_bytes: int = 0) -> None:
        self._storage = storage
        self._announced = bytes_wanted or 0
        with storage.lock:
            _require(storage, self._announced + promised_bytes + sum(storage.reservations.values()))
            storage.reservations[self] = self._announced

    def check(self, written: int) -> None:
        """Say how many bytes have arrived in all; call it every few megabytes.

        Raises:
            StorageFullException: the disk has filled up from elsewhere, or more has come than was announced and does not fit.
        """
        with self._storage.lock:
            self._storage.reservations[self] = max(0, self._announced - written)
            unannounced = written > self._announced
            _require(self._storage, sum(self._storage.reservations.values()) if unannounced else 0)

    def release(self) -> None:
        """Give back what was not used."""
        with self._storage.lock:
            self._storage.reservations.pop(self, None)

    def __enter__(self) -> "Reservation":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _require(storage: Storage, bytes_wanted: int) -> None:
    free = space_of(storage).free_bytes
    if free - bytes_wanted < storage.free_floor_bytes:
        raise StorageFullException(
            "The server's disk has too little free space.",
            hint=HINT,
            detail={"free_bytes": free, "wanted_bytes": bytes_wanted, "floor_bytes": storage.free_floor_bytes},
        )


def has_room(storage: Storage) -> bool:
    """Whether a job may start; keeps the ballast in step with the disk. It costs microseconds: ask before every claim.

    Once space has run short it must grow well beyond the floor again, lest jobs start and fail by turns.
    """
    free = space_of(storage).free_bytes
    if not (storage.root / BALLAST).exists():
        return make_ballast(storage)
    if free < storage.ballast_bytes:
        free_ballast(storage)
        return False
    margin = storage.ballast_bytes if storage.is_short else 0
    storage.is_short = free < storage.free_floor_bytes + margin
    return not storage.is_short


def make_ballast(storage: Storage) -> bool:
    """Put the ballast in place where it is missing and there is ample space; gives whether it lies there."""
    target = storage.root / BALLAST
    if target.exists():
        return True
    if space_of(storage).free_bytes < storage.free_floor_bytes + 2 * storage.ballast_bytes:
        return False
    part = storage.root / f"{BALLAST}.{secrets.token_hex(4)}"
    try:
        with disk_errors("the ballast"):
            _allocate(part, storage.ballast_bytes)
            part.replace(target)
    except StorageFullException:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def free_ballast(storage: Storage) -> None:
    """Give the ballast's room to whoever has to write down that the disk is full; call it when a write met that."""
    with disk_errors("the ballast"):
        (storage.root / BALLAST).unlink(missing_ok=True)


def with_ballast(storage: Storage, write: Callable[[], T]) -> T:
    """Write down what must be, on a full disk with the room of the ballast.

    Raises:
        StorageFullException: that was not enough, or had gone before.
    """
    try:
        return write()
    except StorageFullException:
        free_ballast(storage)
        return write()


def _allocate(path: Path, size: int) -> None:
    """A file that really takes up so many bytes."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        if size and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            for start in range(0, size, BLOCK_BYTES):
                file.write(bytes(min(BLOCK_BYTES, size - start)))
            file.flush()
        os.fsync(file.fileno())

"""What happens when annotations meet a disk that does not take them."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from videoannotator.errors import StorageFullException

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def full_disk_named(what: str) -> Iterator[None]:
    """Turn the operating system's error about a full disk into ours; `what` says what could not be written.

    Raises:
        StorageFullException: the disk, or this user's share of it, is full.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        raise StorageFullException(
            f"The disk is full: {what} could not be written.", hint="Free some space, or choose a folder on another disk."
        ) from exc

"""Uploads that nobody has gone on with for a day: their rows go, and then their bytes.

In this order, because bytes without a row are a leftover that the clean-up removes, and a row without bytes would be a promise.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from videoannotator.database import uploads
from videoannotator.database.models import Upload
from videoannotator.database.session import Database
from videoannotator.errors import NotFoundException, StorageFailedException, StorageFullException, UploadLockedException
from videoannotator.storage.config import Storage
from videoannotator.storage.space import with_ballast
from videoannotator.storage.uploads import UploadFile, size_of_upload

audit = logging.getLogger("videoannotator.audit")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Expired:
    """An upload that is gone, or would be; `name` is where it lay, relative to the storage root."""

    name: str
    size_bytes: int


def expire_uploads(database: Database, storage: Storage, *, dry_run: bool = False) -> Sequence[Expired]:
    """Delete the uploads whose time is over, except those that a request is at work on.

    Raises:
        DatabaseUnavailableException: the database does not answer; what was done so far is complete in itself.
    """
    with database.reading() as session:
        due = uploads.expired(session)
    gone = [_expire(database, storage, upload, dry_run=dry_run) for upload in due]
    return [one for one in gone if one is not None]


def _expire(database: Database, storage: Storage, upload: Upload, *, dry_run: bool) -> Expired | None:
    name = storage.relative(storage.upload_path(upload.id, upload.file_name))
    size = size_of_upload(storage, upload.id, upload.file_name) or 0
    if dry_run or _delete(database, storage, upload):
        return Expired(name, size)
    return None


def _delete(database: Database, storage: Storage, upload: Upload) -> bool:
    """Whether it is gone."""
    try:
        with UploadFile(storage, upload.id, upload.file_name) as file:
            if not _is_due(database, upload):
                return False
            file.put_back()
            gone = with_ballast(storage, lambda: _forget(database, upload))  # even a deletion needs room in the database's log
            if gone:
                file.remove()
    except UploadLockedException:
        return False
    except NotFoundException:  # its bytes are gone already
        return _forget(database, upload)
    except (StorageFailedException, StorageFullException) as error:
        logger.warning("The upload %s could not be removed: %s", upload.id, error.message)
        return False
    return gone


def _is_due(database: Database, upload: Upload) -> bool:
    """Whether its time is still over, now that nobody else can change it."""
    with database.reading() as session:
        return uploads.find(session, upload.id)[1]


def _forget(database: Database, upload: Upload) -> bool:
    with database.writing() as session:
        gone = uploads.remove(session, upload.id, only_expired=True)
    if gone:
        audit.info("deleted upload %s: %d of %d bytes had come", upload.id, upload.offset_bytes, upload.length_bytes)
    return gone

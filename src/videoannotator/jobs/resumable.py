"""Recordings that come in pieces: begin one, go on with it after whatever broke it off, look at it, give it up.

**What may be believed.** An offset is told to a client only when so many bytes are on the disk for certain: they are flushed first,
then the row says so (`offset_bytes`). That happens at the end of each piece, however it ends, and every 64 MB of a long one. When a
process was killed before it could, the file holds more than the row says. Those bytes are what was written as long as the machine
has not started anew since (`boot`): they are flushed, and count. After a power failure they may be anything, and are dropped.

**Who may write.** Whoever holds the lock of the file (`storage/uploads`).
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from videoannotator.auth.keys import Principal, Scope
from videoannotator.database import uploads
from videoannotator.database.models import Upload
from videoannotator.database.session import Database
from videoannotator.errors import (
    NotFoundException,
    PayloadTooLargeException,
    RateLimitedException,
    UploadExpiredException,
    UploadLockedException,
    UploadOffsetException,
)
from videoannotator.jobs.names import shown_name
from videoannotator.storage.config import GB, Storage
from videoannotator.storage.space import Reservation, require_floor, require_space
from videoannotator.storage.uploads import UploadFile, begin_upload, discard_upload, size_of_upload

SYNC_EVERY_BYTES = 64 * 1024 * 1024
"""At most so much has to be sent again after a power failure."""
MAX_OPEN_OF_KEY = 200
MAX_OPEN = 1000
"""Uploads that are kept at once; those that have come completely count until a job is made of them."""
QUOTA_RETRY_S = 60


@dataclass(frozen=True, slots=True)
class UploadState:
    """How an upload stands.

    Attributes:
        id: its id; the job that is made of it will have the same.
        file_name: as the client calls it; text to show, not a path.
        client_metadata: the header Upload-Metadata, as it came.
        size_bytes: of all of it.
        offset_bytes: how much of it is on the disk for certain.
        expires_at: when it is given up, unless more of it comes.
    """

    id: str
    file_name: str | None
    client_metadata: str | None
    size_bytes: int
    offset_bytes: int
    created_at: datetime
    expires_at: datetime

    @property
    def is_complete(self) -> bool:
        """Whether all of it has come."""
        return self.offset_bytes == self.size_bytes


@dataclass(frozen=True)
class ResumableUploads:
    """The recordings that come in pieces.

    Attributes:
        boot: of this machine; it changes with each of its starts.
        largest_bytes: of one recording.
    """

    database: Database
    storage: Storage
    boot: str
    largest_bytes: int

    def begin(
        self, who: Principal, size_bytes: int, file_name: str | None = None, client_metadata: str | None = None
    ) -> UploadState:
        """Begin an upload; there is room for all of it from now on.

        Raises:
            PayloadTooLargeException: it is larger than this server takes.
            RateLimitedException: too many are open, of this key or in all.
            StorageFullException: there is too little room beside the floor and what is still to come of other uploads.
            StorageFailedException, DatabaseUnavailableException: it could not be recorded.
        """
        if size_bytes > self.largest_bytes:
            raise too_large(self.largest_bytes)
        upload = Upload(id=str(uuid.uuid4()), key_id=who.key_id, file_name=shown_name(file_name), client_metadata=client_metadata)
        upload.length_bytes, upload.offset_bytes, upload.boot = size_bytes, 0, self.boot
        begin_upload(self.storage, upload.id, upload.file_name)
        with ExitStack() as undo:
            undo.callback(discard_upload, self.storage, upload.id, upload.file_name)
            with self.database.writing() as session:
                uploads.begin_alone(session)
                _require_quota(*uploads.count_open(session, who.key_id))
                require_space(self.storage, size_bytes + uploads.missing_bytes(session))
                uploads.add(session, upload)
            undo.pop_all()
        return _state(upload)

    def of(self, who: Principal) -> Sequence[UploadState]:
        """The uploads of a key of which no job was made yet, newest first."""
        with self.database.reading() as session:
            return [_state(upload) for upload in uploads.of_key(session, who.key_id)]

    def look(self, upload_id: str, who: Principal) -> UploadState:
        """How an upload stands; while another request writes to it, at least so much of it has come.

        Raises:
            NotFoundException: there is none, or it belongs to another key, or its bytes are gone.
            UploadExpiredException: its time is over.
            StorageFailedException, DatabaseUnavailableException: it cannot be looked at.
        """
        upload = self._find(upload_id, who)
        if size_of_upload(self.storage, upload.id, upload.file_name) == upload.offset_bytes:
            return _state(upload)
        try:
            with self.hold(upload_id, who) as held:
                return held.state
        except UploadLockedException:
            return _state(upload)

    @contextmanager
    def hold(self, upload_id: str, who: Principal) -> Iterator["HeldUpload"]:
        """An upload that nobody else can change until the block ends.

        Raises:
            UploadLockedException: somebody else is at work on it.
            NotFoundException, UploadExpiredException, StorageFailedException, DatabaseUnavailableException: as `look`.
        """
        held = self.take(upload_id, who)
        try:
            yield held
        finally:
            held.close()

    def take(self, upload_id: str, who: Principal) -> "HeldUpload":
        """The same; to be closed by the caller."""
        known = self._find(upload_id, who)
        with ExitStack() as undo:
            file = undo.enter_context(UploadFile(self.storage, known.id, known.file_name))
            upload = self._find(upload_id, who)  # as it is now that nobody else can change it
            file.put_back()
            held = HeldUpload(self.database, self.storage, file, upload, self.boot)
            undo.pop_all()
        return held

    def give_up(self, upload_id: str, who: Principal) -> None:
        """Delete an upload.

        Raises:
            NotFoundException: there is none, or it belongs to another key.
            UploadLockedException: somebody else is at work on it.
            StorageFailedException, DatabaseUnavailableException: it could not be deleted.
        """
        known = self._find(upload_id, who, expired_too=True)
        try:
            with UploadFile(self.storage, known.id, known.file_name) as file:
                self._find(upload_id, who, expired_too=True)  # a job may have been made of it
                file.put_back()
                self._forget(upload_id)
                file.remove()
        except NotFoundException:  # its bytes are gone, and there is a row at most
            if not self._forget(upload_id):
                raise

    def reserve(self, bytes_wanted: int | None) -> Reservation:
        """Room for an upload of the other kind, which comes at once, beside what is still to come of these.

        Raises:
            StorageFullException: there is too little.
        """
        with self.database.reading() as session:
            promised = uploads.missing_bytes(session)
        return Reservation(self.storage, bytes_wanted, promised)

    def _find(self, upload_id: str, who: Principal, *, expired_too: bool = False) -> Upload:
        with self.database.reading() as session:
            upload, is_expired = uploads.find(session, upload_id)
        if upload is None or (upload.key_id != who.key_id and Scope.ADMIN not in who.scopes):
            raise NotFoundException(
                "There is no such upload.",
                hint="A job may have been made of it, or it was given up. GET /api/v1/uploads lists yours.",
                detail={"upload_id": upload_id},
                field="upload_id",
            )
        if is_expired and not expired_too:
            raise UploadExpiredException(
                f"Nothing of this upload has come for {uploads.KEPT_S // 3600} hours; it is not kept any more.",
                hint="Begin a new upload.",
                detail={"upload_id": upload_id, "expired_at": upload.expires_at.isoformat()},
            )
        return upload

    def _forget(self, upload_id: str) -> bool:
        with self.database.writing() as session:
            return uploads.remove(session, upload_id)


class HeldUpload:
    """An upload in the hands of one request. Not safe to use from two threads at once.

    Args:
        database, storage: where its row and its file are.
        file: its file, locked.
        upload: its row, read after the lock was had.
        boot: of this machine.

    Raises:
        StorageFailedException, DatabaseUnavailableException: what an interrupted request left cannot be settled.
    """

    def __init__(self, database: Database, storage: Storage, file: UploadFile, upload: Upload, boot: str) -> None:
        self.file = file
        self._database = database
        self._storage = storage
        self._upload = upload
        self._boot = boot
        if file.size_bytes > upload.offset_bytes and upload.boot != boot:
            file.cut(upload.offset_bytes)
        if file.size_bytes != upload.offset_bytes:
            self.record()

    @property
    def state(self) -> UploadState:
        """How it stands; what was written since it was last recorded does not count."""
        return _state(self._upload)

    def prepare(self, offset_bytes: int, piece_bytes: int | None) -> None:
        """Make sure that a piece may be written, and that after a sudden death it is known who wrote it.

        Args:
            offset_bytes: where the client says that its piece begins.
            piece_bytes: how long it says that the piece is; None when it does not say.

        Raises:
            UploadOffsetException: it does not begin where the upload ends.
            PayloadTooLargeException: it is longer than what is missing.
            StorageFullException, DatabaseUnavailableException: nothing can be written now.
        """
        if offset_bytes != self._upload.offset_bytes:
            raise UploadOffsetException(
                f"The piece begins at {offset_bytes}, and the upload ends at {self._upload.offset_bytes}.",
                hint="Ask with HEAD where to go on, and send the rest from there.",
                detail={"upload_offset": self._upload.offset_bytes, "piece_offset": offset_bytes},
                field="Upload-Offset",
            )
        if piece_bytes is not None:
            self._require_fit(piece_bytes)
        require_floor(self._storage)
        if self._upload.boot != self._boot:
            with self._database.writing() as session:
                uploads.name_writer(session, self._upload.id, self._boot)
            self._upload.boot = self._boot

    def write(self, data: bytes | bytearray) -> None:
        """Add to it.

        Raises:
            PayloadTooLargeException: more comes than was announced when the upload began; nothing of `data` is written.
            StorageFullException: the disk has filled up from elsewhere.
            StorageFailedException, DatabaseUnavailableException: it cannot be written.
        """
        self._require_fit(len(data))
        self.file.write(data)
        if self.file.size_bytes - self._upload.offset_bytes >= SYNC_EVERY_BYTES:
            self.record()
        require_floor(self._storage)

    def record(self) -> None:
        """Have what was written on the disk, and write down how much that is.

        Raises:
            StorageFullException, StorageFailedException, DatabaseUnavailableException: that failed; who holds it next tries again.
        """
        self.file.sync()
        with self._database.writing() as session:
            uploads.advance(session, self._upload.id, self.file.size_bytes)
            self._upload = uploads.find(session, self._upload.id)[0] or self._upload

    def finish(self) -> UploadState:
        """Record what was written, if anything was; gives how the upload stands."""
        if self.file.size_bytes != self._upload.offset_bytes:
            self.record()
        return self.state

    def close(self) -> None:
        """Give it back."""
        self.file.close()

    def _require_fit(self, piece_bytes: int) -> None:
        missing = self._upload.length_bytes - self.file.size_bytes
        if piece_bytes > missing:
            raise PayloadTooLargeException(
                f"The piece is longer than the {missing} bytes that are missing of this upload.",
                hint="Begin a new upload with the right Upload-Length.",
                detail={"missing_bytes": missing, "upload_length": self._upload.length_bytes},
            )


def too_large(largest_bytes: int) -> PayloadTooLargeException:
    """What is said about a recording that is larger than this server takes."""
    return PayloadTooLargeException(
        f"The recording is larger than {largest_bytes / GB:g} GB, the most that this server takes.",
        hint="Cut it, or ask whoever runs the server to raise VIDEOANNOTATOR_MAX_UPLOAD_SIZE_GB or to take it by path.",
        detail={"max_bytes": largest_bytes},
        field="video",
    )


def _require_quota(own: int, every: int) -> None:
    if own < MAX_OPEN_OF_KEY and every < MAX_OPEN:
        return
    whose, limit = ("of this key", MAX_OPEN_OF_KEY) if own >= MAX_OPEN_OF_KEY else ("in all", MAX_OPEN)
    raise RateLimitedException(
        f"{limit} uploads {whose} are open, and the server keeps no more.",
        hint="Make jobs of those that have come completely, delete those that nobody goes on with, or wait: each ends after a day.",
        detail={"open": own if limit == MAX_OPEN_OF_KEY else every, "max_open": limit, "retry_after_s": QUOTA_RETRY_S},
    )


def _state(upload: Upload) -> UploadState:
    return UploadState(
        id=upload.id,
        file_name=upload.file_name,
        client_metadata=upload.client_metadata,
        size_bytes=upload.length_bytes,
        offset_bytes=upload.offset_bytes,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )

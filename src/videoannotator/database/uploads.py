"""Recordings that come in pieces: what is known of them until a job is made of each. Every time is the database's.

Whoever changes or deletes a row holds the lock of the upload's file, so that no two transactions wait for one row.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from videoannotator.database.clock import now
from videoannotator.database.models import Upload

KEPT_S = 24 * 3600
"""How long an upload is kept after its last byte."""
BEGIN_LOCK = 0x56415F55
"""Key of the PostgreSQL advisory lock under which uploads begin: those that are open are counted first."""


def begin_alone(session: Session) -> None:
    """Let nobody else begin an upload until this transaction ends; SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BEGIN_LOCK})


def count_open(session: Session, key_id: str) -> tuple[int, int]:
    """How many uploads are kept: of this key, and of all."""
    kept = Upload.expires_at > now()
    own = session.scalar(select(func.count()).select_from(Upload).where(kept, Upload.key_id == key_id)) or 0
    return own, session.scalar(select(func.count()).select_from(Upload).where(kept)) or 0


def missing_bytes(session: Session) -> int:
    """What is still to come of all uploads that are kept."""
    missing = func.sum(Upload.length_bytes - Upload.offset_bytes)
    return int(session.scalar(select(missing).where(Upload.expires_at > now())) or 0)


def add(session: Session, upload: Upload) -> Upload:
    """Record an upload of which nothing has come."""
    upload.created_at, upload.expires_at = now(), now(KEPT_S)
    session.add(upload)
    session.flush()
    session.refresh(upload)
    return upload


def find(session: Session, upload_id: str) -> tuple[Upload | None, bool]:
    """An upload, and whether its time is over."""
    row = session.execute(select(Upload, Upload.expires_at <= now()).where(Upload.id == upload_id)).one_or_none()
    return (None, False) if row is None else (row[0], bool(row[1]))


def of_key(session: Session, key_id: str) -> Sequence[Upload]:
    """The uploads of a key that are kept, newest first."""
    own = select(Upload).where(Upload.key_id == key_id, Upload.expires_at > now())
    return session.scalars(own.order_by(Upload.created_at.desc(), Upload.id)).all()


def advance(session: Session, upload_id: str, offset_bytes: int) -> None:
    """Write down that so much of it is on the disk; its time begins anew."""
    values = {"offset_bytes": offset_bytes, "expires_at": now(KEPT_S)}
    session.execute(update(Upload).where(Upload.id == upload_id).values(values))


def name_writer(session: Session, upload_id: str, boot: str) -> None:
    """Write down which machine is about to write to its file."""
    session.execute(update(Upload).where(Upload.id == upload_id).values(boot=boot))


def remove(session: Session, upload_id: str, *, only_expired: bool = False) -> bool:
    """Delete its row; gives whether there was one, whose time is over where that is asked."""
    wanted = delete(Upload).where(Upload.id == upload_id)
    result = session.execute(wanted.where(Upload.expires_at <= now()) if only_expired else wanted)
    return bool(getattr(result, "rowcount", 0))


def expired(session: Session) -> Sequence[Upload]:
    """Those whose time is over, longest over first."""
    return session.scalars(select(Upload).where(Upload.expires_at <= now()).order_by(Upload.expires_at, Upload.id)).all()


def known_among(session: Session, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that name an upload."""
    return set(session.scalars(select(Upload.id).where(Upload.id.in_(list(ids)))))

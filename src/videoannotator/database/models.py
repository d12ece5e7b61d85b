"""The tables."""

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from videoannotator.database.clock import UTCDateTime
from videoannotator.database.states import WAITING, JobStatus, may_follow
from videoannotator.errors import JobAlreadyCompletedException

SerialKey = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts rows by itself only in a column of exactly this type."""

IS_WAITING = text(f"status IN ({', '.join(sorted(repr(status.value) for status in WAITING))})")
"""The condition of the index of waiting jobs. A query uses that index only when it holds these very words."""

WIRE_STATUS = {JobStatus.RETRYING: "pending"}
"""Clients know five words; a job that waits for its next attempt is pending to them."""


class _Status(TypeDecorator[JobStatus]):
    """A job's status as its name."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: JobStatus | None, dialect: Any) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else JobStatus(value).value

    def process_result_value(self, value: str | None, dialect: Any) -> JobStatus | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else JobStatus(value)


class Prose(TypeDecorator[str]):
    """Text for people, from anywhere. What no database keeps (NUL, half a surrogate pair) is replaced; the text is cut to `length`.

    An error's message must never be what keeps a job from ending.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length
        if length is not None:
            self.impl = String(length)  # type: ignore[assignment]

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[: self.length]


class Base(DeclarativeBase):
    """Of all tables; constraints have names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UTCDateTime(),
        float: Double(),
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


class Job(Base):
    """A recording and what is to be computed from it. This row, alone, says where the job stands.

    `number` orders jobs as they came. `token` counts claims: whoever writes about a running job must name the token of its claim.
    Paths are relative to the storage root, except `original_path`: a recording that was submitted by path and is never copied or
    deleted, or the source of a job of an earlier release until `migrate --files` has brought it in.
    """

    __tablename__ = "jobs"
    __allow_unmapped__ = True  # its last two attributes are counted, not stored
    __table_args__ = (
        Index("ix_jobs_status_number", "status", "number"),
        Index("ix_jobs_waiting", "number", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index(
            "ix_jobs_number_status", "number", "status"
        ),  # passing over pages must not read the rows, which SQLite keeps in the key
        Index("ix_jobs_completed_at", "completed_at"),
        {"sqlite_autoincrement": True},
    )

    number: Mapped[int] = mapped_column(SerialKey, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[JobStatus] = mapped_column(_Status, default=JobStatus.PENDING)

    # what to do
    selected_pipelines: Mapped[list[str]] = mapped_column(default=list)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """As the client sent it."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Per pipeline, every option with the value in force."""
    overlay: Mapped[bool] = mapped_column(default=False)
    """Whether an annotated video is made as well."""
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Of the validation, at submission."""

    # on what
    video_filename: Mapped[str | None] = mapped_column(Prose())
    video_path: Mapped[str | None] = mapped_column(Text)
    original_path: Mapped[str | None] = mapped_column(Text)
    video_size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    video_sha256: Mapped[str | None] = mapped_column(String(64))
    video_duration_seconds: Mapped[float | None]
    video_browser_playable: Mapped[bool | None]
    """Whether a browser shows what `GET /jobs/{id}/video` gives; None when nobody has looked."""
    storage_path: Mapped[str | None] = mapped_column(Text)
    result_path: Mapped[str | None] = mapped_column(Text)

    # for whom
    created_by: Mapped[str | None] = mapped_column(Prose(200))
    tags: Mapped[list[str]] = mapped_column(default=list)
    retry_of: Mapped[str | None] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(300), unique=True)
    request_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the request that came with the idempotency key."""

    # when
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    """When it ended, however it ended."""
    cancelled_at: Mapped[datetime | None]

    # how far
    progress: Mapped[float] = mapped_column(default=0.0)
    stage: Mapped[str | None] = mapped_column(Prose(100))
    eta_seconds: Mapped[float | None]
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Prose())
    error_hint: Mapped[str | None] = mapped_column(Prose())

    # attempts
    retry_count: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    supervisor_losses: Mapped[int] = mapped_column(default=0)

    # the claim
    token: Mapped[int] = mapped_column(default=0)
    heartbeat: Mapped[int] = mapped_column(BigInteger, default=0)
    heartbeat_at: Mapped[datetime | None]
    worker: Mapped[str | None] = mapped_column(Prose(300))
    worker_host: Mapped[str | None] = mapped_column(String(255))
    worker_boot: Mapped[str | None] = mapped_column(String(128))
    worker_pid: Mapped[int | None]
    worker_started: Mapped[float | None]
    """When the worker's process started, as the operating system counts; a pid alone may be used again."""
    cancel_requested_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(Prose())
    cancel_error: Mapped[str | None] = mapped_column(Prose())
    """Why processes of the job could not be ended."""

    legacy: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What an earlier release knew of it and today's columns do not hold."""

    queue_position: int | None = None
    """1 for the next one; set by whoever asked for it, while the job waits."""
    success_rate: float = 0.0
    """Share of its pipelines that completed; set by whoever asked for it."""

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.status.is_terminal

    def cancel(self, at: datetime | None = None) -> None:
        """Become CANCELLED, at that moment; now by this machine's clock unless given.

        Raises:
            JobAlreadyCompletedException: it has ended otherwise.
        """
        if self.status is not JobStatus.CANCELLED and not may_follow(self.status, JobStatus.CANCELLED):
            raise JobAlreadyCompletedException(
                f"The job has already ended as {self.status.value.lower()}.",
                hint="Its results can be downloaded; only a waiting or running job can be cancelled.",
                detail={"job_id": self.id, "status": self.status.value.lower()},
            )
        self.status, self.cancelled_at = JobStatus.CANCELLED, self.cancelled_at or at or datetime.now(timezone.utc)

    def to_dict(self) -> dict[str, Any]:
        """The job as clients see it."""
        status = WIRE_STATUS.get(self.status, self.status.value.lower())
        if self.status is JobStatus.RUNNING and self.cancel_requested_at:
            status = "cancelling"
        error = {"code": self.error_code, "message": self.error_message, "hint": self.error_hint} if self.error_code else None
        plain = (
            *("id", "created_by", "tags", "retry_of", "video_filename", "video_path", "video_size_bytes", "video_duration_seconds"),
            "video_browser_playable",
            *("config", "selected_pipelines", "overlay", "created_at", "queued_at", "started_at", "completed_at", "cancelled_at"),
            *("cancel_requested_at", "error_message", "result_path", "storage_path", "queue_position", "progress", "stage"),
            *("eta_seconds", "retry_count", "next_attempt_at", "success_rate", "warnings"),
        )
        return {"status": status, "error": error, **{name: getattr(self, name) for name in plain}}


class PipelineRun(Base):
    """How one pipeline of a job ended, in the latest attempt that it was part of."""

    __tablename__ = "pipeline_runs"
    __table_args__ = (UniqueConstraint("job_id", "pipeline_name"),)

    id: Mapped[int] = mapped_column(SerialKey, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    pipeline_name: Mapped[str] = mapped_column(String(100))
    token: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(16))
    """`completed`, `failed`, `skipped` or `stopped`."""
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    processing_time: Mapped[float | None]
    """Seconds of work."""
    annotation_count: Mapped[int | None]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str | None] = mapped_column(Prose())
    """Why it was skipped."""
    included_in: Mapped[str | None] = mapped_column(String(100))
    warnings: Mapped[list[str]] = mapped_column(default=list)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Prose())
    error_hint: Mapped[str | None] = mapped_column(Prose())
    transient: Mapped[bool] = mapped_column(default=False)
    """Whether its error may go away when it is tried again."""


class Artifact(Base):
    """A result file. Where there is no row there is no file, whatever lies on the disk."""

    __tablename__ = "artifacts"
    __table_args__ = (UniqueConstraint("job_id", "name"),)

    id: Mapped[int] = mapped_column(SerialKey, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    token: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(500))
    """Among the job's results, with forward slashes."""
    path: Mapped[str] = mapped_column(Text)
    """Relative to the storage root; absolute only for a result of an earlier release that still lies elsewhere."""
    pipeline_name: Mapped[str | None] = mapped_column(String(100))
    format: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Prose(), default="")
    main: Mapped[bool] = mapped_column(default=False)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """None only for a result of an earlier release that has not been brought in yet."""
    created_at: Mapped[datetime]


class JobCorrection(Base):
    """Something that somebody changed in a job's annotations, laid over them. Undoing it marks it; it is never deleted alone."""

    __tablename__ = "corrections"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(SerialKey, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    """From 1 for each job, in the order they were made."""
    base: Mapped[int]
    """The number of the newest one in force when this one was made; 0 for none. It holds on top of that one only."""
    kind: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_by: Mapped[str | None] = mapped_column(Prose(200))
    created_at: Mapped[datetime]
    undone_by: Mapped[str | None] = mapped_column(Prose(200))
    undone_at: Mapped[datetime | None]

    @property
    def in_force(self) -> bool:
        """Whether it holds."""
        return self.undone_at is None


class JobEvent(Base):
    """Something that happened to a job, for those who watch; kept for a day."""

    __tablename__ = "job_events"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  SQLAlchemy's form; a number is never used again

    id: Mapped[int] = mapped_column(SerialKey, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(String(64), index=True)
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Upload(Base):
    """A recording that comes in pieces, before a job is made of it. Its id becomes that of the job.

    `offset_bytes` is how much of it is on the disk for certain: what lies behind that in its file counts only while the machine
    that wrote it (`boot`) has not started anew.
    """

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(36), index=True)
    """The key that began it; empty when authentication was off."""
    file_name: Mapped[str | None] = mapped_column(Prose())
    client_metadata: Mapped[str | None] = mapped_column(Text)
    """The header Upload-Metadata, as it came."""
    length_bytes: Mapped[int] = mapped_column(BigInteger)
    """Of all of it."""
    offset_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    boot: Mapped[str] = mapped_column(String(128), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class APIKey(Base):
    """A key, as its hash."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16))
    """The key's first characters, by which people tell keys apart."""
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    parent_id: Mapped[str | None] = mapped_column(String(36), index=True)
    """The key in whose name this one was made; it is revoked with that one."""


class SchemaMetadata(Base):
    """Facts about this database: `version` is the release that last changed its tables."""

    __tablename__ = "schema_metadata"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime]

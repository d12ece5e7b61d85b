"""Records in the order they were made, in bounded memory: the older ones wait on disk."""

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.checks import require
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import InvalidRequestException

if sys.platform != "win32":
    import fcntl

RecordT = TypeVar("RecordT")

OWNER = ".owner"
"""A file in each folder of temporary files that is locked while its process lives; who sweeps up takes no locked folder."""
CHUNK_RECORDS = 2000


def _locked(path: Path) -> int | None:
    """The descriptor of a new file that this process keeps locked until it ends; None on Windows, which removes no open file."""
    if sys.platform == "win32":
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with suppress(OSError):  # some network file systems have no locks; who sweeps up meets the same error there, and takes nothing
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _remove(folder: Path, owner: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if owner is not None:
        os.close(owner)


def _require_open(folder: Path) -> None:
    if not folder.is_dir():
        raise InvalidRequestException(
            "These annotations were closed, and what waited on disk is gone.",
            hint="Read them before `close`, or inside the `with` block.",
        )


class Records(Generic[RecordT]):
    """All records of one type that one pipeline made; iterate as often as you like, `len()` is free.

    Fewer than `CHUNK_RECORDS` are held in memory; full chunks lie as JSON lines in `folder`, which must exist.
    """

    def __init__(self, record_type: type[RecordT], folder: Path) -> None:
        self.record_type = record_type
        self._folder = folder
        self._recent: list[RecordT] = []
        self._chunks: list[Path] = []
        self._spilled = 0

    @cached_property
    def _adapter(self) -> TypeAdapter[RecordT]:
        return TypeAdapter(self.record_type)

    def append(self, record: RecordT) -> None:
        """Add a record at the end.

        Raises:
            StorageFullException: there is no room for the records that wait on disk.
            InvalidRequestException: the records were closed.
        """
        self._recent.append(record)
        if len(self._recent) >= CHUNK_RECORDS:
            self._spill()

    def _spill(self) -> None:
        _require_open(self._folder)
        chunk = self._folder / f"{len(self._chunks):06d}.jsonl"
        with full_disk_named("intermediate results"), chunk.open("wb") as file:
            for record in self._recent:
                file.write(self._adapter.dump_json(record))
                file.write(b"\n")
        self._chunks.append(chunk)
        self._spilled += len(self._recent)
        self._recent = []

    def __len__(self) -> int:
        return self._spilled + len(self._recent)

    def __iter__(self) -> Iterator[RecordT]:
        _require_open(self._folder)
        for chunk in self._chunks:
            with chunk.open("rb") as file:
                for line in file:
                    yield self._adapter.validate_json(line)
        yield from self._recent

    def json_lines(self) -> Iterator[bytes]:
        """The same as JSON, a line for each, in blocks of whole lines; what waits on disk is not read as records for that.

        Raises:
            InvalidRequestException: the records were closed.
        """
        _require_open(self._folder)
        for chunk in self._chunks:
            yield chunk.read_bytes()
        yield b"".join(self._adapter.dump_json(record) + b"\n" for record in self._recent)

    def close(self) -> None:
        """Give back what these records hold besides their folder: nothing, unless a subclass does."""


class PipelineRecords:
    """Everything one pipeline made: its records by type, and its attachments. Lives as long as the object, or until `close`.

    Raises:
        StorageFullException: there is no room for temporary files.
    """

    def __init__(self) -> None:
        with full_disk_named("intermediate results"):
            self._folder = Path(tempfile.mkdtemp(prefix="videoannotator-records-"))
            owner = _locked(self._folder / OWNER)
        self._by_type: dict[type, Records[Any]] = {}
        self._attachments: dict[str, Path] = {}
        self._taken: set[str] = set()
        self._foreign: list[Records[Any]] = []
        self._lenders: list[PipelineRecords] = []
        self._remove = weakref.finalize(self, _remove, self._folder, owner)

    def add(self, record: object) -> None:
        """Keep a record, or the bytes of an `Attachment`.

        Raises:
            ValueError: an attachment has the name of an earlier one.
            StorageFullException: there is no room for what waits on disk.
            InvalidRequestException: the records were closed.
        """
        if isinstance(record, Attachment):
            _require_open(self._folder)
            # Windows and macOS take names for the same that differ in case only.
            require(record.name.lower() not in self._taken, f"two attachments are called {record.name!r}")
            path = self._folder / "attachments" / record.name
            with full_disk_named("an attachment"):
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(record.data)
            self._attachments[record.name] = path
            self._taken.add(record.name.lower())
        else:
            self.of_type(type(record)).append(record)

    def of_type(self, record_type: type[RecordT]) -> Records[RecordT]:
        """The records of exactly this type; empty when there are none."""
        if record_type not in self._by_type:
            _require_open(self._folder)
            folder = self._folder / str(len(self._by_type))  # types of two plugins may have the same name
            with full_disk_named("intermediate results"):
                folder.mkdir()
            self._by_type[record_type] = Records(record_type, folder)
        return self._by_type[record_type]

    def take(self, records: Records[Any]) -> None:
        """Have records that lie elsewhere as those of their type, in place of any that are here. They are read, never added to."""
        self._by_type[records.record_type] = records
        self._foreign.append(records)

    def borrow(self, other: "PipelineRecords", kinds: Iterable[type], *, attachments: bool) -> None:
        """Have records of these types, and the attachments if wanted, of somebody else, who must stay open as long."""
        self._lenders.append(other)
        self._by_type.update({kind: other.of_type(kind) for kind in kinds})
        if attachments:
            self._attachments.update(other.attachments)

    @property
    def types(self) -> tuple[type, ...]:
        """The record types that stand here, in the order they first came."""
        return tuple(kind for kind, records in self._by_type.items() if len(records))

    @property
    def attachments(self) -> dict[str, Path]:
        """Where the attached files lie, by name; copy them if you need them after `close`."""
        return dict(self._attachments)

    def counts(self) -> dict[str, int]:
        """How many records there are, by the name of their type."""
        return {kind.__name__: len(self._by_type[kind]) for kind in self.types}

    def close(self) -> None:
        """Remove what waits on disk."""
        for records in self._foreign:
            records.close()
        self._remove()

"""A whole annotation set in one file, from which every export can be made again.

    head.json             what the set says besides its records, and what else stands in the file
    frame_times.bin       presentation time stamps of the frames, 8 bytes each
    records/0/0.jsonl     records of one pipeline and type, a line each, in the order they were made
    attachments/0/NAME    attached files as they are

It is a ZIP, so every part has a checksum. Records stay in it and are read when they are asked for: a loaded set takes no memory and
no disk for them, and is whole or says that it is damaged.
"""

import io
import json
import os
import secrets
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.disk import full_disk_named
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineOutcome
from videoannotator.annotations.provenance import Provenance
from videoannotator.annotations.store import PipelineRecords, Records
from videoannotator.errors import InvalidRequestException, StorageFailedException

FILE_NAME = "annotations.zip"
FORMAT = "videoannotator annotations"
VERSION = 1
HEAD = "head.json"
FRAME_TIMES = "frame_times.bin"
OWN_PACKAGE = "videoannotator.annotations."
NO_DATE = (1980, 1, 1, 0, 0, 0)
"""Equal sets give equal files."""
COMPRESSION = 1
"""Of zlib. Records are many digits: level 6 takes three times as long for a tenth less."""
BLOCK_BYTES = 1024 * 1024
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, NotImplementedError, OSError)
"""What reading a damaged file ends with; pydantic's errors are ValueErrors."""

RecordT = TypeVar("RecordT")
_MEDIA = TypeAdapter(MediaInfo)
_OUTCOMES = TypeAdapter(dict[str, PipelineOutcome])
_PROVENANCE = TypeAdapter(Provenance)


def save(annotations: AnnotationSet, path: Path) -> None:
    """Write an annotation set to a file, whole or not at all; what stands there is replaced.

    Raises:
        StorageFullException: the disk is full.
        InvalidRequestException: nothing may be written there, or the set was closed.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with full_disk_named(path.name):
            with part.open("xb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as archive:
                    _write(annotations, archive)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
    except OSError as error:
        message = f"{path.name} could not be written: {error.strerror or error}."
        raise InvalidRequestException(message, hint="Choose an existing folder that you may write to.") from error
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, *, only: Collection[str] | None = None, pipelines: Collection[str] | None = None) -> AnnotationSet:
    """Open a saved annotation set; close it when it is not needed any more. The file must stay as it is meanwhile.

    Records of a type that only a plugin knows are there when the plugin's module is imported; otherwise nobody could read them.

    Args:
        path: the file.
        only: names of the record types to load; there are none of the others then, and no attachments. None for everything.
        pipelines: names of the pipelines to load, outcomes included; None for all.

    Raises:
        StorageFailedException: the file is missing or damaged. Damage inside records is told when they are read.
        InvalidRequestException: the file is another one, or of a release that writes it in another way.
    """
    with _damage_told(path):
        archive = _Archive(path)
    try:
        with _damage_told(path):
            head = json.loads(archive.read(HEAD))
        _require_known(head, path)
        with _damage_told(path):
            return _set_of(archive, head, only, pipelines)
    except (StorageFailedException, InvalidRequestException):
        archive.close()
        raise


def _write(annotations: AnnotationSet, archive: zipfile.ZipFile) -> None:
    results: dict[str, Any] = {}
    members: list[tuple[str, Iterator[bytes]]] = []
    for number, (pipeline, made) in enumerate(annotations.results.items()):
        kinds = made.types
        names = [f"records/{number}/{place}.jsonl" for place in range(len(kinds))]
        attached = {name: f"attachments/{number}/{name}" for name in sorted(made.attachments)}
        results[pipeline] = {
            "records": [
                {"type": f"{kind.__module__}:{kind.__qualname__}", "count": len(made.of_type(kind)), "member": name}
                for kind, name in zip(kinds, names, strict=True)
            ],
            "attachments": attached,
        }
        members += [(name, made.of_type(kind).json_lines()) for kind, name in zip(kinds, names, strict=True)]
        members += [(member, iter([made.attachments[name].read_bytes()])) for name, member in attached.items()]
    times = annotations.frame_times
    if times is not None:
        members.append((FRAME_TIMES, iter([times.to_bytes()])))
    head = {
        "format": FORMAT,
        "version": VERSION,
        # a name may hold bytes that are no text, which only this form of JSON keeps
        "file_name": annotations.media.file_name,
        "media": json.loads(_MEDIA.dump_json(annotations.media, exclude={"file_name"})),
        "outcomes": json.loads(_OUTCOMES.dump_json(dict(annotations.outcomes))),
        "provenance": json.loads(_PROVENANCE.dump_json(annotations.provenance)),
        "frame_times": None if times is None else {"time_base": str(times.time_base), "origin": str(times.origin)},
        "results": results,
    }
    for name, blocks in [(HEAD, iter([json.dumps(head).encode("ascii")])), *members]:
        info = zipfile.ZipInfo(name, NO_DATE)
        info.compress_type = zipfile.ZIP_STORED if name.startswith("attachments/") else zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as member:
            for block in blocks:
                member.write(block)


def _require_known(head: Any, path: Path) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InvalidRequestException(f"{path.name} holds no saved annotations.", hint=f"Give a file called {FILE_NAME}.")
    if head.get("version") != VERSION:
        raise InvalidRequestException(
            f"{path.name} is written in version {head.get('version')!r} of its form; this release knows version {VERSION}.",
            hint="Read it with the release that wrote it, or run the job again.",
            detail={"version": head.get("version"), "known": VERSION},
        )


def _set_of(
    archive: "_Archive", head: dict[str, Any], only: Collection[str] | None, pipelines: Collection[str] | None
) -> AnnotationSet:
    outcomes = _OUTCOMES.validate_json(json.dumps(head["outcomes"]))
    wanted = [name for name in head["results"] if pipelines is None or name in pipelines]
    times = head["frame_times"]
    return AnnotationSet(
        media=_media_of(head),
        outcomes={name: outcome for name, outcome in outcomes.items() if pipelines is None or name in pipelines},
        results={name: _results_of(archive, head["results"][name], only) for name in wanted},
        frame_times=None
        if times is None
        else FrameTimes.from_bytes(archive.read(FRAME_TIMES), Fraction(times["time_base"]), Fraction(times["origin"])),
        provenance=_PROVENANCE.validate_json(json.dumps(head["provenance"])),
    )


def _media_of(head: dict[str, Any]) -> MediaInfo:
    return replace(_MEDIA.validate_json(json.dumps({**head["media"], "file_name": ""})), file_name=str(head["file_name"]))


def _results_of(archive: "_Archive", listed: dict[str, Any], only: Collection[str] | None) -> PipelineRecords:
    made = PipelineRecords()
    for each in listed["records"]:
        kind = _record_type(each["type"])
        if kind is not None and (only is None or kind.__name__ in only):
            made.take(SavedRecords(kind, archive, each["member"], each["count"]))
    for name, member in listed["attachments"].items() if only is None else ():
        made.add(Attachment(name, archive.read(member)))
    return made


def _record_type(name: str) -> type[Any] | None:
    """The class of this name; nothing is imported but modules of our own, because a file may come from anybody."""
    module_name, _, class_name = name.partition(":")
    try:
        module = import_module(module_name) if module_name.startswith(OWN_PACKAGE) else sys.modules.get(module_name)
    except ModuleNotFoundError:  # a record type of another release
        return None
    found = getattr(module, class_name, None)
    return found if isinstance(found, type) and hasattr(found, "__dataclass_fields__") else None


class _Archive:
    """The open file; a damaged one is told in our words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = zipfile.ZipFile(path)

    def read(self, member: str) -> bytes:
        return self._zip.read(member)

    @contextmanager
    def open(self, member: str) -> Iterator[io.BufferedReader]:
        if self._zip.fp is None:
            raise InvalidRequestException("These annotations were closed.", hint="Load them again.")
        with _damage_told(self.path), self._zip.open(member) as file:
            yield io.BufferedReader(file, BLOCK_BYTES)  # type: ignore[arg-type]  # its own `readline` is slow

    def close(self) -> None:
        self._zip.close()


class SavedRecords(Records[RecordT]):
    """Records that lie in a saved file. A damaged one raises StorageFailedException while it is read."""

    def __init__(self, record_type: type[RecordT], archive: _Archive, member: str, count: int) -> None:
        super().__init__(record_type, archive.path.parent)
        self._archive = archive
        self._member = member
        self._count = count

    def append(self, record: RecordT) -> None:
        raise InvalidRequestException(f"Saved records take no others, such as {type(record).__name__}.", hint="Correct a copy.")

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[RecordT]:
        count = 0
        with self._archive.open(self._member) as file:
            for line in file:
                count += 1
                yield self._adapter.validate_json(line)
            if count != self._count:
                raise EOFError(f"{count} of {self._count} records")

    def json_lines(self) -> Iterator[bytes]:
        with self._archive.open(self._member) as file:
            while block := file.read(BLOCK_BYTES):
                yield block

    def close(self) -> None:
        self._archive.close()


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        gone = isinstance(error, FileNotFoundError)
        raise StorageFailedException(
            f"The saved annotations {path.name} are {'missing' if gone else 'damaged'}.",
            hint="Put the file back from a backup, or run the job again.",
        ) from error

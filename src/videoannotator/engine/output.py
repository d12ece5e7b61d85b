"""Writes a result folder: each file whole or not at all, and never over older results without being told to."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import InvalidRequestException, OutputExistsException
from videoannotator.exporters.base import ExportedFile, Exporter
from videoannotator.registry.entries import Registry
from videoannotator.registry.nearest import nearest

RECORD = "provenance.json"
"""Written last: where it stands, the folder is complete."""
OVERLAY = "overlay.mp4"
"""The annotated video."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the files, and the formats that could not be, with the reason."""

    folder: Path
    files: tuple[ExportedFile, ...]
    left_out: Mapping[str, str]


def choose_exporters(
    formats: Sequence[str] | None, registry: Registry | None = None
) -> tuple[list[type[Exporter]], dict[str, str]]:
    """The exporters of these names, and why any is left out; all that can be used when None.

    Raises:
        InvalidRequestException: a name is unknown, or a named format cannot be written on this installation.
    """
    entries = (registry or Registry.installed()).exporters
    if formats is None:
        usable = [entry.plugin for entry in entries.values() if entry.plugin is not None]
        return usable, {entry.name: f"{entry.reason} {entry.hint}" for entry in entries.values() if entry.plugin is None}
    chosen = []
    for name in dict.fromkeys([*formats, "provenance"]):
        if name not in entries:
            meant = nearest(name, entries, 0.5)
            hint = f"Did you mean {meant!r}?" if meant else f"The formats are: {', '.join(entries)}."
            raise InvalidRequestException(f"There is no format named {name!r}.", hint=hint, field="formats")
        plugin = entries[name].plugin
        if plugin is None:
            message = f"The format {name!r} cannot be written. {entries[name].reason}"
            raise InvalidRequestException(message, hint=entries[name].hint, field="formats")
        chosen.append(plugin)
    return chosen, {}


def prepare_folder(folder: Path, *, overwrite: bool) -> None:
    """Make sure that results can be written to `folder`, before any work is done.

    Raises:
        OutputExistsException: results stand there and `overwrite` is false.
        InvalidRequestException: the folder cannot be made or written to.
    """
    with _disk_errors(folder):
        if (folder / RECORD).exists() and not overwrite:
            raise OutputExistsException(
                f"Results of an earlier run stand in {folder}.",
                hint="Give another folder with -o, or --overwrite to replace them.",
                detail={"folder": str(folder)},
            )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def write_results(
    annotations: AnnotationSet,
    folder: Path,
    formats: Sequence[str] | None = None,
    *,
    overwrite: bool = False,
    further: Callable[[Path], Iterable[ExportedFile]] | None = None,
) -> Written:
    """Write annotations in several formats.

    All files are made in a hidden folder beside the final ones and moved into place, flushed to disk, when the last is complete.
    `further` writes more files into the folder it is given, and names each; they come last, before the record that lists all.

    Raises:
        OutputExistsException: results stand in the folder and `overwrite` is false.
        InvalidRequestException: a format is unknown, or the folder cannot be written to.
        StorageFullException: the disk is full; nothing was changed.
    """
    exporters, left_out = choose_exporters(formats)
    prepare_folder(folder, overwrite=overwrite)
    with _disk_errors(folder):
        staging = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
        try:
            files: list[ExportedFile] = []
            for exporter in sorted(exporters, key=_is_record):
                if further is not None and _is_record(exporter):
                    files += further(staging)
                files += exporter().export(annotations, staging)
            _publish(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return Written(folder, tuple(files), left_out)


def _is_record(exporter: type[Exporter]) -> bool:
    """Whether it writes the record, which lists all other files and so comes after them."""
    return exporter.name == "provenance"


def _publish(staging: Path, folder: Path) -> None:
    """Move everything into place, then drop what only the earlier results had; the record comes last.

    When the process dies in between, no result is lost, and the checksums in the earlier record tell which files are newer than it.
    """
    made = [path.relative_to(staging) for path in staging.rglob("*") if path.is_file() and path != staging / RECORD]
    for name in made:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _move(staging / name, folder / name)
    for name in _files_of(folder / RECORD):
        if name not in made:
            (folder / name).unlink(missing_ok=True)
    _move(staging / RECORD, folder / RECORD)


def _move(source: Path, target: Path) -> None:
    """Put a file in place with its content on the disk."""
    with source.open("rb+") as file:  # Windows flushes only what may be written to
        os.fsync(file.fileno())
    source.replace(target)


def _files_of(record: Path) -> list[Path]:
    """The files that an earlier record lists, as far as they are plain names below its folder."""
    try:
        listed = [Path(file["name"]) for file in json.loads(record.read_text(encoding="utf-8"))["files"]]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []
    return [path for path in listed if not path.is_absolute() and ".." not in path.parts]


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Translate what the operating system says about a folder."""
    try:
        with full_disk_named(f"the results in {folder}"):
            yield
    except OSError as error:
        message = f"Results cannot be written to {folder}: {error.strerror or error}."
        raise InvalidRequestException(message, hint="Give another folder with -o.", field="output") from error

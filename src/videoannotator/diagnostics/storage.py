"""Whether the storage can be used, how full its disk is, and whether files that are written there stay."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from videoannotator.database.connections import file_system, is_network
from videoannotator.diagnostics.findings import Finding, error, fine, info, warning
from videoannotator.errors import StorageFailedException, StorageFullException
from videoannotator.storage.artifacts import atomic_write
from videoannotator.storage.config import FOLDERS, GB, Storage

WARN_BELOW_GB = 5.0
ERROR_BELOW_GB = 1.0
WARN_ABOVE, ERROR_ABOVE = 0.8, 0.9
"""Shares of a disk, and of its inodes, that are in use."""
CLEAN_UP = "videoannotator storage cleanup --dry-run"


@dataclass(frozen=True, slots=True)
class StorageReport:
    """The storage.

    Attributes:
        status: `ok`, `warning` (between 1 and 5 GB free) or `error`.
        path: its root.
        directories: each folder below it, and whether it can be written to.
        free_gb, used_gb, total_gb: of its disk; None when it cannot be read.
        inodes_used: share of the disk's inodes that are in use; None where it has no fixed number of them.
        file_system: kind of file system.
        warning, error: what is wrong, in a sentence.
    """

    status: str
    path: str
    directories: Mapping[str, bool]
    free_gb: float | None
    used_gb: float | None
    total_gb: float | None
    warning: str | None = None
    error: str | None = None
    inodes_used: float | None = None
    file_system: str = "unknown"


def look(storage: Storage) -> StorageReport:
    """Look at the folders, write a file, and ask for free space."""
    path, disk = str(storage.root), file_system(storage.root)
    directories = {name: os.access(storage.root / name, os.R_OK | os.W_OK | os.X_OK) for name in FOLDERS}
    probe = storage.root / "temp" / f".probe-{secrets.token_hex(8)}"
    try:
        usage = shutil.disk_usage(storage.root)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as failure:
        message = f"It cannot be used: {failure.strerror or failure}."
        return StorageReport("error", path, directories, None, None, None, error=message, file_system=disk)
    free, used, total = (round(size / GB, 2) for size in (usage.free, usage.used, usage.total))
    missing = [name for name, usable in directories.items() if not usable]
    if missing:
        status, worry, trouble = "error", None, f"These folders are missing or cannot be written to: {', '.join(missing)}."
    elif free < ERROR_BELOW_GB:
        status, worry, trouble = "error", None, f"Only {free:g} GB are free."
    elif free <= WARN_BELOW_GB:
        status, worry, trouble = "warning", f"Only {free:g} GB are free.", None
    else:
        status, worry, trouble = "ok", None, None
    sizes = (free, used, total)
    return StorageReport(status, path, directories, *sizes, worry, trouble, _inodes_used(storage.root), disk)


def _inodes_used(folder: Path) -> float | None:
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(folder)
    return 1 - found.f_favail / found.f_files if found.f_files else None


def examine(storage: Storage) -> Iterator[Finding]:
    """What is wrong with a storage, if anything is. Writes a file and takes it away; makes no storage where there is none."""
    if not storage.root.exists():
        yield _missing(storage.root)
        return
    report = look(storage)
    if report.error is not None and report.free_gb is None:
        why = "Uploads and results have no place."
        yield error(f"The storage {report.path} cannot be used. {report.error}", why, _rights(storage.root))
        return
    yield from judge(report)
    yield _writes_stay(storage.root)


def judge(report: StorageReport) -> Iterator[Finding]:
    """What is wrong with a storage that can be written to."""
    missing = [name for name, usable in report.directories.items() if not usable]
    there = [name for name in missing if os.path.lexists(os.path.join(report.path, name))]  # noqa: PTH118  a report has text
    if there:
        why = "Uploads and results have no place."
        yield error(f"These folders cannot be written to: {', '.join(there)}.", why, f"chmod -R u+rwX {report.path}")
    elif missing:
        yield info(f"The folders {', '.join(missing)} are not there yet.", "The server makes them at its first start.")
    else:
        yield fine(f"The storage {report.path} can be written to.")
    if report.free_gb is not None and report.used_gb is not None and report.total_gb:
        share = report.used_gb / (report.used_gb + report.free_gb) if report.used_gb + report.free_gb else 1.0
        yield _fullness(share, f"{share:.0%} of the disk is in use, {report.free_gb:g} GB are free.")
    if report.inodes_used is not None:
        yield _fullness(report.inodes_used, f"{report.inodes_used:.0%} of the disk's inodes are in use.")
    if is_network(report.file_system):
        what = f"The storage lies on a network drive ({report.file_system})."
        yield info(what, "That works, more slowly; the database must not lie there: videoannotator diagnose database")


def _fullness(share: float, what: str) -> Finding:
    why = "A full disk ends uploads and jobs."
    if share >= ERROR_ABOVE:
        return error(what, why, CLEAN_UP)
    return warning(what, why, CLEAN_UP) if share >= WARN_ABOVE else fine(what)


def _missing(root: Path) -> Finding:
    above = next(folder for folder in root.parents if folder.exists())
    if os.access(above, os.W_OK | os.X_OK):
        return info(f"There is no storage at {root} yet.", "The server makes it at its first start.", "videoannotator setup-db")
    why = "Uploads and results have no place."
    return error(f"There is no storage at {root}, and it cannot be made in {above}.", why, _rights(above))


def _rights(folder: Path) -> str:
    return f"chmod u+rwx {folder}, or set VIDEOANNOTATOR_STORAGE_DIR to a folder that you may write to"


def _writes_stay(root: Path) -> Finding:
    """Whether a file gets its content and its name in one step and is on the disk then, written as results are."""
    folder = next(root / name for name in ("temp", "") if (root / name).is_dir())
    path = folder / f".probe-{secrets.token_hex(8)}"
    reason = "another content was read than had been written"
    try:
        atomic_write(path, b"before")
        atomic_write(path, b"after")
        kept = path.read_bytes() == b"after"
    except (OSError, StorageFailedException, StorageFullException) as failure:
        kept, reason = False, str(failure)
    finally:
        with suppress(OSError):
            path.unlink()
    if kept:
        return fine("Files are written through to the disk, and get their names in one step.")
    why = "Results would be lost when the power fails."
    return error(f"Files cannot be written through to the disk: {reason}", why, "Set VIDEOANNOTATOR_STORAGE_DIR to a local disk.")

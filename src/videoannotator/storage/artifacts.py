"""Result files: whole or not at all.

An attempt writes into a hidden folder that nobody reads. When it is complete, every file is flushed to the disk and hashed, and the
folder gets its final name in one step. Only then are rows written about it; where there is no row there is no result.
"""

import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from videoannotator.database.attempts import StoredFile
from videoannotator.errors import RunStopped, StorageFailedException
from videoannotator.storage.config import Storage
from videoannotator.storage.space import BLOCK_BYTES, disk_errors

UNFINISHED = re.compile(r"\.attempt-(\d+)")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that an attempt says it wrote. The fields are those of `StoredFile`; `name` is its path in the attempt's folder."""

    name: str
    pipeline_name: str | None
    format: str
    media_type: str
    description: str = ""
    main: bool = False


def publish(
    storage: Storage,
    job_id: str,
    token: int,
    listed: Sequence[ListedFile],
    should_stop: Callable[[], bool] | None = None,
) -> list[StoredFile]:
    """Turn what an attempt wrote into results: flushed, hashed, in place. Files that it does not list are dropped.

    What stands in the listed order is what `AttemptResult.files` wants. `should_stop` is asked after every megabyte.

    Raises:
        StorageFailedException: a listed file is missing, is no regular file, or leads out of the folder; or the disk failed.
        StorageFullException: the disk is full.
        RunStopped: `should_stop` said so.
    """
    attempt, results = storage.attempt_folder(job_id, token), storage.results_folder(job_id, token)
    with disk_errors("the results"):
        facts = [_settled(attempt, file.name, storage.file_mode, should_stop) for file in listed]
        _drop_unlisted(attempt, {file.name for file in listed})
        for folder in _folders(attempt):
            folder.chmod(storage.folder_mode)
            sync_folder(folder)
        _remove_tree(results)  # whoever holds the token has not published: it is of a run that the database has forgotten
        attempt.replace(results)
        sync_folder(results.parent)
    return [
        StoredFile(
            name=file.name,
            path=storage.relative(results / file.name),
            pipeline_name=file.pipeline_name,
            format=file.format,
            media_type=file.media_type,
            description=file.description,
            main=file.main,
            size_bytes=size,
            sha256=sha256,
        )
        for file, (size, sha256) in zip(listed, facts, strict=True)
    ]


def begin_attempt(storage: Storage, job_id: str, token: int) -> Path:
    """An empty folder for an attempt to write into. What earlier attempts left unfinished goes."""
    discard_attempts(storage, job_id, up_to=token)
    folder = storage.attempt_folder(job_id, token)
    with disk_errors("the results"):
        storage.make_folder(folder)
        sync_folder(folder.parent)
    return folder


def discard_attempt(storage: Storage, job_id: str, token: int) -> None:
    """Remove what an attempt has not published; what it has published stays."""
    _remove_tree(storage.attempt_folder(job_id, token))


def discard_attempts(storage: Storage, job_id: str, *, up_to: int) -> None:
    """Remove what attempts up to this token have not published. Later ones belong to somebody else, who may be at work."""
    results = storage.job_folder(job_id) / "results"
    for folder in _children(results):
        match = UNFINISHED.fullmatch(folder.name)
        if match and int(match[1]) <= up_to:
            _remove_tree(folder)


def atomic_write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all, over an older one too; it is on the disk when this returns.

    Raises:
        StorageFullException: the disk is full; nothing was changed.
        StorageFailedException: the disk failed; nothing was changed.
    """
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    with disk_errors(path.name):
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Windows keeps them in its journal and cannot open a folder."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _settled(attempt: Path, name: str, mode: int, should_stop: Callable[[], bool] | None) -> tuple[int, str]:
    """Size and SHA-256 of a listed file, which is on the disk afterwards."""
    path = _inside(attempt, name)
    digest, size = hashlib.sha256(), 0
    with path.open("rb+") as file:  # Windows flushes only what may be written to
        while block := file.read(BLOCK_BYTES):
            if should_stop is not None and should_stop():
                raise RunStopped("The run was stopped.")
            digest.update(block)
            size += len(block)
        os.fsync(file.fileno())
    path.chmod(mode)
    return size, digest.hexdigest()


def _inside(attempt: Path, name: str) -> Path:
    """The regular file of this name in the attempt's folder."""
    parts = PurePosixPath(name)
    plain = bool(name) and not parts.is_absolute() and ".." not in parts.parts and "\0" not in name and "\\" not in name
    path = attempt / name if plain else attempt
    try:
        regular = stat.S_ISREG(path.lstat().st_mode) and path.resolve() == path
    except FileNotFoundError:
        regular = False
    if not regular:
        raise StorageFailedException(f"The attempt lists the file {name!r}, and did not leave it.", hint="Run the job again.")
    return path


def _drop_unlisted(attempt: Path, names: set[str]) -> None:
    for path in list(attempt.rglob("*")):
        if (path.is_symlink() or not path.is_dir()) and path.relative_to(attempt).as_posix() not in names:
            path.unlink()
    for folder in sorted(_folders(attempt), reverse=True):
        if folder != attempt and not any(folder.iterdir()):
            folder.rmdir()


def _folders(attempt: Path) -> list[Path]:
    return [path for path in attempt.rglob("*") if path.is_dir() and not path.is_symlink()] + [attempt]


def _children(folder: Path) -> Iterator[Path]:
    try:
        yield from list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return


def _remove_tree(folder: Path) -> None:
    """Remove a folder, never following a link; somebody else may be removing it too."""
    with disk_errors("what an attempt left"):
        if folder.is_symlink():
            folder.unlink(missing_ok=True)
        else:
            shutil.rmtree(folder, ignore_errors=not folder.exists())

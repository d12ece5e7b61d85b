"""Recordings and result files of release 1.2, where they lie: they are looked up, never touched."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from stat import S_ISREG

from videoannotator.database.migrations.release_1_2.values import is_uuid
from videoannotator.database.paths import size_of_file

MAX_FILES = 1000
"""Result files that are taken over per job; a folder with more is not one job's results."""
MAX_NAME_LENGTH = 500
PRIVATE_ENDINGS = frozenset({".db", ".sqlite", ".sqlite3", ".db-wal", ".db-shm", ".db-journal", ".key", ".pem", ".pyc"})
"""Files that are nobody's results, and that nobody is to download."""
PRIVATE_NAMES = frozenset({"tokens.json"})
FORMATS = {
    ".json": ("json", "application/json"),
    ".jsonl": ("jsonl", "application/x-ndjson"),
    ".vtt": ("webvtt", "text/vtt"),
    ".srt": ("srt", "application/x-subrip"),
    ".rttm": ("rttm", "text/plain"),
    ".csv": ("csv", "text/csv"),
    ".tsv": ("tsv", "text/tab-separated-values"),
    ".parquet": ("parquet", "application/vnd.apache.parquet"),
    ".txt": ("text", "text/plain"),
    ".log": ("text", "text/plain"),
    ".textgrid": ("textgrid", "text/plain"),
    ".mp4": ("mp4", "video/mp4"),
    ".webm": ("webm", "video/webm"),
    ".mp3": ("mp3", "audio/mpeg"),
    ".wav": ("wav", "audio/wav"),
    ".jpg": ("jpeg", "image/jpeg"),
    ".jpeg": ("jpeg", "image/jpeg"),
    ".png": ("png", "image/png"),
}
"""Format and media type by ending. All else is offered as bytes to keep, so that no browser runs it."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A result file that exists.

    Attributes:
        name: its name among the job's results.
        path: where it lies, with every link resolved.
        pipeline: whose result it is, where a row says so or its name begins with a pipeline that the job selected.
        main: whether it is that pipeline's main file.
    """

    name: str
    path: Path
    pipeline: str | None
    main: bool
    size_bytes: int
    changed_at: datetime

    @property
    def format(self) -> str:
        """By its ending."""
        ending = self.path.suffix.lower()
        return FORMATS[ending][0] if ending in FORMATS else ending[1:] or "file"

    @property
    def media_type(self) -> str:
        """By its ending."""
        return FORMATS.get(self.path.suffix.lower(), ("", "application/octet-stream"))[1]


@dataclass(frozen=True, slots=True)
class Named:
    """What the rows of one job name: folders or files with results, and per pipeline its output file, as they were written."""

    job_id: str
    results: Sequence[str]
    outputs: Sequence[tuple[str, str]]
    selected: Sequence[str]
    source: Path | None


class Places:
    """Where paths of old rows lead.

    Args:
        folders: where a relative path may start, the likeliest first.
        database: the database's file; a folder that contains it holds more than results.
    """

    def __init__(self, folders: Sequence[Path], database: Path) -> None:
        self._folders = tuple(folders)
        self._known = [folder.resolve() for folder in folders]
        self._too_wide = [place.resolve() for place in (database, Path.home(), *folders)]

    def absolute(self, written: str, also_from: Sequence[Path] = ()) -> Path | None:
        """The path that was meant; None for what is no path at all."""
        if not written.strip() or "\0" in written:
            return None
        candidates = [folder / written for folder in (*also_from, *self._folders)]
        return next((path for path in candidates if os.path.lexists(path)), candidates[-len(self._folders)])

    def may_be_result(self, path: Path) -> bool:
        """Whether a file may be a result: it is nothing private and, outside known folders, its ending says so."""
        ending = path.suffix.lower()
        if path.name.startswith(".") or ending in PRIVATE_ENDINGS or path.name in PRIVATE_NAMES:
            return False
        return ending in FORMATS or any(path.is_relative_to(folder) for folder in self._known)

    def is_too_wide(self, folder: Path) -> bool:
        """Whether a folder holds more than results: it is, or contains, a home, the database or a working folder."""
        return any(place.is_relative_to(folder) for place in self._too_wide)


class ResultFinder:
    """Finds the result files of jobs.

    Args:
        jobs: every job of the database, because a folder that several jobs name belongs to none of them alone.
        places: where their paths lead.
    """

    def __init__(self, jobs: Sequence[Named], places: Places) -> None:
        self._places = places
        self._uses = Counter(root for job in jobs for root in self._roots(job))
        self._sources = {Path(os.path.realpath(job.source)) for job in jobs if job.source}

    def of(self, job: Named) -> list[ResultFile]:
        """The result files of a job that exist, its pipelines' output files first."""
        found: dict[Path, tuple[str, str | None, bool]] = {}
        roots = self._roots(job)
        for pipeline, written in job.outputs:
            path = self._places.absolute(written, roots)
            real = path and _within(path, path.parent)
            if real is not None and real not in found and self._places.may_be_result(real):
                root = next((root for root in roots if real.is_relative_to(root)), real.parent)
                found[real] = (real.relative_to(root).as_posix(), pipeline, True)
        claimed: set[str | None] = {pipeline for _, pipeline, _ in found.values()}
        for part in filter(None, (self._own_part(root, job) for root in roots)):
            folder = part if part.is_dir() else part.parent
            for path in self._files_of(part):
                if path not in found and len(found) < MAX_FILES:
                    found[path] = (path.relative_to(folder).as_posix(), _pipeline_in(path.name, job.selected), False)
        return _listed(found, claimed)

    def _roots(self, job: Named) -> list[Path]:
        """The folders and files that the job's rows name as its results, links resolved."""
        paths = (self._places.absolute(written) for written in job.results)
        return list(dict.fromkeys(real for path in paths if path is not None and (real := _resolved(path)) is not None))

    def _own_part(self, root: Path, job: Named) -> Path | None:
        """What belongs to this job alone: all of it, or of a folder that several jobs name the part that carries the job's id."""
        if self._uses[root] == 1:
            return root
        part = root / job.job_id if is_uuid(job.job_id) else None
        return None if part is None or self._uses[part] or part.is_symlink() or not part.is_dir() else part

    def _files_of(self, part: Path) -> Iterator[Path]:
        if size_of_file(part) is not None:
            yield from self._results_among([part])
        elif not self._places.is_too_wide(part):
            yield from self._files_below(part)

    def _files_below(self, root: Path) -> Iterator[Path]:
        seen = 0
        for folder, folders, files in os.walk(root):
            here = Path(folder)
            folders[:] = sorted(name for name in folders if not name.startswith(".") and not self._uses[here / name])
            yield from self._results_among(here / name for name in sorted(files))
            seen += len(files)
            if seen > MAX_FILES:
                return

    def _results_among(self, paths: Iterable[Path]) -> Iterator[Path]:
        """Those that may be results: regular files, links not followed, neither hidden nor private nor a job's recording."""
        for path in paths:
            if (
                self._places.may_be_result(path)
                and path not in self._sources
                and not path.is_symlink()
                and size_of_file(path) is not None
            ):
                yield path


def _within(path: Path, root: Path) -> Path | None:
    """The regular file that a path means, unless it leads out of its folder."""
    real, folder = _resolved(path), _resolved(root)
    inside = real is not None and folder is not None and real.is_relative_to(folder)
    return real if inside and real is not None and size_of_file(real) is not None else None


def _resolved(path: Path) -> Path | None:
    """What a path means with every link resolved; None when there is nothing, or nothing that this user can reach."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError):  # a loop of links is a RuntimeError before Python 3.13
        return None


def _pipeline_in(file_name: str, selected: Sequence[str]) -> str | None:
    """The selected pipeline with whose name the file's begins."""
    fitting = [name for name in selected if file_name.startswith(name)]
    return max(fitting, key=len) if fitting else None


def _listed(found: dict[Path, tuple[str, str | None, bool]], claimed: set[str | None]) -> list[ResultFile]:
    files: list[ResultFile] = []
    taken: set[str] = set()
    for path, (name, pipeline, is_output) in found.items():
        try:
            facts = path.stat()
            f"{path}{name}".encode()
        except (OSError, UnicodeEncodeError):  # gone in this moment, or a name that no database can hold
            continue
        name = _free_name(name, pipeline, taken)
        if len(name) > MAX_NAME_LENGTH or not S_ISREG(facts.st_mode):
            continue
        main = is_output or (pipeline is not None and pipeline not in claimed)
        claimed.add(pipeline)
        taken.add(name)
        changed = datetime.fromtimestamp(facts.st_mtime, timezone.utc)
        files.append(ResultFile(name, path, pipeline, main, facts.st_size, changed))
    return files


def _free_name(name: str, pipeline: str | None, taken: set[str]) -> str:
    """The name, made different where another file of the job has it: two pipelines may both have written `results.json`."""
    if name in taken and pipeline:
        name = f"{pipeline}/{name}"
    folder, slash, file = name.rpartition("/")
    stem, dot, ending = file.partition(".")
    others = (f"{folder}{slash}{stem}.{number}{dot}{ending}" for number in range(2, MAX_FILES + 2))
    return name if name not in taken else next(other for other in others if other not in taken)

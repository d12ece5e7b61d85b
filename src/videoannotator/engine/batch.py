"""Which recordings a path stands for, and where the results of each one go."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from videoannotator.engine.output import OVERLAY, RECORD
from videoannotator.errors import InvalidRequestException

VIDEO_SUFFIXES = {
    ".3gp",
    ".asf",
    ".avi",
    ".dv",
    ".flv",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".ogv",
    ".ts",
    ".vob",
    ".webm",
    ".wmv",
}
SOUND_SUFFIXES = {".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma"}
SUFFIXES = frozenset(VIDEO_SUFFIXES | SOUND_SUFFIXES)
"""Endings that make a file in a folder a recording; a file that is named itself may have any."""


@dataclass(frozen=True, slots=True)
class Task:
    """A recording and the folder for its results."""

    recording: Path
    folder: Path


def tasks_for(path: Path, output: Path | None) -> list[Task]:
    """The recordings that `path` stands for: itself, or every recording in that folder and the folders below it.

    Hidden files are passed over: macOS leaves a small `._NAME` beside every file that it copies to an exchangeable disk. So are the
    annotated videos of earlier runs.

    Results go to `output`, or to `NAME_annotations` in the working folder. For a folder, they go to one folder per recording there,
    in the recordings' own tree.

    Raises:
        InvalidRequestException: the folder holds no recording, or the results would take the place of the recording itself.
    """
    # Not resolve(): results are named after the link, not after the nameless store that it may lead to.
    stem = Path(os.path.abspath(path)).stem  # noqa: PTH100
    output = output or Path(f"{stem or 'results'}_annotations")
    if not os.path.isdir(path):  # noqa: PTH112  Path.is_dir raises for names that are too long or in a locked folder
        if _same(path, output / OVERLAY):
            message = f"The recording is the annotated video in {output}, and new results would take its place."
            raise InvalidRequestException(message, hint="Give another folder with -o.", field="output")
        return [Task(path, output)]
    root = output.resolve() if path.resolve() in output.resolve().parents else None
    found = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in SUFFIXES
        and not file.name.startswith(".")
        and not (file.name == OVERLAY and file.with_name(RECORD).exists())
        and file.is_file()
        and root not in file.resolve().parents
    )
    if not found:
        endings = " ".join(sorted(SUFFIXES))
        hint = f"Recordings are recognised by their endings: {endings}. A file with another one can be named itself."
        raise InvalidRequestException(f"There is no recording in {path}.", hint=hint)
    stems = Counter(map(_stem, found))
    return [Task(file, output / _result_name(file.relative_to(path), stems[_stem(file)])) for file in found]


def _same(path: Path, other: Path) -> bool:
    return os.path.realpath(path) == os.path.realpath(other)  # Path.resolve raises for odd names


def _stem(file: Path) -> str:
    """What two files share whose results would lie in one folder, where names may differ in case alone (Windows, macOS)."""
    return str(file.with_suffix("")).casefold()


def _result_name(relative: Path, with_this_stem: int) -> Path:
    """`a/visit` for `a/visit.mp4`; the ending stays where two recordings differ by nothing else."""
    return relative.with_suffix("") if with_this_stem == 1 else relative

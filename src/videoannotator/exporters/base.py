"""What an exporter is: it writes the annotations of one recording in one file format."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TextIO

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import InvalidRequestException

STEMS = {("audio_processing", "Utterance"): "speech_recognition", ("audio_processing", "SpeakerTurn"): "speaker_diarization"}
"""Under which names a pipeline writes the files of the pipelines that it contains, by its own name and the record type."""


def stem_of(pipeline: str, record_type: type) -> str:
    """What the file of a pipeline's records is called, without its ending: after the pipeline, or after the one it contains."""
    return STEMS.get((pipeline, record_type.__name__), pipeline)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write `path` inside this block, and a disk that refuses it becomes an error in our words.

    Raises:
        StorageFullException: the disk is full.
        InvalidRequestException: the folder does not exist, or nothing may be written there.
    """
    try:
        with full_disk_named(path.name):
            yield
    except OSError as exc:
        raise InvalidRequestException(
            f"{path.name} could not be written: {exc.strerror or exc}.", hint="Choose an existing folder that you may write to."
        ) from exc


def write_array(file: TextIO, items: Iterable[dict[str, Any]]) -> None:
    """Write a JSON array, one line per item, as the items come."""
    separator = "["
    for item in items:
        file.write(f"{separator}\n{json.dumps(item, ensure_ascii=False, allow_nan=False)}")
        separator = ","
    file.write("[]" if separator == "[" else "\n]")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that an exporter wrote.

    Attributes:
        name: its path inside the result folder, with forward slashes.
        format: the exporter's name.
        pipeline: whose annotations it holds; None when it holds those of several.
        description: what it is, for people.
        main: whether it is the pipeline's main file.
    """

    name: str
    format: str
    pipeline: str | None
    description: str
    main: bool = False


class Exporter(ABC):
    """One file format.

    Class attributes:
        name: the one name that registry, command line and `--format` use.
        display_name, description: for people.
        media_type: MIME type of its files.
        records: the record types it can write; an exporter with none writes about the run as a whole.
        extra: the extra of this package that must be installed for it; None when nothing is missing by default.
        packages: what that extra brings and the exporter imports; while one is missing, the format is listed as unavailable.
    """

    name: ClassVar[str]
    display_name: ClassVar[str]
    description: ClassVar[str]
    media_type: ClassVar[str]
    records: ClassVar[tuple[type, ...]]
    extra: ClassVar[str | None] = None
    packages: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        """Write every file that applies into the existing `folder`, streaming, and name each one after it is complete.

        A pipeline that failed, was skipped or stopped gets no file; one that completed and found nothing gets an empty, valid one.
        File names carry no name of the recording. Equal annotations give equal bytes.

        Raises:
            StorageFullException: the disk is full.
            InvalidRequestException: nothing may be written in `folder`.
            ExtraMissingException: the format needs an extra that is not installed.
        """

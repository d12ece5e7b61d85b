"""All results of a job as one ZIP, made while it is sent.

    recording.mp4               what a browser can play: the source, or the proxy that was made of it
    complete_results.json       people, faces and scenes for the browser client; people and faces at most twice a second
    speech.vtt, speakers.rttm   at most one of each
    provenance.json             what the results were made from
    tables/words.csv …          tables, each under its own name
    full/*.json.gz …            everything else as it was written

The browser client guesses from names and first bytes what a file is, and the last guess wins. So nothing that it would take for
something else carries a name or an ending that it knows: what it must not see is wrapped in gzip, and four words never occur in
names. That gzip does not compress: its size follows from that of its content, so that the length of the whole ZIP is known before a
result file is read, and nothing has to be kept twice on the disk.
"""

import csv
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import IO

from zipstream import ZipStream as ZipWriter

from videoannotator.database.attempts import PROXY
from videoannotator.database.models import Artifact
from videoannotator.database.session import Database
from videoannotator.errors import NotFoundException, StorageFailedException
from videoannotator.jobs.complete_results import write_complete_results
from videoannotator.jobs.results import DownloadFile, Produced, file_of, produced_by, source_of
from videoannotator.storage.config import Storage

RECORDING = "recording"
PROVENANCE = "provenance.json"
DICTIONARY = re.compile(r"data_dictionary(\.attempt-\d+)?\.csv")
SPEECH = ("speech_recognition", "audio_processing")
"""Whose text is chosen where there are several."""
PLAIN = ".plain.vtt"
"""Ending of subtitles without voices and word times, which the browser client would show as text."""
OTHER_WORDS = {"speech_recognition": "speech", "speaker_diarization": "speakers", "face": "facial", "person": "people"}
"""Words by which the browser client takes a file for something, and what stands for them in names."""
TAKEN_FOR_SOMETHING = frozenset({".json", ".vtt", ".rttm", ".mp4", ".webm", ".avi", ".mov", ".mkv", ".wav", ".mp3", ".aac", ".ogg"})
TABLES = frozenset({".csv", ".parquet"})
STORED_BYTES = 65535
"""Largest block of deflate that is stored as it is (RFC 1951, section 3.2.4)."""
GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
READ_BYTES = 8 * STORED_BYTES


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    size_bytes: int
    content: Callable[[], Iterator[bytes]]


class ZipStream:
    """A ZIP that is made while it is read: `chunks` once, then it is used up. Close it when it is not read.

    Attributes:
        size_bytes: of the whole, exact.
    """

    def __init__(self, members: Sequence[_Member], document: IO[bytes]) -> None:
        self._writer = ZipWriter(sized=True)
        self._document = document
        for member in members:
            self._writer.add(member.content(), member.name, size=member.size_bytes)
        self.size_bytes = len(self._writer)

    def chunks(self) -> Iterator[bytes]:
        """The bytes.

        Raises:
            StorageFailedException: a file changed in this moment; what was given so far is no complete ZIP.
        """
        try:
            yield from self._writer
        finally:
            self.close()

    def close(self) -> None:
        """Give back what it holds."""
        self._document.close()

    def __enter__(self) -> "ZipStream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def zip_of(database: Database, storage: Storage, job_id: str) -> ZipStream:
    """All results of a job.

    Raises:
        JobNotFoundException: there is no such job.
        JobNotReadyException: it has not ended, and no attempt of it has left anything yet.
        NotFoundException: a result file is missing on the disk; the message names it.
        StorageFailedException: a result file has another size than was recorded, or is damaged; the message names it.
    """
    produced = produced_by(database, job_id)
    names = _Names()
    video = _recording(storage, produced)
    members = [] if video is None else [_of_file(names.free(f"{RECORDING}{_ending(video)}"), video)]
    results = _results(storage, produced, names)
    document, size = write_complete_results(
        produced,
        members[0].name if members else None,
        lambda artifact: file_of(storage, artifact).path,
        storage.root / "temp",
    )
    complete = _Member("complete_results.json", size, lambda: iter(lambda: document.read(READ_BYTES), b""))
    return ZipStream([*members, complete, *results], document)


def _recording(storage: Storage, produced: Produced) -> DownloadFile | None:
    """What a browser can play; None where the recording is gone, which must not keep anybody from the results."""
    proxy = max((file for file in produced.artifacts if file.format == PROXY), key=lambda file: file.token, default=None)
    try:
        return file_of(storage, proxy) if proxy else source_of(storage, produced.job)
    except NotFoundException:
        return None


def _results(storage: Storage, produced: Produced, names: "_Names") -> list[_Member]:
    """The members made of result files, those at the root first."""
    rest = [file for file in produced.artifacts if file.format != PROXY]
    members = []
    for name, ending in (("speech.vtt", ".vtt"), ("speakers.rttm", ".rttm")):
        fitting = [file for file in rest if file.name.endswith(ending)]
        if fitting:
            chosen = max(fitting, key=_preference)
            rest.remove(chosen)
            members.append(_of_file(names.free(name), _checked(storage, chosen)))
    tables = _table_names(storage, rest)
    for artifact in rest:
        file = _checked(storage, artifact)
        if artifact.name == PROVENANCE:
            members.append(_of_file(names.free(PROVENANCE), file))
        elif PurePosixPath(artifact.name).suffix in TABLES:
            members.append(_of_file(names.free(f"tables/{tables.get(artifact.name, _plain(artifact.name))}"), file))
        elif PurePosixPath(artifact.name).suffix.lower() in TAKEN_FOR_SOMETHING:
            members.append(_wrapped(names.free(f"full/{_plain(artifact.name)}.gz"), file))
        else:
            members.append(_of_file(names.free(f"full/{_plain(artifact.name)}"), file))
    return members


def _preference(artifact: Artifact) -> tuple[bool, int, bool, bool]:
    """Which file is chosen: of speech, of the last attempt, and the one that its players show as it is."""
    return artifact.pipeline_name in SPEECH, artifact.token, artifact.name.endswith(PLAIN), artifact.main


def _checked(storage: Storage, artifact: Artifact) -> DownloadFile:
    file = file_of(storage, artifact)
    if file.path.stat().st_size != file.size_bytes:
        raise _changed(artifact.name)
    return file


def _table_names(storage: Storage, artifacts: Sequence[Artifact]) -> dict[str, str]:
    """What the data dictionaries call the table in each file: `words.csv` for `speech_recognition.words.csv`."""
    tables: dict[str, str] = {}
    for dictionary in (file for file in artifacts if DICTIONARY.fullmatch(file.name)):
        with file_of(storage, dictionary).path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                tables.setdefault(row.get("file") or "", row.get("table") or "")
    names = {}
    for artifact in artifacts:
        name = PurePosixPath(artifact.name)
        table = tables.get(str(name.with_suffix(".csv")))
        if table and name.suffix in TABLES:
            names[artifact.name] = _plain(f"{table}{name.suffix}")
    return names


def _ending(file: DownloadFile) -> str:
    return file.path.suffix.lower()


def _plain(name: str) -> str:
    """The name without the words that the browser client knows."""
    for word, other in OTHER_WORDS.items():
        name = re.sub(word, other, name, flags=re.IGNORECASE)
    return name


class _Names:
    """Names that were given out."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, name: str) -> str:
        """The name, or `name-2.ending` and so on where it is taken; some systems do not tell capitals from small letters."""
        folder, slash, file = name.rpartition("/")
        stem, dot, ending = file.partition(".")
        number, free = 1, name
        while free.lower() in self._taken:
            number += 1
            free = f"{folder}{slash}{stem}-{number}{dot}{ending}"
        self._taken.add(free.lower())
        return free


def _of_file(name: str, file: DownloadFile) -> _Member:
    return _Member(name, file.size_bytes, lambda: _blocks(file))


def _wrapped(name: str, file: DownloadFile) -> _Member:
    return _Member(name, gzip_size(file.size_bytes), lambda: gzip_stored(_blocks(file), file.size_bytes))


def _blocks(file: DownloadFile) -> Iterator[bytes]:
    """The file's bytes, exactly as many as were announced."""
    left = file.size_bytes
    try:
        with file.path.open("rb") as content:
            while block := content.read(READ_BYTES):
                left -= len(block)
                if left < 0:
                    break
                yield block
    except OSError as error:
        raise _changed(file.name) from error
    if left:
        raise _changed(file.name)


def _changed(name: str) -> StorageFailedException:
    message = f"The result file {name!r} on the server's disk is not the one that was recorded."
    return StorageFailedException(message, hint="Put it back from a backup, or run the job again.")


def gzip_size(size: int) -> int:
    """Size of what `gzip_stored` gives for so many bytes."""
    return len(GZIP_HEADER) + 5 * max(1, -(-size // STORED_BYTES)) + size + 8


def gzip_stored(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """A gzip file (RFC 1952) around `size` bytes, which it does not compress.

    All blocks but the last are multiples of `STORED_BYTES` long.
    """
    yield GZIP_HEADER
    checksum, left = 0, size
    if not size:
        yield struct.pack("<BHH", 1, 0, 0xFFFF)
    for block in blocks:
        checksum = zlib.crc32(block, checksum)
        for start in range(0, len(block), STORED_BYTES):
            piece = block[start : start + STORED_BYTES]
            left -= len(piece)
            yield struct.pack("<BHH", left == 0, len(piece), len(piece) ^ 0xFFFF) + piece
    yield struct.pack("<II", checksum, size & 0xFFFFFFFF)

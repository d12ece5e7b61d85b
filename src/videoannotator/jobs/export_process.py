"""The process that makes an export, so that it can be ended at any moment: `python -m videoannotator.jobs.export_process`.

The work comes as the first line of standard input. It ends when that closes, because then nobody is left who wants the archive. A
job that cannot be exported is told, and does not keep the others from it.
"""

import json
import os
import shutil
import signal
import sys
import threading
import traceback
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.corrected import apply
from videoannotator.annotations.disk import full_disk_named
from videoannotator.engine.output import choose_exporters
from videoannotator.errors import MemoryExhaustedException, StorageFullException, VideoAnnotatorException
from videoannotator.exporters.base import Exporter
from videoannotator.jobs.export_messages import ExportLine, ExportWork, JobToExport, Problem, export_line, read_work
from videoannotator.jobs.formats import nothing_to_write

EXIT_ABANDONED = 3
CORRECTIONS = "corrections.json"
COMPRESSED = frozenset({".jpg", ".png", ".parquet", ".zip", ".gz", ".mp4"})
"""Endings of files that do not get smaller."""
FAULTS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a format raises that has a fault, a plugin's perhaps."""
LOOK = "Look in the server's log, leave out the format that is at fault, and report it."
NO_DATE = (1980, 1, 1, 0, 0, 0)


class Export:
    """One export.

    Args:
        work: what to do.
        answers: takes lines about it.
    """

    def __init__(self, work: ExportWork, answers: BinaryIO) -> None:
        self._work = work
        self._answers = answers
        self._done = 0
        self._files = 0
        chosen, _ = choose_exporters(work.formats)
        self._exporters = sorted(
            (each for each in chosen if each.name in work.formats), key=lambda each: each.name == "provenance"
        )  # it lists the other files

    def run(self) -> None:
        """Make the archive.

        Raises:
            StorageFullException: the disk is full; there is no archive.
        """
        archive, part = Path(self._work.archive), Path(f"{self._work.archive}.part")
        with full_disk_named("the export"), part.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
                for job in self._work.jobs:
                    self._export(job, whole)
                    self._moved((self._work.jobs.index(job) + 1) * len(self._exporters))
            file.flush()
            os.fsync(file.fileno())
        part.replace(archive)
        self.say(ExportLine(ended=self._files))

    def say(self, line: ExportLine) -> None:
        """Tell the server something."""
        self._answers.write(export_line(line))
        self._answers.flush()

    def _export(self, job: JobToExport, whole: zipfile.ZipFile) -> None:
        folder = Path(self._work.scratch) / "job"
        folder.mkdir()
        try:
            with _opened(job) as annotations:
                for exporter in self._exporters:
                    self._written(exporter, annotations, job, folder)
                    self._moved(self._done + 1)
            if job.history is not None:
                text = json.dumps(job.history, ensure_ascii=False, indent=2)
                (folder / CORRECTIONS).write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace", newline="\n")
            self._pack(folder, job.folder, whole)
        except StorageFullException:
            raise
        except VideoAnnotatorException as error:
            self.say(ExportLine(problem=Problem(job.job_id, None, error.code, error.message, error.hint)))
        except FAULTS as error:
            traceback.print_exception(error)
            message = f"The job could not be written: {type(error).__name__}."
            self.say(ExportLine(problem=Problem(job.job_id, None, "INTERNAL_SERVER_ERROR", message, LOOK)))
        finally:
            shutil.rmtree(folder)

    def _written(self, exporter: type[Exporter], annotations: AnnotationSet, job: JobToExport, folder: Path) -> None:
        if not list(exporter().export(annotations, folder)):
            problem = nothing_to_write(exporter, annotations)
            self.say(ExportLine(problem=Problem(job.job_id, exporter.name, "NOTHING_TO_WRITE", problem.reason, problem.hint)))

    def _pack(self, folder: Path, name: str, whole: zipfile.ZipFile) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", NO_DATE)
                info.compress_type = zipfile.ZIP_STORED if path.suffix in COMPRESSED else zipfile.ZIP_DEFLATED
                with path.open("rb") as content, whole.open(info, "w", force_zip64=True) as member:
                    shutil.copyfileobj(content, member, 1024 * 1024)
                self._files += 1

    def _moved(self, done: int) -> None:
        self._done = done
        self.say(ExportLine(done=done))


@contextmanager
def _opened(job: JobToExport) -> Iterator[AnnotationSet]:
    """The annotations of a job, corrected where that is wanted."""
    with job.saved.open() as annotations:
        if not job.corrections:
            yield annotations
            return
        with apply(annotations, job.corrections) as corrected:
            yield corrected


def _end_with_reader(pipe: BinaryIO) -> None:
    pipe.read()
    os._exit(EXIT_ABANDONED)


def main() -> int:
    """Make one export."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which closes the input
    given, answers = os.fdopen(os.dup(sys.stdin.fileno()), "rb"), os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    work = read_work(given.readline())
    threading.Thread(target=_end_with_reader, args=(given,), daemon=True).start()
    try:
        Export(work, answers).run()
    except VideoAnnotatorException as error:
        failed = Problem("", None, error.code, error.message, error.hint)
    except MemoryError:
        failed = Problem("", None, MemoryExhaustedException.code, "The computer had too little free memory.", None)
    except OSError as error:
        message = f"The disk did not do what it should with the export: {error.strerror or type(error).__name__}."
        failed = Problem("", None, "STORAGE_FAILED", message, "Check the disk and the rights on the storage folder.")
    else:
        return 0
    answers.write(export_line(ExportLine(failed=failed)))
    answers.flush()
    return 1


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a plugin's thread that does not end must not keep the server waiting

"""The runner: the process that computes one job, and nothing else. It knows no database and no settings.

    python -m videoannotator.worker.runner

The work comes as the first line of standard input, what it does goes out as lines on standard output, what it says goes to standard
error. It ends when either pipe closes, because then nobody is left who wants the result.
"""

import logging
import os
import select
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from videoannotator.annotations import saved
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.engine import overlay
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.annotate import select as select_pipelines
from videoannotator.engine.output import Written, write_results
from videoannotator.engine.overlay import overlay_of
from videoannotator.engine.plan import Selected
from videoannotator.errors import MemoryExhaustedException, VideoAnnotatorException
from videoannotator.exporters.base import ExportedFile
from videoannotator.logs import set_up_logging
from videoannotator.media.probe import probe
from videoannotator.media.proxy import browser_can_play, make_proxy
from videoannotator.registry.entries import Registry
from videoannotator.worker import kernel, viewing
from videoannotator.worker.lines import EXIT_ABANDONED, REPORT_INTERVAL_S, WORKING_SHARE, Lines
from videoannotator.worker.messages import Done, Failed, Line, MadeFile, Work, read_work

DRAWING_SHARE = COPYING_SHARE = 0.2
"""Parts of the whole that the annotated video takes where one is wanted, and the copy for browsers where one is needed."""

PROXY = "recording.mp4"
WRITING, DRAWING, COPYING = "writing", "drawing the annotated video", "making a copy for browsers"
OTHER_MEDIA_TYPES = {overlay.FORMAT: overlay.MEDIA_TYPE}
"""Of files that no exporter writes."""
COMPLETED, SKIPPED = PipelineStatus.COMPLETED, PipelineStatus.SKIPPED

log = logging.getLogger("videoannotator.worker.runner")  # __name__ is __main__ here


def run(work: Work, lines: Lines) -> Done:
    """Do the work.

    Raises:
        VideoAnnotatorException: nothing could be computed, or written.
    """
    lines.moved_to(0.0, "starting")
    weights = Path(work.weights_folder) if work.weights_folder else None
    selection, notes = select_pipelines(list(work.options), work.options, Registry.installed(weights).trusting())
    selection = _to_run(selection, work.pipelines)
    sessions = shared_sessions(work.device, work.threads, weights)
    to_copy = work.with_proxy and not browser_can_play(probe(Path(work.recording), timing=False))
    view = viewing.Viewing(work, lines)
    lines.part(computing_share(work, to_copy=to_copy), "starting")
    with run_selection(
        *(Path(work.recording), selection, sessions, lines.moved, lambda: False, notes), previews=view.previews
    ) as annotations:
        has_results = any(outcome.status in (COMPLETED, SKIPPED) for outcome in annotations.outcomes.values())
        drawing = _Drawing(work, annotations, lines) if work.with_overlay and has_results else None
        lines.part(0.0, WRITING)
        with _growth_told(Path(work.folder), lines):
            written = write_results(annotations, Path(work.folder), further=drawing)
            saved.save(annotations, Path(work.folder) / saved.FILE_NAME)
        shown = view.write(annotations) if has_results else []
        proxy = _proxy(work, annotations.media, lines) if to_copy and has_results else None
        troubles = [drawing.trouble if drawing else None, view.trouble]
        return Done(
            outcomes=list(annotations.outcomes.values()),
            files=_described(written),
            proxy=proxy,
            duration_s=annotations.media.duration_s,
            remark=" ".join(filter(None, troubles)) or None,
            saved=saved.FILE_NAME,
            view=shown,
        )


def computing_share(work: Work, *, to_copy: bool) -> float:
    """Part of the whole that is done when every pipeline has ended."""
    return WORKING_SHARE - viewing.SHARE - (DRAWING_SHARE if work.with_overlay else 0.0) - (COPYING_SHARE if to_copy else 0.0)


class _Drawing:
    """Makes the annotated video as one of the result files. What the pipelines found is kept also when it cannot be made.

    Attributes:
        trouble: why it could not be made, in a sentence.
    """

    def __init__(self, work: Work, annotations: AnnotationSet, lines: Lines) -> None:
        self._write = overlay_of(Path(work.recording), annotations, lambda: False, lines.done)
        self._lines = lines
        self.trouble: str | None = None

    def __call__(self, folder: Path) -> Iterator[ExportedFile]:
        self._lines.part(DRAWING_SHARE, DRAWING)
        try:
            yield from self._write(folder)
        except VideoAnnotatorException as error:
            self.trouble = f"There is no annotated video: {error.message}"
            log.warning("%s", self.trouble)
        self._lines.part(0.0, WRITING)


@contextmanager
def _growth_told(folder: Path, lines: Lines) -> Iterator[None]:
    """Tell that the run is at work while files in a folder grow: an export may take long, and one that hangs writes nothing."""
    done, size = threading.Event(), _bytes_in(folder)

    def look() -> None:
        nonlocal size
        while not done.wait(REPORT_INTERVAL_S):
            before, size = size, _bytes_in(folder)
            if size != before:
                lines.grown()

    watching = threading.Thread(target=look, name="growth of the results", daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _bytes_in(folder: Path) -> int:
    size = 0
    for here, _, files in os.walk(folder):
        for name in files:
            with suppress(FileNotFoundError):  # it has got its final name in this moment
                size += os.lstat(os.path.join(here, name)).st_size  # noqa: PTH118  many files, often
    return size


def _to_run(selection: Sequence[Selected], wanted: Sequence[str]) -> list[Selected]:
    """The wanted pipelines, and those whose records they work on, however indirectly."""
    chosen = [selected for selected in selection if selected.name in wanted]
    for selected in chosen:  # grows meanwhile
        products = set(selected.pipeline.needs(selected.options).products)
        chosen += [maker for maker in selection if maker not in chosen and products.intersection(maker.pipeline.produces)]
    return [selected for selected in selection if selected in chosen]


def _described(written: Written) -> list[MadeFile]:
    exporters = Registry.installed().exporters
    files = []
    for file in written.files:
        plugin = exporters[file.format].plugin if file.format in exporters else None
        media_type = plugin.media_type if plugin else OTHER_MEDIA_TYPES.get(file.format, "application/octet-stream")
        files.append(MadeFile(file.name, file.pipeline, file.format, media_type, file.description, file.main))
    return files


def _proxy(work: Work, media: MediaInfo, lines: Lines) -> str | None:
    """The name of a copy for browsers, where it can be made; the results do not depend on it."""
    length_s = media.duration_s

    def told(position_s: float) -> None:
        lines.done(min(1.0, max(0.0, position_s / length_s)) if length_s else None)

    lines.part(COPYING_SHARE, COPYING)
    try:
        make_proxy(Path(work.recording), Path(work.folder) / PROXY, lambda: False, told)
    except VideoAnnotatorException as error:
        log.warning("There is no copy for browsers: %s", error.message)
        return None
    return PROXY


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes to ourselves: pipelines and what they start have no input, and print where their other messages go."""
    given, told = os.fdopen(os.dup(sys.stdin.fileno()), "rb"), os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.close(nothing)
    return given, told


def _end_with_guard(pipe: BinaryIO) -> None:
    pipe.read()
    os._exit(EXIT_ABANDONED)


def main() -> None:
    """Run one job."""
    given, told = _own_pipes()
    kernel.offer_to_oom_killer()
    set_up_logging("INFO")
    work = read_work(given.readline())
    lines = Lines(told)
    threading.Thread(target=_end_with_guard, args=(given,), daemon=True).start()
    if hasattr(select, "poll"):
        threading.Thread(target=lines.end_with_reader, daemon=True).start()
    try:
        line = Line(done=run(work, lines))
    except VideoAnnotatorException as error:
        line = Line(failed=Failed(error.code, error.message, error.hint, error.transient))
    except MemoryError:
        line = Line(failed=Failed(MemoryExhaustedException.code, "The computer had too little free memory.", None, transient=True))
    lines.say(line)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a plugin's thread that does not end must not keep the job waiting

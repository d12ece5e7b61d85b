"""The annotated video as one of the files of a result folder."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.engine.output import OVERLAY
from videoannotator.exporters.base import ExportedFile
from videoannotator.media.overlay import make_overlay

FORMAT, MEDIA_TYPE = "overlay", "video/mp4"

OnFraction = Callable[[float | None], None]
"""Takes how much is done, 0 to 1; None when the recording's length is not known."""


def overlay_of(
    recording: Path, annotations: AnnotationSet, should_stop: Callable[[], bool], on_fraction: OnFraction
) -> Callable[[Path], Iterator[ExportedFile]]:
    """What writes `overlay.mp4` into the folder it is given, for `write_results`; nothing where the recording has no video track.

    It raises RunStopped when `should_stop` says so, and the errors of `media.writer.write_mp4`.
    """
    return partial(_write, recording, annotations, should_stop, on_fraction)


def _write(
    recording: Path, annotations: AnnotationSet, should_stop: Callable[[], bool], on_fraction: OnFraction, folder: Path
) -> Iterator[ExportedFile]:
    if annotations.media.video is None:
        return
    length_s = annotations.media.duration_s

    def on_position(position_s: float) -> None:
        on_fraction(min(1.0, max(0.0, position_s / length_s)) if length_s else None)

    make_overlay(recording, folder / OVERLAY, annotations, should_stop, on_position)
    yield ExportedFile(OVERLAY, FORMAT, None, "The recording with its annotations drawn on it.")

"""What a runner leaves for the web app's Result page. Results are kept also when it cannot be made."""

import logging
import shutil
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.engine.previews import Previews
from videoannotator.engine.view.writer import FOLDER, read_earlier, write_view
from videoannotator.errors import VideoAnnotatorException
from videoannotator.worker.lines import Lines
from videoannotator.worker.messages import Work

SHARE = 0.04
"""Part of the whole that it takes."""
STAGE = "preparing the view"
LOOKING_SHARE = 0.9
"""What of that is reading the pictures, where no pipeline has."""

log = logging.getLogger(__name__)


class Viewing:
    """The view of one attempt.

    Args:
        work: what the runner does.
        lines: are told how far it is.

    Attributes:
        previews: what is made while the recording is read; None when there is no room for it.
        trouble: why there is no view, in a sentence.
    """

    def __init__(self, work: Work, lines: Lines) -> None:
        self._work = work
        self._lines = lines
        self._folder = Path(work.folder)
        self._earlier = read_earlier(Path(work.earlier_view)) if work.earlier_view else None
        self.trouble: str | None = None
        self.previews: Previews | None = None
        had = self._earlier.index if self._earlier else {"thumbnails": None, "waveform": None}
        try:
            (self._folder / FOLDER).mkdir()
        except OSError as error:
            self._fail(f"{error.strerror or error}.")
        else:
            mark = f"-{work.token}"
            wanted = {"pictures": not had["thumbnails"], "sound": not had["waveform"]}
            self.previews = Previews(self._folder / FOLDER, mark, **wanted)

    def _fail(self, why: str) -> None:
        self.trouble = f"The results cannot be looked at in the browser: {why}"
        log.warning("%s", self.trouble)
        shutil.rmtree(self._folder / FOLDER, ignore_errors=True)

    def write(self, annotations: AnnotationSet) -> list[str]:
        """Write it; gives the names of its files, none when it could not be written."""
        if self.previews is None:
            return []
        self._lines.part(SHARE, STAGE)
        try:
            times = annotations.frame_times
            looked = times is None and annotations.media.video is not None and not (self._earlier and self._earlier.index["frames"])
            if looked:
                times = self._look(annotations, self.previews)
            begin = LOOKING_SHARE if looked else 0.0
            return write_view(
                *(annotations, self._folder, self._work.token, self.previews, times, self._earlier),
                lambda fraction: self._lines.done(None if fraction is None else begin + (1 - begin) * fraction),
            )
        except VideoAnnotatorException as error:
            self._fail(error.message)
        except OSError as error:
            self._fail(f"{error.strerror or error}.")
        except (ValueError, ArithmeticError) as error:  # a number that cannot be drawn, which must not cost the results
            log.warning("The view was given up:", exc_info=True)
            self._fail(f"{error}.")
        return []

    def _look(self, annotations: AnnotationSet, previews: Previews) -> FrameTimes | None:
        """Read the pictures that no pipeline has read."""
        length_s = annotations.media.duration_s

        def told(position_s: float) -> None:
            self._lines.done(LOOKING_SHARE * min(1.0, max(0.0, position_s / length_s)) if length_s else None)

        try:
            return previews.look(Path(self._work.recording), annotations.media, told)
        except VideoAnnotatorException as error:
            previews.missing["frames"] = f"The pictures could not be read: {error.message}"
            log.warning("%s", previews.missing["frames"])
            return None

"""Jobs on clips in which a square moves: where it is in which frame can be read from a picture of the screen."""

from collections.abc import Sequence
from datetime import datetime, timezone
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tests.finished_jobs import Bench, Written, completed

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.provenance import Provenance
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.time import MediaTime
from videoannotator.engine.previews import Previews
from videoannotator.engine.view.writer import write_view
from videoannotator.media.clip_writer import Image, Picture, write_clip
from videoannotator.media.probe import probe
from videoannotator.media.scenery import camera_noise
from videoannotator.version import __version__

WIDTH, HEIGHT = 640, 360
SIDE = 48
BITS = 10
BIT_PX = 24
TICKS_PER_S = 600
STEP_PX = 7
BLUE = (40, 60, 255)
BOX_COLOUR = (230, 159, 0)
"""Of the first person, as the page draws them."""

Pixels = npt.NDArray[np.uint8]


def regular(count: int) -> list[int]:
    """Ticks of frames at 25 per second."""
    return [frame * TICKS_PER_S // 25 for frame in range(count)]


def irregular(count: int) -> list[int]:
    """Ticks of frames between 12 and 100 ms apart."""
    gaps = np.random.default_rng(7).integers(8, 60, count - 1)
    return [0, *np.cumsum(gaps).tolist()]


def place(frame: int) -> tuple[int, int]:
    """Where the square's upper left corner is, pixels: it runs to and fro, and never rests."""
    across, down = WIDTH - SIDE, HEIGHT - SIDE - 2 * BIT_PX
    there = (frame * STEP_PX) % (2 * across), (frame * 3) % (2 * down)
    return min(there[0], 2 * across - there[0]), min(there[1], 2 * down - there[1])


def picture(frame: int) -> Image:
    """A dark picture with the blue square, and the frame's number in white and black squares at its lower edge."""
    image: Image = np.full((HEIGHT, WIDTH, 3), 50, np.uint8)
    left, top = place(frame)
    image[top : top + SIDE, left : left + SIDE] = BLUE
    for bit in range(BITS):
        begin = 8 + bit * BIT_PX
        image[HEIGHT - BIT_PX - 4 : HEIGHT - 4, begin : begin + BIT_PX] = 255 if frame >> bit & 1 else 0
    return image


def add_job(
    bench: Bench, folder: Path, ticks: Sequence[int], pixel_aspect: Fraction | None = None, *, grain: float = 0.0, **options: str
) -> str:
    """A completed job whose boxes are the square's, with its view; gives its id.

    Args:
        bench: has the job.
        folder: takes the clip.
        ticks: when each frame is shown.
        pixel_aspect: width of a pixel over its height.
        grain: standard deviation of the noise in the pictures, grey levels; it makes the file large.
        options: of the encoder.
    """
    clip = folder / "marked.mp4"
    noise = camera_noise(WIDTH, HEIGHT, grain, 0)
    frames = ((noise(picture(frame), frame), float(Fraction(tick, TICKS_PER_S))) for frame, tick in enumerate(ticks))
    how = Picture(
        rate=Fraction(25),
        time_base=Fraction(1, TICKS_PER_S),
        options={"crf": "12", "bf": "2", "g": "40", **options},
        pixel_aspect_ratio=pixel_aspect,
    )
    write_clip(clip, frames, picture=how)
    with _annotations(clip, ticks) as annotations:
        return viewed_job(bench, clip, annotations)


def viewed_job(bench: Bench, recording: Path, annotations: AnnotationSet) -> str:
    """A completed job on a recording, with the view of these annotations; gives its id."""
    attempt = recording.parent / "attempt"
    (attempt / "view").mkdir(parents=True)
    previews = Previews(attempt / "view", "-1")
    names = write_view(annotations, attempt, 1, previews, annotations.frame_times, None, lambda _: None)
    types = {".json": "application/json", ".bin": "application/octet-stream"}
    files = [Written(name, (attempt / name).read_bytes(), None, "view", types[Path(name).suffix]) for name in names]
    pipelines = list(annotations.outcomes)
    job_id = bench.add(pipelines=pipelines, recording=recording.read_bytes(), video_filename=recording.name)
    return bench.run(job_id, [completed(name) for name in pipelines], files)


def _annotations(clip: Path, ticks: Sequence[int]) -> AnnotationSet:
    began = datetime.now(timezone.utc)
    records, times = PipelineRecords(), FrameTimes(Fraction(1, TICKS_PER_S))
    for frame, tick in enumerate(ticks):
        times.append(tick)
        left, top = place(frame)
        moment = MediaTime(Fraction(tick, TICKS_PER_S))
        records.add(PersonObservation(moment, frame, 1, Box(left, top, SIDE, SIDE), Evidence.DETECTED, 0.9, None))
    outcome = PipelineOutcome(
        *("person_tracking", PipelineStatus.COMPLETED, {}),
        started_at=began,
        finished_at=began,
        busy_s=1.0,
        records=records.counts(),
    )
    provenance = Provenance("0" * 64, __version__, "3", "tests", {}, "auto", "cpu", 1, (), began, began, {}, (), options={})
    return AnnotationSet(probe(clip), {"person_tracking": outcome}, {"person_tracking": records}, times, provenance)


def pixels(png: bytes) -> Pixels:
    """RGB of a PNG file, shape (height, width, 3)."""
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image[..., ::-1], np.uint8)


class Seen:
    """What a picture of the stage shows.

    Args:
        shot: of the stage.
        width, height: of the video as it is shown, pixels of the recording's shape.

    Attributes:
        frame: the number burnt into the video's picture.
        square: the middle of the square, pixels of the screen.
        box: the middle of the box that is drawn over it; None when there is none.
        scale: pixels of the screen per pixel of the recording, to the right and down.
    """

    def __init__(self, shot: Pixels, shape: Fraction = Fraction(WIDTH, HEIGHT)) -> None:
        rows, columns = shot.shape[:2]
        height = min(rows, float(columns / shape))
        width = height * float(shape)
        left, top = (columns - width) / 2, (rows - height) / 2
        self.scale = width / WIDTH, height / HEIGHT
        self.frame = 0
        y = round(top + (HEIGHT - BIT_PX / 2 - 4) * self.scale[1])
        for bit in range(BITS):
            x = round(left + (8 + (bit + 0.5) * BIT_PX) * self.scale[0])
            self.frame |= int(shot[y - 1 : y + 2, x - 1 : x + 2].mean() > 128) << bit
        colours = shot.astype(int)
        blue = (colours[..., 2] > 170) & (colours[..., 0] < 110) & (colours[..., 1] < 130)
        orange = (abs(colours - np.array(BOX_COLOUR)) < 24).all(axis=-1)
        square = _middle(blue)
        assert square is not None, "the picture shows no square"
        self.square, self.box = square, _middle(orange)

    @property
    def off(self) -> tuple[float, float]:
        """How far the box is from the square, pixels of the recording."""
        assert self.box is not None, f"frame {self.frame} has no box"
        away = [abs(self.box[axis] - self.square[axis]) / self.scale[axis] for axis in (0, 1)]
        return away[0], away[1]


def _middle(mask: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """Of what is marked, by its borders."""
    rows, columns = np.nonzero(mask)
    if len(rows) < 8:
        return None
    return float(columns.min() + columns.max() + 1) / 2, float(rows.min() + rows.max() + 1) / 2

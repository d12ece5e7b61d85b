"""Running the pipeline over pictures made of the portraits that ship."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.faces import FaceObservation, FaceTrack, Measure
from videoannotator.annotations.media_info import MediaInfo, VideoInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.portraits import eileen_collins, grace_hopper
from videoannotator.media.types import Frame, FrameBatch
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.face_analysis import FaceAnalysis, FaceAnalysisOptions

Image = npt.NDArray[np.uint8]
SIZE = (640, 480)
FACES_ONLY: dict[str, Any] = {measure.value: False for measure in Measure}


@dataclass
class Found:
    """What a run of the pipeline gave, and the weights that it loaded."""

    faces: list[FaceObservation]
    tracks: list[FaceTrack]
    weights: frozenset[str]

    def at(self, frame: int) -> list[FaceObservation]:
        return [face for face in self.faces if face.frame == frame]


def canvas(*people: tuple[int, float, float, float], turn_deg: float = 0.0) -> Image:
    """A BGR picture with portraits: (1 or 2, middle of the face x and y in pixels, height of the face in pixels)."""
    picture = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    for person, x, y, height in people:
        portrait = eileen_collins() if person == 1 else grace_hopper()
        box = portrait.face_box
        warp = cv2.getRotationMatrix2D((box.left + box.width / 2, box.top + box.height / 2), turn_deg, height / box.height)
        warp[:, 2] += np.array([x - box.left - box.width / 2, y - box.top - box.height / 2])
        layer = cv2.warpAffine(portrait.picture[..., ::-1].copy(), warp, SIZE, flags=cv2.INTER_AREA)
        matte = cv2.warpAffine(portrait.matte, warp, SIZE)
        picture[matte > 127] = layer[matte > 127]
    return picture


@pytest.fixture(scope="session")
def pool() -> SessionPool:
    return SessionPool("cpu")


@pytest.fixture(scope="session")
def analyse(pool: SessionPool) -> Callable[..., Found]:
    """Analyse pictures at `rate` frames a second; options as the pipeline has them, everything but boxes off unless said."""

    def run(
        pictures: Iterable[Image],
        *,
        rate: Fraction = Fraction(5),
        times: Sequence[float] | None = None,
        stored: tuple[int, int] | None = None,
        **options: Any,
    ) -> Found:
        records: list[Any] = []
        with pool.recording() as sessions:
            context = RunContext(sessions, lambda: False, lambda _: None, lambda _: ())
            pipeline = FaceAnalysis(FaceAnalysisOptions(**{**FACES_ONLY, **options}), context)
            pipeline.start(_media(stored))
            for index, picture in enumerate(pictures):
                time = MediaTime.from_seconds(times[index]) if times else MediaTime(index / rate)
                records += pipeline.feed(FrameBatch("faces", (Frame(time, index, 0.0, picture),)))
            records += pipeline.finish()
            pipeline.close()
            weights = frozenset(used.name for used in sessions.used())
        faces = [record for record in records if isinstance(record, FaceObservation)]
        return Found(faces, [record for record in records if isinstance(record, FaceTrack)], weights)

    return run


def _media(stored: tuple[int, int] | None) -> MediaInfo:
    if stored is None:
        return MediaInfo("pictures", 1, "raw", None, None, (), None)
    video = VideoInfo("h264", *stored, 0, False, Fraction(1), 25.0, 0.0, False, "yuv420p")
    return MediaInfo("pictures", 1, "raw", None, video, (), None)

"""Running the pipeline over pictures made here, and over small real files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.decoder import Decoder, FrameDelivery
from videoannotator.media.scenery import shot
from videoannotator.media.types import Frame, FrameBatch
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.scene_detection import SceneDetection, SceneDetectionOptions

Image = npt.NDArray[np.uint8]
SILENT = MediaInfo("pictures", 1, "raw", None, None, (), None)
SIZE = (96, 54)


@dataclass
class Found:
    """What a run of the pipeline gave."""

    records: list[Any]
    warnings: list[str]

    @property
    def scenes(self) -> list[Scene]:
        return [record for record in self.records if isinstance(record, Scene)]

    @property
    def pictures(self) -> dict[str, bytes]:
        return {record.name: record.data for record in self.records if isinstance(record, Attachment)}

    @property
    def boundaries(self) -> list[tuple[str, int]]:
        """(kind, first frame) of every scene but the first."""
        return [(scene.boundary.value, scene.first_frame) for scene in self.scenes[1:]]


@pytest.fixture(scope="session")
def sessions() -> SessionPool:
    return SessionPool("cpu")


@pytest.fixture(scope="session")
def detect(sessions: SessionPool) -> Callable[..., Found]:
    """Find the scenes in pictures of 96x54; `mode` is fast and no keyframes are kept unless the options say otherwise."""

    def run(
        pictures: Iterable[Image],
        *,
        times: Sequence[MediaTime] | None = None,
        rate: Fraction = Fraction(25),
        duration_s: float = 0.0,
        batch: int = 32,
        should_stop: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> Found:
        warnings: list[str] = []
        context = RunContext(sessions, should_stop, warnings.append, lambda _: ())
        pipeline = SceneDetection(SceneDetectionOptions(**{"mode": "fast", "keyframes": False, **options}), context)
        pipeline.start(SILENT)
        records: list[Any] = []
        waiting: list[Frame] = []
        for index, picture in enumerate(pictures):
            time = times[index] if times else MediaTime(index / rate)
            waiting.append(Frame(time, index, duration_s, picture))
            if len(waiting) == batch:
                records += pipeline.feed(FrameBatch("content", tuple(waiting)))
                waiting = []
        records += pipeline.feed(FrameBatch("content", tuple(waiting)))
        records += pipeline.finish()
        pipeline.close()
        return Found(records, warnings)

    return run


@pytest.fixture(scope="session")
def analyse(sessions: SessionPool) -> Callable[..., Found]:
    """Find the scenes of a file, as the engine would: every need in batches of its own."""

    def run(path: Path, *, batch: int = 24, **options: Any) -> Found:
        warnings: list[str] = []
        typed = SceneDetectionOptions(**{"mode": "fast", **options})
        pipeline = SceneDetection(typed, RunContext(sessions, lambda: False, warnings.append, lambda _: ()))
        needs = SceneDetection.needs(typed).frames
        names = list(needs)
        waiting: dict[str, list[Frame]] = {name: [] for name in names}
        records: list[Any] = []
        with Decoder(path, list(needs.values())) as decoder:
            pipeline.start(decoder.media)
            for delivery in decoder:
                assert isinstance(delivery, FrameDelivery)
                name = names[delivery.need]
                waiting[name].append(delivery.frame)
                if len(waiting[name]) == batch:
                    records += pipeline.feed(FrameBatch(name, tuple(waiting[name])))
                    waiting[name] = []
        for name in names:
            records += pipeline.feed(FrameBatch(name, tuple(waiting[name])))
        records += pipeline.finish()
        pipeline.close()
        return Found(records, warnings)

    return run


@pytest.fixture(scope="session")
def take() -> Callable[..., list[Image]]:
    """Pictures of one shot with some camera noise: `take(seed, frames, rate=25, motion=1)`."""

    def pictures(seed: int, frames: int, rate: float = 25, motion: float = 1.0) -> list[Image]:
        view = shot(*SIZE, seed, motion=motion)
        rng = np.random.default_rng(seed)
        return [noisy(view(index / rate), rng) for index in range(frames)]

    return pictures


def noisy(picture: Image, rng: np.random.Generator, level: float = 1.5) -> Image:
    return np.clip(np.rint(picture + rng.normal(0, level, picture.shape)), 0, 255).astype(np.uint8)

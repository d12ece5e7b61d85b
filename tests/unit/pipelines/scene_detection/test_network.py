"""With the network: the same clips, what only the network can know, and stopping."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videoannotator.annotations.scenes import Boundary
from videoannotator.annotations.time import MediaTime
from videoannotator.errors import RunStopped
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.synthetic import Shot, shots_clip
from videoannotator.media.types import Frame
from videoannotator.pipelines.scene_detection.detector import Detector
from videoannotator.pipelines.scene_detection.transnet import ShotNetwork

Take = Callable[..., Any]


def never() -> None:
    """Nobody asks to stop."""


def detector(network: ShotNetwork, *, every_block: bool) -> Detector:
    return Detector(threshold=12.0, confidence=0.5, shortest_s=0.6, network=network, every_block=every_block)


def boundaries(watching: Detector, pictures: list[Any]) -> list[int]:
    frames = (Frame(MediaTime(Fraction(index, 25)), index, 0.04, picture) for index, picture in enumerate(pictures))
    changes = [change for frame in frames for change in watching.add(frame)]
    return [change.at.index for change in [*changes, *watching.finish()]]


@pytest.mark.parametrize("mode", ["balanced", "accurate"])
def test_finds_every_join_of_a_clip(analyse: Any, tmp_path: Path, mode: str) -> None:
    shots = [Shot(45), Shot(40), Shot(40, Boundary.DISSOLVE, 16), Shot(45, Boundary.FADE, 20)]
    shots_clip(tmp_path / "clip.mp4", shots, size=(192, 108), seed=2)
    found = analyse(tmp_path / "clip.mp4", mode=mode)
    kinds = [scene.boundary for scene in found.scenes[1:]]
    assert kinds == [Boundary.CUT, Boundary.DISSOLVE, Boundary.FADE]
    starts = [scene.first_frame for scene in found.scenes[1:]]
    assert starts[0] == 45
    assert abs(starts[1] - 93) <= 2
    assert abs(starts[2] - 151) <= 2
    assert found.scenes[1].method == "transnetv2"
    assert all(scene.keyframe in found.pictures for scene in found.scenes)


def test_balanced_asks_the_network_only_where_something_may_change(sessions: SessionPool, take: Take) -> None:
    calm = [take(11, 1)[0]] * 500
    network = ShotNetwork(sessions.get("transnetv2"), never, 0.5)
    assert boundaries(detector(network, every_block=False), calm) == []
    assert network.windows == 0
    network = ShotNetwork(sessions.get("transnetv2"), never, 0.5)
    assert boundaries(detector(network, every_block=False), [*calm[:225], *[take(12, 1)[0]] * 275]) == [225]
    assert network.windows == 1


def test_accurate_asks_the_network_about_every_frame(sessions: SessionPool, take: Take) -> None:
    network = ShotNetwork(sessions.get("transnetv2"), never, 0.5)
    assert boundaries(detector(network, every_block=True), [take(13, 1)[0]] * 120) == []
    assert network.windows == 3
    assert network.end == 120


def test_a_flash_and_a_lamp_are_no_boundaries(detect: Any, take: Take) -> None:
    calm = take(14, 100)
    dim = [np.clip(picture * 0.5, 0, 255).astype(np.uint8) for picture in calm[60:]]
    pictures = [*calm[:30], np.full_like(calm[0], 255), *calm[30:60], *dim]
    assert detect(pictures, mode="balanced").boundaries == []


def test_a_fade_in_at_the_start_is_no_boundary(detect: Any, take: Take) -> None:
    calm = take(15, 90)
    rising = [np.clip(picture * gain, 0, 255).astype(np.uint8) for picture, gain in zip(calm, np.linspace(0, 1, 25), strict=False)]
    assert detect([*rising, *calm[25:]], mode="accurate").boundaries == []


def test_stops_between_two_windows(detect: Any, take: Take) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    with pytest.raises(RunStopped):
        detect([take(16, 1)[0]] * 400, mode="accurate", should_stop=should_stop)
    assert asked == 2

"""Recordings for tests of jobs."""

import pytest

from videoannotator.media.synthetic import Shot, shots_clip


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Half a second of video, 64 by 48 pixels."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    shots_clip(path, [Shot(6), Shot(6)], size=(64, 48))
    return path.read_bytes()

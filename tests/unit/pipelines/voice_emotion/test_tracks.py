"""Rows that wait on disk: all of them, in order, and an error in our words when the disk is full."""

import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.voice_emotion.sounds import AllSpeech

from videoannotator.errors import StorageFullException
from videoannotator.pipelines.voice_emotion.listening import Listener
from videoannotator.pipelines.voice_emotion.tracks import STEP, Spool
from videoannotator.testing.vowels import vowel

NUMBERS = np.dtype(np.int32)


def test_rows_come_back_in_order_between_writing_too() -> None:
    spool = Spool(NUMBERS)
    spool.append(np.arange(5))
    assert spool.read(1, 3).tolist() == [1, 2]
    spool.append(np.arange(5, 8))
    assert len(spool) == 8
    assert spool.read(3, 100).tolist() == [3, 4, 5, 6, 7]
    assert spool.read(-5, 1).tolist() == [0]
    assert spool.read(7, 2).tolist() == []
    spool.close()
    spool.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("rb+", buffering=0))  # noqa: SIM115
    spool = Spool(NUMBERS)
    with pytest.raises(StorageFullException, match="intermediate results"):
        spool.append(np.arange(5))
    spool.close()


def test_what_is_measured_does_not_stay_in_memory() -> None:
    steps = Spool(STEP)
    listener = Listener(AllSpeech(), steps, 60.0, 600.0, lambda: None)
    sound = vowel(200, 1.0, noise_db=30).samples
    for _ in range(5):
        listener.feed(sound)
    tracemalloc.start()
    listener.feed(sound)
    held = tracemalloc.get_traced_memory()[0]
    for _ in range(30):
        listener.feed(sound)
    gained = tracemalloc.get_traced_memory()[0] - held
    tracemalloc.stop()
    assert len(steps) > 3000
    assert gained < 100_000, "thirty seconds are 1.9 MB of sound"
    steps.close()

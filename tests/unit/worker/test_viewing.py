"""A view that cannot be made is told, and leaves nothing behind."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from io import FileIO
from pathlib import Path

import pytest

from videoannotator.annotations.boxes import Box
from videoannotator.engine.view.writer import INDEX
from videoannotator.media.synthetic import Shot, Sound, shots_clip, tone
from videoannotator.testing.examples import EXAMPLES, annotation_set, persons
from videoannotator.worker.lines import Lines
from videoannotator.worker.messages import Line, Moved, Work, read_runner_line
from videoannotator.worker.viewing import SHARE, STAGE, Viewing


class Told:
    """A pipe to nobody, and what was said on it."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        self.pipe = os.fdopen(write, "wb")
        self.lines = Lines(self.pipe)

    def moves(self) -> list[Moved]:
        self.pipe.close()
        with FileIO(self._read, "rb") as told:
            read = [read_runner_line(line) for line in told.readall().splitlines()]
        return [line.moved for line in read if isinstance(line, Line) and line.moved is not None]


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.pipe.close()


def work(folder: Path, recording: Path | None = None) -> Work:
    return Work(str(recording or folder / "a.mp4"), str(folder), ["trial"], {"trial": {}}, token=3)


def test_it_is_named_after_the_attempt_and_takes_its_share(tmp_path: Path, told: Told) -> None:
    with EXAMPLES["many"]() as annotations:
        viewing = Viewing(work(tmp_path), told.lines)
        told.lines.part(0.9, "starting")
        names = viewing.write(annotations)
    assert {"view/persons-3.bin", "view/faces-3.bin", "view/signals-3.bin", "view/frames-3.bin", INDEX} <= set(names)
    assert viewing.trouble is None
    moves = [move for move in told.moves() if move.stage == STAGE]
    assert moves[0].fraction == pytest.approx(0.9)
    assert moves[-1].fraction <= 0.9 + SHARE + 1e-9


def test_a_number_that_cannot_be_shown_costs_the_view_alone(tmp_path: Path, told: Told) -> None:
    broken = replace(persons()[0], box=Box(math.inf, 0.0, 1.0, 1.0))
    with annotation_set({"person_tracking": (broken,)}) as annotations:
        viewing = Viewing(work(tmp_path), told.lines)
        assert viewing.write(annotations) == []
    assert str(viewing.trouble).startswith("The results cannot be looked at in the browser: ")
    assert list(tmp_path.iterdir()) == []


def test_no_room_at_the_start_costs_the_view_alone(tmp_path: Path, told: Told) -> None:
    viewing = Viewing(work(tmp_path / "missing"), told.lines)
    with EXAMPLES["full"]() as annotations:
        assert viewing.write(annotations) == []
    assert viewing.previews is None
    assert viewing.trouble == "The results cannot be looked at in the browser: No such file or directory."


def test_pictures_that_no_pipeline_looked_at_are_read_for_it(tmp_path: Path, told: Told) -> None:
    clip = tmp_path / "a.mp4"
    shots_clip(clip, [Shot(60)], size=(64, 48), sounds=[Sound(tone(2.4), 16_000)])
    with EXAMPLES["full"]() as annotations:
        Viewing(work(tmp_path), told.lines).write(replace(annotations, frame_times=None))
    index = json.loads((tmp_path / INDEX).read_text())
    assert index["frames"]["count"] == 60
    assert index["thumbnails"]["times_s"] == [0.0, 1.0, 2.0]


def test_pictures_that_cannot_be_read_are_noted(tmp_path: Path, told: Told) -> None:
    with EXAMPLES["full"]() as annotations:
        viewing = Viewing(work(tmp_path), told.lines)
        names = viewing.write(replace(annotations, frame_times=None))
    assert INDEX in names
    index = json.loads((tmp_path / INDEX).read_text())
    assert index["frames"] is None
    assert any(note.startswith("The pictures could not be read: ") for note in index["notes"])

"""What a runner tells while it works."""

import os
import select
from io import FileIO
from pathlib import Path

import pytest

from videoannotator.media.clip_writer import Picture
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Shot, shots_clip
from videoannotator.worker import lines as lines_module
from videoannotator.worker import runner
from videoannotator.worker.lines import Lines
from videoannotator.worker.messages import Work, read_runner_line

PATIENCE_S = 30.0
SILENCE_S = 2.0


def test_a_long_export_counts_as_work_while_its_files_grow(tmp_path: Path) -> None:
    told, telling = os.pipe()
    with (
        os.fdopen(telling, "wb") as pipe,
        FileIO(told, "rb") as lines,
    ):
        way = Lines(pipe)
        way.moved_to(0.98, "writing")
        assert lines.readline()
        _growing_is_told(tmp_path, way, lines)


def _growing_is_told(tmp_path: Path, way: Lines, lines: FileIO) -> None:
    with runner._growth_told(tmp_path, way):
        for number in range(2):
            (tmp_path / f"{number}.part").write_bytes(b"rows")
            assert select.select([lines], [], [], PATIENCE_S)[0]
            line = read_runner_line(lines.readline())
            assert line is not None
            assert line.moved is not None
            assert line.moved.stage == "writing"
        assert not select.select([lines], [], [], SILENCE_S)[0], "an export that hangs must not look like work"


def test_the_copy_for_browsers_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "REPORT_INTERVAL_S", 0.0)
    recording = tmp_path / "a.mp4"
    shots_clip(recording, [Shot(30), Shot(30)], size=(64, 48), picture=Picture(codec="mpeg4"))
    work = Work(recording=str(recording), folder=str(tmp_path), pipelines=[], options={})
    with (tmp_path / "lines").open("w+b") as pipe:
        way = Lines(pipe)
        assert runner._proxy(work, probe(recording), way) == runner.PROXY
        pipe.seek(0)
        moved = [line.moved for line in map(read_runner_line, pipe) if line is not None and line.moved is not None]
    shares = [each.fraction for each in moved]
    assert {each.stage for each in moved} == {runner.COPYING}
    assert len(set(shares)) >= 10
    assert shares == sorted(shares)
    assert shares[-1] > 0.9 * runner.COPYING_SHARE

"""What a runner tells while it works."""

import os
import select
from io import FileIO
from pathlib import Path

from videoannotator.worker import runner
from videoannotator.worker.lines import Lines
from videoannotator.worker.messages import read_runner_line

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

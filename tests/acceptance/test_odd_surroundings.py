"""Odd names, odd folders, odd questions: an answer in plain words each time, and nothing left lying about."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from tests.acceptance.conftest import RunCommand, environment

from videoannotator.media.synthetic import Shot, shots_clip

FAST = ("--pipelines", "scene_detection", "--set", "scene_detection.mode=fast")
NOT_ON_WINDOWS = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")


def read_to_the_end(terminal: int) -> str:
    """Everything that is written to the other end of a pseudo-terminal."""
    pieces = []
    with os.fdopen(terminal, "rb", buffering=0) as stream, suppress(OSError):  # Linux reports the end as an error
        while piece := stream.read(65536):
            pieces.append(piece)
    return b"".join(pieces).decode()


@pytest.mark.parametrize("name", ["[bold]%d 100%.mp4", pytest.param("a:b.mp4", marks=NOT_ON_WINDOWS), "\u65e5\u672c.mp4"])
def test_any_file_name_will_do(tmp_path: Path, run_command: RunCommand, name: str) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(64, 48))
    (tmp_path / "clip.mp4").rename(tmp_path / name)
    ended = run_command("process", name, *FAST, cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / f"{Path(name).stem}_annotations" / "scene_detection.parquet").stat().st_size > 0


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="this system's file names are Unicode")
def test_a_file_name_that_is_no_text(tmp_path: Path, run_command: RunCommand) -> None:
    name = os.fsdecode(b"\xff\xe9.mp4")
    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(64, 48))
    (tmp_path / "clip.mp4").rename(tmp_path / name)
    ended = run_command("process", name, *FAST, cwd=tmp_path)
    assert ended.code == 0, ended.err
    record = json.loads((tmp_path / os.fsdecode(b"\xff\xe9_annotations") / "provenance.json").read_text(encoding="utf-8"))
    assert record["media"]["file_name"] == name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("process", "x" * 300 + ".mp4"), "INVALID_REQUEST"),
        (("process", "loop.mp4"), "MEDIA_UNREADABLE"),
        (("process", "nothing", "--pipelines", "no_such_pipeline"), "PIPELINE_NOT_FOUND"),
        (("pipelines", "no_such_pipeline"), "PIPELINE_NOT_FOUND"),
        (("config", "validate", "no_such_file.json"), "INVALID_REQUEST"),
    ],
)
def test_an_error_is_json_too_where_json_was_asked_for(
    tmp_path: Path, run_command: RunCommand, arguments: tuple[str, ...], code: str
) -> None:
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    ended = run_command(*arguments, "--json", cwd=tmp_path)
    assert ended.code == 1
    assert "Traceback" not in ended.err
    answer = json.loads(ended.out)
    error = answer["error"] if "error" in answer else answer["recordings"][0]["error"]
    assert error["code"] == code
    assert error["hint"]
    assert [path.name for path in tmp_path.iterdir()] == ["loop.mp4"]


@NOT_ON_WINDOWS
@pytest.mark.parametrize("name", ["\x1b[31mred.mp4", "[bold]visit.mp4"])
def test_a_terminal_gets_a_bar_under_the_plain_name(tmp_path: Path, name: str) -> None:
    import pty

    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(64, 48))
    (tmp_path / "clip.mp4").rename(tmp_path / name)
    terminal, end = pty.openpty()
    program = [sys.executable, "-m", "videoannotator", "process", name, *FAST]
    child = subprocess.Popen(program, cwd=tmp_path, env=environment(TERM="xterm"), stdout=end, stderr=end)
    os.close(end)
    shown = read_to_the_end(terminal)
    assert child.wait(60) == 0, shown
    assert f"{name}: 0.2 s of recording".replace("\x1b", "\\x1b") in shown
    assert f"{name} ".replace("\x1b", "\\x1b") in shown.split("recording")[0]
    assert "\x1b[31mred" not in shown


def test_an_empty_argument_does_not_annotate_the_working_folder(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(64, 48))
    assert run_command("process", "", cwd=tmp_path).code == 2
    assert run_command("process", "clip.mp4", "-o", "", cwd=tmp_path).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_results_may_lie_beside_the_recordings(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(5)], size=(64, 48))
    for _ in range(2):
        ended = run_command("process", ".", "-o", ".", *FAST, "--overwrite", "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert [entry["folder"] for entry in json.loads(ended.out)["recordings"]] == ["clip"]


def test_results_of_a_link_carry_its_own_name(tmp_path: Path, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "3f786850e387.mp4", [Shot(5)], size=(64, 48))
    (tmp_path / "visit.mp4").symlink_to("3f786850e387.mp4")
    assert run_command("process", "visit.mp4", *FAST, cwd=tmp_path).code == 0
    assert (tmp_path / "visit_annotations" / "provenance.json").exists()


def test_no_network_runtime_leaves_traces_at_home(tmp_path: Path, run_command: RunCommand) -> None:
    """ONNX Runtime's official builds keep a device identifier and a queue of reports to Microsoft unless they are told not to."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder in (home, temporary):
        folder.mkdir()
    shots_clip(tmp_path / "clip.mp4", [Shot(5), Shot(5)], size=(64, 48))
    ended = run_command("process", "clip.mp4", cwd=tmp_path, HOME=str(home), TMPDIR=str(temporary))
    assert ended.code == 0, ended.err
    assert not list(home.rglob("*"))
    assert not list(temporary.rglob("*"))

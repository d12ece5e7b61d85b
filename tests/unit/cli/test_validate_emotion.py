"""The command that checks emotion files."""

import json
from pathlib import Path

from typer.testing import CliRunner

from videoannotator.cli import app
from videoannotator.exporters.emotion import Emotion
from videoannotator.testing.examples import full

FILE = "voice_emotion.emotion.json"


def written(folder: Path) -> Path:
    with full() as annotations:
        list(Emotion().export(annotations, folder))
    return folder / FILE


def test_a_file_of_ours_is_valid(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate-emotion", str(written(tmp_path))])
    assert result.exit_code == 0
    assert "is valid" in result.stdout


def test_every_problem_is_printed_and_the_exit_code_is_1(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("0.875", "1.4").replace('"end": 2.75', '"end": 0.25'), encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["validate-emotion", str(path)])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:3] == [
        "emotions[0].labels[0].confidence: 1.4 is not a number from 0 to 1",
        "emotions[0].confidence: 1.4 is not a number from 0 to 1",
        "emotions[0].end: 0.25 is not after the start, 0.5",
    ]
    assert "3 problems" in result.stdout


def test_json_is_printed_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[]")
    result = CliRunner().invoke(app, ["validate-emotion", str(path), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"valid": False, "problems": [{"path": "$", "message": "[] is not an object"}]}


def test_a_missing_file_is_an_error_with_a_hint(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate-emotion", str(tmp_path / "none.json")])
    assert result.exit_code == 1
    assert "There is no file" in result.stderr
    assert "Hint" in result.stderr

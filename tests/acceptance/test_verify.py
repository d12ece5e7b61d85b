"""`videoannotator verify` and the script that does the same: an installation is shown to work by working."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from scripts import verify_installation
from tests.acceptance.conftest import RunCommand, environment

SCRIPT = Path(verify_installation.__file__)
STEPS = ["system", "database", "pipelines", "weights", "gpu", "video"]


def test_it_annotates_a_video_and_leaves_nothing(run_command: RunCommand, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ended = run_command("verify", cwd=tmp_path, TMPDIR=str(temporary), VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path / "storage"))
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert ended.out.isascii()
    assert [line.rstrip(":") for line in ended.out.splitlines()[:-1] if not line.startswith(" ")] == STEPS
    assert ended.out.splitlines()[-1] == "This installation works."
    assert list(temporary.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]


def test_the_script_hands_on_to_the_program(copy_of_package: Path) -> None:
    (copy_of_package / "inference" / "weights" / "yunet.onnx").unlink()
    ended = subprocess.run(
        [sys.executable, SCRIPT, "--json"],
        capture_output=True,
        text=True,
        env=environment(PYTHONPATH=str(copy_of_package.parent)),
        check=False,
    )
    said = json.loads(ended.stdout)
    assert (ended.returncode, said["status"]) == (1, "error")
    assert [step["name"] for step in said["steps"]] == STEPS
    (untried,) = said["steps"][-1]["findings"]
    assert untried["what"] == "No video was annotated, because of the errors above (weights)."


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"version": (3, 9, 2)}, "Python 3.9 is too old."),
        ({"package": "videoannotator_that_is_missing"}, "videoannotator_that_is_missing is not installed for"),
    ],
)
def test_what_must_hold_before_the_program_can_check(
    capsys: pytest.CaptureFixture[str], arguments: dict[str, object], what: str, *, as_json: bool
) -> None:
    script: ModuleType = verify_installation
    assert script.main(["--json"] if as_json else [], **arguments) == 1
    said = capsys.readouterr().out
    finding = json.loads(said)["steps"][0]["findings"][0] if as_json else None
    assert what in (finding["what"] if finding else said)
    assert finding is None or finding["cure"]

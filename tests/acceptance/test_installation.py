"""`pipelines`, `config`, `models`, `info`, `version`; and installations that are broken."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.acceptance.conftest import WEIGHTS, RunCommand
from tests.plugins import installed
from tests.weights_server import Mirror, serving

from videoannotator.media.synthetic import Shot, shots_clip
from videoannotator.registry.entries import PIPELINE_GROUP
from videoannotator.version import __version__


def test_version_and_info(run_command: RunCommand, tmp_path: Path) -> None:
    assert run_command("version").out.strip() == __version__
    facts = json.loads(run_command("info", "--json", VIDEOANNOTATOR_DEVICE="cpu", VIDEOANNOTATOR_MODEL_CACHE_DIR=str(tmp_path)).out)
    assert facts["device"] == "cpu"
    pipelines = facts["pipelines"]
    for name in ("audio_events", "laion_voice", "voice_emotion_baseline"):
        assert "needs weights that you add" in pipelines.pop(name)
    assert set(pipelines.values()) == {"available"}


def test_pipelines_are_listed_with_options(run_command: RunCommand) -> None:
    listed = {info["name"]: info for info in json.loads(run_command("pipelines", "--json").out)}
    assert {"scene_detection", "speech_recognition"} <= set(listed)
    assert listed["scene_detection"]["available"] is True
    assert {output["format"] for output in listed["speech_recognition"]["outputs"]} >= {"webvtt", "csv_table"}
    assert "min_scene_length_s" in run_command("pipelines", "scene_detection").out


def test_a_good_installation_passes_its_check(run_command: RunCommand) -> None:
    ended = run_command("pipelines", "--check")
    assert ended.code == 0, ended.out + ended.err
    assert "WRONG" not in ended.out


def test_a_builtin_that_cannot_load_fails_the_check_and_the_rest_works(copy_of_package: Path, run_command: RunCommand) -> None:
    (copy_of_package / "pipelines" / "speech_recognition" / "__init__.py").write_text("raise OSError('a damaged file')\n")
    path = str(copy_of_package.parent)
    ended = run_command("pipelines", "--check", PYTHONPATH=path)
    assert ended.code == 1
    assert "speech_recognition: WRONG" in ended.out
    assert "a damaged file" in ended.out
    assert "scene_detection: ok" in ended.out
    refused = run_command("process", "x.mp4", "--pipelines", "speech_recognition", PYTHONPATH=path)
    assert refused.code == 1
    assert "a damaged file" in refused.err
    assert "Reinstall" in refused.err


def test_damaged_weights_are_named_with_the_cure(copy_of_package: Path, run_command: RunCommand) -> None:
    weights = copy_of_package / WEIGHTS / "silero_vad.onnx"
    content = bytearray(weights.read_bytes())
    content[1000] ^= 1
    weights.unlink()
    weights.write_bytes(content)
    path = str(copy_of_package.parent)
    assert run_command("pipelines", "--check", PYTHONPATH=path).code == 1
    ended = run_command("models", "verify", PYTHONPATH=path)
    assert ended.code == 1
    assert "silero_vad" in ended.err
    assert "damaged" in ended.out
    assert "reinstall" in ended.err


def test_intact_weights_are_said_to_be(run_command: RunCommand) -> None:
    ended = run_command("models", "verify")
    assert ended.code == 0, ended.err
    assert "licence" not in ended.err
    listed = json.loads(run_command("models", "list", "--json").out)
    assert all(entry["sha256"] and entry["licence"] and entry["limits"] for entry in listed)


def test_weights_are_added_and_carried_to_a_machine_without_a_network(tmp_path: Path, run_command: RunCommand) -> None:
    content = bytes(range(256)) * 1000
    checksum = hashlib.sha256(content).hexdigest()
    here = {"VIDEOANNOTATOR_MODEL_CACHE_DIR": str(tmp_path / "here"), "NO_PROXY": "127.0.0.1"}
    there = {"VIDEOANNOTATOR_MODEL_CACHE_DIR": str(tmp_path / "there"), "HF_HUB_OFFLINE": "1"}
    with serving(Mirror(content)) as mirror:
        unchecked = run_command("models", "pull", mirror.url, **here)
        assert (unchecked.code, mirror.asked) == (1, [])
        assert "--sha256" in unchecked.err
        pull = ("models", "pull", mirror.url, "--sha256", checksum, "--name", "my-pose", "--licence", "Apache-2.0")
        pulled = run_command(*pull, **here)
        assert pulled.code == 0, pulled.err
        refused = run_command(*pull, **there)
        assert refused.code == 1
        assert "HF_HUB_OFFLINE" in refused.err
    assert run_command("models", "export", tmp_path / "bundle.tar", **here).code == 0
    imported = run_command("models", "import", tmp_path / "bundle.tar", "--json", **there)
    assert [entry["name"] for entry in json.loads(imported.out)] == ["my-pose"]
    listed = {entry["name"]: entry for entry in json.loads(run_command("models", "list", "--json", **there).out)}
    assert (listed["my-pose"]["added"], listed["my-pose"]["licence"]) == (True, "Apache-2.0")
    assert run_command("models", "verify", **there).code == 0
    next((tmp_path / "there" / "my-pose").glob("*.onnx")).write_bytes(b"other")
    damaged = run_command("models", "verify", **there)
    assert damaged.code == 1
    assert "my-pose" in damaged.err
    assert run_command("models", "remove", "my-pose", **there).code == 0
    assert run_command("models", "remove", "my-pose", **there).code == 1


def test_a_plugin_that_fails_is_listed_with_the_reason(tmp_path: Path, run_command: RunCommand) -> None:
    with installed(tmp_path, "sadplugin", "raise RuntimeError('sad')\n", {PIPELINE_GROUP: {"sad": "sadplugin:Sad"}}):
        listed = {info["name"]: info for info in json.loads(run_command("pipelines", "--json", PYTHONPATH=str(tmp_path)).out)}
        assert listed["sad"]["available"] is False
        assert "RuntimeError: sad" in listed["sad"]["unavailable_reason"]
        assert listed["scene_detection"]["available"] is True
        assert run_command("pipelines", "--check", PYTHONPATH=str(tmp_path)).code == 1


def test_config_is_shown_and_checked(tmp_path: Path, run_command: RunCommand) -> None:
    shown = run_command("config", "show")
    config = json.loads(shown.out)
    assert config["scene_detection"]["mode"] == "balanced"
    file = tmp_path / "config.json"
    file.write_text(shown.out)
    assert run_command("config", "validate", file).code == 0
    config["scene_detection"]["mode"] = "slow"
    config["speech_recognition"]["languge"] = "en"
    file.write_text(json.dumps(config))
    ended = run_command("config", "validate", file)
    assert ended.code == 1
    assert "INVALID_CHOICE" in ended.err
    assert "'language'" in ended.err
    file.write_text("{broken")
    assert "line 1" in run_command("config", "validate", file).err


def test_a_wrong_setting_names_the_variable_and_what_is_allowed(run_command: RunCommand) -> None:
    ended = run_command("info", VIDEOANNOTATOR_DEVICE="quantum")
    assert ended.code == 1
    for word in ("VIDEOANNOTATOR_DEVICE", "quantum", "cuda"):
        assert word in ended.err


@pytest.fixture
def without_extras(tmp_path: Path) -> str:
    """A PYTHONPATH under which the packages of the optional extras cannot be imported."""
    folder = tmp_path / "bare"
    folder.mkdir()
    hidden = "import sys\nfor name in ('pyarrow', 'pandas', 'faster_whisper'):\n    sys.modules[name] = None\n"
    (folder / "sitecustomize.py").write_text(hidden)
    return str(folder)


def test_a_default_installation_writes_everything_but_parquet(tmp_path: Path, without_extras: str, run_command: RunCommand) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(12)], size=(96, 64))
    words = ("process", tmp_path / "clip.mp4", "-o", tmp_path / "out", "--pipelines", "scene_detection", "--json")
    ended = run_command(*words, PYTHONPATH=without_extras)
    assert ended.code == 0, ended.err
    (report,) = json.loads(ended.out)["recordings"]
    assert "videoannotator[tables]" in report["formats_left_out"]["parquet"]
    assert (tmp_path / "out" / "scene_detection.csv").exists()
    asked = run_command(*words, "--format", "parquet", "--overwrite", PYTHONPATH=without_extras)
    assert asked.code == 1
    assert "videoannotator[tables]" in asked.err

"""The extra `whisper`: the real faster-whisper without weights, and the real huggingface_hub against a hub on this machine."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.model_hub import hub_of

from videoannotator.errors import InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.inference.library import WeightsLibrary
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.pipelines.speech_recognition.whisper import WhisperRecogniser

FILES = {"config.json": b"{}", "model.bin": bytes(range(256)) * 4000, "tokenizer.json": b"{}", "README.md": b"# a page"}


@pytest.fixture
def hub() -> Iterator[str]:
    """The address of a hub with one repository, `lab/tiny`."""

    with hub_of("lab/tiny", FILES) as address:
        yield address


def pull(folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VIDEOANNOTATOR_MODEL_CACHE_DIR": str(folder), "NO_PROXY": "127.0.0.1", **extra}  # noqa: TID251  a child's environment
    words = [sys.executable, "-m", "videoannotator", "models", "pull", "hf:lab/tiny"]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_repository_of_the_hub_is_pulled(hub: str, tmp_path: Path) -> None:
    done = pull(tmp_path, HF_ENDPOINT=hub, HF_HOME=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    library = WeightsLibrary(tmp_path)
    entry = library.entry("tiny")
    assert {file.name for file in entry.files} == set(FILES) - {"README.md"}
    assert entry.sha256 == hashlib.sha256(FILES["model.bin"]).hexdigest()
    assert (library.path("tiny") / "model.bin").read_bytes() == FILES["model.bin"]


def test_offline_nothing_is_pulled(hub: str, tmp_path: Path) -> None:
    done = pull(tmp_path, HF_ENDPOINT=hub, HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE" in done.stderr
    assert WeightsLibrary(tmp_path).names() == ()


def test_weights_that_are_not_there_are_named_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    sessions = SessionPool("cpu", 1, WeightsStore([tmp_path]))
    with pytest.raises(WeightsMissingException) as missing:
        WhisperRecogniser("base", "en", sessions)
    assert "models pull hf:Systran/faster-whisper-base" in str(missing.value.hint)
    with pytest.raises(InvalidConfigException, match="neither a Whisper model"):
        WhisperRecogniser("no-such-model", "en", sessions)


def test_files_that_are_no_network_are_refused(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InferenceFailedException, match="cannot be loaded"):
        WhisperRecogniser(str(tmp_path), "en", SessionPool("cpu"))

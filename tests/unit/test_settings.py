"""Settings from the environment, `.env` and the command line, and the log that they lead to."""

from pathlib import Path

import pytest

from videoannotator.errors import InvalidRequestException
from videoannotator.logs import set_up_logging
from videoannotator.settings import Device, LogLevel, load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_prefixed_name_wins_and_case_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "info")
    assert load_settings().log_level is LogLevel.INFO
    monkeypatch.setenv("VIDEOANNOTATOR_LOG_LEVEL", "DEBUG")
    assert load_settings().log_level is LogLevel.DEBUG


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOANNOTATOR_DEVICE", "cuda")
    assert load_settings(device="cpu").device is Device.CPU
    assert load_settings(device=None).device is Device.CUDA


def test_a_wrong_value_is_named_by_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestException, match=r"The option device is 'gpu': .*'cuda'"):
        load_settings(device="gpu")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(InvalidRequestException, match=r"VIDEOANNOTATOR_LOG_LEVEL \(or LOG_LEVEL\) is 'loud': .*'DEBUG'"):
        load_settings()


def test_a_env_file_in_another_encoding_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LOG_DIR=\xe4\n")
    with pytest.raises(InvalidRequestException, match=r"\.env"):
        load_settings()


def test_a_log_folder_that_cannot_be_made_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequestException, match="cannot be written"):
        set_up_logging("INFO", tmp_path / "file" / "logs")

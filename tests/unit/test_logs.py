"""Where log entries go."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from videoannotator import logs
from videoannotator.errors import InvalidRequestException
from videoannotator.logs import set_up_server_logging


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("videoannotator")
    before = root.handlers, root.level, ours.handlers, ours.level, ours.propagate
    ours.handlers, ours.propagate = [], True
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers, root.level, ours.handlers, ours.level, ours.propagate = before


def test_a_process_that_runs_for_months_logs_to_a_file_and_warns_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_server_logging("api", tmp_path / "logs", None)
    logger = logging.getLogger("videoannotator.somewhere")
    logger.debug("small")
    logger.info("medium")
    logger.warning("large")
    logging.getLogger("library").warning("theirs")
    text = (tmp_path / "logs" / "api.log").read_text()
    assert "small" not in text
    assert all(f"videoannotator.somewhere: {word}" in text for word in ("medium", "large"))
    assert "theirs" in text
    told = capsys.readouterr().err
    assert "medium" not in told
    assert "large" in told


def test_entries_as_json(tmp_path: Path) -> None:
    set_up_server_logging("api", tmp_path, "DEBUG", as_json=True)
    logging.getLogger("videoannotator").debug("caf\xe9")
    (line,) = (tmp_path / "api.log").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["message"] == "caf\xe9"


def test_files_are_rotated_by_size_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    monkeypatch.setattr(logs, "FILES_KEPT", 2)
    set_up_server_logging("api", tmp_path, None)
    for number in range(100):
        logging.getLogger("videoannotator").info("entry %d", number)
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["api.log", "api.log.1", "api.log.2"]
    assert all(file.stat().st_size <= 1000 for file in tmp_path.iterdir())
    assert "entry 99" in (tmp_path / "api.log").read_text()


def test_a_folder_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequestException, match="cannot be written") as caught:
        set_up_server_logging("api", tmp_path / "file" / "logs", None)
    assert "LOG_DIR" in (caught.value.hint or "")

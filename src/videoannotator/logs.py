"""Logging set-up: readable lines, or one JSON object per line."""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path

from videoannotator.errors import InvalidRequestException

FILE_BYTES = 20 * 1024 * 1024
FILES_KEPT = 5


class JSONLines(logging.Formatter):
    """One JSON object per entry: time (ISO 8601 UTC), level, logger, message, and the stack where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["stack"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(level: str, folder: Path | None = None, *, as_json: bool = False) -> None:
    """Send this package's log entries of at least `level` to standard error, or to a file in `folder` that is rotated by size.

    Raises:
        InvalidRequestException: the folder cannot be made or written to.
    """
    handler = logging.StreamHandler(sys.stderr) if folder is None else _rotated(folder / "videoannotator.log")
    _format([handler], as_json=as_json)
    logger = logging.getLogger("videoannotator")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False


def set_up_server_logging(process: str, folder: Path, level: str | None, *, as_json: bool = False) -> None:
    """For a process that runs for months: log to `{process}.log` in `folder`, rotated by size, and warnings to standard error too.

    Args:
        process: of the processes that log to this folder, a name that no other has.
        folder: made when it is missing.
        level: what is logged in both places; INFO in the file and WARNING on standard error when None.
        as_json: one JSON object per line.

    Raises:
        InvalidRequestException: the folder cannot be made or written to.
    """
    file, terminal = _rotated(folder / f"{process}.log"), logging.StreamHandler(sys.stderr)
    terminal.setLevel(level or "WARNING")
    _format([file, terminal], as_json=as_json)
    root = logging.getLogger()  # libraries have something to say as well
    root.handlers = [file, terminal]
    root.setLevel("WARNING")
    logging.getLogger("videoannotator").setLevel(level or "INFO")


def _rotated(file: Path) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(file, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    except OSError as error:
        raise InvalidRequestException(
            f"The log {file} cannot be written: {error.strerror or error}.",
            hint="Set VIDEOANNOTATOR_LOG_DIR to a folder that you may write to, or leave it out.",
        ) from error


def _format(handlers: Iterable[logging.Handler], *, as_json: bool) -> None:
    for handler in handlers:
        handler.setFormatter(JSONLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

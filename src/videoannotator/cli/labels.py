"""Roles that the user knows, from a CSV file: track, start_s, end_s, label."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from videoannotator.errors import InvalidRequestException

COLUMNS = ("track", "start_s", "end_s", "label")
FORM = "A first line `track,start_s,end_s,label`, then a line each; start_s and end_s may be empty or left out."


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The labels as the option `labels` of person_tracking wants them.

    Raises:
        InvalidRequestException: the file cannot be read, or a line has not this form; the message says which.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_labels(path, csv.DictReader(file, strict=True)))
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _wrong(path, "it is not a UTF-8 text; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise _wrong(path, str(error)) from error


def _labels(path: Path, rows: "csv.DictReader[str]") -> Iterator[dict[str, Any]]:
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not {"track", "label"} <= set(names):
        raise _wrong(path, f"its first line is {','.join(names) or 'empty'!r}")
    rows.fieldnames = names
    for row in rows:
        if None in row or None in row.values():
            raise _wrong(path, f"line {rows.line_num} has not as many fields as the first line")
        label: dict[str, Any] = {"track": _number(path, rows.line_num, "track", row["track"], int), "label": row["label"].strip()}
        if not label["label"]:
            raise _wrong(path, f"line {rows.line_num} has no label")
        for name in ("start_s", "end_s"):
            if row.get(name, "").strip():
                label[name] = _number(path, rows.line_num, name, row[name], float)
        yield label


def _number(path: Path, line: int, name: str, text: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text.strip())
    except ValueError as error:
        what = "a whole number" if kind is int else "a number of seconds"
        raise _wrong(path, f"{name} in line {line} is {text!r}, not {what}") from error


def _wrong(path: Path, reason: str) -> InvalidRequestException:
    return InvalidRequestException(f"The labels in {path} cannot be used: {reason}.", hint=FORM, field="labels")


def with_labels(config: dict[str, Any], path: Path | None) -> dict[str, Any]:
    """The config, with the labels of a file put where person tracking looks for them.

    Raises:
        InvalidRequestException: the file cannot be used.
    """
    if path is None:
        return config
    labels, own = read_labels(path), config.get("person_tracking", {})
    return config | {
        "person_tracking": own | {"labels": labels} if isinstance(own, dict) else own
    }  # what it is instead, is told later

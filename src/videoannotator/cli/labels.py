"""Roles of people and names of speakers that the user knows, from a CSV file: track or speaker, start_s, end_s, label."""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from videoannotator.errors import InvalidRequestException

COLUMNS = ("track", "speaker", "start_s", "end_s", "label")
FORM = (
    "A first line `track,start_s,end_s,label`, then a line each; start_s and end_s may be empty or left out. For speakers the "
    "first column is `speaker` (speaker_001), or is left empty and the times say who is meant."
)


def read_labels(path: Path) -> list[dict[str, Any]]:
    """The labels as the options `labels` want them: those with a track of person_tracking, the others of speaker_diarization.

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
    if unknown or "label" not in names or not {"track", "speaker"} & set(names):
        raise _wrong(path, f"its first line is {','.join(names) or 'empty'!r}")
    rows.fieldnames = names
    for row in rows:
        if None in row or None in row.values():
            raise _wrong(path, f"line {rows.line_num} has not as many fields as the first line")
        label: dict[str, Any] = _who(path, rows.line_num, row) | {"label": row["label"].strip()}
        if not label["label"]:
            raise _wrong(path, f"line {rows.line_num} has no label")
        for name in ("start_s", "end_s"):
            if row.get(name, "").strip():
                label[name] = _number(path, rows.line_num, name, row[name], float)
        yield label


def _who(path: Path, line: int, row: dict[str, str]) -> dict[str, Any]:
    """The track or the speaker that a line names; nobody when only its times say who is meant."""
    track, speaker = row.get("track", "").strip(), row.get("speaker", "").strip()
    if track and speaker:
        raise _wrong(path, f"line {line} names both a track and a speaker")
    if track or "speaker" not in row:
        return {"track": _number(path, line, "track", row["track"], int)}
    return {"speaker": speaker} if speaker else {}


def _number(path: Path, line: int, name: str, text: str, kind: type[int] | type[float]) -> float:
    try:
        return kind(text.strip())
    except ValueError as error:
        what = "a whole number" if kind is int else "a number of seconds"
        raise _wrong(path, f"{name} in line {line} is {text!r}, not {what}") from error


def _wrong(path: Path, reason: str) -> InvalidRequestException:
    return InvalidRequestException(f"The labels in {path} cannot be used: {reason}.", hint=FORM, field="labels")


def with_labels(config: dict[str, Any], path: Path | None, selected: Collection[str] | None) -> dict[str, Any]:
    """The config, with the labels of a file put where the selected pipelines look for them; None selects the default ones.

    Raises:
        InvalidRequestException: the file cannot be used.
    """
    if path is None:
        return config
    labels = read_labels(path)
    people, voices = [each for each in labels if "track" in each], [each for each in labels if "track" not in each]
    if people:
        config = _put(config, ("person_tracking",), people)
    if voices:
        alone = selected is not None and "speaker_diarization" in selected and "audio_processing" not in selected
        config = _put(config, ("speaker_diarization",) if alone else ("audio_processing", "speaker_diarization"), voices)
    return config


def _put(config: dict[str, Any], place: tuple[str, ...], labels: list[dict[str, Any]]) -> dict[str, Any]:
    """The config with the labels at a place; what stands there and is no group of options is told of later."""
    own = config.get(place[0], {})
    if not isinstance(own, dict):
        return config
    return config | {place[0]: _put(own, place[1:], labels) if len(place) > 1 else own | {"labels": labels}}

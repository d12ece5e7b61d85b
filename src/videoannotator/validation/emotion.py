"""The rules of emotion files (`*.emotion.json`), for whoever writes, reads or checks one."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from videoannotator.errors import InvalidRequestException

KNOWN_MAJOR = "1"
_SHOWN = 60
"""Longest piece of a wrong value that a message repeats."""


@dataclass(frozen=True, slots=True)
class EmotionProblem:
    """One violation.

    Attributes:
        path: where, as in `emotions[3].labels[0].confidence`; `$` is the document itself.
        message: what is wrong there.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def check_emotion_file(path: Path) -> list[EmotionProblem]:
    """Find every violation in a file; none when it is valid.

    Raises:
        InvalidRequestException: there is no such file, or it cannot be read.
    """
    if path.is_dir():
        raise InvalidRequestException(f"{path} is a folder.", hint="Give one emotion file, such as voice_emotion.emotion.json.")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidRequestException(f"There is no file {path}.", hint="Check the path.") from error
    except OSError as error:
        raise InvalidRequestException(
            f"{path} cannot be read: {error.strerror or error}.", hint="Check its permissions and the disk."
        ) from error
    try:
        return check_emotions(json.loads(data.decode("utf-8")))
    except UnicodeDecodeError as error:
        return [EmotionProblem("$", f"is not UTF-8 text: byte {error.start} is {data[error.start]:#04x}")]
    except json.JSONDecodeError as error:
        return [EmotionProblem("$", f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}")]
    except RecursionError:
        return [EmotionProblem("$", "is nested too deeply")]


def check_emotions(document: object) -> list[EmotionProblem]:
    """Find every violation in the content of a file."""
    if not isinstance(document, dict):
        return [EmotionProblem("$", f"{_shown(document)} is not an object")]
    return list(_fields(document, "", _DOCUMENT))


Rule = Callable[[Any, str], Iterator[EmotionProblem]]


def _fields(value: dict[str, Any], path: str, rules: dict[str, Rule]) -> Iterator[EmotionProblem]:
    """Check every field that a rule is about; others may be there."""
    for name, rule in rules.items():
        place = f"{path}.{name}" if path else name
        if name not in value:
            yield EmotionProblem(place, "is missing")
        else:
            yield from rule(value[name], place)


def _object_of(rules: dict[str, Rule]) -> Rule:
    def check(value: Any, path: str) -> Iterator[EmotionProblem]:
        if isinstance(value, dict):
            yield from _fields(value, path, rules)
        else:
            yield EmotionProblem(path, f"{_shown(value)} is not an object")

    return check


def _array_of(rule: Rule, *, fewest: int = 0) -> Rule:
    def check(value: Any, path: str) -> Iterator[EmotionProblem]:
        if not isinstance(value, list):
            yield EmotionProblem(path, f"{_shown(value)} is not an array")
            return
        if len(value) < fewest:
            yield EmotionProblem(path, "is empty")
        for number, item in enumerate(value):
            yield from rule(item, f"{path}[{number}]")

    return check


def _text(value: Any, path: str) -> Iterator[EmotionProblem]:
    if not isinstance(value, str) or not value.strip():
        yield EmotionProblem(path, f"{_shown(value)} is not a text")


def _text_or_null(value: Any, path: str) -> Iterator[EmotionProblem]:
    if value is not None:
        yield from _text(value, path)


def _version(value: Any, path: str) -> Iterator[EmotionProblem]:
    if not isinstance(value, str) or value.split(".")[0] != KNOWN_MAJOR:
        yield EmotionProblem(path, f"{_shown(value)} is not a version {KNOWN_MAJOR}.x")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> TypeGuard[float]:
    """Whether it is a number that a float can hold."""
    try:
        return _is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def _probability(value: Any, path: str) -> Iterator[EmotionProblem]:
    if not _is_number(value) or not 0 <= value <= 1:
        yield EmotionProblem(path, f"{_shown(value)} is not a number from 0 to 1")


def _probability_or_null(value: Any, path: str) -> Iterator[EmotionProblem]:
    if value is not None:
        yield from _probability(value, path)


def _time(value: Any, path: str) -> Iterator[EmotionProblem]:
    if not _is_finite(value) or value < 0:
        yield EmotionProblem(path, f"{_shown(value)} is not a finite number of seconds from 0")


def _channel(value: Any, path: str) -> Iterator[EmotionProblem]:
    if not (isinstance(value, str) and value.strip()) and not (_is_number(value) and isinstance(value, int) and value >= 0):
        yield EmotionProblem(path, f"{_shown(value)} is neither the number nor the name of a channel")


def _each_once(values: list[Any], path: str) -> Iterator[EmotionProblem]:
    """Texts of a list that stand in it before."""
    seen: set[str] = set()
    for place, value in ((f"{path}[{number}]", value) for number, value in enumerate(values)):
        name, within = (value.get("label"), ".label") if isinstance(value, dict) else (value, "")
        if isinstance(name, str):
            if name in seen:
                yield EmotionProblem(place + within, f"{_shown(name)} stands there twice")
            seen.add(name)


def _label(value: Any, path: str) -> Iterator[EmotionProblem]:
    """A category has a confidence, or null and an intensity."""
    yield from _object_of(_LABEL)(value, path)
    if not isinstance(value, dict) or "confidence" not in value:
        return
    intensity = value.get("intensity")
    if intensity is not None and not _is_finite(intensity):
        yield EmotionProblem(f"{path}.intensity", f"{_shown(intensity)} is not a finite number")
    if value["confidence"] is None and intensity is None:
        yield EmotionProblem(f"{path}.confidence", "null is only right beside an intensity")
    if value["confidence"] is not None and intensity is not None:
        yield EmotionProblem(f"{path}.intensity", "stands beside a confidence, which has to be null then")


def _emotion(value: Any, path: str) -> Iterator[EmotionProblem]:
    yield from _object_of(_EMOTION)(value, path)
    if not isinstance(value, dict):
        return
    start, end = (value.get(name) for name in ("start", "end"))
    if _is_finite(start) and _is_finite(end) and end <= start:
        yield EmotionProblem(f"{path}.end", f"{_shown(end)} is not after the start, {_shown(start)}")
    for name in ("labels", "quality_flags"):
        if isinstance(value.get(name), list):
            yield from _each_once(value[name], f"{path}.{name}")
    if "confidence" in value and value["confidence"] is None and _tells_confidence(value.get("labels")):
        yield EmotionProblem(f"{path}.confidence", "null is only right when all labels have intensities")


def _tells_confidence(labels: Any) -> bool:
    """Whether any label comes without an intensity."""
    return not isinstance(labels, list) or any(not isinstance(label, dict) or label.get("intensity") is None for label in labels)


def _shown(value: Any) -> str:
    """A wrong value as it stands in the file, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_LABEL: dict[str, Rule] = {"label": _text, "confidence": _probability_or_null}
_EMOTION: dict[str, Rule] = {
    "start": _time,
    "end": _time,
    "labels": _array_of(_label, fewest=1),
    "source": _object_of({"modality": _text, "channels": _array_of(_channel)}),
    "subject": _text_or_null,
    "confidence": _probability_or_null,
    "quality_flags": _array_of(_text),
}
_DOCUMENT: dict[str, Rule] = {
    "schema_version": _version,
    "source_pipeline": _text,
    "media": _object_of({}),
    "emotions": _array_of(_emotion),
    "labels": _object_of({"taxonomy": _text_or_null}),
    "metadata": _object_of({}),
}

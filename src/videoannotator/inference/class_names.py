"""The names of a network's classes, read from a small file that was added beside its weights.

Understood are the class maps of AudioSet and YAMNet (CSV with the columns `index`, `display_name` and perhaps `mid`), a text file
with one name a line, and JSON: a list of names, `{"0": "name", ...}`, or an object that has either under `id2label` or `labels`, as
the `config.json` of the Hugging Face hub does.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videoannotator.annotations.checks import require
from videoannotator.errors import InvalidConfigException

SUFFIXES = (".csv", ".txt", ".json")
TELLING = re.compile(r"label|class", re.IGNORECASE)
USUAL_CONFIG = "config.json"
CURE = (
    "Add the weights again with one file of class names beside the ONNX file: a CSV with the columns index and display_name, a "
    "labels.txt with one name a line, or a labels.json."
)


@dataclass(frozen=True, slots=True)
class ClassName:
    """One class of a network.

    Attributes:
        name: for people.
        identifier: of a public list, such as /m/09x0r of AudioSet; None where the file gives none.
    """

    name: str
    identifier: str | None = None

    def __post_init__(self) -> None:
        require(bool(self.name.strip()), "a class has a name")


def read_class_names(weights: str, files: Iterable[Path]) -> tuple[ClassName, ...] | None:
    """The classes of a network in the order of its scores; None when no file tells them.

    A file tells them when its name has "label" or "class" in it and ends in .csv, .txt or .json; without one, config.json may.

    Args:
        weights: the name under which the files were added, for errors.
        files: all of them; see `SessionPool.added_files`.

    Raises:
        InvalidConfigException: several files tell them, or one cannot be understood.
    """
    possible = [path for path in files if path.suffix.lower() in SUFFIXES]
    telling = [path for path in possible if TELLING.search(path.stem)] or [path for path in possible if path.name == USUAL_CONFIG]
    if len(telling) > 1:
        names = ", ".join(path.name for path in telling)
        raise InvalidConfigException(f"The weights {weights!r} have several files of class names: {names}.", hint=CURE)
    if not telling:
        return None
    try:
        return _read(telling[0])
    except (ValueError, KeyError, csv.Error) as error:
        message = f"The class names of the weights {weights!r} cannot be read from {telling[0].name}: {error}."
        raise InvalidConfigException(message, hint=CURE) from error


def _read(path: Path) -> tuple[ClassName, ...] | None:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        return _from_table(text)
    if path.suffix.lower() == ".txt":
        return tuple(ClassName(line.strip()) for line in text.splitlines() if line.strip())
    names = _from_json(json.loads(text))
    require(names is not None or path.name == USUAL_CONFIG, "it is neither a list of names nor an object of numbered ones")
    return names


def _from_table(text: str) -> tuple[ClassName, ...]:
    rows = list(csv.DictReader(text.splitlines()))
    require(bool(rows) and {"index", "display_name"} <= set(rows[0]), "it has no columns index and display_name")
    return _in_order({row["index"]: ClassName(row["display_name"] or "", row.get("mid") or None) for row in rows}, len(rows))


def _from_json(value: Any) -> tuple[ClassName, ...] | None:
    """The names in a value of JSON; None when it has none."""
    if isinstance(value, Mapping):
        inner = next((value[key] for key in ("id2label", "labels") if value.get(key)), None)
        if inner is not None:
            return _from_json(inner)
        if not value or not all(str(key).isdigit() for key in value):
            return None
        return _in_order({key: ClassName(str(name)) for key, name in value.items()}, len(value))
    if not (isinstance(value, list) and value and all(isinstance(name, str) for name in value)):
        return None
    return tuple(ClassName(name) for name in value)


def _in_order(numbered: Mapping[str, ClassName], count: int) -> tuple[ClassName, ...]:
    by_number = {int(number): name for number, name in numbered.items()}
    require(sorted(by_number) == list(range(count)), f"its {count} classes are not numbered from 0 to {count - 1}")
    return tuple(by_number[number] for number in range(count))

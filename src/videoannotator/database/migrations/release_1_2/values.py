"""Values as release 1.2, and scripts beside it, wrote them down. What cannot be understood gives None and is kept as it is."""

import json
import math
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

Value = TypeVar("Value")

MOMENT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
EPOCH_UNITS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3))
"""Numbers from here on count in this unit of a second, because in seconds they would lie thousands of years ahead."""


class Row:
    """A row of an old table, whose values are taken one by one; what is left in the end is what today's columns do not hold."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name.lower(): value for name, value in values.items() if value is not None}

    def see(self, name: str) -> Any:
        """A value that stays in the row."""
        return self._values.get(name)

    def take(self, convert: Callable[[Any], Value | None], *names: str) -> Value | None:
        """The first of these columns that can be understood; it leaves the row."""
        for name in names:
            if name in self._values and (value := convert(self._values[name])) is not None:
                del self._values[name]
                return value
        return None

    def left(self) -> dict[str, Any]:
        """What nobody took, in words that JSON has."""
        return {name: storable(value) for name, value in self._values.items()}


def storable(value: Any) -> Any:
    """The value as JSON can hold it: bytes in hexadecimal, odd numbers as text, JSON that stands in a text as what it means."""
    if isinstance(value, bytes):
        return "hex:" + value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        meant = parsed(value)
        return value if meant is None else meant
    return value


def parsed(value: Any) -> Any:
    """What a text with JSON means."""
    if not isinstance(value, str):
        return None
    try:
        return json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def mapping(value: Any) -> dict[str, Any] | None:
    """A JSON object."""
    meant = parsed(value)
    return meant if isinstance(meant, dict) else None


def names(value: Any) -> list[str] | None:
    """A JSON array of texts, or texts with commas between them."""
    meant = parsed(value)
    if isinstance(meant, str):
        return [meant]
    if isinstance(meant, list) and all(isinstance(item, str) for item in meant):
        return list(meant)
    if meant is None and isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
        return [part.strip() for part in value.split(",") if part.strip()]
    return None


def words(value: Any) -> str | None:
    """A text that is not empty; numbers are written out."""
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return str(value).strip() or None
    return None


def identifier(value: Any) -> str | None:
    """An id as text, otherwise as it is; sixteen bytes are a UUID."""
    if isinstance(value, bytes):
        return str(uuid.UUID(bytes=value)) if len(value) == 16 else "hex:" + value.hex()
    return str(value) if isinstance(value, (int, float, str)) and value != "" else None


def is_uuid(text: str) -> bool:
    """Whether this is a UUID in its usual form; only such an id ever names a folder."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def number(value: Any) -> float | None:
    """A finite number, also one that stands in a text."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            meant = float(value)
        except (ValueError, OverflowError):
            return None
        return meant if math.isfinite(meant) else None
    return None


def count(value: Any) -> int | None:
    """A whole number that is not negative and fits a column."""
    meant = number(value)
    return int(meant) if meant is not None and meant.is_integer() and 0 <= meant < 2**62 else None


def moment(value: Any) -> datetime | None:
    """A moment: ISO 8601, SQLite's form, or seconds (milli-, micro-, nanoseconds) since 1970; without a zone it is UTC."""
    since_1970 = number(value)
    try:
        if since_1970 is not None:
            unit = next((unit for least, unit in EPOCH_UNITS if abs(since_1970) >= least), 1.0)
            return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=since_1970 * unit)
        found = MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
        return _written_out(found) if found else None
    except (ValueError, OverflowError):
        return None


def _written_out(found: re.Match[str]) -> datetime:
    fraction = int((found[7] or "0").ljust(6, "0")[:6])
    year, month, day, hour, minute, second = (int(found[part] or 0) for part in range(1, 7))
    zone = timezone.utc
    if found[8] and found[8][0] in "+-":
        digits = found[8][1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        zone = timezone(-offset if found[8][0] == "-" else offset)
    return datetime(year, month, day, hour, minute, second, fraction, zone).astimezone(timezone.utc)


def is_true(value: Any) -> bool | None:
    """A truth value in one of the ways in which databases write it."""
    text = str(value).strip().lower()
    return True if text in ("1", "true", "t", "yes") else False if text in ("0", "false", "f", "no") else None

"""Values as old rows hold them."""

from datetime import datetime, timezone
from typing import Any

import pytest

from videoannotator.database.migrations.release_1_2 import values

NOON = datetime(2025, 1, 2, 12, 0, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2025-01-02 12:00:05",
            "2025-01-02T12:00:05",
            "2025-01-02T12:00:05Z",
            "2025-01-02T14:00:05+02:00",
            "2025-01-02 07:00:05-0500",
        ),
        *(
            "2025-01-02 12:00:05 UTC",
            "2025-01-02 12:00:05.000000",
            "2025-01-02T12:00:05,000Z",
            " 2025-01-02 12:00:05 ",
            "2025-1-2 12:00:05",
        ),
        *(1735819205, 1735819205.0, "1735819205", 1735819205000, 1735819205000000, 1735819205000000000),
    ],
)
def test_a_moment_is_understood_in_every_form(written: Any) -> None:
    assert values.moment(written) == NOON


def test_parts_of_a_second_and_bare_days_are_understood() -> None:
    assert values.moment("2025-01-02T12:00:05.1234567Z") == NOON.replace(microsecond=123456)
    assert values.moment("2025-01-02") == NOON.replace(hour=0, second=0)
    assert values.moment("2025-01-02 12:00") == NOON.replace(second=0)


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "",
        "2025-13-01",
        "2025-01-02 25:00:00",
        b"2025",
        True,
        1e300,
        float("nan"),
        "9" * 400,
        "\u0662\u0660\u0662\u0665-01-02",
        [],
        -1e20,
    ],
)
def test_what_is_no_moment_is_none(written: Any) -> None:
    assert values.moment(written) is None


def test_names_come_as_json_or_with_commas() -> None:
    assert values.names('["a", "b"]') == ["a", "b"]
    assert values.names("a, b,") == ["a", "b"]
    assert values.names('"a"') == ["a"]
    assert values.names("[1]") is None
    assert values.names('["a"') is None
    assert values.names(3) is None


def test_ids_are_kept_as_they_are() -> None:
    assert values.identifier("../x") == "../x"
    assert values.identifier(17) == "17"
    assert values.identifier(bytes(range(16))) == "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert values.identifier("") is None
    assert values.identifier(None) is None


def test_counts_are_whole_and_fit() -> None:
    assert values.count("3") == 3
    assert values.count(3.0) == 3
    for odd in (-1, 2.5, "many", 1e30, None, True):
        assert values.count(odd) is None


def test_a_row_gives_each_value_once_and_keeps_the_rest() -> None:
    row = values.Row({"Name": " ", "LABEL": "lab", "n": "x", "gone": None, "b": b"\x00", "inf": float("inf"), "json": '{"a": 1}'})
    assert row.take(values.words, "name", "label") == "lab"
    assert row.take(values.number, "n") is None
    assert row.left() == {"name": " ", "n": "x", "b": "hex:00", "inf": "inf", "json": {"a": 1}}

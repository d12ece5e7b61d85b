"""Names of recordings as people see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.jobs.names import MAX_LENGTH, shown_name


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("play.mp4", "play.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\play.mp4", "play.mp4"),
        ("play\0.mp4", "play.mp4"),
        ("a\r\nSet-Cookie: x.mp4", "aSet-Cookie: x.mp4"),
        ("CON.mp4", "CON.mp4"),
        ("\u202egpj.exe", "gpj.exe"),
        ("فيلم.mp4", "فيلم.mp4"),
        ("e\u0301.mp4", "é.mp4"),
        ("  play.mp4  ", "play.mp4"),
        ("x" * 4096 + ".mp4", "x" * 251 + ".mp4"),
        ("half \ud800.mp4", "half .mp4"),
    ],
)
def test_a_name_is_text_to_show(given_name: str, shown: str) -> None:
    assert shown_name(given_name) == shown


@pytest.mark.parametrize("given_name", [None, "", "..", "/", "a/", "\0", ". .", "\u202e"])
def test_nothing_can_be_left_of_a_name(given_name: str | None) -> None:
    assert shown_name(given_name) is None


@given(st.text(st.characters()))
def test_whatever_comes_it_can_be_stored_and_shown(name: str) -> None:
    shown = shown_name(name)
    if shown is not None:
        assert 0 < len(shown) <= MAX_LENGTH
        assert not {"/", "\\", "\0", "\n"} & set(shown)
        assert shown.encode()

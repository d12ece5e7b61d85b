"""Options from files and from the command line."""

from pathlib import Path

import pytest

from videoannotator.cli.options import read_config
from videoannotator.errors import InvalidConfigException


def test_a_file_may_begin_with_the_byte_order_mark_of_windows(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'\xef\xbb\xbf{"scene_detection": {"mode": "fast"}}')
    assert read_config(tmp_path / "config.json", ["scene_detection.keyframes=false"]) == {
        "scene_detection": {"mode": "fast", "keyframes": False}
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": {"mode": "fast", "mode": "accurate"}}', "'mode' stands in the same object twice"),
        ('{"a": ' + "9" * 5000 + "}", "digits"),
        ('{"a": ' * 100_000, "recursion"),
    ],
)
def test_json_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InvalidConfigException, match=said) as raised:
        read_config(tmp_path / "config.json", [])
    assert raised.value.hint


def test_a_setting_that_no_json_parser_can_hold_is_a_text() -> None:
    assert read_config(None, ["a.b=" + "[" * 100_000, "a.c=" + "9" * 5000]) == {"a": {"b": "[" * 100_000, "c": "9" * 5000}}

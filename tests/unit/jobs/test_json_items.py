"""Items come out of a file as `json` would read them, wherever the pieces that are read end."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videoannotator.jobs import json_items
from videoannotator.jobs.json_items import items_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(
    items=st.lists(values, max_size=6),
    before=st.dictionaries(st.text().filter(lambda key: key != "wanted"), values, max_size=3),
    piece=st.integers(1, 40),
    indent=st.none() | st.integers(0, 2),
    as_object=st.booleans(),
)
def test_every_item_comes_as_it_is(
    items: list[Any], before: dict[str, Any], piece: int, indent: int | None, as_object: bool
) -> None:
    document = {**before, "wanted": items, "after": [1]} if as_object else items
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "READ_CHARACTERS", piece)
        assert list(items_of(io.StringIO(json.dumps(document, indent=indent)), "wanted")) == items


@pytest.mark.parametrize("text", ["{}", '{"other": [1]}', '{"wanted": 3}', '{"wanted": {"a": [1]}}', "[]", " [ ] "])
def test_without_such_an_array_there_is_nothing(text: str) -> None:
    assert list(items_of(io.StringIO(text), "wanted")) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "nonsense",
        "[1, 2",
        "[1 2]",
        '[{"a": 1}, {"a"',
        '{"wanted": [1,',
        '{"wanted" [1]}',
        "[1,,2]",
        '{"a": 1',
        "{3: 4}",
        '{"a": 1 "wanted": [2]}',
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        list(items_of(io.StringIO(text), "wanted"))

"""Arguments of the command line."""

from pathlib import Path

import pytest
import typer

from videoannotator.cli.arguments import named_path, names_in


def test_an_empty_path_does_not_stand_for_the_working_folder() -> None:
    with pytest.raises(typer.BadParameter, match="empty"):
        named_path("")
    assert named_path(".") == Path()


def test_names_are_cut_at_commas_and_spaces_do_not_count() -> None:
    assert names_in(" a, b,") == ["a", "b"]
    assert names_in(None) is None
    with pytest.raises(typer.BadParameter, match="nothing"):
        names_in(" , ")

"""Arguments of the command line."""

from pathlib import Path

import pytest
import typer

from videoannotator.cli.arguments import named_path


def test_an_empty_path_does_not_stand_for_the_working_folder() -> None:
    with pytest.raises(typer.BadParameter, match="empty"):
        named_path("")
    assert named_path(".") == Path()

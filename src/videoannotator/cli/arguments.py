"""Arguments that need a look before they are believed."""

from pathlib import Path

import typer


def named_path(text: str) -> Path:
    """The path that was given; an empty one is refused.

    An empty path stands for the working folder, and is what a shell makes of a variable that is not set: that must not annotate
    whatever lies there.

    Raises:
        typer.BadParameter: the text is empty.
    """
    if not text:
        raise typer.BadParameter("it is empty. Give a path; '.' stands for this folder.")
    return Path(text)

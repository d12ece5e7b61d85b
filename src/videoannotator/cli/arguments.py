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


def names_in(text: str | None) -> list[str] | None:
    """The names in a comma-separated list, without spaces around them; None when nothing was given.

    Raises:
        typer.BadParameter: there is no name in the text.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("it names nothing. Separate names by commas, or leave the option out.")
    return names

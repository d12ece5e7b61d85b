"""Paths as rows hold them: they may lead anywhere."""

from pathlib import Path
from stat import S_ISREG


def size_of_file(path: Path) -> int | None:
    """Size of the regular file that a path means; None where there is none, or none that this user can reach."""
    try:
        facts = path.stat()
    except (OSError, RuntimeError, ValueError):  # longer than any name, behind a closed door, a loop of links, half a character
        return None
    return facts.st_size if S_ISREG(facts.st_mode) else None

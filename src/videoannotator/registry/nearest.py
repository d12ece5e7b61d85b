"""The known name that somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

COMPARED_LETTERS = 60
"""The comparison takes the time of both lengths multiplied, and what is given may be a megabyte long."""


def nearest(given: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The most similar of the known names; None when none of them is like the given one, from 0 for any to 1 for the same."""
    found = get_close_matches(given[:COMPARED_LETTERS], list(known), n=1, cutoff=likeness)
    return found[0] if found else None

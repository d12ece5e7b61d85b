"""The names of recordings as people gave them: text to show, never a path."""

import unicodedata

MAX_LENGTH = 255
MAX_ENDING = 12
TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They change the direction of writing, by which `gpj.exe` can be made to look like `exe.jpg`."""
UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of Unicode: control characters, halves of characters, ends of lines."""


def shown_name(given: str | None) -> str | None:
    """The last part of a file's name, without what cannot be shown or deceives; None when nothing is left of it."""
    last = (given or "").replace("\\", "/").rpartition("/")[2]
    clean = "".join(
        letter
        for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter) not in UNSHOWABLE and letter not in TURNING
    ).strip()
    if len(clean) > MAX_LENGTH:
        stem, dot, ending = clean.rpartition(".")
        tail = f"{dot}{ending}" if stem and len(ending) <= MAX_ENDING else ""
        clean = clean[: MAX_LENGTH - len(tail)] + tail
    return clean if clean.strip(". ") else None

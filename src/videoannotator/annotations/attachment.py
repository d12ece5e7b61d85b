"""Files that belong to annotations, such as the picture of a scene."""

import re
from dataclasses import dataclass, field

from videoannotator.annotations.checks import require

SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A small file that a pipeline makes beside its records; `name` is unique within the pipeline and never a path."""

    name: str
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require(SAFE_NAME.fullmatch(self.name) is not None, f"{self.name!r} is not a plain file name")

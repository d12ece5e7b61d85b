"""What looking at an installation found: what is so, and where something is wrong, why that matters and what cures it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How a finding is meant; the worst one decides the exit code."""

    OK = "ok"
    INFO = "info"
    """Worth knowing, and nothing wrong: no GPU, no ffmpeg program."""
    WARNING = "warning"
    ERROR = "error"


ORDER = (Severity.OK, Severity.INFO, Severity.WARNING, Severity.ERROR)
EXIT_CODES = {Severity.OK: 0, Severity.INFO: 0, Severity.WARNING: 2, Severity.ERROR: 1}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        severity: how it is meant.
        what: what is so, in a sentence.
        why: why it matters; None only where nothing is wrong.
        cure: the command that cures it, or what to do; None only where nothing is wrong.

    Raises:
        ValueError: a trouble without a reason and a cure.
    """

    severity: Severity
    what: str
    why: str | None = None
    cure: str | None = None

    def __post_init__(self) -> None:
        if self.severity in (Severity.WARNING, Severity.ERROR) and not (self.why and self.cure):
            raise ValueError(f"a trouble needs a reason and a cure: {self.what}")


def fine(what: str) -> Finding:
    """Nothing is wrong."""
    return Finding(Severity.OK, what)


def info(what: str, why: str | None = None, cure: str | None = None) -> Finding:
    """Nothing is wrong, and it is worth knowing."""
    return Finding(Severity.INFO, what, why, cure)


def warning(what: str, why: str, cure: str) -> Finding:
    """It works, and should not stay so."""
    return Finding(Severity.WARNING, what, why, cure)


def error(what: str, why: str, cure: str) -> Finding:
    """Something does not work."""
    return Finding(Severity.ERROR, what, why, cure)


def worst(findings: Iterable[Finding]) -> Severity:
    """The worst of all; fine when there is none."""
    return max((finding.severity for finding in findings), key=ORDER.index, default=Severity.OK)

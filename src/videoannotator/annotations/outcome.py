"""How one pipeline's part of a run ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from videoannotator.annotations.checks import require


class PipelineStatus(str, Enum):
    """How a pipeline's part of a run ended."""

    COMPLETED = "completed"
    SKIPPED = "skipped"
    """Its input does not exist (no audio track, say): not a failure."""
    FAILED = "failed"
    STOPPED = "stopped"
    """Somebody asked the run to stop first."""


@dataclass(frozen=True, slots=True)
class PipelineError:
    """Why a pipeline failed, in the words of `videoannotator.errors`."""

    code: str
    message: str
    hint: str | None
    transient: bool


@dataclass(frozen=True, slots=True)
class PipelineOutcome:
    """How one pipeline's part of a run ended.

    Attributes:
        pipeline: its name.
        status: how it ended.
        reason: why it was skipped, in a sentence; None otherwise.
        error: why it failed; None otherwise.
        options: every option with the value that was in force, defaults included.
        started_at, finished_at: aware UTC; None when it never started.
        busy_s: seconds that it worked, waiting for frames left out.
        records: how many annotations of each type it made, 0 for a type of which it found none; None when it never started.
        warnings: what a careful reader of the result should know.
        included_in: the name of the pipeline that did this one's work, when another that contains it was selected too.
    """

    pipeline: str
    status: PipelineStatus
    options: dict[str, Any]
    reason: str | None = None
    error: PipelineError | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    busy_s: float = 0.0
    records: dict[str, int] | None = None
    warnings: tuple[str, ...] = ()
    included_in: str | None = None

    def __post_init__(self) -> None:
        require((self.status is PipelineStatus.FAILED) == (self.error is not None), "a failed pipeline, and no other, has an error")
        require(
            (self.status is PipelineStatus.SKIPPED) == (self.reason is not None), "a skipped pipeline, and no other, has a reason"
        )

"""Where the annotations of a job lie: what a process must know that reads them without a database."""

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.combined import combined
from videoannotator.annotations.outcome import PipelineOutcome
from videoannotator.annotations.saved import load


@dataclass(frozen=True, slots=True)
class SavedPart:
    """What an attempt saved: the file, and the pipelines whose annotations are taken from it."""

    path: str
    pipelines: list[str]


@dataclass(frozen=True, slots=True)
class SavedJob:
    """The saved annotations of a job.

    Attributes:
        parts: of its attempts, oldest first; at least one.
        outcomes: how its pipelines ended as far as the database says, in its order; what the parts say counts more.
    """

    parts: list[SavedPart]
    outcomes: list[PipelineOutcome]

    def open(self, only: Collection[str] | None = None) -> AnnotationSet:
        """The annotations, or only the record types of these names; close them at the end.

        Raises:
            StorageFailedException: a file is missing or damaged.
            InvalidRequestException: a file is of another release.
        """
        with ExitStack() as unless_complete:
            parts = []
            outcomes = {outcome.pipeline: outcome for outcome in self.outcomes}
            for saved in self.parts:
                part = load(Path(saved.path), only=only, pipelines=saved.pipelines)
                unless_complete.callback(part.close)
                parts.append(part)
                outcomes.update(part.outcomes)
            whole = combined(parts, outcomes)
            unless_complete.pop_all()
        return whole

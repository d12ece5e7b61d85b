"""Which formats a job can be exported in, and why not in the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.errors import VideoAnnotatorException
from videoannotator.exporters.base import Exporter
from videoannotator.jobs.saved_job import SavedJob
from videoannotator.registry.entries import Entry, Registry


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a format does not apply, and what to do about it."""

    reason: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class FormatInfo:
    """A format; `reason` and `hint` say why it does not apply, and are None when it does."""

    format: str
    display_name: str
    description: str
    applies: bool
    reason: str | None = None
    hint: str | None = None


def formats_for(saved: SavedJob | VideoAnnotatorException, registry: Registry) -> Iterator[FormatInfo]:
    """Every installed format, for a job.

    Args:
        saved: its annotations, or the error that says why there are none.
        registry: the formats.

    Raises:
        StorageFailedException: a saved file is damaged.
    """
    if isinstance(saved, VideoAnnotatorException):
        for entry in registry.exporters.values():
            yield _info(entry, _unusable(entry) or Obstacle(saved.message, saved.hint))
        return
    with saved.open(only=()) as annotations:
        for entry in registry.exporters.values():
            obstacle = _unusable(entry)
            if obstacle is None and entry.plugin is not None:
                obstacle = unmade(entry.plugin, annotations, registry)
            yield _info(entry, obstacle)


def unmade(exporter: type[Exporter], annotations: AnnotationSet, registry: Registry) -> Obstacle | None:
    """Why a format has nothing to hold: no completed pipeline looked for it. None when one did."""
    names = [kind.__name__ for kind in exporter.records]
    completed = [each for each in annotations.outcomes.values() if each.status is PipelineStatus.COMPLETED]
    if not names or any(name in (outcome.records or {}) for outcome in completed for name in names):
        return None
    makers = [
        entry.name for entry in registry.pipelines.values() if entry.plugin and set(entry.plugin.produces) & set(exporter.records)
    ]
    return Obstacle(
        "No pipeline of this job came to an end that gives what this format holds.",
        f"Run one of these: {', '.join(makers)}." if makers else None,
    )


def nothing_to_write(exporter: type[Exporter], annotations: AnnotationSet) -> Obstacle:
    """Why a format wrote no file."""
    found = "The pipelines found nothing that this format could hold."
    return unmade(exporter, annotations, Registry.installed()) or Obstacle(found, "Nothing is wrong with them.")


def _unusable(entry: Entry[Any]) -> Obstacle | None:
    return None if entry.plugin is not None else Obstacle(entry.reason or "It cannot be used.", entry.hint)


def _info(entry: Entry[Any], obstacle: Obstacle | None) -> FormatInfo:
    plugin = entry.plugin
    return FormatInfo(
        format=entry.name,
        display_name=plugin.display_name if plugin else entry.name,
        description=plugin.description if plugin else "",
        applies=obstacle is None,
        reason=obstacle.reason if obstacle else None,
        hint=obstacle.hint if obstacle else None,
    )

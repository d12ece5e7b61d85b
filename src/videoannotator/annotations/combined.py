"""One annotation set of several runs over the same recording."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineOutcome
from videoannotator.annotations.provenance import Provenance


def combined(parts: Sequence[AnnotationSet], outcomes: Mapping[str, PipelineOutcome] | None = None) -> AnnotationSet:
    """What several runs found out together, each with pipelines of its own.

    What is known about the recording comes from the newest run that read the video track, else from the newest. The provenance is
    that of the newest, and names what any of them used. Closing the whole closes the parts.

    Args:
        parts: oldest first; at least one.
        outcomes: how pipelines ended, in the order that counts; those of the parts, as they come, when None.
    """
    told = {name: outcome for part in parts for name, outcome in part.outcomes.items()} if outcomes is None else dict(outcomes)
    seeing = [part for part in parts if part.frame_times is not None]
    eldest_to_newest = [part.provenance for part in parts]
    return AnnotationSet(
        media=(seeing or list(parts))[-1].media,
        outcomes=told,
        results={name: records for part in parts for name, records in part.results.items()},
        frame_times=seeing[-1].frame_times if seeing else None,
        provenance=eldest_to_newest[0] if len(parts) == 1 else _together(eldest_to_newest, told),
    )


def _together(provenances: Sequence[Provenance], outcomes: Mapping[str, PipelineOutcome]) -> Provenance:
    stages = dict.fromkeys(chain.from_iterable(each.timings_s for each in provenances))
    return replace(
        provenances[-1],
        weights=tuple(dict.fromkeys(chain.from_iterable(each.weights for each in provenances))),
        started_at=min(each.started_at for each in provenances),
        timings_s={stage: round(sum(each.timings_s.get(stage, 0.0) for each in provenances), 3) for stage in stages},
        warnings=tuple(dict.fromkeys(chain.from_iterable(each.warnings for each in provenances))),
        options={name: outcome.options for name, outcome in outcomes.items()},
    )

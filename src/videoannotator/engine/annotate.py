"""The library's main verb: a recording in, all its annotations out."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.provenance import Provenance
from videoannotator.engine.plan import Plan, Selected, make_plan
from videoannotator.engine.previews import Previews
from videoannotator.engine.progress import OnProgress, Progress
from videoannotator.engine.run import Run, RunResult
from videoannotator.errors import PipelineUnavailableException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.decoder import Decoder
from videoannotator.media.probe import probe
from videoannotator.registry.entries import Registry
from videoannotator.validation.validator import ConfigValidator
from videoannotator.version import __version__

PACKAGES = (
    "av",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "pocketsphinx",
    "scenedetect-headless",
    "faster-whisper",
)

DECODE_THREADS = min(4, os.cpu_count() or 1)
"""Each one holds pictures of its own, and more than a few seldom have work: pipelines are slower than decoding."""


def annotate(
    path: str | PathLike[str],
    pipelines: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    device: str = "auto",
    threads: int = 1,
    weights_folder: Path | None = None,
) -> AnnotationSet:
    """Annotate a recording.

    Args:
        path: a video or audio file.
        pipelines: names of the pipelines to run; the default ones when None.
        options: per pipeline, `{option: value}`; what is left out keeps its default.
        on_progress: told ten times a second how far the run has come, in this thread.
        should_stop: asked ten times a second whether to stop.
        device: `auto`, `cpu`, `cuda` or `coreml`.
        threads: intra-op threads per network.
        weights_folder: where weights are looked for before those that came with this package.

    Returns:
        All annotations. A pipeline that failed or was skipped says so in `outcomes`; the others' results stand.

    Raises:
        InvalidConfigException: `options` has errors; nothing was run.
        PipelineNotFoundException, PipelineUnavailableException: a selected pipeline does not exist or cannot be used.
        MediaUnreadableException: the file cannot be opened, or is not a recording.
        DeviceUnavailableException: the device that was asked for could not be had.
        RunStopped: `should_stop` said so; nothing is kept.
    """
    selection, notes = select(pipelines, options or {}, Registry.installed(weights_folder))
    sessions = shared_sessions(device, threads, weights_folder)
    return run_selection(Path(path), selection, sessions, on_progress or _ignore, should_stop or _never, notes)


def select(
    pipelines: Sequence[str] | None, options: Mapping[str, Any], registry: Registry | None = None
) -> tuple[list[Selected], list[str]]:
    """From names and config to pipelines with typed options, and what was odd about the config in sentences.

    Raises:
        InvalidConfigException: the config has errors.
        PipelineNotFoundException, PipelineUnavailableException: a name is unknown, or its pipeline cannot be used here.
    """
    registry = registry or Registry.installed()
    asked = registry.default_pipelines() if pipelines is None else pipelines
    classes = {cls.name: cls for cls in (registry.pipeline(name) for name in asked)}
    result = ConfigValidator(registry).validate_batch(options, list(asked))
    for error in result.errors:
        if error.code == PipelineUnavailableException.code:
            raise PipelineUnavailableException(error.message, hint=error.hint, detail={"pipeline": error.pipeline})
    typed = result.require_valid()
    selection = [Selected(cls, typed[name]) for name, cls in classes.items()]
    return selection, [f"{warning.message} {warning.hint}" for warning in result.warnings]


@cache
def shared_sessions(device: str, threads: int, weights_folder: Path | None) -> SessionPool:
    """The process's warm sessions for these settings."""
    return SessionPool(device, threads, WeightsStore([weights_folder] if weights_folder else None))


def run_selection(
    path: Path,
    selection: Sequence[Selected],
    sessions: SessionPool,
    on_progress: OnProgress,
    should_stop: Callable[[], bool],
    notes: Sequence[str] = (),
    previews: Previews | None = None,
) -> AnnotationSet:
    """Plan and run pipelines over one recording.

    `notes` are put among the warnings of the provenance; `previews` are made beside, and nothing of them stands in the set.
    """
    started_at, began = datetime.now(timezone.utc), monotonic()
    media = probe(path, timing=False)
    beside = previews.steps(media, selection) if previews and selection else []
    plan = make_plan([*selection, *beside], media)
    opened_s = monotonic() - began
    decoder = Decoder(path, plan.frame_needs, plan.audio_needs, threads=DECODE_THREADS)
    with sessions.recording() as networks:
        result = Run(path, decoder, plan, networks, should_stop, on_progress).execute()
    outcomes = _outcomes(selection, plan, result)
    if previews is not None:
        for step in beside:
            previews.ended(result.workers[step.name].outcome, result.workers[step.name].records)
    provenance = Provenance(
        input_sha256=result.input_sha256,
        videoannotator=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(),
        device_asked=sessions.device_asked,
        device_used=sessions.device_used,
        threads=sessions.threads,
        weights=networks.used(),
        started_at=started_at,
        finished_at=datetime.now(timezone.utc),
        timings_s={"open": round(opened_s, 3), "decode": round(result.decode_s, 3), "total": round(monotonic() - began, 3)},
        warnings=(*notes, *result.report.warnings, *([result.report.media.damage.message] if result.report.media.damage else [])),
        options={name: outcome.options for name, outcome in outcomes.items()},
    )
    return AnnotationSet(
        media=result.report.media,
        outcomes=outcomes,
        results={name: worker.records for name, worker in result.workers.items() if name in outcomes},
        frame_times=result.report.frame_times,
        provenance=provenance,
    )


def _outcomes(selection: Sequence[Selected], plan: Plan, result: RunResult) -> dict[str, PipelineOutcome]:
    """How each selected pipeline ended, in the order of the selection."""
    outcomes = {}
    for selected in selection:
        name, options = selected.name, selected.options.model_dump(mode="json")
        if name in plan.skipped:
            outcomes[name] = PipelineOutcome(name, PipelineStatus.SKIPPED, options, reason=plan.skipped[name])
        elif name in plan.included:
            container = result.workers.get(plan.included[name])
            outcomes[name] = _included(name, options, plan.included[name], container.outcome if container else None, plan)
        else:
            outcomes[name] = result.workers[name].outcome
    return outcomes


def _included(name: str, options: dict[str, Any], container: str, outcome: PipelineOutcome | None, plan: Plan) -> PipelineOutcome:
    """A pipeline whose work another one did ended as that one did."""
    if outcome is None:
        return PipelineOutcome(name, PipelineStatus.SKIPPED, options, reason=plan.skipped[container], included_in=container)
    return replace(outcome, pipeline=name, options=options, records={}, warnings=(), busy_s=0.0, included_in=container)


@cache
def package_versions() -> dict[str, str]:
    """Versions of the installed packages that the computation rests on."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _ignore(_: Progress) -> None:
    """For callers that do not watch."""


def _never() -> bool:
    """For callers that do not stop."""
    return False

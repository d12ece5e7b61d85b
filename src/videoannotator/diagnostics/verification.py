"""Whether an installation works: from its libraries to ten seconds of video that every default pipeline annotates for real."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.database import crud
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
from videoannotator.diagnostics import gpu, system
from videoannotator.diagnostics.findings import Finding, Severity, error, fine, warning, worst
from videoannotator.diagnostics.platforms import platform_name
from videoannotator.engine.annotate import annotate
from videoannotator.errors import VideoAnnotatorException
from videoannotator.inference.weights import REINSTALL, WeightsStore
from videoannotator.media.demo_clip import make_short_clip
from videoannotator.registry.entries import Registry

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "scene_detection": ("Scene",),
    "person_tracking": ("PersonObservation", "PersonIdentity"),
    "face_analysis": ("FaceObservation",),
    "audio_processing": ("Utterance", "SpeakerTurn"),
}
"""What is certainly seen and heard in the clip."""


@dataclass(frozen=True, slots=True)
class Step:
    """One check.

    Attributes:
        name: what was checked.
        findings: what was found.
        seconds: how long it took.
    """

    name: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def severity(self) -> Severity:
        """The worst of its findings."""
        return worst(self.findings)


def verify(weights_folder: Path | None = None) -> Iterator[Step]:
    """Check an installation, from the ground up; what cannot work because of an earlier error is not tried.

    Nothing is written but temporary files.

    Args:
        weights_folder: where weights are looked for before those that came with this package.
    """
    steps: dict[str, Callable[[], Iterator[Finding]]] = {
        "system": _system,
        "database": _database,
        "pipelines": lambda: _pipelines(weights_folder),
        "weights": lambda: system.examine_weights(WeightsStore([weights_folder] if weights_folder else None).verify()),
        "gpu": gpu.examine,
    }
    done = []
    for name, check in steps.items():
        done.append(_step(name, check))
        yield done[-1]
    broken = [step.name for step in done if step.severity is Severity.ERROR]
    yield _step("video", (lambda: _untried(broken)) if broken else (lambda: _video(weights_folder)))


def _step(name: str, check: Callable[[], Iterator[Finding]]) -> Step:
    began = time.monotonic()
    findings = tuple(check())
    return Step(name, findings, time.monotonic() - began)


def _system() -> Iterator[Finding]:
    yield fine(f"This is {platform_name()}.")
    yield from system.examine(system.look())


def _database() -> Iterator[Finding]:
    """Whether a database can be made, written and read."""
    with tempfile.TemporaryDirectory(prefix="videoannotator-verify-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'verify.db'}")
        try:
            upgrade(database)
            with database.writing() as session:
                crud.set_fact(session, "verified", "yes")
            with database.reading() as session:
                kept = crud.get_fact(session, "verified") == "yes"
        except VideoAnnotatorException as failure:
            why = "Jobs, results and keys stand in a database."
            yield error(failure.message, why, failure.hint or "Free some space, or set TMPDIR to a folder that you may write to.")
            return
        finally:
            database.dispose()
    if kept:
        yield fine("A database can be made, written and read.")
    else:
        why = "Jobs, results and keys stand in a database."
        yield error("What was written into a database was not there afterwards.", why, "Set TMPDIR to a folder on a local disk.")


def _pipelines(weights_folder: Path | None) -> Iterator[Finding]:
    """Whether every default pipeline can be loaded."""
    entries = Registry.installed(weights_folder).pipelines
    for name in EXPECTED:
        entry = entries.get(name)
        if entry is None:
            why = "It is one of those that run when nobody chooses."
            yield error(f"The pipeline {name} is not installed.", why, REINSTALL)
        elif not entry.available:
            why = "It is one of those that run when nobody chooses."
            yield error(f"The pipeline {name} cannot be used. {entry.reason}", why, entry.hint or REINSTALL)
    usable = [name for name, entry in entries.items() if entry.available]
    yield fine(f"These pipelines can be used: {', '.join(usable)}.")


def _untried(broken: list[str]) -> Iterator[Finding]:
    why = "Whether videos are annotated was not tried."
    yield warning(
        f"No video was annotated, because of the errors above ({', '.join(broken)}).", why, "Cure those, then verify again."
    )


def _video(weights_folder: Path | None) -> Iterator[Finding]:
    """Annotate ten seconds with people and speech, and look whether they were found."""
    with tempfile.TemporaryDirectory(prefix="videoannotator-verify-") as folder:
        clip = Path(folder) / "verify.mp4"
        try:
            make_short_clip(clip)
            with annotate(clip, device="cpu", weights_folder=weights_folder) as annotations:
                yield from judge(annotations)
        except OSError as failure:
            why = "Recordings are decoded and results written through temporary files."
            yield error(
                f"The sample clip cannot be made: {failure.strerror or failure}.", why, "Set TMPDIR to a folder with space."
            )
        except VideoAnnotatorException as failure:
            yield error(f"The sample clip cannot be annotated: {failure.message}", "No video can.", failure.hint or REINSTALL)


def judge(annotations: AnnotationSet) -> Iterator[Finding]:
    """Whether everything was found that is in the clip."""
    for name, kinds in EXPECTED.items():
        outcome = annotations.outcomes.get(name)
        if outcome is None:
            yield error(f"{name} did not run.", "It is one of those that run when nobody chooses.", REINSTALL)
        elif outcome.status is not PipelineStatus.COMPLETED:
            message = outcome.error.message if outcome.error else outcome.reason or outcome.status.value
            hint = outcome.error.hint if outcome.error else None
            yield error(f"{name} failed: {message}", "It would fail on every video.", hint or REINSTALL)
        else:
            counts = {kind: (outcome.records or {}).get(kind, 0) for kind in kinds}
            missed = [kind for kind, count in counts.items() if count == 0]
            if missed:
                why = "The sample clip shows two people, three scenes and somebody who speaks."
                yield error(f"{name} found no {' and no '.join(missed)} in the sample clip.", why, REINSTALL)
            else:
                found = ", ".join(f"{count} {kind}" for kind, count in counts.items())
                yield fine(f"{name}: {found} in {outcome.busy_s:.1f} s.")

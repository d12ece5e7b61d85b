"""Each check of an installation, and what it says when it fails."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from videoannotator.annotations.outcome import PipelineError, PipelineStatus
from videoannotator.diagnostics import verification
from videoannotator.diagnostics.findings import Finding, Severity, error, fine
from videoannotator.errors import DatabaseUnavailableException, MediaUnreadableException
from videoannotator.registry.entries import Registry
from videoannotator.testing.examples import full


def errors(findings: Iterable[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.severity is Severity.ERROR]


def test_a_database_is_made_written_and_read() -> None:
    assert [finding.severity for finding in verification._database()] == [Severity.OK]


def test_a_database_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> None:
        raise DatabaseUnavailableException("The database cannot be written.", hint="Free some space.")

    monkeypatch.setattr(verification, "upgrade", refused)
    (found,) = verification._database()
    assert (found.what, found.cure) == ("The database cannot be written.", "Free some space.")


def test_a_default_pipeline_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Registry.installed()
    rest = {name: entry for name, entry in whole.pipelines.items() if name != "face_analysis"}
    monkeypatch.setattr(Registry, "installed", lambda *_: replace(whole, pipelines=rest))
    assert errors(verification._pipelines(None)) == ["The pipeline face_analysis is not installed."]


def test_what_was_not_found_in_the_clip_is_told() -> None:
    with full() as annotations:
        outcomes = dict(annotations.outcomes)
        outcomes["scene_detection"] = replace(outcomes["scene_detection"], records={"Scene": 0})
        failure = PipelineError("INFERENCE_FAILED", "The network could not be run.", "Report it.", transient=False)
        outcomes["face_analysis"] = replace(outcomes["face_analysis"], status=PipelineStatus.FAILED, error=failure)
        del outcomes["audio_processing"]
        found = list(verification.judge(replace(annotations, outcomes=outcomes)))
    assert errors(found) == [
        "scene_detection found no Scene in the sample clip.",
        "face_analysis failed: The network could not be run.",
        "audio_processing did not run.",
    ]
    assert all(finding.cure for finding in found if finding.severity is Severity.ERROR)


def test_a_clip_that_cannot_be_made_or_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(verification, "make_short_clip", full_disk)
    assert errors(verification._video(None)) == ["The sample clip cannot be made: No space left on device."]

    def unreadable(*_: object, **__: object) -> None:
        raise MediaUnreadableException("It is no recording.", hint="Try another.")

    monkeypatch.setattr(verification, "make_short_clip", lambda _: None)
    monkeypatch.setattr(verification, "annotate", unreadable)
    assert errors(verification._video(None)) == ["The sample clip cannot be annotated: It is no recording."]


def test_after_an_error_no_video_is_tried_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_database", lambda: iter([error("It is broken.", "why", "cure")]))
    monkeypatch.setattr(verification, "_pipelines", lambda _: iter([fine("All there.")]))
    steps = list(verification.verify())
    assert [step.name for step in steps] == ["system", "database", "pipelines", "weights", "gpu", "video"]
    assert steps[-1].findings[0].what == "No video was annotated, because of the errors above (database)."

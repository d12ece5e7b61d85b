"""What every pipeline must keep to: inherit from `PipelineContract` in a pytest class and name the pipeline."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.time import MediaTime
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.engine.progress import Progress
from videoannotator.errors import RunStopped
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Shot, Sound, shots_clip
from videoannotator.pipelines.base import Pipeline
from videoannotator.registry.declaration import pipeline_problems
from videoannotator.registry.entries import missing_packages

STOP_LIMIT_S = 1.0


def _ignore(_: Progress) -> None:
    """Nobody watches."""


class PipelineContract:
    """The suite; a subclass sets `pipeline`, and may override `recording` with a clip on which the pipeline finds something.

    Class attributes:
        pipeline: the class to test.
        makers: pipelines that are run beside it, with their options, because it works on their records.
        weights_folder: where added weights lie, for a pipeline that cannot run without them; a fixture may set it.
    """

    pipeline: ClassVar[type[Pipeline[Any]]]
    makers: ClassVar[tuple[Selected, ...]] = ()
    weights_folder: ClassVar[Path | None] = None

    @pytest.fixture(scope="class")
    @classmethod
    def recording(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A clip of 6 s with two shots and speech."""
        path = tmp_path_factory.mktemp("contract") / "recording.mp4"
        samples, rate_hz = speech_sample()
        shots_clip(path, [Shot(75), Shot(75)], size=(192, 144), sounds=[Sound(samples[: 6 * rate_hz], rate_hz)])
        return path

    def run(self, recording: Path, should_stop: Callable[[], bool] = lambda: False) -> AnnotationSet:
        """Run the pipeline with its default options on the CPU, and no other than its makers; skips without its extra."""
        if missing := missing_packages(self.pipeline):
            pytest.skip(f"{self.pipeline.name} needs the extra {self.pipeline.extra}: {', '.join(missing)} is not installed")
        selection = [Selected(self.pipeline, self.pipeline.Options()), *self.makers]
        return run_selection(recording, selection, shared_sessions("cpu", 1, self.weights_folder), _ignore, should_stop)

    def records(self, annotations: AnnotationSet) -> list[Any]:
        """All records of a run, by type, in order."""
        results = annotations.results[self.pipeline.name]
        kept: list[Any] = []
        for kind in results.types:
            kept += results.of_type(kind)
        return kept

    def test_declaration_has_no_fault(self) -> None:
        assert pipeline_problems(self.pipeline.name, self.pipeline) == []

    def test_options_survive_json(self) -> None:
        options = self.pipeline.Options()
        assert self.pipeline.Options.model_validate_json(options.model_dump_json()) == options

    def test_makes_what_it_declares_inside_the_recording(self, recording: Path) -> None:
        with self.run(recording) as annotations:
            outcome = annotations.outcomes[self.pipeline.name]
            assert outcome.status is PipelineStatus.COMPLETED, outcome.error
            records = self.records(annotations)
            assert records, "the contract's recording gives the pipeline something to find"
            assert {type(record) for record in records} <= {*self.pipeline.produces, Attachment}
            end = annotations.media.duration_s or 0.0
            for moment in _times([asdict(record) for record in records]):
                assert 0.0 <= moment <= end + 0.05

    def test_weights_are_those_it_declares(self, recording: Path) -> None:
        with self.run(recording) as annotations:
            declared = {name for each in (self.pipeline, *(maker.pipeline for maker in self.makers)) for name in each.weights}
            if self.pipeline.added_weights is not None:
                declared.add(getattr(self.pipeline.Options(), self.pipeline.added_weights))
            assert {weights.name for weights in annotations.provenance.weights} <= declared

    def test_equal_input_gives_equal_records(self, recording: Path) -> None:
        with self.run(recording) as first, self.run(recording) as second:
            assert self.records(first) == self.records(second)

    def test_stops_when_told(self, recording: Path) -> None:
        asked: list[float] = []

        def should_stop() -> bool:
            asked.append(time.monotonic())
            return True

        with pytest.raises(RunStopped):
            self.run(recording, should_stop)
        assert time.monotonic() - asked[0] < STOP_LIMIT_S

    def test_takes_a_recording_of_a_moment(self, tmp_path: Path) -> None:
        path = tmp_path / "moment.mp4"
        samples, rate_hz = speech_sample()
        shots_clip(path, [Shot(3)], size=(64, 48), sounds=[Sound(samples[: rate_hz // 10], rate_hz)])
        with self.run(path) as annotations:
            outcome = annotations.outcomes[self.pipeline.name]
            assert outcome.status in (PipelineStatus.COMPLETED, PipelineStatus.SKIPPED), outcome.error


def _times(value: Any) -> Sequence[float]:
    """Every time anywhere inside plain values, seconds."""
    if isinstance(value, MediaTime):
        return [value.seconds]
    if isinstance(value, dict):
        if set(value) == {"exact"}:
            return [float(value["exact"])]
        return [moment for part in value.values() for moment in _times(part)]
    if isinstance(value, list | tuple):
        return [moment for part in value for moment in _times(part)]
    return []

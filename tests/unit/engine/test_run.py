"""Runs over real clips: side by side, decoded once, stopped, failing alone."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from tests.plugins import ToyOptions, ToyPipeline, ToySound

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected, make_plan
from videoannotator.engine.progress import Progress
from videoannotator.engine.run import Run
from videoannotator.errors import GPULostException, MediaUnreadableException, RunStopped
from videoannotator.media.decoder import Decoder
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Shot, Sound, shots_clip, silence, tone
from videoannotator.media.types import AudioBlock, FrameBatch, FrameNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline

STOP_LIMIT_S = 1.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "clip.mp4"
    shots_clip(path, [Shot(50), Shot(50)], size=(96, 64), sounds=[Sound(tone(4.0), 16000)])
    return path


@pytest.fixture(scope="module")
def silent_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "silent.mp4"
    shots_clip(path, [Shot(10)], size=(96, 64))
    return path


class Failing(ToyPipeline):
    """Fails in the middle."""

    name = "failing"
    error: ClassVar[Exception] = ValueError("a bug")

    def feed(self, batch: Batch) -> Iterable[object]:
        raise self.error


class LosesGPU(Failing):
    """Loses the GPU in the middle."""

    name = "loses_gpu"
    error = GPULostException("The GPU went away.", hint="Look after it.")


class Slow(ToyPipeline):
    """Takes its time, listening for a stop."""

    name = "slow"
    entered = threading.Event()

    def feed(self, batch: Batch) -> Iterable[object]:
        self.entered.set()
        while True:
            self.context.check_stop()
            time.sleep(0.01)


class Stubborn(ToyPipeline):
    """Computes on, whatever it is told, until the test lets it go."""

    name = "stubborn"
    entered = threading.Event()
    let_go = threading.Event()

    def feed(self, batch: Batch) -> Iterable[object]:
        self.entered.set()
        self.let_go.wait(30)
        return ()


class Closes(Failing):
    """Counts how often it is closed."""

    name = "closes"
    closed: ClassVar[list[str]] = []

    def close(self) -> None:
        self.closed.append(self.name)


class Warns(ToyPipeline):
    """Has something to say."""

    name = "warns"

    def start(self, media: object) -> None:
        super().start(media)  # type: ignore[arg-type]
        self.context.warn("Half of it is dark.")


class FromScenes(ToyPipeline):
    """Works on the scenes of others."""

    name = "from_scenes"
    produces: ClassVar[tuple[type, ...]] = (Utterance,)

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(products=(Scene,))

    def finish(self) -> Iterable[object]:
        for scene in self.context.products(Scene):
            assert isinstance(scene, Scene)
            word = Word("scene", scene.start, scene.end, None, WordTiming.PROPORTIONAL)
            yield Utterance(scene.start, scene.end, "scene", "en", None, (word,))


class ReadsAtItsEnd(ToyPipeline):
    """Is fed pictures, and counts the records of others and its own at its end."""

    name = "reads_at_its_end"
    produces: ClassVar[tuple[type, ...]] = (Word, Utterance)
    found: ClassVar[dict[str, list[int]]] = {}

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(frames={"all": FrameNeed(max_size=(32, 32))}, afterwards=(Scene, Word))

    def feed(self, batch: Batch) -> Iterable[object]:
        assert isinstance(batch, FrameBatch)
        self.count("fed")
        for frame in batch.frames:
            yield Word("frame", frame.time, frame.time, None, WordTiming.PROPORTIONAL)

    def finish(self) -> Iterable[object]:
        self.count("finish")
        return ()

    def count(self, when: str) -> None:
        self.found[when] = [len(list(self.context.products(kind))) for kind in (Scene, Word, Utterance)]


class FromScenesAndWords(ToyPipeline):
    """Works on the scenes of others, and counts words as far as somebody makes them."""

    name = "from_scenes_and_words"
    produces: ClassVar[tuple[type, ...]] = (Utterance,)
    found: ClassVar[list[tuple[int, int]]] = []

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(products=(Scene,), afterwards=(Word,))

    def finish(self) -> Iterable[object]:
        self.found.append((len(list(self.context.products(Scene))), len(list(self.context.products(Word)))))
        return ()


class Late(ToySound):
    """Begins to listen when the reading is over."""

    name = "late"
    let_go = threading.Event()

    def feed(self, batch: Batch) -> Iterable[object]:
        self.let_go.wait(30)
        return ()

    def finish(self) -> Iterable[object]:
        return ()


class Everything(ToyPipeline):
    """Notes what it is fed, with pictures at two rates."""

    name = "everything"
    seen: ClassVar[list[tuple[str, float]]] = []

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(frames={"few": FrameNeed(rate_hz=5, max_size=(48, 48)), "all": FrameNeed(max_size=(32, 32))})

    def feed(self, batch: Batch) -> Iterable[object]:
        assert isinstance(batch, FrameBatch)
        self.seen.extend((batch.need, frame.time.seconds) for frame in batch.frames)
        return ()

    def finish(self) -> Iterable[object]:
        return ()


class Hears(ToySound):
    """Notes the sound it is fed."""

    name = "hears"
    blocks: ClassVar[list[AudioBlock]] = []

    def feed(self, batch: Batch) -> Iterable[object]:
        assert isinstance(batch, AudioBlock)
        self.blocks.append(batch)
        return ()

    def finish(self) -> Iterable[object]:
        return ()


def run(
    path: Path,
    *pipelines: type[Pipeline[ToyOptions]],
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> AnnotationSet:
    selection = [Selected(pipeline, ToyOptions()) for pipeline in pipelines]
    return run_selection(path, selection, shared_sessions("cpu", 1, None), on_progress, should_stop)


def test_a_run_gives_records_media_facts_and_provenance(clip: Path) -> None:
    with run(clip, ToyPipeline) as annotations:
        scene = next(annotations.records(Scene))
        assert (scene.first_frame, scene.last_frame) == (0, 99)
        assert scene.end.seconds == pytest.approx(4.0)
        assert annotations.outcomes["toy"].status is PipelineStatus.COMPLETED
        assert annotations.outcomes["toy"].records == {"Scene": 1}
        assert annotations.media.video is not None
        assert annotations.media.video.timing is not None
        assert annotations.media.video.timing.frame_count == 100
        assert annotations.frame_times is not None
        assert len(annotations.frame_times) == 100
        assert annotations.provenance.input_sha256 == sha256_of(clip)
        assert annotations.provenance.options["toy"] == ToyOptions().model_dump(mode="json")
        assert annotations.provenance.device_used == "cpu"


def test_every_need_is_served_in_time_order_the_first_named_first(clip: Path) -> None:
    Everything.seen.clear()
    run(clip, Everything, ToyPipeline).close()
    few = [at for need, at in Everything.seen if need == "few"]
    every = [at for need, at in Everything.seen if need == "all"]
    assert few == pytest.approx([k / 5 for k in range(20)])
    assert every == pytest.approx([k / 25 for k in range(100)])
    latest_few = -1.0
    for need, at in Everything.seen:
        if need == "few":
            latest_few = at
        else:
            assert latest_few > at - 0.2


def test_sound_arrives_whole_and_contiguous(clip: Path) -> None:
    Hears.blocks.clear()
    run(clip, Hears).close()
    assert Hears.blocks[0].rate_hz == 8000
    assert all(b.first_sample == a.first_sample + len(a.samples) for a, b in zip(Hears.blocks, Hears.blocks[1:], strict=False))
    assert sum(len(block.samples) for block in Hears.blocks) == pytest.approx(4.0 * 8000, rel=0.02)


@pytest.mark.parametrize(("failing", "code", "transient"), [(Failing, "PIPELINE_FAILED", False), (LosesGPU, "GPU_LOST", True)])
def test_one_failure_is_recorded_and_does_not_stop_the_others(
    clip: Path, failing: type[Failing], code: str, transient: bool
) -> None:
    with run(clip, failing, ToyPipeline) as annotations:
        outcome = annotations.outcomes[failing.name]
        assert outcome.status is PipelineStatus.FAILED
        assert outcome.error is not None
        assert (outcome.error.code, outcome.error.transient) == (code, transient)
        assert str(failing.error) in outcome.error.message
        assert annotations.outcomes["toy"].status is PipelineStatus.COMPLETED
        assert [failed.pipeline for failed in annotations.failed] == [failing.name]


def test_a_pipeline_is_closed_after_a_failure(clip: Path) -> None:
    Closes.closed.clear()
    run(clip, Closes).close()
    assert Closes.closed == ["closes"]


def test_warnings_of_a_pipeline_stand_in_its_outcome(clip: Path) -> None:
    with run(clip, Warns) as annotations:
        assert annotations.outcomes["warns"].warnings == ("Half of it is dark.",)


def test_products_reach_the_pipeline_that_needs_them(clip: Path) -> None:
    with run(clip, FromScenes, ToyPipeline) as annotations:
        assert [said.text for said in annotations.records(Utterance)] == ["scene"]


def test_records_are_read_at_the_end_by_a_pipeline_that_is_fed_meanwhile(clip: Path) -> None:
    with run(clip, ReadsAtItsEnd, ToyPipeline) as annotations:
        assert annotations.outcomes["reads_at_its_end"].error is None
        scenes, own, undeclared = ReadsAtItsEnd.found["finish"]
        assert (scenes, undeclared) == (1, 0)
        assert own == len(list(annotations.records(Word))) > 0


def test_who_reads_at_its_end_goes_on_without_a_failed_maker_and_says_so(clip: Path) -> None:
    with run(clip, ReadsAtItsEnd, LosesGPU) as annotations:
        outcome = annotations.outcomes["reads_at_its_end"]
        assert outcome.status is PipelineStatus.COMPLETED
        assert outcome.warnings == ("loses_gpu failed, so what it would have contributed here is missing.",)
        assert ReadsAtItsEnd.found["finish"][0] == 0


def test_what_is_needed_comes_first_and_what_is_not_is_read_where_it_is_made(clip: Path) -> None:
    FromScenesAndWords.found.clear()
    run(clip, FromScenesAndWords, ToyPipeline).close()
    with run(clip, FromScenesAndWords, ToyPipeline, ReadsAtItsEnd) as annotations:
        words = len(list(annotations.records(Word)))
    assert FromScenesAndWords.found == [(1, 0), (1, words)]
    assert words > 0


def test_whoever_works_on_the_records_of_a_failed_one_fails_too(clip: Path) -> None:
    with run(clip, FromScenes, LosesGPU) as annotations:
        error = annotations.outcomes["from_scenes"].error
        assert error is not None
        assert (error.code, error.transient) == ("GPU_LOST", True)
        assert error.message == "It works on the records of 'loses_gpu', which failed: The GPU went away."


def test_a_missing_track_skips_and_does_not_fail(silent_clip: Path) -> None:
    with run(silent_clip, ToyPipeline, Hears) as annotations:
        assert annotations.outcomes["hears"].status is PipelineStatus.SKIPPED
        assert annotations.outcomes["hears"].reason == "The recording has no audio track."
        assert annotations.outcomes["toy"].status is PipelineStatus.COMPLETED


def once(event: threading.Event, asked: list[float]) -> Callable[[], bool]:
    """Ask for a stop as soon as `event` is set, noting when."""

    def should_stop() -> bool:
        if event.is_set():
            asked.append(time.monotonic())
        return event.is_set()

    return should_stop


@pytest.fixture
def stubborn() -> Iterator[type[Stubborn]]:
    Stubborn.entered.clear()
    Stubborn.let_go.clear()
    yield Stubborn
    Stubborn.let_go.set()


@pytest.mark.alone
def test_a_stop_ends_the_run_within_a_second(clip: Path) -> None:
    asked: list[float] = []
    with pytest.raises(RunStopped):
        run(clip, Slow, ToyPipeline, should_stop=once(Slow.entered, asked))
    assert time.monotonic() - asked[0] < STOP_LIMIT_S


@pytest.mark.alone
def test_a_stop_does_not_wait_for_a_pipeline_that_will_not_listen(clip: Path, stubborn: type[Stubborn]) -> None:
    asked: list[float] = []
    with pytest.raises(RunStopped):
        run(clip, stubborn, should_stop=once(stubborn.entered, asked))
    assert time.monotonic() - asked[0] < STOP_LIMIT_S


def test_a_stop_when_all_work_is_done_leaves_nothing_behind(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(report: Progress) -> None:
        if report.stage == "done":
            raise KeyboardInterrupt

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt) as raised:
        run(clip, ToyPipeline, on_progress=stop)
    assert raised.tb is not None  # the records are alive in it: no destructor may have removed their folder
    assert not list(tmp_path.iterdir())


def test_progress_grows_to_one(clip: Path) -> None:
    reports: list[Progress] = []
    run(clip, ToyPipeline, on_progress=reports.append).close()
    fractions = [report.fraction for report in reports]
    assert None not in fractions
    assert fractions == sorted(fractions)  # type: ignore[type-var]
    assert (reports[-1].fraction, reports[-1].stage, reports[-1].frames, reports[-1].eta_s) == (1.0, "done", 100, 0.0)


def test_progress_waits_for_the_slowest_pipeline(clip: Path) -> None:
    reports: list[Progress] = []

    def on_progress(report: Progress) -> None:
        reports.append(report)
        if report.stage == "finishing":
            Late.let_go.set()

    Late.let_go.clear()
    run(clip, Late, on_progress=on_progress).close()
    read = next(report for report in reports if report.stage == "finishing")
    assert read.fraction is not None
    assert read.fraction < 0.5
    assert read.position_s == 0.0


def test_a_recording_that_goes_away_is_a_named_error(clip: Path, tmp_path: Path) -> None:
    plan = make_plan([Selected(ToyPipeline, ToyOptions())], probe(clip, timing=False))
    decoder, sessions = Decoder(clip, plan.frame_needs), shared_sessions("cpu", 1, None)
    with pytest.raises(MediaUnreadableException, match="could not be read to its end"):
        Run(tmp_path / "gone.mp4", decoder, plan, sessions, lambda: False, lambda _: None).execute()


def test_an_unreadable_recording_is_an_error_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "note.mp4").write_text("not a video")
    with pytest.raises(MediaUnreadableException):
        run(tmp_path / "note.mp4", ToyPipeline)


def test_a_recording_with_sound_alone(tmp_path: Path) -> None:
    from videoannotator.media.synthetic import write_clip

    path = tmp_path / "sound.wav"
    write_clip(path, sounds=[Sound(silence(0.5), 16000, codec="pcm_s16le")])
    with run(path, ToyPipeline, Hears) as annotations:
        assert annotations.outcomes["toy"].reason == "The recording has no video track."
        assert annotations.outcomes["hears"].status is PipelineStatus.COMPLETED
        assert annotations.frame_times is None

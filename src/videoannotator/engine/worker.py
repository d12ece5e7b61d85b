"""One pipeline at work: its thread, its queue, and the boundary where its errors are recorded."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timezone

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.annotations.store import PipelineRecords
from videoannotator.engine.plan import Step
from videoannotator.engine.queue import ByteBoundedQueue
from videoannotator.errors import RunStopped, VideoAnnotatorException
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.types import AudioBlock, Frame, FrameBatch
from videoannotator.pipelines.base import Batch, RunContext

log = logging.getLogger(__name__)

QUEUE_BYTES = 32 * 1024 * 1024
BATCH_BYTES = 2 * 1024 * 1024
BATCH_FRAMES = 32


class Worker:
    """Runs one step of a plan: the decoding thread calls `give_…` and `end`, the worker's own thread calls `work`.

    Args:
        step: what to run.
        media: the recording.
        sessions: the networks.
        should_stop: whether the run is to stop.
        products: the records of a type made by the steps that this one waits for.
    """

    def __init__(
        self,
        step: Step,
        media: MediaInfo,
        sessions: SessionPool,
        should_stop: Callable[[], bool],
        products: Callable[[type], Iterable[object]],
    ) -> None:
        self.step = step
        self.records = PipelineRecords()
        self.outcome = PipelineOutcome(step.name, PipelineStatus.STOPPED, options=step.selected.options.model_dump(mode="json"))
        self._media = media
        self._warnings: list[str] = []
        self._busy_s = 0.0
        self._taken_s = 0.0
        self._asked_to_stop = should_stop
        self.signs = 0
        """Signs of life of the pipeline: batches taken, and questions whether to stop."""
        self._context = RunContext(sessions, self._should_stop, self.warn, products)
        self._queue: ByteBoundedQueue[Batch] = ByteBoundedQueue(QUEUE_BYTES)
        self._waiting: dict[str, list[Frame]] = {need: [] for need in step.needs.frames}
        self._waiting_bytes = 0
        self._waiting_frames = 0

    def give_frame(self, need: str, frame: Frame) -> None:
        """Queue a frame; neighbours travel together, because a queue entry for each would cost more than the frame."""
        self._waiting[need].append(frame)
        self._waiting_bytes += frame.image.nbytes
        self._waiting_frames += 1
        if self._waiting_bytes >= BATCH_BYTES or self._waiting_frames >= BATCH_FRAMES:
            self._flush()

    def give_audio(self, block: AudioBlock) -> None:
        """Queue a piece of sound."""
        self._queue.put(block, block.samples.nbytes)

    def end(self) -> None:
        """All has been given."""
        self._flush()
        self._queue.end()

    def _flush(self) -> None:
        for need, frames in self._waiting.items():
            if frames:
                self._queue.put(FrameBatch(need, tuple(frames)), sum(frame.image.nbytes for frame in frames))
                self._waiting[need] = []
        self._waiting_bytes = self._waiting_frames = 0

    def _should_stop(self) -> bool:
        self.signs += 1
        return self._asked_to_stop()

    @property
    def position_s(self) -> float | None:
        """How far it has come on the time line, seconds; None when nothing waits in its queue, so that it keeps up."""
        return self._taken_s if self._queue.queued_bytes else None

    def stop(self) -> None:
        """Drop what is queued, so that neither side waits for the other."""
        self._queue.discard()

    def fail_after(self, maker: PipelineOutcome) -> None:
        """Fail without a start, because the pipeline whose records this one works on has failed."""
        self._queue.discard()
        if maker.error is not None:
            message = f"It works on the records of {maker.pipeline!r}, which failed: {maker.error.message}"
            self.outcome = replace(self.outcome, status=PipelineStatus.FAILED, error=replace(maker.error, message=message))

    def warn(self, message: str) -> None:
        """Add what a reader of the result should know."""
        self._warnings.append(message)

    def work(self, before_finish: Callable[[], None]) -> None:
        """Run the pipeline to its end; whatever it raises is recorded in `outcome`, never passed on.

        `before_finish` is called when everything was fed; the pipeline finishes when it returns.
        """
        started_at = datetime.now(timezone.utc)
        error: PipelineError | None = None
        status = PipelineStatus.COMPLETED
        try:
            self._run(before_finish)
        except RunStopped:
            status = PipelineStatus.STOPPED
        except VideoAnnotatorException as failure:
            status, error = PipelineStatus.FAILED, PipelineError(failure.code, failure.message, failure.hint, failure.transient)
            log.warning("%s failed: %s", self.step.name, failure.message)
        except Exception as failure:
            status, error = PipelineStatus.FAILED, _unexpected(failure)
            log.exception("%s failed unexpectedly", self.step.name)
        finally:
            self._queue.discard()
        declared = {kind.__name__: 0 for kind in self.step.selected.pipeline.produces}
        self.outcome = replace(
            self.outcome,
            status=status,
            error=error,
            started_at=started_at,
            finished_at=datetime.now(timezone.utc),
            busy_s=round(self._busy_s, 3),
            records=declared | self.records.counts(),
            warnings=tuple(self._warnings),
        )

    def _run(self, before_finish: Callable[[], None]) -> None:
        pipeline = self.step.selected.pipeline(self.step.selected.options, self._context)
        try:
            self._busy(lambda: pipeline.start(self._media) or ())
            while (batch := self._queue.get()) is not None:
                self._taken_s = (batch.frames[0] if isinstance(batch, FrameBatch) else batch).time.seconds
                self._busy(lambda batch=batch: pipeline.feed(batch))  # type: ignore[misc]  # bound at once
            before_finish()
            self._busy(pipeline.finish)
        finally:
            pipeline.close()

    def _busy(self, act: Callable[[], Iterable[object]]) -> None:
        """Let the pipeline act and keep what it gives, counting the time."""
        self._context.check_stop()
        began = time.monotonic()
        try:
            for record in act():
                self.records.add(record)
        finally:
            self._busy_s += time.monotonic() - began


def _unexpected(failure: Exception) -> PipelineError:
    transient = isinstance(failure, (MemoryError, OSError))
    message = f"The pipeline failed unexpectedly: {type(failure).__name__}: {failure}"
    return PipelineError("PIPELINE_FAILED", message, "Please report this, with the log, at the project's issue tracker.", transient)

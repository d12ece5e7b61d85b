"""Runs a plan over one recording: one thread decodes, one thread per pipeline works, the caller's thread watches."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.engine.plan import Plan, Step
from videoannotator.engine.progress import OnProgress, ProgressMeter
from videoannotator.engine.worker import Worker
from videoannotator.errors import MediaUnreadableException, RunStopped
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.decoder import AudioDelivery, Decoder, DecodeReport, FrameDelivery

WATCH_INTERVAL_S = 0.1
STOP_GRACE_S = 0.8
"""How long a stopped run waits for its threads; a pipeline that still computes then is left behind, its records thrown away."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run: the workers, what the reading found, the input's checksum, seconds by stage."""

    workers: Mapping[str, Worker]
    report: DecodeReport
    input_sha256: str
    decode_s: float


class Run:
    """One run of a plan.

    Args:
        path: the recording.
        decoder: opened on the recording for the plan's needs; the thread that reads closes it.
        plan: what to do.
        sessions: the networks.
        should_stop: asked ten times a second whether to stop.
        on_progress: told ten times a second how far the run has come, in the caller's thread.
    """

    def __init__(
        self,
        path: Path,
        decoder: Decoder,
        plan: Plan,
        sessions: SessionPool,
        should_stop: Callable[[], bool],
        on_progress: OnProgress,
    ) -> None:
        self._path = path
        self._decoder = decoder
        self._plan = plan
        self._sessions = sessions
        self._asked_to_stop = should_stop
        self._on_progress = on_progress
        self._stop = threading.Event()
        self._frames = 0
        self._decode_s = 0.0
        self._hashed = 0
        self._workers = {
            step.name: Worker(step, decoder.media, sessions, self._stop.is_set, self._products_for(step)) for step in plan.steps
        }
        self._work: dict[str, Future[None]] = {}
        self._threads = ThreadPoolExecutor(len(plan.steps) + 2, thread_name_prefix="videoannotator")

    def execute(self) -> RunResult:
        """Run to the end.

        Raises:
            RunStopped: `should_stop` said so; nothing is kept.
            VideoAnnotatorException: the recording could not be read.
        """
        digest = self._threads.submit(self._digest)
        reading = self._threads.submit(self._read)
        for name, worker in self._workers.items():
            self._work[name] = self._threads.submit(self._work_in_turn, worker)
        complete = False
        try:
            self._watch(reading, [*self._work.values(), digest])
            complete = True
        finally:
            self._end([reading, digest, *self._work.values()], complete=complete)
        return RunResult(self._workers, self._decoder.report(), digest.result(), self._decode_s)

    def _work_in_turn(self, worker: Worker) -> None:
        for name in worker.step.after:
            self._work[name].result()
        outcomes = [self._workers[name].outcome for name in worker.step.after]
        failed = [outcome for outcome in outcomes if outcome.status is PipelineStatus.FAILED]
        if failed:
            worker.fail_after(failed[0])
        else:
            worker.work(before_finish=lambda: self._wait_for(worker))

    def _wait_for(self, worker: Worker) -> None:
        """Wait for those whose records this pipeline reads at its end; a failed one is missed, and does not fail it."""
        for name in worker.step.finish_after:
            self._work[name].result()
            if self._workers[name].outcome.status is PipelineStatus.FAILED:
                worker.warn(f"{name} failed, so what it would have contributed here is missing.")

    def _digest(self) -> str:
        try:
            return sha256_of(self._path, self._stop_hashing)
        except OSError as error:
            raise MediaUnreadableException(
                f"{self._path} could not be read to its end: {error.strerror or error}.",
                hint="Check the disk or the network drive; if the file was moved meanwhile, run again.",
            ) from error

    def _stop_hashing(self) -> bool:
        self._hashed += 1
        return self._stop.is_set()

    def _products_for(self, step: Step) -> Callable[[type], Iterable[object]]:
        """What the pipeline of this step can read: records of those it waited for, and at its end its own."""

        def products(kind: type) -> Iterable[object]:
            makers = [*step.after, *(step.finish_after if kind in step.needs.afterwards else ())]
            if kind in step.needs.afterwards and kind in step.selected.pipeline.produces:
                makers.append(step.name)
            whole = [name for name in makers if name == step.name or self._workers[name].outcome.status is PipelineStatus.COMPLETED]
            return chain.from_iterable(self._workers[name].records.of_type(kind) for name in whole)

        return products

    def _read(self) -> None:
        """Decode once and hand everything to those who need it."""
        began = time.thread_time()
        with self._decoder:
            for delivery in self._decoder:
                if self._stop.is_set():
                    return
                if isinstance(delivery, AudioDelivery):
                    for name in self._plan.audio_routes[delivery.need]:
                        self._workers[name].give_audio(delivery.block)
                elif isinstance(delivery, FrameDelivery):
                    self._frames = delivery.frame.index + 1
                    for route in self._plan.frame_routes[delivery.need]:
                        self._workers[route.step].give_frame(route.need, delivery.frame)
        self._decode_s = time.thread_time() - began
        for worker in self._workers.values():
            worker.end()

    def _watch(self, reading: Future[None], rest: list[Future[Any]]) -> None:
        meter = ProgressMeter(self._decoder.media.duration_s)
        pending: set[Future[Any]] = {reading, *rest}
        while pending:
            done, pending = wait(pending, timeout=WATCH_INTERVAL_S, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            if self._asked_to_stop():
                raise RunStopped("The run was stopped.")
            stage = "finishing" if reading.done() else "reading"
            share_done = 1 - len(pending) / (len(rest) + 1)
            progress = meter.working(stage, self._frames, self._position_s(), share_done)
            self._on_progress(replace(progress, signs=self._hashed + sum(worker.signs for worker in self._workers.values())))
        self._on_progress(meter.done(self._frames, self._decoder.position_s))

    def _position_s(self) -> float:
        """How far the slowest pipeline has come."""
        reached = self._decoder.position_s
        behind = [self._workers[name].position_s for name, work in self._work.items() if not work.done()]
        return min([reached, *(position_s for position_s in behind if position_s is not None)])

    def _end(self, futures: list[Future[Any]], *, complete: bool) -> None:
        """Leave no thread at work; after a stop or an error, throw away what the workers made."""
        self._stop.set()
        self._decoder.stop()
        for worker in self._workers.values():
            worker.stop()
        try:
            wait(futures, timeout=STOP_GRACE_S)
        finally:  # a second Ctrl-C may interrupt the waiting
            self._threads.shutdown(wait=False, cancel_futures=True)
            if not complete:
                for worker in self._workers.values():
                    worker.records.close()

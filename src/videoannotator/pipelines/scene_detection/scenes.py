"""From boundaries to scenes that tile the recording."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.media.stills import encode_jpeg
from videoannotator.media.types import Frame
from videoannotator.pipelines.scene_detection.changes import Change
from videoannotator.pipelines.scene_detection.keyframes import KeyframeCandidates


@dataclass(frozen=True, slots=True)
class Span:
    """A scene whose picture is still sought; `change` is how it begins, None at the start of the recording."""

    start: MediaTime
    end: MediaTime
    first_frame: int
    last_frame: int
    change: Change | None


class Scenes:
    """Makes scenes of boundaries, and finds their pictures.

    Args:
        first: the first frame of the recording.
        candidates: where the pictures come from; None for scenes without pictures.
    """

    def __init__(self, first: Frame, candidates: KeyframeCandidates | None) -> None:
        self._start = first.time
        self._first_frame = first.index
        self._change: Change | None = None
        self._candidates = candidates
        self._waiting: deque[Span] = deque()
        self._number = 0
        self.without_picture = 0
        """Scenes for which no picture was at hand."""

    def end_with(self, change: Change) -> None:
        """The scene that goes on ends where `change` lets the next one begin."""
        self._close(change.at.time, change.at.index - 1)
        self._start, self._first_frame, self._change = change.at.time, change.at.index, change

    def end_at(self, end: MediaTime, last_frame: int) -> None:
        """The scene that goes on ends with the recording."""
        self._close(end, last_frame)

    def _close(self, end: MediaTime, last_frame: int) -> None:
        self._waiting.append(Span(self._start, end, self._first_frame, last_frame, self._change))

    def take(self, *, complete: bool) -> Iterator[Attachment | Scene]:
        """The scenes whose pictures are decided, each after its picture; all of them when `complete`."""
        while self._waiting and (
            complete or self._candidates is None or self._candidates.newest_index >= self._waiting[0].last_frame
        ):
            yield from self._finished(self._waiting.popleft())

    def _finished(self, span: Span) -> Iterator[Attachment | Scene]:
        self._number += 1
        frame = None
        if self._candidates is not None:
            middle = MediaTime((span.start.exact + span.end.exact) / 2)
            frame = self._candidates.take(span.first_frame, span.last_frame, middle)
            self.without_picture += frame is None
        name = f"scene_{self._number:05d}.jpg" if frame else None
        if frame and name:
            yield Attachment(name, encode_jpeg(frame.image))
        change = span.change
        gradual = change is not None and change.kind is not Boundary.CUT
        yield Scene(
            start=span.start,
            end=span.end,
            first_frame=span.first_frame,
            last_frame=span.last_frame,
            boundary=change.kind if change else Boundary.START,
            confidence=change.confidence if change else None,
            transition_start=change.first.time if change and gradual else None,
            transition_end=change.last.time if change and gradual else None,
            method=change.method if change else None,
            keyframe=name,
            keyframe_time=frame.time if frame else None,
        )

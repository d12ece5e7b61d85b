"""One whole picture from two fields."""

from collections import deque
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

from videoannotator.media.exact import fraction

_TICKS = 2
"""The filter counts time in half ticks."""


class Deinterlacer:
    """Gives one progressive frame for each chosen interlaced one, at its own time; other frames stay as they are.

    The method is `bwdif` (Weston's three-field filter with the motion test of yadif), which looks at the frames before and after.
    Only chosen frames and their neighbours go through it, so that sampling stays cheap. A frame comes out when the next one is in.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._before: VideoFrame | None = None
        self._before_pushed = False
        self._before_chosen = False
        self._chosen: deque[int] = deque()

    def take(self, frame: VideoFrame, *, chosen: bool) -> list[VideoFrame]:
        """Take the next frame, which has a time stamp; give the chosen frames that are ready."""
        shape = (frame.width, frame.height, frame.format.name)
        ready: list[VideoFrame] = []
        if shape != self._shape:
            ready += self.finish()
            self._shape = shape
        if chosen and self._before is not None and not self._before_pushed:
            ready += self._push(self._before)
        pushed = chosen or self._before_chosen
        if chosen and frame.pts is not None:
            self._chosen.append(frame.pts)
        if pushed:
            ready += self._push(frame)
        self._before, self._before_pushed, self._before_chosen = frame, pushed, chosen
        return ready

    def finish(self) -> list[VideoFrame]:
        """The chosen frames that were waiting for a next one."""
        ready = self._push(None)
        self._graph = self._before = self._shape = None
        self._before_pushed = self._before_chosen = False
        self._chosen.clear()
        return ready

    def _push(self, frame: VideoFrame | None) -> list[VideoFrame]:
        if self._graph is None:
            if frame is None:
                return []
            self._graph = _filter_for(frame)
        self._graph.vpush(frame)
        ready: list[VideoFrame] = []
        while True:
            try:
                out = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return ready
            if out.pts is not None and self._chosen and out.pts // _TICKS == self._chosen[0]:
                out.pts = self._chosen.popleft()
                ready.append(out)


def _filter_for(frame: VideoFrame) -> Graph:
    """A new filter for frames like this one."""
    graph = Graph()
    time_base = fraction(frame.time_base) or Fraction(1, 1000)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
    bwdif = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    return graph

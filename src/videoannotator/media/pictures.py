"""The video track on the recording's time line: choosing, deinterlacing and converting frames for several needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import VideoInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.media.conversion import Converter, Form, Image
from videoannotator.media.damage import DamageLog
from videoannotator.media.deinterlacing import Deinterlacer
from videoannotator.media.exact import fraction
from videoannotator.media.header import Header
from videoannotator.media.sampling import Sampler
from videoannotator.media.source import READ_ERRORS
from videoannotator.media.timing import RESET_S, FrameClock, TimingFacts
from videoannotator.media.types import Frame, FrameNeed


@dataclass(frozen=True, slots=True)
class FrameDelivery:
    """A frame for the need of this index."""

    need: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A frame that somebody wants: by which needs, and what is known about it."""

    needs: tuple[int, ...]
    time: MediaTime
    index: int
    duration_s: float


class PictureTrack:
    """The whole way from decoded video frames to pictures in every form asked for.

    Args:
        stream: the video track.
        needs: what is wanted.
        header: of the file.
        damage: takes note of dropped and corrupt frames.

    Attributes:
        times: of all frames so far.
        position: time of the last frame, seconds.
    """

    def __init__(self, stream: Stream, needs: Sequence[FrameNeed], header: Header, damage: DamageLog) -> None:
        self._time_base = fraction(stream.time_base) or Fraction(1, 1000)
        self._origin = header.origin
        self._damage = damage
        rate = fraction(stream.average_rate)
        self._usual_ticks = 1 if rate is None else max(1, round(1 / rate / self._time_base))
        limit = header.video_end or header.whole_end
        last_allowed = None if limit is None else int((limit + self._origin) / self._time_base)
        leap = int(RESET_S / self._time_base)
        self._clock = FrameClock(self._usual_ticks, leap, last_allowed, by_packet_order=header.media.container == "avi")
        self.times = FrameTimes(self._time_base, self._origin)
        self.position = Fraction(0)
        self._facts = TimingFacts(self._time_base, self._origin)
        self._last_ticks = self._last_duration = 0
        self._forms = [Form.of(need) for need in needs]
        self._samplers = [Sampler(need.rate_hz) for need in needs]
        self._converters = {form: Converter(form) for form in self._forms}
        self._fields: Deinterlacer | None = None
        self._waiting: dict[int, _Chosen] = {}
        self._sizes: set[tuple[int, int]] = set()

    @property
    def end(self) -> Fraction:
        """When the last frame stops being shown, seconds."""
        if len(self.times) == 0:
            return Fraction(0)
        return (self._last_ticks + (self._last_duration or self._usual_ticks)) * self._time_base - self._origin

    def packet(self, packet: "Packet[Stream]") -> None:
        """Take note of a packet that the decoder accepted."""
        if packet.size:
            self._clock.packet(packet.dts)

    def feed(self, frame: VideoFrame) -> Iterator[FrameDelivery]:
        """Take the next decoded frame; give the pictures that are ready."""
        ticks = self._clock.ticks(frame.pts, frame.dts, frame.duration)
        if ticks is None:
            self._damage.frame(self.position)
            return
        time = self._register(frame, ticks)
        needs = tuple(index for index, sampler in enumerate(self._samplers) if sampler.wants(time))
        frame.pts = ticks
        if needs:
            duration_s = round(float(self._last_duration * self._time_base), 6)
            self._waiting[ticks] = _Chosen(needs, MediaTime(time), len(self.times) - 1, duration_s)
        if self._fields is None and frame.interlaced_frame:
            self._fields = Deinterlacer()
        if self._fields is None:
            yield from self._deliver(frame) if needs else ()
            return
        try:
            ready = self._fields.take(frame, chosen=bool(needs))
        except READ_ERRORS:
            self._damage.frame(time, count=len(self._waiting))
            self._waiting.clear()
            self._fields = Deinterlacer()
            return
        for whole in ready:
            yield from self._deliver(whole)

    def _register(self, frame: VideoFrame, ticks: int) -> Fraction:
        """Enter the frame into the tables; its time in seconds."""
        self.times.append(ticks)
        self._facts.add(ticks)
        time = ticks * self._time_base - self._origin
        self._last_ticks, self._last_duration = ticks, max(0, frame.duration)
        self.position = time
        self._sizes.add((frame.width, frame.height))
        if frame.is_corrupt:
            self._damage.frame(time)
        return time

    def finish(self) -> Iterator[FrameDelivery]:
        """The pictures that were waiting for a next frame."""
        if self._fields is not None:
            for whole in self._fields.finish():
                yield from self._deliver(whole)

    def _deliver(self, frame: VideoFrame) -> Iterator[FrameDelivery]:
        """Convert a chosen frame once per form, and hand it to everybody who wants it."""
        chosen = self._waiting.pop(frame.pts or 0)
        images: dict[Form, Image] = {}
        for index in chosen.needs:
            form = self._forms[index]
            if form not in images:
                images[form] = self._converters[form].picture(frame)
            yield FrameDelivery(index, Frame(chosen.time, chosen.index, chosen.duration_s, images[form]))

    def described(self, info: VideoInfo) -> VideoInfo:
        """The track's facts, with those of the frame-time table."""
        timing = self._facts.result()
        return replace(info, timing=timing, interlaced=info.interlaced or self._fields is not None)

    def warnings(self) -> tuple[str, ...]:
        """What had to be done to the track, in sentences."""
        notes = []
        if self._clock.guessed:
            notes.append(
                f"{self._clock.guessed} frames have no time stamp; their times follow from the usual distance of the frames."
            )
        if self._clock.dropped:
            notes.append(f"{self._clock.dropped} frames were left out because their time stamps do not grow or cannot be right.")
        if len(self._sizes) > 1:
            notes.append(f"The pictures change their size {len(self._sizes)} ways in the middle of the recording.")
        return tuple(notes)

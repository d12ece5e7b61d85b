"""Writes the sound of a recording into an MP4 as it is: its own packets where browsers play them, else AAC with its channels."""

from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from videoannotator.media.decoder import Decoder, SoundDelivery
from videoannotator.media.sound import TOLERANCE_S, Mono, Samples, TimeLine
from videoannotator.media.source import READ_ERRORS

SOUND_RATE_HZ = 48_000
CHANNEL_BIT_RATE = 96_000
LONGEST_LEAP_S = 10
"""A packet that comes later than this after the track's announced end has a damaged time stamp."""
AAC_PROFILES = frozenset({"LC", "HE-AAC", "HE-AACv2"})
SLOWEST_MP3_HZ = 16_000
"""MP4 has no name for slower ones."""
LAYOUTS = {
    **{name: name for name in ("mono", "stereo", "3.0", "4.0", "5.0", "5.1")},
    "5.0(side)": "5.0",
    "5.1(side)": "5.1",
    "6.1": "5.1",
    "6.1(back)": "5.1",
    "7.1": "5.1",
    "7.1(wide)": "5.1",
}
"""Layouts that AAC has a number for and every browser plays, by the layouts that they stand for; other named ones become stereo."""


class SoundWriter(Protocol):
    """The audio track that is being written."""

    def write(self, delivery: SoundDelivery) -> None:
        """Add what comes next."""

    def finish(self) -> None:
        """Write what is still held back."""


def sound_writer(output: OutputContainer, decoder: Decoder) -> SoundWriter | None:
    """What writes the recording's sound track; None where it has none."""
    stream = decoder.sound_stream
    if stream is None:
        return None
    return _Copy(output, stream, decoder.sound_limit) if may_be_copied(stream) else _Encoding(output, stream, decoder.sound_limit)


def may_be_copied(stream: AudioStream) -> bool:
    """Whether every browser plays the packets of this track in an MP4.

    These are AAC and MP3. Opus and AC-3 may stand in an MP4 as well, but not every browser plays them there. AAC must be described
    in the file's header: where each packet describes itself (transport streams), it may change on the way, which MP4 cannot tell.
    """
    context = stream.codec_context
    if context.codec.canonical_name == "mp3":
        return context.sample_rate >= SLOWEST_MP3_HZ
    return context.codec.canonical_name == "aac" and bool(context.extradata) and context.profile in AAC_PROFILES


class _Copy:
    """Moves packets over untouched, with their times on the time line. What the decoder refuses does not come here: a gap.

    A time that differs from the end of the packet before it by less than rounding explains is set to that end. Sound from before
    time 0, which a decoder needs to get going, goes over too; the file says that playing begins after it.
    """

    def __init__(self, output: OutputContainer, template: AudioStream, limit: Fraction | None) -> None:
        self._output = output
        self._stream: AudioStream = output.add_stream_from_template(template)
        self._limit = limit
        self._rate_hz = template.codec_context.sample_rate
        self._samples = template.codec_context.frame_size
        self._next: Fraction | None = None
        self._last: int | None = None

    def write(self, delivery: SoundDelivery) -> None:
        """Add the packet, unless it lies where another one is."""
        packet = delivery.packet
        if packet is None:
            return
        time = self._time(delivery.time)
        ticks = round(time * self._rate_hz)
        if self._last is not None and ticks <= self._last:
            return
        length = Fraction(self._samples, self._rate_hz) or (packet.duration or 0) * Fraction(packet.time_base or 0)
        self._last, self._next = ticks, time + length
        packet.stream = self._stream
        packet.time_base = Fraction(1, self._rate_hz)
        packet.pts = packet.dts = ticks
        packet.duration = round(length * self._rate_hz)
        self._output.mux(packet)

    def _time(self, time: Fraction | None) -> Fraction:
        expected = self._next if self._next is not None else Fraction(0)
        if time is None or (self._limit is not None and time > max(self._limit, expected) + LONGEST_LEAP_S):
            return expected
        return expected if self._next is not None and abs(time - expected) < TOLERANCE_S else time

    def finish(self) -> None:
        """Nothing is held back."""


class _Encoding:
    """Encodes AAC with the channels of the track, as far as `LAYOUTS` goes, on an unbroken time line.

    More than two channels of which nobody says where they belong become one.
    """

    def __init__(self, output: OutputContainer, source: AudioStream, limit: Fraction | None) -> None:
        named = source.codec_context.layout.name
        self._layout = LAYOUTS.get(named, "mono" if _is_unnamed(named) else "stereo")
        self._output = output
        self._stream: AudioStream = output.add_stream("aac", rate=SOUND_RATE_HZ, layout=self._layout)
        self._stream.codec_context.bit_rate = CHANNEL_BIT_RATE * self._stream.codec_context.layout.nb_channels
        self._limit = limit
        self._reader: AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None
        self._line: TimeLine | None = None
        self._rate_hz = 0
        self._resampler: AudioResampler | None = None
        self._written = 0

    def write(self, delivery: SoundDelivery) -> None:
        """Add what was decoded; a frame that cannot be read is left out, which leaves silence."""
        for frame, time in delivery.frames:
            try:
                samples = self._read(frame)
            except READ_ERRORS:
                continue
            if self._line is None:
                self._line = TimeLine(self._rate_hz, self._limit)
            for piece in self._line.place(samples, time):
                self._resample(piece)

    def _read(self, frame: AudioFrame) -> Samples:
        """The frame's samples, shape (n, channels), in the written layout and at the rate of the first frame."""
        self._rate_hz = self._rate_hz or frame.sample_rate
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        frame.pts = None
        if _is_unnamed(frame.layout.name):
            mono = Mono().mix(frame)  # no weights, so that nothing depends on the frames before
            return np.asarray(np.repeat(mono[:, None], self._channels, axis=1), np.float32)
        if kind != self._kind or self._reader is None:
            self._reader = AudioResampler(format="flt", layout=self._layout, rate=self._rate_hz)
            self._kind = kind
        return self._joined(self._reader.resample(frame))

    @property
    def _channels(self) -> int:
        return int(self._stream.codec_context.layout.nb_channels)

    def _joined(self, frames: list[AudioFrame]) -> Samples:
        pieces = [np.asarray(piece.to_ndarray(), np.float32).reshape(-1, self._channels) for piece in frames]
        return np.asarray(np.nan_to_num(np.concatenate([*pieces, np.zeros((0, self._channels), np.float32)])), np.float32)

    def _resample(self, samples: Samples) -> None:
        if self._rate_hz == SOUND_RATE_HZ:
            self._encode(samples)
            return
        if self._resampler is None:
            self._resampler = AudioResampler(format="flt", layout=self._layout, rate=SOUND_RATE_HZ)
        self._encode(self._joined(self._resampler.resample(self._frame(samples, self._rate_hz))))

    def _encode(self, samples: Samples) -> None:
        if not len(samples) or self._line is None:
            return
        frame = self._frame(np.clip(samples, -1, 1), SOUND_RATE_HZ)
        frame.time_base = Fraction(1, SOUND_RATE_HZ)
        frame.pts = round((self._line.start or Fraction(0)) * SOUND_RATE_HZ) + self._written
        self._written += len(samples)
        self._output.mux(self._stream.encode(frame))

    def _frame(self, samples: Samples, rate_hz: int) -> AudioFrame:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32).reshape(1, -1), format="flt", layout=self._layout)
        frame.sample_rate = rate_hz
        return frame

    def finish(self) -> None:
        """Write what resampler and encoder still hold."""
        if self._resampler is not None:
            self._encode(self._joined(self._resampler.resample(None)))
        self._output.mux(self._stream.encode(None))


def _is_unnamed(layout: str) -> bool:
    """Whether a layout, by libav's name of it, is a number of channels alone: mono and stereo always have their names."""
    return layout.endswith(" channels")

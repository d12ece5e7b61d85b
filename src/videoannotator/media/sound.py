"""The sound track on the recording's time line: mono, at the rates asked for, without gaps or overlaps."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import AudioBlock

Samples = npt.NDArray[np.float32]

TOLERANCE_S = Fraction(20, 1000)
"""Time stamps that differ from the running count of samples by less are taken for rounding."""
_BLOCK_S = Fraction(1, 2)
_LONGEST_GAP_S = 60
_SLACK_S = 10


_WEIGHTS = {"FL": 0.7071, "FR": 0.7071, "FC": 1.0, "LFE": 0.0, "LFE2": 0.0}
_SURROUND_WEIGHT = 0.5


class Mono:
    """Mixes frames of any format, layout and rate down to mono float at the rate of the first one.

    The channels are weighted as in Recommendation ITU-R BS.775 (annex 4, mono from 3/2), and the weights scaled to a sum of 1, so
    that a sound in all channels keeps its level and nothing is clipped.
    """

    def __init__(self) -> None:
        self.rate_hz = 0
        self._kind: tuple[str, str, int] | None = None
        self._reader: AudioResampler | None = None

    def mix(self, frame: AudioFrame) -> Samples:
        """The frame's samples; a few from before it may come first, and a few be held back, when the rate changes on the way."""
        self.rate_hz = self.rate_hz or frame.sample_rate
        if self._reader is None and _is_plain(frame) and frame.sample_rate == self.rate_hz:
            return _finite(_weighted(np.asarray(frame.to_ndarray(), np.float32).T, frame))
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        rest: list[AudioFrame] = []
        if kind != self._kind or self._reader is None:
            rest = self._reader.resample(None) if self._reader is not None else []
            self._reader = AudioResampler(format="flt", layout=frame.layout, rate=self.rate_hz)
            self._kind = kind
        frame.pts = None
        pieces = [_mixed(piece) for piece in (*rest, *self._reader.resample(frame))]
        return _finite(np.concatenate([*pieces, np.zeros(0, np.float32)]))


def _mixed(frame: AudioFrame) -> Samples:
    """One mono array from a frame of packed floats."""
    return _weighted(np.asarray(frame.to_ndarray(), np.float32).reshape(-1, frame.layout.nb_channels), frame)


def _is_plain(frame: AudioFrame) -> bool:
    """Whether the samples can be taken as they are; PyAV cannot count the planes of frames of eight and more channels."""
    return frame.format.name == "fltp" and frame.layout.nb_channels < 8


def _finite(samples: Samples) -> Samples:
    """The samples, with what is no number set to 0."""
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples)


def _weighted(channels: Samples, frame: AudioFrame) -> Samples:
    """The weighted sum of channels, shape (n, channels), as the frame's layout names them."""
    if channels.shape[1] == 1:
        return channels[:, 0]
    names = [channel.name for channel in frame.layout.channels]
    weights = np.array([_WEIGHTS.get(name, _SURROUND_WEIGHT) for name in names], np.float32)
    return np.asarray(channels @ (weights / weights.sum()), np.float32)


class TimeLine:
    """Puts pieces of sound where their time stamps say, in one unbroken run of samples.

    A piece that comes later than the samples so far leaves a gap, which is filled with silence; of a piece that comes earlier, the
    part that is already there is cut. Only differences of at least 20 ms count, against the absolute time, so nothing adds up.

    Args:
        rate_hz: of the samples.
        limit: where the track is announced to end, seconds; a leap to well after it is taken for damage and ignored. None when
            nobody knows.

    Attributes:
        start: time of the first sample; None before there is one.
        silence_s, cut_s: seconds of silence put in, and of sound cut out.
        ignored: time stamps that cannot be right.
    """

    def __init__(self, rate_hz: int, limit: Fraction | None) -> None:
        self.start: Fraction | None = None
        self.silence_s = Fraction(0)
        self.cut_s = Fraction(0)
        self.ignored = 0
        self._rate_hz = rate_hz
        self._limit = limit
        self._count = 0

    @property
    def end(self) -> Fraction:
        """Time at which the samples so far end, seconds; 0 before there are any."""
        return Fraction(0) if self.start is None else self.start + Fraction(self._count, self._rate_hz)

    def place(self, samples: Samples, time: Fraction | None) -> Iterator[Samples]:
        """What follows the samples so far, in pieces of at most a second: silence first if there is a gap.

        `samples`: shape (n,), or (n, channels).
        """
        if self.start is None:
            sensible = time is not None and (self._limit is None or time <= self._limit + _SLACK_S)
            self.ignored += not sensible
            self.start = max(Fraction(0), time) if time is not None and sensible else Fraction(0)
        late = self._lateness(time)
        if late >= TOLERANCE_S and self._is_gap(late):
            yield from self._silence(round(late * self._rate_hz), samples.shape[1:])
        elif late <= -TOLERANCE_S:
            cut = min(len(samples), round(-late * self._rate_hz))
            self.cut_s += Fraction(cut, self._rate_hz)
            samples = samples[cut:]
        self._count += len(samples)
        if len(samples):
            yield samples

    def _lateness(self, time: Fraction | None) -> Fraction:
        """Seconds from the end of the samples so far to `time`; 0 where it is clear that they do not matter."""
        if time is None or self.start is None:
            return Fraction(0)
        roughly = float(time) - float(self.start) - self._count / self._rate_hz
        return Fraction(0) if abs(roughly) < 0.9 * TOLERANCE_S else time - self.end

    def _is_gap(self, late: Fraction) -> bool:
        """Whether a time stamp that is late by so much can be right."""
        room = Fraction(_LONGEST_GAP_S) if self._limit is None else self._limit + _SLACK_S - self.end
        sensible = late <= max(room, Fraction(_SLACK_S))
        self.ignored += not sensible
        return sensible

    def _silence(self, count: int, channels: tuple[int, ...]) -> Iterator[Samples]:
        self.silence_s += Fraction(count, self._rate_hz)
        self._count += count
        while count > 0:
            piece = min(count, self._rate_hz)
            yield np.zeros((piece, *channels), np.float32)
            count -= piece


class Outlet:
    """One rate at which the sound is wanted: resamples and cuts into blocks.

    Args:
        source_rate_hz: of what it is fed.
        rate_hz: of what it gives.
    """

    def __init__(self, source_rate_hz: int, rate_hz: int) -> None:
        self._source_rate_hz = source_rate_hz
        self._rate_hz = rate_hz
        same = source_rate_hz == rate_hz
        self._resampler = None if same else AudioResampler(format="flt", layout="mono", rate=rate_hz)
        self._held: list[Samples] = []
        self._held_count = 0
        self._fed = 0
        self._given = 0

    def feed(self, samples: Samples, start: Fraction) -> Iterator[AudioBlock]:
        """Take the next samples; give a block whenever half a second is ready. `start`: time of the track's first sample."""
        self._fed += len(samples)
        self._held.append(samples)
        self._held_count += len(samples)
        if self._held_count >= self._source_rate_hz * _BLOCK_S:
            yield from self._block(self._resampled(), start)

    def finish(self, start: Fraction) -> Iterator[AudioBlock]:
        """The rest."""
        rest = [self._resampled()]
        if self._resampler is not None and self._fed:
            rest.append(_joined(self._resampler.resample(None)))
        wanted = round(Fraction(self._fed * self._rate_hz, self._source_rate_hz)) - self._given
        yield from self._block(np.concatenate(rest)[:wanted], start)

    def _resampled(self) -> Samples:
        """What was held, at the rate of the outlet; a little of it may stay in the resampler."""
        samples: Samples = np.concatenate([*self._held, np.zeros(0, np.float32)])
        self._held, self._held_count = [], 0
        if self._resampler is None or not len(samples):
            return samples
        return _joined(self._resampler.resample(_frame(samples, self._source_rate_hz)))

    def _block(self, samples: Samples, start: Fraction) -> Iterator[AudioBlock]:
        if not len(samples):
            return
        samples = np.clip(samples, -1, 1)
        samples.setflags(write=False)
        time = MediaTime(start + Fraction(self._given, self._rate_hz))
        yield AudioBlock(time, self._given, self._rate_hz, samples)
        self._given += len(samples)


class SoundTrack:
    """The whole way from decoded audio frames to blocks at every rate asked for.

    Args:
        rates_hz: the distinct rates.
        limit: latest sensible end of the track, seconds; None when nobody knows.
    """

    def __init__(self, rates_hz: tuple[int, ...], limit: Fraction | None) -> None:
        self._rates_hz = rates_hz
        self._limit = limit
        self._mono = Mono()
        self._line: TimeLine | None = None
        self._outlets: list[Outlet] = []

    @property
    def end(self) -> Fraction:
        """Time at which the sound so far ends, seconds."""
        return Fraction(0) if self._line is None else self._line.end

    @property
    def start(self) -> Fraction | None:
        """Time of the first sample, seconds; None before there is one."""
        return None if self._line is None else self._line.start

    def feed(self, frame: AudioFrame, time: Fraction | None) -> Iterator[AudioBlock]:
        """Take the next decoded frame, with its time in seconds; give the blocks that are ready."""
        samples = self._mono.mix(frame)
        if self._line is None:
            self._line = TimeLine(self._mono.rate_hz, self._limit)
            self._outlets = [Outlet(self._mono.rate_hz, rate) for rate in self._rates_hz]
        for piece in self._line.place(samples, time):
            for outlet in self._outlets:
                yield from outlet.feed(piece, self._line.start or Fraction(0))

    def finish(self) -> Iterator[AudioBlock]:
        """The blocks that were waiting for the end."""
        for outlet in self._outlets:
            yield from outlet.finish(self.start or Fraction(0))

    def warnings(self) -> tuple[str, ...]:
        """What had to be done to the track, in sentences."""
        notes = []
        if self._line is not None and self._line.silence_s:
            notes.append(f"The sound track has gaps of {float(self._line.silence_s):.2f} s in all; they were filled with silence.")
        if self._line is not None and self._line.cut_s:
            notes.append(f"Pieces of the sound track overlap by {float(self._line.cut_s):.2f} s in all; the overlaps were cut.")
        if self._line is not None and self._line.ignored:
            notes.append(f"{self._line.ignored} time stamps of the sound track cannot be right and were ignored.")
        return tuple(notes)


def _frame(samples: Samples, rate_hz: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate_hz
    return frame


def _joined(frames: list[AudioFrame]) -> Samples:
    """The samples of packed mono frames, as a fresh array."""
    arrays = [np.asarray(frame.to_ndarray(), np.float32).reshape(-1) for frame in frames]
    return np.concatenate(arrays) if arrays else np.zeros(0, np.float32)

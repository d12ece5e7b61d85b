"""Cutting a stream of sound into stretches of speech that a recogniser can take one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ, WINDOW_S, WINDOW_SAMPLES, Activity, Voicing, sure_probability
from videoannotator.media.sound_window import Samples, SoundWindow

_SHORTEST_CLEAN_GAP = 4
"""Windows. A gap in the voice activity of at least 0.13 s is no stop consonant, so no word goes on behind it."""
_OVERLAP = 31
"""Windows (1 s) on either side of a cut in the middle of speech that both stretches contain, so that one holds every word whole."""


@dataclass(frozen=True, slots=True)
class SegmentingRules:
    """Where stretches of speech begin and end; all times in seconds, `threshold` is a probability."""

    threshold: float
    min_speech_s: float
    min_pause_s: float
    max_segment_s: float
    padding_s: float


@dataclass(frozen=True, slots=True)
class SpeechSegment:
    """A stretch of speech. Positions are counted in samples from the start of the stream.

    Attributes:
        first_sample: position of `samples[0]`.
        samples: float32 at 16 kHz, shape (n,): the speech with a little of the silence around it.
        speech_start, speech_end: from the first voiced window up to the end of the last one.
        cut: where speech had to be cut because it did not pause; this stretch and the next both contain the sound around it. None
            when the stretch ends at a pause.
    """

    first_sample: int
    samples: Samples
    speech_start: int
    speech_end: int
    cut: int | None = None

    @property
    def end_sample(self) -> int:
        """Position behind the last sample."""
        return self.first_sample + len(self.samples)


@dataclass(slots=True)
class _OpenStretch:
    """Speech that has begun: its first window, of every window since then whether it is voiced, and the highest probability."""

    start: int
    voiced: list[bool]
    peak: float

    def size(self) -> int:
        """Windows up to the last voiced one."""
        return len(self.voiced) - next(offset for offset, voiced in enumerate(reversed(self.voiced)) if voiced)

    def gaps(self) -> list[tuple[int, int]]:
        """(first offset, offset behind the last) of every unvoiced run between voiced ones."""
        gaps, at = [], 0
        for voiced, run in groupby(self.voiced):
            size = len(list(run))
            if not voiced and at + size < len(self.voiced):
                gaps.append((at, at + size))
            at += size
        return gaps


class SpeechSegmenter:
    """Finds speech in a stream and cuts it at pauses.

    Stretches whose pause between them is shorter than `min_pause_s` belong together, so that the recogniser sees as much context as
    possible. A stretch that grows beyond `max_segment_s` is cut at its longest gap; where there is none, at its quietest place, and
    then both sides contain the second around the cut. What is kept of the stream never exceeds one stretch and its padding.

    Args:
        rules: see `SegmentingRules`.
        activity: voice activity of this stream.
    """

    def __init__(self, rules: SegmentingRules, activity: Activity) -> None:
        self._rules = rules
        self._activity = activity
        self._sound = SoundWindow()
        self._windows = 0
        self._open: _OpenStretch | None = None
        self._voicing = Voicing(rules.threshold)
        self._floor = 0  # sound before this position belongs to the stretch before
        self._padding = round(min(rules.padding_s, rules.min_pause_s) * SAMPLE_RATE_HZ)
        self._pause = max(1, round(rules.min_pause_s / WINDOW_S))
        self._longest = round(rules.max_segment_s / WINDOW_S)
        self._sure = sure_probability(rules.threshold)
        self._fewest = max(1, round(rules.min_speech_s / WINDOW_S))

    def feed(self, samples: Samples) -> Iterator[SpeechSegment]:
        """Take the next samples (float32 at 16 kHz, shape (n,)); give the stretches that are complete."""
        self._sound.append(samples)
        yield from self._advance(self._activity.feed(samples))
        begin = self._open.start if self._open else self._windows
        self._sound.forget_before(begin * WINDOW_SAMPLES - self._padding)

    def finish(self) -> Iterator[SpeechSegment]:
        """End the stream; give the stretch that was still open."""
        yield from self._advance(self._activity.finish())
        if self._open:
            yield from self._close(self._open)

    def _advance(self, probabilities: npt.NDArray[np.float32]) -> Iterator[SpeechSegment]:
        for probability in probabilities:
            voiced = self._voicing.follow(probability)
            self._windows += 1
            if self._open is None and voiced:
                self._open = _OpenStretch(self._windows - 1, [], 0.0)
            if self._open is not None:
                self._open.voiced.append(voiced)
                self._open.peak = max(self._open.peak, float(probability))
                yield from self._grown(self._open)

    def _grown(self, stretch: _OpenStretch) -> Iterator[SpeechSegment]:
        """Close or cut the open stretch if its newest window calls for it."""
        size = stretch.size()
        if len(stretch.voiced) - size >= self._pause:
            yield from self._close(stretch)
        elif size > self._longest:
            yield from self._cut(stretch)

    def _close(self, stretch: _OpenStretch) -> Iterator[SpeechSegment]:
        """End the open stretch at the pause that follows its last voiced window."""
        self._open = None
        end = (stretch.start + stretch.size()) * WINDOW_SAMPLES
        if sum(stretch.voiced) >= self._fewest and stretch.peak >= self._sure:
            yield self._segment(stretch.start, end, end + self._padding)

    def _cut(self, stretch: _OpenStretch) -> Iterator[SpeechSegment]:
        """Give the first part of the open stretch, unless nothing of it is surely speech, and go on with the rest."""
        sure = stretch.peak >= self._sure
        late_enough = [gap for gap in stretch.gaps() if gap[0] >= self._longest // 3 and gap[1] - gap[0] >= _SHORTEST_CLEAN_GAP]
        if late_enough:
            first, behind = max(late_enough, key=lambda gap: (gap[1] - gap[0], gap[0]))
            end, begin = stretch.start + first, stretch.start + behind
            middle = (end + begin) * WINDOW_SAMPLES // 2
            if sure:
                yield self._segment(stretch.start, end * WINDOW_SAMPLES, min(end * WINDOW_SAMPLES + self._padding, middle))
            self._go_on(stretch, behind)
        else:
            offset = self._quietest(stretch)
            cut = (stretch.start + offset) * WINDOW_SAMPLES
            end = cut + _OVERLAP * WINDOW_SAMPLES
            if sure:
                yield self._segment(stretch.start, end, end, cut)
                self._floor = cut - _OVERLAP * WINDOW_SAMPLES
            self._go_on(stretch, offset - _OVERLAP)

    def _quietest(self, stretch: _OpenStretch) -> int:
        """Offset of the quietest place of the second half, far enough from the end for both sides to overlap there."""
        begin, end = self._longest // 2, self._longest - _OVERLAP
        _, samples = self._sound.cut_out((stretch.start + begin) * WINDOW_SAMPLES, (stretch.start + end) * WINDOW_SAMPLES)
        loudness = (samples.reshape(end - begin, WINDOW_SAMPLES) ** 2).mean(axis=1)
        return begin + int(np.argmin(np.convolve(loudness, np.ones(3) / 3, "same")[1:-1])) + 1

    def _go_on(self, stretch: _OpenStretch, offset: int) -> None:
        """Let what follows `offset` be the open stretch."""
        self._open = _OpenStretch(stretch.start + offset, stretch.voiced[offset:], stretch.peak)

    def _segment(self, start: int, speech_end: int, end: int, cut: int | None = None) -> SpeechSegment:
        """The stretch from window `start` to sample `end`, with padding before it."""
        speech_start = start * WINDOW_SAMPLES
        first, samples = self._sound.cut_out(max(self._floor, speech_start - self._padding), end)
        self._floor = first + len(samples)
        return SpeechSegment(first, samples, speech_start, min(speech_end, self._sound.end), cut)

"""The quality of the sound: stretches of silence, speech and loud sound, and a judgement of every minute."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.sound import SoundFlag, SoundKind, SoundMinute, SoundSegment, Verdict
from videoannotator.annotations.time import MediaTime
from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ, WINDOW_SAMPLES, VoiceActivity
from videoannotator.inference.voice_activity import WEIGHTS as VOICE_ACTIVITY
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock, AudioNeed
from videoannotator.pipelines.audio_quality.minutes import assess
from videoannotator.pipelines.audio_quality.options import AudioQualityOptions
from videoannotator.pipelines.audio_quality.segmenting import SoundSegmenter, Stretch
from videoannotator.pipelines.audio_quality.windows import WindowMeasures, Windows
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext

MINUTE = 60 * SAMPLE_RATE_HZ // WINDOW_SAMPLES
"""Windows in a minute, exactly."""


class AudioQuality(Pipeline[AudioQualityOptions]):
    """Voice activity tells speech from the rest, and levels, histograms and spectra tell what is wrong with it.

    What is kept of the sound never exceeds one minute.
    """

    name = "audio_quality"
    display_name = "Sound quality"
    description = (
        "Whether the sound is usable: where there is speech, silence or loud noise, and for every minute the level of speech, the "
        "noise floor, the signal-to-noise ratio, clipping, hum, offset and dropouts, with a verdict."
    )
    family = "audio-quality"
    variant = "levels"
    version = "1.0.0"
    tasks = ("audio-quality-assessment", "voice-activity-detection")
    modalities = ("audio",)
    Options = AudioQualityOptions
    produces = (SoundSegment, SoundMinute)
    weights = (VOICE_ACTIVITY,)

    @classmethod
    def needs(cls, options: AudioQualityOptions) -> Needs:  # noqa: ARG003  the need is the same whatever they are
        return Needs(audio=AudioNeed(SAMPLE_RATE_HZ))

    def __init__(self, options: AudioQualityOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._clock = StreamClock()
        self._minute: list[Windows] = []
        self._minute_windows = 0
        self._assessed = 0
        self._verdicts: Counter[Verdict] = Counter()
        self._reasons: Counter[SoundFlag] = Counter()

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  nothing depends on it
        """Load the network.

        Raises:
            WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
        """
        options = self.options
        self._measures = WindowMeasures(VoiceActivity(self.context.sessions.get(VOICE_ACTIVITY)), options.speech_threshold)
        self._segmenter = SoundSegmenter(options.loud_dbfs, options.min_speech_s, options.min_pause_s)

    def feed(self, batch: Batch) -> Iterable[object]:
        if not isinstance(batch, AudioBlock):
            return
        self.context.check_stop()
        self._clock.see(batch)
        yield from self._take(self._measures.feed(batch.samples))

    def finish(self) -> Iterable[object]:
        yield from self._take(self._measures.finish())
        for kind, stretch in self._segmenter.finish():
            yield self._segment(kind, stretch)
        if self._minute_windows:
            yield self._judged()
        self._report()

    def _take(self, windows: Windows) -> Iterator[object]:
        for kind, stretch in self._segmenter.feed(windows):
            yield self._segment(kind, stretch)
        while len(windows):
            now, windows = windows.split(min(len(windows), MINUTE - self._minute_windows))
            self._minute.append(now)
            self._minute_windows += len(now)
            if self._minute_windows == MINUTE:
                yield self._judged()

    def _segment(self, kind: SoundKind, stretch: Stretch) -> SoundSegment:
        level, peak = None, None
        if stretch.energy > 0:
            level, peak = 10 * math.log10(stretch.energy / stretch.samples), 20 * math.log10(stretch.peak)
        return SoundSegment(
            start=self._time(stretch.start),
            end=self._time(stretch.start + stretch.samples),
            kind=kind,
            level_dbfs=None if level is None else round(level, 2),
            peak_dbfs=None if peak is None else round(peak, 2),
            confidence=round(stretch.voice / stretch.windows, 4) if kind is SoundKind.SPEECH else None,
        )

    def _judged(self) -> SoundMinute:
        """The minute that is complete, or all there is of it."""
        self.context.check_stop()
        windows = Windows.joined(self._minute)
        self._minute, self._minute_windows = [], 0
        start, self._assessed = self._assessed, self._assessed + len(windows.samples)
        found = assess(windows, self._time(start), self._time(self._assessed), self.options)
        self._verdicts[found.verdict] += 1
        if found.verdict is Verdict.UNUSABLE:
            self._reasons.update(found.flags)
        return found

    def _time(self, sample: int) -> MediaTime:
        """The time of a sample of the stream that this pipeline was fed."""
        return self._clock.time(sample, SAMPLE_RATE_HZ)

    def _report(self) -> None:
        """Say how much of the recording cannot be used."""
        unusable = self._verdicts[Verdict.UNUSABLE]
        if unusable:
            minutes = sum(self._verdicts.values())
            reasons = ", ".join(f"{flag.value} in {count}" for flag, count in self._reasons.most_common())
            self.context.warn(
                f"The sound of {unusable} of {minutes} minutes is unusable for speech ({reasons}): see the table sound_minutes."
            )

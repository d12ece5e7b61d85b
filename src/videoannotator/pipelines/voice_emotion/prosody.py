"""What the pipelines here have in common: sound in, and at the end, how each stretch of voice was spoken."""

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from typing import ClassVar, TypeVar

import numpy as np

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.prosody import VoiceFlag, VoiceMeasure, VoiceProfile, VoiceSegment
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ, VoiceActivity
from videoannotator.inference.voice_activity import WEIGHTS as VOICE_ACTIVITY
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock, AudioNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext
from videoannotator.pipelines.voice_emotion.arousal import Comparison
from videoannotator.pipelines.voice_emotion.judging import EmotionJudge, Emotions
from videoannotator.pipelines.voice_emotion.listening import Listener
from videoannotator.pipelines.voice_emotion.measuring import Reading, read_steps
from videoannotator.pipelines.voice_emotion.options import ProsodyOptions
from videoannotator.pipelines.voice_emotion.pitch import HOP
from videoannotator.pipelines.voice_emotion.profiles import Profiles
from videoannotator.pipelines.voice_emotion.stretches import Stretch, Surroundings, of_speech, of_turns
from videoannotator.pipelines.voice_emotion.tracks import STEP, Spool
from videoannotator.pipelines.voice_emotion.words import SpokenWords

ProsodyOptionsT = TypeVar("ProsodyOptionsT", bound=ProsodyOptions)
RecordT = TypeVar("RecordT")

COMPARED = (VoiceMeasure.PITCH, VoiceMeasure.ENERGY, VoiceMeasure.SYLLABLE_RATE)
"""What arousal is judged by."""

_PCM = np.dtype(np.int16)
_FULL_SCALE = 32767


class ProsodyPipeline(Pipeline[ProsodyOptionsT]):
    """Measures the prosody of every speaker's turns, or, where nobody tells speakers apart, of every stretch of speech.

    Emotions are told by what `open_judge` gives, which is where its subclasses differ.
    """

    family: ClassVar[str] = "voice"
    tasks: ClassVar[tuple[str, ...]] = ("prosody-analysis", "pitch-tracking", "voice-quality", "speech-emotion-recognition")
    modalities: ClassVar[tuple[str, ...]] = ("audio",)
    produces: ClassVar[tuple[type, ...]] = (VoiceSegment, VoiceProfile)
    weights: ClassVar[tuple[str, ...]] = (VOICE_ACTIVITY,)

    @abstractmethod
    def open_judge(self) -> EmotionJudge | None:
        """Load what tells the emotions; None tells none.

        Raises:
            ExtraMissingException: it needs an extra that is not installed.
            WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
            InvalidConfigException: the added weights are something else, or their categories are not known.
        """

    @classmethod
    def needs(cls, options: ProsodyOptionsT) -> Needs:  # noqa: ARG003  the need is the same whatever they are
        return Needs(audio=AudioNeed(SAMPLE_RATE_HZ), afterwards=(SpeakerTurn, Utterance))

    def __init__(self, options: ProsodyOptionsT, context: RunContext) -> None:
        super().__init__(options, context)
        self._clock = StreamClock()
        self._spools: list[Spool] = []
        self._judge: EmotionJudge | None = None

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  nothing depends on it
        """Load the networks. Raises as `open_judge` does.

        Raises:
            StorageFullException: there is no room for a temporary file.
        """
        options, sessions = self.options, self.context.sessions
        activity = VoiceActivity(sessions.get(VOICE_ACTIVITY))
        self._judge = self.open_judge()
        self._steps, self._sound = Spool(STEP), Spool(_PCM)
        self._spools = [self._steps, self._sound]
        self._listener = Listener(activity, self._steps, options.min_pitch_hz, options.max_pitch_hz, self.context.check_stop)

    def feed(self, batch: Batch) -> Iterable[object]:
        if isinstance(batch, AudioBlock):
            self._clock.see(batch)
            self._listener.feed(batch.samples)
            if self._judge is not None:
                self._sound.append(np.rint(np.clip(batch.samples, -1, 1) * _FULL_SCALE))
        return ()

    def finish(self) -> Iterator[VoiceSegment | VoiceProfile]:
        self._listener.finish()
        stretches = self._stretches(self._clock.origin)
        surroundings, words = Surroundings(self._steps, stretches), SpokenWords(self._products(Utterance))
        noises, comparisons, profiles = array("d"), dict[str, Comparison](), Profiles()
        judged: list[tuple[int, int] | None] = []
        for stretch in stretches:
            self.context.check_stop()
            noises.append(surroundings.noise_power(stretch) or np.nan)
            reading = self._read(stretch, noises[-1])
            judged.append(self._part_to_judge(stretch, reading))
            features = _comparable(reading)
            if stretch.subject is not None and features is not None:
                comparisons.setdefault(stretch.subject, Comparison()).add(stretch.duration_s, features)
        told = self._told(judged)
        for stretch, noise, part in zip(stretches, noises, judged, strict=True):
            self.context.check_stop()
            reading = self._read(stretch, noise)
            reading.give(VoiceMeasure.EMOTION, "emotions", self._emotions(reading, part, told))
            segment = self._segment(stretch, reading, words, comparisons)
            profiles.add(segment)
            yield segment
        yield from profiles.made()

    def close(self) -> None:
        for spool in self._spools:
            spool.close()

    def _products(self, kind: type[RecordT]) -> Iterator[RecordT]:
        return (record for record in self.context.products(kind) if isinstance(record, kind))

    def _stretches(self, origin: MediaTime) -> list[Stretch]:
        turns = list(self._products(SpeakerTurn))
        if turns:
            return of_turns(turns, origin)
        options = self.options
        found = of_speech(self._steps, origin, options.threshold, options.min_pause_s, options.min_segment_s)
        if found:
            self.context.warn(
                "No pipeline of this run found turns of speakers, so stretches of voice have no speaker, and none can be compared "
                "with others of the same speaker. Run a pipeline for speaker diarization as well."
            )
        return found

    def _read(self, stretch: Stretch, noise_power: float) -> Reading:
        rows = self._steps.read(stretch.begin, stretch.behind)
        noise = None if np.isnan(noise_power) else noise_power
        return read_steps(rows, stretch.alone(), noise, self.options.min_segment_s)

    def _segment(self, stretch: Stretch, reading: Reading, words: SpokenWords, comparisons: dict[str, Comparison]) -> VoiceSegment:
        rate = words.rate(stretch)
        if rate is None:
            reading.missing.setdefault(VoiceMeasure.WORD_RATE, set()).add(VoiceFlag.NO_WORDS)
        reading.give(VoiceMeasure.WORD_RATE, "word_rate", rate)
        features = _comparable(reading)
        comparison = comparisons.get(stretch.subject or "")
        if features is None:
            reading.missing[VoiceMeasure.AROUSAL] = set().union(*(reading.missing.get(measure, set()) for measure in COMPARED))
        elif comparison is None or not comparison.enough:
            reading.missing[VoiceMeasure.AROUSAL] = {VoiceFlag.NO_COMPARISON}
        else:
            reading.give(VoiceMeasure.AROUSAL, "arousal_proxy", comparison.proxy(features))
        return VoiceSegment(
            stretch.start,
            stretch.end,
            stretch.subject,
            stretch.label,
            flags=tuple(flag for flag in VoiceFlag if flag in reading.flags),
            missing={
                measure: tuple(flag for flag in VoiceFlag if flag in reading.missing[measure])
                for measure in VoiceMeasure
                if measure in reading.missing
            },
            **reading.values,
        )

    def _part_to_judge(self, stretch: Stretch, reading: Reading) -> tuple[int, int] | None:
        """The longest part in which this voice is alone, in steps from the begin of the sound; None without a voice in it."""
        begin, behind = _longest(stretch.alone())
        if VoiceMeasure.PITCH in reading.missing or behind - begin < self.options.min_segment_s * SAMPLE_RATE_HZ / HOP:
            return None
        return stretch.begin + begin, stretch.begin + behind

    def _told(self, judged: Iterable[tuple[int, int] | None]) -> Iterator[Emotions | None]:
        """What is told of each part that is judged, in order."""
        if self._judge is None:
            return iter(())
        parts = (part for part in judged if part is not None)
        pcms = (self._sound.read(begin * HOP, behind * HOP) for begin, behind in parts)
        sounds = (pcm.astype(np.float32) / np.float32(_FULL_SCALE) for pcm in pcms)
        return self._judge.judge(sounds, self.context.check_stop)

    def _emotions(self, reading: Reading, part: tuple[int, int] | None, told: Iterator[Emotions | None]) -> Emotions:
        """The emotions of a stretch; without any, the reading says why, unless nobody asked for them."""
        if self._judge is None:
            return ()
        if part is None:
            reading.missing[VoiceMeasure.EMOTION] = set(reading.missing.get(VoiceMeasure.PITCH) or {VoiceFlag.OVERLAP})
            return ()
        emotions = next(told)
        if emotions is None:
            reading.missing[VoiceMeasure.EMOTION] = {VoiceFlag.FAILED}
        return emotions or ()


def _comparable(reading: Reading) -> tuple[float, float, float] | None:
    """Median pitch, level, and syllable rate; None unless all were measured."""
    pitch, energy, rate = (reading.values.get(name) for name in ("pitch", "energy", "syllable_rate"))
    return None if pitch is None or energy is None or rate is None else (pitch.median_hz, energy.mean_dbfs, rate)


def _longest(alone: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[int, int]:
    """The longest run of True: where it begins, and what is behind it."""
    edges = np.diff(np.concatenate([[0], alone.astype(int), [0]]))
    begins, behinds = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not len(begins):
        return 0, 0
    longest = int(np.argmax(behinds - begins))
    return int(begins[longest]), int(behinds[longest])

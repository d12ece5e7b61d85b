"""Speech recognition: what is said, and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ, VoiceActivity
from videoannotator.inference.voice_activity import WEIGHTS as VOICE_ACTIVITY
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock, AudioNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext
from videoannotator.pipelines.speech_recognition.alignment import Span, WordAligner
from videoannotator.pipelines.speech_recognition.joining import TimedWord, in_order, joined
from videoannotator.pipelines.speech_recognition.moonshine import DECODER, ENCODER, TOKENIZER, MoonshineRecogniser, read_tokens
from videoannotator.pipelines.speech_recognition.options import SpeechRecognitionOptions
from videoannotator.pipelines.speech_recognition.recognition import Recogniser, Recognition
from videoannotator.pipelines.speech_recognition.segmenting import SegmentingRules, SpeechSegment, SpeechSegmenter
from videoannotator.pipelines.speech_recognition.whisper import WhisperRecogniser

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch of speech with the words in it; `start` and `end` are samples from the start of the stream."""

    start: int
    end: int
    words: tuple[TimedWord, ...]
    recognition: Recognition
    cut: int | None


@dataclass(slots=True)
class _Tally:
    """Stretches of speech that something befell, and how many samples of speech they held."""

    stretches: int = 0
    samples: int = 0

    def add(self, segment: SpeechSegment) -> None:
        """Count one more."""
        self.stretches += 1
        self.samples += segment.speech_end - segment.speech_start

    def __str__(self) -> str:
        """For a sentence, as in "in 2 stretches of speech (3.1 s)"."""
        noun = "stretch" if self.stretches == 1 else "stretches"
        return f"{self.stretches} {noun} of speech ({self.samples / SAMPLE_RATE_HZ:.1f} s)"


class SpeechRecognition(Pipeline[SpeechRecognitionOptions]):
    """Voice activity finds speech, a recogniser turns it into text, and forced alignment finds every word in the sound.

    Sound without voice never reaches a recogniser: left to themselves these networks invent words for silence and noise.
    """

    name = "speech_recognition"
    display_name = "Speech recognition"
    description = (
        "What is said and when: utterances with the time and the confidence of every word. English offline; other languages with "
        "the optional faster-whisper back-end. Its accuracy on the speech of children has not been measured."
    )
    family = "speech-recognition"
    variant = "moonshine-tiny"
    version = "1.0.0"
    tasks = ("speech-recognition",)
    modalities = ("audio",)
    former_names = ("speech",)
    Options = SpeechRecognitionOptions
    produces = (Utterance,)
    weights = (VOICE_ACTIVITY, ENCODER, DECODER, TOKENIZER)

    @classmethod
    def needs(cls, options: SpeechRecognitionOptions) -> Needs:  # noqa: ARG003  the need is the same whatever they are
        return Needs(audio=AudioNeed(SAMPLE_RATE_HZ))

    def __init__(self, options: SpeechRecognitionOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._held: _Heard | None = None
        self._clock = StreamClock()
        self._unsure, self._wordless, self._looped, self._unaligned = _Tally(), _Tally(), _Tally(), _Tally()

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  nothing depends on it
        """Load the networks.

        Raises:
            WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
            ExtraMissingException: faster-whisper was asked for and is not installed.
            InvalidConfigException: faster-whisper knows no such model or language.
        """
        sessions = self.context.sessions
        rules = SegmentingRules(
            threshold=self.options.threshold,
            min_speech_s=self.options.min_speech_s,
            min_pause_s=self.options.min_pause_s,
            max_segment_s=self.options.max_segment_s,
            padding_s=self.options.padding_s,
        )
        self._segmenter = SpeechSegmenter(rules, VoiceActivity(sessions.get(VOICE_ACTIVITY)))
        self._recogniser = self._load_recogniser()
        self._aligner = WordAligner()
        if self.options.word_times and self.options.backend == "moonshine" and not self._aligner.available:
            self.context.warn(
                "Word times are shared out by word length: pocketsphinx, which finds the words in the sound, is not installed. "
                "It has no package for this version of Python; use Python 3.13 or older for aligned times."
            )

    def _load_recogniser(self) -> Recogniser:
        sessions = self.context.sessions
        if self.options.backend == "moonshine":
            return MoonshineRecogniser(sessions.get(ENCODER), sessions.get(DECODER), read_tokens(sessions.file(TOKENIZER)))
        return WhisperRecogniser(self.options.model or "base", self.options.language, sessions)

    def syllables(self, word: str, language: str) -> int | None:
        """How many syllables a recognised word has; None unless it is English."""
        return self._aligner.syllables(word) if language == ENGLISH else None

    def feed(self, batch: Batch) -> Iterable[object]:
        if not isinstance(batch, AudioBlock):
            return
        self._clock.see(batch)
        for segment in self._segmenter.feed(batch.samples):
            yield from self._recognise(segment)

    def finish(self) -> Iterable[object]:
        for segment in self._segmenter.finish():
            yield from self._recognise(segment)
        if self._held:
            yield self._utterance(self._held)
        self._report()

    def _recognise(self, segment: SpeechSegment) -> Iterator[Utterance]:
        """Recognise a stretch; give the utterances that are final now."""
        self.context.check_stop()
        heard = self._hear(segment)
        held, self._held = self._held, None
        if held and heard and held.cut is not None:
            held, heard = self._joined(held, heard, held.cut)
        if held and held.words:
            yield self._utterance(held)
        if heard and heard.words:
            if heard.cut is None:
                yield self._utterance(heard)
            else:
                self._held = heard

    def _hear(self, segment: SpeechSegment) -> _Heard | None:
        """The words of a stretch; None, counted, when there are none or they are too unsure."""
        recognition = self._recogniser.recognise(segment.samples, self.context.check_stop)
        if recognition.looped:
            self._looped.add(segment)
        if not recognition.words:
            self._wordless.add(segment)
            return None
        if recognition.confidence < self.options.confidence_threshold:
            self._unsure.add(segment)
            return None
        self.context.check_stop()
        spans = self._spans(segment, recognition)
        first = segment.first_sample
        words = tuple(
            in_order(
                [
                    TimedWord(word.text, word.confidence, first + span.start, first + span.end, span.timing)
                    for word, span in zip(recognition.words, spans, strict=True)
                ],
                first,
            )
        )
        start, end = min(segment.speech_start, words[0].start), max(segment.speech_end, words[-1].end)
        return _Heard(start, end, words, recognition, segment.cut)

    def _spans(self, segment: SpeechSegment, recognition: Recognition) -> list[Span]:
        """When each word is spoken, in samples from the start of the stretch."""
        own = [word.span_s for word in recognition.words if word.span_s is not None]
        if len(own) == len(recognition.words):
            edges = [tuple(min(max(0, round(edge * SAMPLE_RATE_HZ)), len(segment.samples)) for edge in span) for span in own]
            return [Span(start, end, WordTiming.ATTENTION) for start, end in edges]
        speech = segment.speech_start - segment.first_sample, segment.speech_end - segment.first_sample
        spans = self._aligner.align(segment.samples, [word.text for word in recognition.words], speech)
        if self._aligner.available and all(span.timing is WordTiming.PROPORTIONAL for span in spans):
            self._unaligned.add(segment)
        return spans

    def _joined(self, held: _Heard, heard: _Heard, cut: int) -> tuple[_Heard, _Heard]:
        """Two stretches that share the sound around `cut`, every word in one of them only."""
        before, after = joined(held.words, heard.words, cut)
        border = max(min([cut, *(word.start for word in after[:1])]), *(word.end for word in before[-1:]), 0)
        return replace(held, words=tuple(before), end=border), replace(heard, words=tuple(after), start=border)

    def _utterance(self, heard: _Heard) -> Utterance:
        words = tuple(
            Word(word.text, self._time(word.start), self._time(word.end), word.confidence, word.timing) for word in heard.words
        )
        return Utterance(
            start=self._time(heard.start),
            end=self._time(heard.end),
            text=" ".join(word.text for word in heard.words),
            language=heard.recognition.language,
            confidence=heard.recognition.confidence,
            words=words if self.options.word_times else (),
        )

    def _time(self, sample: int) -> MediaTime:
        """The time of a sample of the stream that this pipeline was fed."""
        return self._clock.time(sample, SAMPLE_RATE_HZ)

    def _report(self) -> None:
        """Tell what the records cannot: what was heard and is not in them, and which times are rough."""
        sentences = {
            f"The text of {self._unsure} was left out: its confidence is below {self.options.confidence_threshold}.": self._unsure,
            f"No words could be made out in {self._wordless}.": self._wordless,
            f"The recogniser repeated itself in {self._looped}; the repetition was cut away.": self._looped,
            f"The words of {self._unaligned} could not be found in the sound; they share its time by length.": self._unaligned,
        }
        for sentence, tally in sentences.items():
            if tally.stretches:
                self.context.warn(sentence)

"""Audio processing: who says what, and how the speakers take turns."""

from collections.abc import Iterable, Iterator, Sequence

from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.turn_taking import Spoken, floor_transfers, joined, speaker_measures
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.media.types import AudioNeed
from videoannotator.pipelines.audio_processing.attribution import Attribution
from videoannotator.pipelines.audio_processing.options import AudioProcessingOptions
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext
from videoannotator.pipelines.speaker_diarization import SpeakerDiarization
from videoannotator.pipelines.speech_recognition import SpeechRecognition

_CHECK_EVERY = 100
"""Utterances between two questions whether to stop."""


class AudioProcessing(Pipeline[AudioProcessingOptions]):
    """Recognises speech and tells speakers apart in one go, and gives every word its speaker."""

    name = "audio_processing"
    display_name = "Audio processing"
    description = (
        "What is said and by whom: speech recognition and speaker diarization together, a speaker for every word, and how the "
        "speakers take turns. English offline; other languages with the optional faster-whisper back-end. Its accuracy on the "
        "speech of children has not been measured."
    )
    family = "audio-processing"
    variant = f"{SpeechRecognition.variant}-{SpeakerDiarization.variant}"
    version = "1.0.0"
    tasks = ("speech-recognition", "speaker-diarization", "conversation-analysis")
    modalities = ("audio",)
    default_enabled = True
    former_names = ("audio",)
    contains = (SpeechRecognition.name, SpeakerDiarization.name)
    Options = AudioProcessingOptions
    produces = (Utterance, SpeakerTurn, FloorTransfer, SpeakerMeasures)
    weights = tuple(dict.fromkeys((*SpeechRecognition.weights, *SpeakerDiarization.weights)))

    @classmethod
    def needs(cls, options: AudioProcessingOptions) -> Needs:
        """The sound that both of them need."""
        rate_hz = {
            need.rate_hz
            for need in (
                SpeechRecognition.needs(options.speech_recognition).audio,
                SpeakerDiarization.needs(options.speaker_diarization).audio,
            )
            if need is not None
        }
        return Needs(audio=AudioNeed(*rate_hz))

    def __init__(self, options: AudioProcessingOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._recognition = SpeechRecognition(options.speech_recognition, context)
        self._diarization = SpeakerDiarization(options.speaker_diarization, context)
        self._heard: PipelineRecords | None = None

    def start(self, media: MediaInfo) -> None:
        """Load the networks of both; raises what they raise."""
        self._heard = PipelineRecords()  # what is said waits on disk until it is known who speaks
        self._recognition.start(media)
        self._diarization.start(media)

    def feed(self, batch: Batch) -> Iterable[object]:
        self._keep(self._recognition.feed(batch))
        yield from self._diarization.feed(batch)

    def finish(self) -> Iterable[object]:
        self._keep(self._recognition.finish())
        turns = [turn for turn in self._diarization.finish() if isinstance(turn, SpeakerTurn)]
        yield from turns
        spoken: dict[str, Spoken] = {}
        for said in self._attributed(turns):
            self._count(said, spoken)
            yield said
        transfers = list(floor_transfers(joined(turns)))
        yield from transfers
        with_times = self.options.speech_recognition.word_times
        yield from speaker_measures(turns, transfers, spoken if with_times else None)

    def close(self) -> None:
        self._recognition.close()
        self._diarization.close()
        if self._heard is not None:
            self._heard.close()

    def _keep(self, utterances: Iterable[object]) -> None:
        if self._heard is not None:
            for said in utterances:
                self._heard.add(said)

    def _attributed(self, turns: Sequence[SpeakerTurn]) -> Iterator[Utterance]:
        attribution = Attribution(turns)
        heard: Iterable[Utterance] = () if self._heard is None else self._heard.of_type(Utterance)
        for number, said in enumerate(heard):
            if number % _CHECK_EVERY == 0:
                self.context.check_stop()
            yield from attribution.spoken(said)

    def _count(self, said: Utterance, spoken: dict[str, Spoken]) -> None:
        """Count the words and syllables of an utterance for its speaker."""
        if said.speaker_id is None:
            return
        counted = spoken.setdefault(said.speaker_id, Spoken())
        for word in said.words:
            syllables = self._recognition.syllables(word.text, said.language)
            counted.words += 1
            counted.syllables = None if counted.syllables is None or syllables is None else counted.syllables + syllables

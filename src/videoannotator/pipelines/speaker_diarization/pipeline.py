"""Speaker diarization: who speaks when."""

from collections.abc import Iterable, Sequence

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock, AudioNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, RunContext
from videoannotator.pipelines.speaker_diarization.community1 import WEIGHTS, Community1
from videoannotator.pipelines.speaker_diarization.diarizer import Diarizer, SpokenTurn
from videoannotator.pipelines.speaker_diarization.grid import SAMPLE_RATE_HZ
from videoannotator.pipelines.speaker_diarization.names import named, numbered
from videoannotator.pipelines.speaker_diarization.options import SpeakerDiarizationOptions
from videoannotator.pipelines.speaker_diarization.pyannote import PyannoteDiarizer


class SpeakerDiarization(Pipeline[SpeakerDiarizationOptions]):
    """Tells the voices of every 10 s apart, hears what each sounds like, and takes voices that sound alike for one speaker.

    Sound without voice never reaches the networks: they take noise and music for speakers now and then.
    """

    name = "speaker_diarization"
    display_name = "Speaker diarization"
    description = (
        "Who speaks when: the turns of every speaker, also where several speak at once. It does not depend on the language. Its "
        "accuracy on the speech of children has not been measured."
    )
    family = "speaker-diarization"
    variant = "community-1"
    version = "1.0.0"
    tasks = ("speaker-diarization",)
    modalities = ("audio",)
    former_names = ("diarization", "audio_diarization")
    Options = SpeakerDiarizationOptions
    produces = (SpeakerTurn,)
    weights = WEIGHTS

    @classmethod
    def needs(cls, options: SpeakerDiarizationOptions) -> Needs:  # noqa: ARG003  the need is the same whatever they are
        return Needs(audio=AudioNeed(SAMPLE_RATE_HZ))

    def __init__(self, options: SpeakerDiarizationOptions, context: RunContext) -> None:
        super().__init__(options, context)
        self._clock = StreamClock()

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  nothing depends on it
        """Load the networks.

        Raises:
            WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
            ExtraMissingException: pyannote.audio was asked for and is not installed.
            InvalidConfigException: what it was given as a model is none.
        """
        method = PyannoteDiarizer if self.options.backend == "pyannote" else Community1
        self._diarizer: Diarizer = method(self.options, self.context)

    def feed(self, batch: Batch) -> Iterable[object]:
        if isinstance(batch, AudioBlock):
            self._clock.see(batch)
            self._diarizer.feed(batch.samples)
        return ()

    def finish(self) -> Iterable[object]:
        spoken = sorted(self._diarizer.finish(), key=lambda turn: (turn.start, turn.end, turn.speaker))
        return named(self._turns(spoken), self.options.labels, self.context.warn)

    def _turns(self, spoken: Sequence[SpokenTurn]) -> list[SpeakerTurn]:
        ids = numbered([turn.speaker for turn in spoken])
        return [SpeakerTurn(self._time(turn.start), self._time(turn.end), ids[turn.speaker], turn.confidence) for turn in spoken]

    def _time(self, sample: int) -> MediaTime:
        """The time of a sample of the stream that this pipeline was fed."""
        return self._clock.time(sample, SAMPLE_RATE_HZ)

"""The pipeline without weights of its own: prosody, and categories where the user added a network for them."""

from typing import ClassVar

from videoannotator.pipelines.base import PipelineOptions
from videoannotator.pipelines.voice_emotion.judging import EmotionJudge
from videoannotator.pipelines.voice_emotion.network import open_network
from videoannotator.pipelines.voice_emotion.options import VoiceEmotionOptions
from videoannotator.pipelines.voice_emotion.prosody import ProsodyPipeline


class VoiceEmotion(ProsodyPipeline[VoiceEmotionOptions]):
    """Measures the prosody of every speaker's turns, or, where nobody tells speakers apart, of every stretch of speech.

    No network for emotions comes along, and none is made up: categories are given only with weights that the user added.
    """

    name: ClassVar[str] = "voice_emotion"
    display_name: ClassVar[str] = "Voice emotion"
    description: ClassVar[str] = (
        "How something is said: pitch, level, rate and voice quality of each stretch of one voice, an uncalibrated proxy of "
        "arousal, and emotion categories where weights for them were added. What cannot be measured is left out with the reason."
    )
    variant: ClassVar[str] = "prosody"
    version: ClassVar[str] = "1.0.0"
    Options: ClassVar[type[PipelineOptions]] = VoiceEmotionOptions

    def open_judge(self) -> EmotionJudge | None:
        options = self.options
        return None if options.weights is None else open_network(self.context.sessions, options.weights, options.emotion_labels)

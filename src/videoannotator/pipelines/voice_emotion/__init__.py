"""Voice: pitch, energy, rate and voice quality of each stretch of speech, and emotions by networks that the user adds."""

from videoannotator.pipelines.voice_emotion.baseline import VoiceEmotionBaseline
from videoannotator.pipelines.voice_emotion.laion import LaionVoice
from videoannotator.pipelines.voice_emotion.options import LaionVoiceOptions, VoiceEmotionBaselineOptions, VoiceEmotionOptions
from videoannotator.pipelines.voice_emotion.pipeline import VoiceEmotion

__all__ = [
    "LaionVoice",
    "LaionVoiceOptions",
    "VoiceEmotion",
    "VoiceEmotionBaseline",
    "VoiceEmotionBaselineOptions",
    "VoiceEmotionOptions",
]

"""Voice: pitch, energy, rate and voice quality of each stretch of speech, and emotion categories with weights of one's own."""

from videoannotator.pipelines.voice_emotion.options import VoiceEmotionOptions
from videoannotator.pipelines.voice_emotion.pipeline import VoiceEmotion

__all__ = ["VoiceEmotion", "VoiceEmotionOptions"]

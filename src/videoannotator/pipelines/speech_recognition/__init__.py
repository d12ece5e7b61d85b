"""Speech recognition: utterances with word times and confidence."""

from videoannotator.pipelines.speech_recognition.options import SpeechRecognitionOptions
from videoannotator.pipelines.speech_recognition.pipeline import SpeechRecognition

__all__ = ["SpeechRecognition", "SpeechRecognitionOptions"]

"""What is said, and by whom: recognition and diarization together, and how the speakers take turns."""

from videoannotator.pipelines.audio_processing.options import AudioProcessingOptions
from videoannotator.pipelines.audio_processing.pipeline import AudioProcessing

__all__ = ["AudioProcessing", "AudioProcessingOptions"]

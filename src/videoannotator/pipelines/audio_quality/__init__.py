"""The quality of the sound: is this recording usable?"""

from videoannotator.pipelines.audio_quality.options import AudioQualityOptions
from videoannotator.pipelines.audio_quality.pipeline import AudioQuality

__all__ = ["AudioQuality", "AudioQualityOptions"]

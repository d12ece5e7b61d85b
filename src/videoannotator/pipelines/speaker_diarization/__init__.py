"""Who speaks when."""

from videoannotator.pipelines.speaker_diarization.options import SpeakerDiarizationOptions
from videoannotator.pipelines.speaker_diarization.pipeline import SpeakerDiarization

__all__ = ["SpeakerDiarization", "SpeakerDiarizationOptions"]

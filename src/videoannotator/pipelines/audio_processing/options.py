"""What audio processing accepts: the options of the two pipelines that it contains."""

from pydantic import Field

from videoannotator.pipelines.base import PipelineOptions
from videoannotator.pipelines.speaker_diarization import SpeakerDiarizationOptions
from videoannotator.pipelines.speech_recognition import SpeechRecognitionOptions


class AudioProcessingOptions(PipelineOptions):
    """Options of audio processing."""

    speech_recognition: SpeechRecognitionOptions = Field(
        default_factory=SpeechRecognitionOptions, description="Options of speech recognition."
    )
    speaker_diarization: SpeakerDiarizationOptions = Field(
        default_factory=SpeakerDiarizationOptions, description="Options of speaker diarization."
    )

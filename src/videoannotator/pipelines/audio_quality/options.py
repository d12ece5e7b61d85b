"""What the look at the sound's quality accepts."""

from pydantic import Field

from videoannotator.pipelines.base import PipelineOptions


class AudioQualityOptions(PipelineOptions):
    """Options of the look at the sound's quality."""

    speech_threshold: float = Field(
        default=0.5,
        ge=0.2,
        le=0.95,
        description="Probability of voice, from 0 to 1, at which speech begins; it ends when the probability is 0.15 lower.",
    )
    loud_dbfs: float = Field(
        default=-40.0,
        ge=-90.0,
        le=0.0,
        description="Level, in dBFS, from which sound without speech is loud; it stays so down to 6 dB less.",
    )
    min_speech_s: float = Field(default=0.25, ge=0.05, le=5.0, description="Shortest stretch of speech, in seconds.")
    min_pause_s: float = Field(
        default=0.5, ge=0.05, le=10.0, description="Shortest stretch without speech, silent or loud, in seconds."
    )
    low_snr_db: float = Field(
        default=15.0, ge=0.0, le=60.0, description="Ratio of speech to noise, in dB, below which a minute is doubtful."
    )
    lowest_snr_db: float = Field(
        default=5.0, ge=-10.0, le=60.0, description="Ratio of speech to noise, in dB, below which a minute is unusable."
    )
    quiet_dbfs: float = Field(default=-45.0, ge=-90.0, le=0.0, description="Level of speech, in dBFS, below which it is too quiet.")
    clipped_share: float = Field(
        default=0.001, ge=0.0, le=1.0, description="Share of clipped samples, from 0 to 1, from which a minute is doubtful."
    )
    most_clipped_share: float = Field(
        default=0.01, ge=0.0, le=1.0, description="Share of clipped samples, from 0 to 1, from which a minute is unusable."
    )

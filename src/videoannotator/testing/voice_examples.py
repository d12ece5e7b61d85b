"""The voices of the example annotation sets."""

from dataclasses import replace
from typing import Any

from videoannotator.annotations.prosody import EmotionScore, Energy, Pitch, VoiceFlag, VoiceMeasure, VoiceProfile, VoiceSegment
from videoannotator.annotations.time import MediaTime

_at = MediaTime.from_seconds


def voice_segments() -> tuple[VoiceSegment, ...]:
    """Four stretches of voice: everything measured, nothing measurable, two speakers at once, and nobody knows whose."""
    measured = VoiceSegment(
        *(_at(0.5), _at(2.75), "speaker_001", "Zoë"),
        voiced_share=0.625,
        signal_to_noise_db=31.5,
        pitch=Pitch(221.5, 180.25, 290.0, 2.75),
        energy=Energy(-23.5, 5.25),
        spectral_tilt_db_per_octave=-7.5,
        syllable_rate=4.25,
        word_rate=2.5,
        jitter_percent=0.75,
        shimmer_percent=4.5,
        harmonicity_db=17.25,
        arousal_proxy=0.625,
        emotions=(EmotionScore("fröhlich", 0.875), EmotionScore("neutral, calm", 0.125)),
    )
    flags: tuple[VoiceFlag, ...] = (VoiceFlag.TOO_SHORT, VoiceFlag.UNVOICED)
    known: dict[str, Any] = {
        "voiced_share": 0.5,
        "pitch": Pitch(110.0, 110.0, 110.0, 0.0),
        "energy": Energy(-30.0, 0.0),
        "spectral_tilt_db_per_octave": -10.0,
        "syllable_rate": 0.0,
    }
    unknown = (VoiceMeasure.WORD_RATE, VoiceMeasure.JITTER, VoiceMeasure.SHIMMER, VoiceMeasure.HARMONICITY, VoiceMeasure.AROUSAL)
    both: dict[VoiceMeasure, tuple[VoiceFlag, ...]] = dict.fromkeys(unknown, (VoiceFlag.OVERLAP,))
    nobody: dict[VoiceMeasure, tuple[VoiceFlag, ...]] = dict.fromkeys(unknown, (VoiceFlag.NO_COMPARISON,))
    return (
        measured,
        VoiceSegment(_at(3.0), _at(3.05), "speaker_002", None, flags, dict.fromkeys(VoiceMeasure, flags)),
        VoiceSegment(_at(4.0), _at(6.5), "speaker_001", "Zoë", (VoiceFlag.OVERLAP,), both, **known),
        VoiceSegment(_at(8.0), _at(9.999999), None, None, (VoiceFlag.NOISE_UNKNOWN,), nobody, **known),
    )


def voice_intensities() -> tuple[VoiceSegment, ...]:
    """The first of `voice_segments`, with emotions of which a network tells how strongly they are heard."""
    emotions = (
        EmotionScore("Thankfulness Gratitude", None, 4.25),
        EmotionScore("Freude & Stolz über mich", None, 1.5),
        EmotionScore("Doubt", None, -0.125),
    )
    return (replace(voice_segments()[0], emotions=emotions),)


def voice_profiles() -> tuple[VoiceProfile, ...]:
    """The speakers of `voice_segments`."""
    return (
        VoiceProfile("speaker_001", "Zoë", 2, 4.75, 165.75, 1.375, -26.5, -8.75, 2.125, 2.5, 0.75, 4.5, 17.25),
        VoiceProfile("speaker_002", None, 1, 0.05),
    )

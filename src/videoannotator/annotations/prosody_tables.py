"""Prosody as rows: one per stretch of voice, and one per speaker."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import FRAMES, PIPELINE, SPAN, Column, Row, RowContext, Table, frames, span
from videoannotator.annotations.prosody import VoiceProfile, VoiceSegment


def _segment_rows(pipeline: str, segments: Iterable[VoiceSegment], context: RowContext) -> Iterator[Row]:
    for number, voice in enumerate(segments, start=1):
        first = voice.emotions[0] if voice.emotions else (None, None, None)
        scores = "; ".join(f"{score.label}={score.value}" for score in voice.emotions) or None
        yield (
            pipeline,
            number,
            *span(voice.start, voice.end),
            *frames(voice.start, voice.end, context.times),
            voice.subject,
            voice.label,
            " ".join(flag.value for flag in voice.flags) or None,
            " ".join(f"{measure.value}:{'+'.join(flag.value for flag in why)}" for measure, why in voice.missing.items()) or None,
            voice.voiced_share,
            voice.signal_to_noise_db,
            *(voice.pitch or (None,) * 4),
            *(voice.energy or (None,) * 2),
            voice.spectral_tilt_db_per_octave,
            voice.syllable_rate,
            voice.word_rate,
            voice.jitter_percent,
            voice.shimmer_percent,
            voice.harmonicity_db,
            voice.arousal_proxy,
            *first[:2],
            scores if first[2] is None else None,
            first[2],
            scores if first[2] is not None else None,
        )


def _profile_rows(pipeline: str, profiles: Iterable[VoiceProfile], context: RowContext) -> Iterator[Row]:  # noqa: ARG001
    for profile in profiles:
        yield (
            pipeline,
            profile.subject,
            profile.label,
            profile.segments,
            profile.speech_s,
            profile.pitch_hz,
            profile.pitch_spread_semitones,
            profile.energy_dbfs,
            profile.spectral_tilt_db_per_octave,
            profile.syllable_rate,
            profile.word_rate,
            profile.jitter_percent,
            profile.shimmer_percent,
            profile.harmonicity_db,
        )


_SPEAKER_LABEL = Column("speaker_label", "text", None, "Name that a labels file gives the speaker; missing without one.")
_PITCH_SPREAD = Column(
    "pitch_spread_semitones", "number", "semitone", "Standard deviation of the pitch; missing where it could not be measured."
)
_TILT = Column(
    "spectral_tilt_db_per_octave", "number", "dB/octave", "Slope of the spectrum of voiced sound between 100 Hz and 5 kHz."
)
_SYLLABLES = Column("syllable_rate", "number", "syllable/s", "Syllable nuclei per second, found in the sound, pauses included.")
_WORDS = Column(
    "word_rate", "number", "word/s", "Words of the transcript per second, pauses included; missing without a transcript."
)
_QUALITY = (
    Column("jitter_percent", "number", "%", "Local jitter: mean difference of neighbouring periods over the mean period."),
    Column("shimmer_percent", "number", "%", "Local shimmer: mean difference of neighbouring periods' amplitudes over their mean."),
    Column("harmonicity_db", "number", "dB", "Harmonics-to-noise ratio of the voiced sound; 40 means 40 or more."),
)

PROSODY = Table(
    name="prosody",
    record_type=VoiceSegment,
    columns=(
        PIPELINE,
        Column("segment_id", "integer", None, "Number of the stretch of voice among those of its pipeline, from 1."),
        *SPAN,
        *FRAMES,
        Column("speaker_id", "text", None, "Who speaks; missing where nobody told the speakers apart."),
        _SPEAKER_LABEL,
        Column("voice_flags", "text", None, "What makes this stretch hard to measure, with spaces between; missing without."),
        Column("missing_measures", "text", None, "Measures that could not be taken here, each as measure:reason+reason."),
        Column("voiced_share", "number", "0-1", "Which part of its 10 ms steps has a pitch."),
        Column(
            "signal_to_noise_db", "number", "dB", "Level above the noise in the pauses around it; missing without such a pause."
        ),
        Column("pitch_median_hz", "number", "Hz", "Median pitch of the voiced steps; missing where it could not be measured."),
        Column("pitch_low_hz", "number", "Hz", "10th percentile of the pitch; missing where it could not be measured."),
        Column("pitch_high_hz", "number", "Hz", "90th percentile of the pitch; missing where it could not be measured."),
        _PITCH_SPREAD,
        Column("energy_dbfs", "number", "dBFS", "Level (root mean square) relative to an amplitude of 1, as recorded."),
        Column("energy_spread_db", "number", "dB", "Standard deviation of the level of its 10 ms steps, silent ones left out."),
        _TILT,
        _SYLLABLES,
        _WORDS,
        *_QUALITY,
        Column(
            "arousal_proxy",
            "number",
            "0-1",
            "Uncalibrated: pitch, level and rate among all stretches of this speaker, 0.5 the speaker's median; not comparable "
            "between speakers; missing when there is too little to compare with.",
        ),
        Column("emotion", "text", None, "Surest or strongest category of an added network; missing without one."),
        Column(
            "emotion_confidence",
            "number",
            "0-1",
            "Uncalibrated confidence of that network in it; missing where it tells intensity.",
        ),
        Column(
            "emotion_scores",
            "text",
            None,
            "All its categories as label=confidence, surest first; missing where it tells intensity.",
        ),
        Column(
            "emotion_intensity",
            "number",
            "0-4",
            "How strongly the emotion is heard, as that network estimates it: may lie beside the scale, and is no probability; "
            "missing where the network tells confidence.",
        ),
        Column("emotion_intensities", "text", None, "All its emotions as label=intensity, strongest first; missing as that is."),
    ),
    rows=_segment_rows,
)

SPEAKER_PROSODY = Table(
    name="speaker_prosody",
    record_type=VoiceProfile,
    columns=(
        PIPELINE,
        Column("speaker_id", "text", None, "Whose voice."),
        _SPEAKER_LABEL,
        Column("segment_count", "integer", "segment", "How many stretches of this voice there are."),
        Column("speech_duration_s", "number", "s", "How long they last together."),
        Column("pitch_hz", "number", "Hz", "Median of their median pitch, weighted by duration; missing where none has one."),
        _PITCH_SPREAD,
        Column("energy_dbfs", "number", "dBFS", "Mean of their levels, weighted by duration, as recorded."),
        _TILT,
        _SYLLABLES,
        _WORDS,
        *_QUALITY,
    ),
    rows=_profile_rows,
)

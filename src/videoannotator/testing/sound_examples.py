"""Example records of sound that is not words; part of `testing.examples`."""

from videoannotator.annotations.sound import SoundEvent, SoundFlag, SoundKind, SoundMinute, SoundSegment, Verdict
from videoannotator.annotations.time import MediaTime

at = MediaTime.from_seconds


def sound_quality() -> tuple[SoundSegment | SoundMinute, ...]:
    """Stretches of every kind, and minutes of every verdict."""
    return (
        SoundSegment(at(0.021), at(1.5), SoundKind.SILENCE, None, None),
        SoundSegment(at(1.5), at(4.0), SoundKind.SPEECH, -23.25, 0.0, 0.875),
        SoundSegment(at(4.0), at(9.999), SoundKind.LOUD, -30.5, -12.0),
        _spoken(0, Verdict.USABLE),
        _spoken(1, Verdict.DOUBTFUL, SoundFlag.HUM),
        _spoken(2, Verdict.UNUSABLE, *SoundFlag),
        SoundMinute(
            *(at(180.021), at(180.5), Verdict.NO_SPEECH, (SoundFlag.DIGITAL_SILENCE,)),
            speech_share=0.0,
            silence_share=1.0,
            speech_level_dbfs=None,
            noise_floor_dbfs=None,
            snr_db=None,
            clipped_share=0.0,
            clipped_runs=0,
            dc_offset=0.0,
        ),
    )


def _spoken(minute: int, verdict: Verdict, *flags: SoundFlag) -> SoundMinute:
    """A minute in which somebody speaks."""
    return SoundMinute(
        *(at(60 * minute + 0.021), at(60 * minute + 60.021), verdict, flags),
        speech_share=0.5,
        silence_share=0.25,
        speech_level_dbfs=-23.5,
        noise_floor_dbfs=-45.25,
        snr_db=21.75,
        clipped_share=0.0125 * minute,
        clipped_runs=17 * minute,
        dc_offset=-0.015625 * minute,
    )


def sound_events() -> tuple[SoundEvent, ...]:
    """What can be heard: classes of two maps, overlapping."""
    return (
        SoundEvent(at(0.5), at(3.25), "Child speech, kid speaking", 0.875, 0.625, 1, "/m/0ytgt"),
        SoundEvent(at(1.0), at(2.0), 'Säugling "weint"', 1.0, 1.0, 19),
        SoundEvent(at(9.0), at(9.999), "Music", 0.5, 0.25, 132, "/m/04rlf"),
    )

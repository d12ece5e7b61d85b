"""Who speaks on screen, for the annotation sets of `examples`: every way to know it, and every way not to."""

from collections.abc import Iterator

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingMethod, SpeakingOnScreen, WhyUnknown
from videoannotator.annotations.time import MediaTime


def _at(seconds: float) -> MediaTime:
    return MediaTime.from_seconds(seconds)


def speaking_on_screen() -> tuple[SpeakingOnScreen, ...]:
    """A known person with the lips seen and then from behind, a face without a person, and the three reasons why not."""
    seen = {"link_log_odds": 4.25, "stretch_log_odds": 1.5, "lip_motion_ratio": 6.0, "measured_s": 1.6}
    lips, link = SpeakingMethod.LIPS, SpeakingMethod.LINK
    return (
        SpeakingOnScreen(_at(0.5), _at(2.25), "speaker_001", 1, "person_001", 1, 0.987654321, lips, None, seen),
        SpeakingOnScreen(_at(2.25), _at(3.0), "speaker_001", None, "person_001", 1, 0.75, link, None, {"link_log_odds": 4.25}),
        SpeakingOnScreen(_at(2.5), _at(4.0), "speaker_002", 2, None, None, 0.875, lips, None, seen),
        SpeakingOnScreen(_at(4.0), _at(4.000001), "speaker_003", why_unknown=WhyUnknown.NOT_VISIBLE),
        SpeakingOnScreen(_at(5.0), _at(6.0), "speaker_003", why_unknown=WhyUnknown.NO_LIPS),
        SpeakingOnScreen(_at(6.0), _at(9.999999), "speaker_002", why_unknown=WhyUnknown.UNDECIDED, evidence=seen),
    )


def speaker_links() -> tuple[SpeakerLink, ...]:
    """A speaker who is two unjoined persons, one who is a face, and one who is never seen."""
    evidence = {"log_odds": 4.25, "lip_motion_ratio": 6.0, "silence_s": 5.5}
    return (
        SpeakerLink("speaker_001", ("person_001", "person_004"), (1, 7), 0.987654321, None, 2.5, 1.75, evidence),
        SpeakerLink("speaker_002", (), (2,), 0.875, None, 5.499999, 1.5, evidence),
        SpeakerLink("speaker_003", why_unknown=WhyUnknown.NOT_VISIBLE, speech_s=1.000001),
    )


def many_on_screen(count: int) -> Iterator[SpeakingOnScreen]:
    """So many stretches of a second of two speakers, of whom one is never seen."""
    for number in range(count):
        start, end = _at(number), _at(number + 1)
        if number % 2:
            yield SpeakingOnScreen(start, end, "speaker_002", why_unknown=WhyUnknown.NOT_VISIBLE)
        else:
            yield SpeakingOnScreen(start, end, "speaker_001", 1, None, None, 0.875, SpeakingMethod.LIPS)

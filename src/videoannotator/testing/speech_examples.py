"""What is said, and who says it, for the annotation sets of `examples`: speech of every awkward kind."""

from fractions import Fraction

from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures, Transfer
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.annotations.voices import SpeakerTurn

at = MediaTime.from_seconds

TEXTS = (
    "Guten Morgen, wie heißt du? — 你好 👋🏽",
    'He said "yes, & no" <i>really</i> --> then left',
    "=SUM(A1:A9)",
    "NA",
    "מה שלומך",
    "first line\r\nsecond line",
    "semi;colon\tand a backslash \\",
)
"""What a transcript may hold and a careless format breaks on."""


def utterance(start_s: float, end_s: float, text: str, *, confidence: float | None = 0.75) -> Utterance:
    """Somebody says `text`; its words share the time evenly and have no gaps between them."""
    words = text.split()
    edges = [at(start_s + (end_s - start_s) * i / len(words)) for i in range(len(words) + 1)]
    timings = tuple(WordTiming)
    said = (
        Word(word, edges[i], edges[i + 1], None if i % 3 == 2 else 0.5, timings[i % len(timings)]) for i, word in enumerate(words)
    )
    return Utterance(edges[0], edges[-1], text, "en", confidence, tuple(said))


def utterances() -> tuple[Utterance, ...]:
    """Speech of every awkward kind, in the order of time."""
    third = MediaTime(Fraction(1, 3))
    blip = Word("blip", third, third, None, WordTiming.GUESSED)
    chinese = tuple(Word(sign, at(70 + 2 * i), at(72 + 2 * i), 0.5, WordTiming.ATTENTION) for i, sign in enumerate("你好吗"))
    return (
        utterance(0.1, 0.2, TEXTS[0]),
        Utterance(third, third.shifted(Fraction(1, 30000)), "blip", "en", None, (blip,)),
        Utterance(at(0.4), at(0.5), "no times inside", "en", 0.25, ()),
        *(utterance(1.0 + i, 1.9 + i, text, confidence=None) for i, text in enumerate(TEXTS[1:])),
        utterance(10.0, 10.001, "six words within one single millisecond"),
        utterance(12.0, 27.0, "This goes on, and on, and on, " * 3 + "and on and on without any pause. Now it ends."),
        utterance(14.0, 15.0, "Somebody talks in between."),
        utterance(30.0, 42.5, "Aaaaaaaah!"),
        Utterance(at(45.0), at(63.0), "A long stretch of speech whose recogniser gave no word times at all.", "en", None, ()),
        Utterance(at(70.0), at(76.0), "你好吗", "zh", 0.5, chinese),
        utterance(360_000.0, 360_001.0, "after a hundred hours"),
    )


def turns() -> tuple[SpeakerTurn, ...]:
    """Two speakers who overlap, one of them with a name, one turn without a confidence, one shorter than a millisecond."""
    third = MediaTime(Fraction(1, 3))
    return (
        SpeakerTurn(at(0.1), at(0.2), "speaker_001", 0.987654321, "Françoise"),
        SpeakerTurn(third, third.shifted(Fraction(1, 30000)), "speaker_002", 0.0),
        SpeakerTurn(at(1.0), at(8.5), "speaker_001", 1.0, "Françoise"),
        SpeakerTurn(at(8.25), at(9.999999), "speaker_002", None),
        SpeakerTurn(at(360_000.0), at(360_001.0), "speaker_003", 0.5),
    )


def turn_taking() -> tuple[FloorTransfer | SpeakerMeasures, ...]:
    """One transfer of the floor of each kind, and two speakers: everything known, and as little as possible."""
    offsets = dict(zip(Transfer, (0.25, 7.5, -0.123456, -1.0, -2.0), strict=True))
    return (
        *(
            FloorTransfer(at(1.0 + number), f"speaker_{1 + number % 2:03d}", f"speaker_{2 - number % 2:03d}", offset_s, kind)
            for number, (kind, offset_s) in enumerate(offsets.items())
        ),
        SpeakerMeasures("speaker_001", "Françoise", 3, 7.6, 0.25, 0.75, 20, 31, 157.895, 244.737, 0.25, 1, 1, 0),
        SpeakerMeasures("speaker_002", None, 1, 2.5, 0.25, 0.25, None, None, None, None, None, 0, 0, 1),
    )

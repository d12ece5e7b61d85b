"""Synthetic conversations in which everything is known: who speaks when, and every word's time.

Flite's voices take turns, with gaps and overlaps, and noise as loud as wanted is put under them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from videoannotator.testing.speech import RATE_HZ, VOICES, SpokenWord, SyntheticSpeech, synthesise

Samples = npt.NDArray[np.float32]
Generator = np.random.Generator

SENTENCES = (
    "Good morning, did you sleep well last night?",
    "I would like to show you the new picture book.",
    "The dog ran across the garden and jumped over the fence.",
    "Can you put the red block on top of the blue one?",
    "Look, there is a little bird sitting in the tree.",
    "We are going to the park after lunch.",
    "That is a very big tower you have built there.",
    "My brother told me that the train will be late.",
    "Please give me the other shoe, it is under the table.",
    "What do you think is hiding inside the box?",
    "She has been working at the hospital for eleven years.",
    "Let us count the apples together, one, two, three.",
    "I do not want to wear the green jacket today.",
    "How did you feel when everybody was looking at you?",
    "The water is too hot, wait until it has cooled down.",
    "Yes.",
    "No, not really.",
    "I think so.",
    "That is right.",
    "Maybe tomorrow.",
    "Could you tell me a little more about your family?",
    "It was raining all day, so we stayed at home and painted.",
    "The children are playing with the wooden train.",
    "Where does the yellow piece go, do you know?",
    "He was laughing so hard that he fell off the chair.",
    "I remember the house where my grandmother used to live.",
    "Be careful, the floor is wet over there.",
    "We should call the doctor before it gets any worse.",
    "Thank you for coming all the way to see us.",
    "The story begins a long time ago in a small village.",
    "Turn the page and see what happens next.",
    "Sometimes I feel tired even though I sleep enough.",
    "Oh, look at that.",
    "Tell me again, please.",
    "You can choose whichever colour you like best.",
    "There were seven ducks on the pond this morning.",
    "The teacher asked them to draw a map of the school.",
    "I am not sure whether that is a good idea.",
    "First we mix the flour with the sugar and the eggs.",
    "Then the bear went over the mountain to see what he could see.",
)
"""What is said."""

LEVEL = 0.06
"""Root mean square of the speech, before each voice's own gain."""
_FLOOR = 0.0005
"""Root mean square of the noise where none is asked for: no recording is digitally silent."""
_MOST_GAIN_DB = 3.0
_FEWEST_WORDS = 8
_LONGEST_PAUSE_S = 0.5
"""A longer pause within a turn divides it, for those who count speech frame by frame."""


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """What one speaker says without another one's turn in between; times in seconds from the start of the conversation."""

    speaker: str
    start_s: float
    end_s: float
    words: tuple[SpokenWord, ...]

    def stretches(self) -> list[tuple[float, float]]:
        """(start, end) in seconds of the speech in this turn, without its longer pauses."""
        gaps = [(a.end_s, b.start_s) for a, b in pairwise(self.words) if b.start_s - a.end_s > _LONGEST_PAUSE_S]
        edges = [self.start_s, *(edge for gap in gaps for edge in gap), self.end_s]
        return list(zip(edges[::2], edges[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation.

    Attributes:
        samples: float32 from -1 to 1 at 16 kHz, shape (n,).
        turns: in the order of their starts.
    """

    samples: Samples
    turns: tuple[SpokenTurn, ...]

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, by first appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE_HZ


def conversation(
    seed: int,
    speakers: int | Sequence[str],
    duration_s: float,
    *,
    noise_db: float | None = None,
    overlap: float = 0.15,
    gap_s: tuple[float, float] = (0.15, 1.2),
) -> Conversation:
    """Let voices talk with each other.

    Args:
        seed: equal seeds give equal conversations.
        speakers: their voices, or how many of `VOICES` are drawn.
        duration_s: length; the last turn ends before it.
        noise_db: signal-to-noise ratio in dB, of speech over white (even seeds) or pink noise (odd seeds); None for hardly any.
        overlap: share of the turns that begin before the one before has ended, by 0.2 to 0.8 s.
        gap_s: shortest and longest gap before the other turns.

    Raises:
        ExtraMissingException: Flite's libraries are not installed.
    """
    random = np.random.default_rng(seed)
    voices = [str(voice) for voice in random.permutation(VOICES)[:speakers]] if isinstance(speakers, int) else list(speakers)
    gains = {voice: 10 ** (random.uniform(-_MOST_GAIN_DB, _MOST_GAIN_DB) / 20) for voice in voices}
    samples = np.zeros(round(duration_s * RATE_HZ), np.float32)
    turns: list[SpokenTurn] = []
    end_s = random.uniform(0.2, 1.0)
    while True:
        speaker = _next_speaker(random, voices, turns)
        new = all(turn.speaker != speaker for turn in turns)
        spoken = _trimmed(synthesise(_text(random, new=new), speaker))
        overlaps = bool(turns) and random.random() < overlap
        start_s = end_s + (-random.uniform(0.2, 0.8) if overlaps else random.uniform(*gap_s))
        start_s = max(start_s, turns[-1].start_s + 0.5 if turns else 0.0)
        first = round(start_s * RATE_HZ)
        if first + len(spoken.samples) > len(samples):
            break
        samples[first : first + len(spoken.samples)] += spoken.samples * np.float32(gains[speaker] * LEVEL / _rms(spoken.samples))
        start_s = first / RATE_HZ
        words = tuple(replace(word, start_s=word.start_s + start_s, end_s=word.end_s + start_s) for word in spoken.words)
        end_s = start_s + spoken.duration_s
        turns.append(SpokenTurn(speaker, start_s, end_s, words))
    level = _FLOOR if noise_db is None else _speech_rms(samples, turns) / 10 ** (noise_db / 20)
    make = pink_noise if seed % 2 else white_noise
    return Conversation(samples + level * make(random, len(samples)), tuple(turns))


def white_noise(random: Generator, count: int) -> Samples:
    """Noise of equal power at all frequencies, root mean square 1, shape (count,)."""
    return random.standard_normal(count).astype(np.float32)


def pink_noise(random: Generator, count: int) -> Samples:
    """Noise whose power falls by 3 dB per octave, as rooms and traffic have it, root mean square 1, shape (count,)."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(1, np.arange(len(spectrum))))
    noise = np.fft.irfft(spectrum, count)
    return (noise / _rms(noise)).astype(np.float32)


def _next_speaker(random: Generator, voices: Sequence[str], turns: Sequence[SpokenTurn]) -> str:
    """Anybody but the last one; everybody speaks before anybody speaks a third time."""
    last = turns[-1].speaker if turns else None
    counts = {voice: sum(turn.speaker == voice for turn in turns) for voice in voices}
    others = [voice for voice in voices if voice != last] or list(voices)
    fewest = min(counts[voice] for voice in others)
    return str(random.choice([voice for voice in others if counts[voice] <= fewest + 1]))


def _text(random: Generator, *, new: bool) -> str:
    """One to three sentences; somebody who has not spoken yet says a whole one, so that there is something to know them by."""
    sentences = random.choice(SENTENCES, random.integers(1, 4), replace=False).tolist()
    if new and len(" ".join(sentences).split()) < _FEWEST_WORDS:
        sentences.append(str(random.choice([sentence for sentence in SENTENCES if len(sentence.split()) >= _FEWEST_WORDS])))
    return " ".join(sentences)


def _trimmed(spoken: SyntheticSpeech) -> SyntheticSpeech:
    """The speech from its first word to its last."""
    start_s, end_s = spoken.words[0].start_s, spoken.words[-1].end_s
    first, behind = round(start_s * RATE_HZ), round(end_s * RATE_HZ)
    words = tuple(replace(word, start_s=word.start_s - start_s, end_s=word.end_s - start_s) for word in spoken.words)
    return SyntheticSpeech(spoken.samples[first:behind], words)


def _speech_rms(samples: Samples, turns: Sequence[SpokenTurn]) -> float:
    """Root mean square of everything that lies in a turn."""
    spoken = np.zeros(len(samples), np.bool_)
    for turn in turns:
        spoken[round(turn.start_s * RATE_HZ) : round(turn.end_s * RATE_HZ)] = True
    return _rms(samples[spoken]) if spoken.any() else LEVEL


def _rms(samples: npt.NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))

"""Which speaker says which word."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.pipelines.audio_processing.attribution import NEAR_S, Attribution

at = MediaTime.from_seconds


def turn(start_s: float, end_s: float, number: int, label: str | None = None) -> SpeakerTurn:
    return SpeakerTurn(at(start_s), at(end_s), f"speaker_{number:03d}", 0.5, label)


def said(*words: tuple[str, float, float], confidence: float | None = 0.5) -> Utterance:
    made = tuple(Word(text, at(start), at(end), confidence, WordTiming.ALIGNED) for text, start, end in words)
    return Utterance(made[0].start, made[-1].end, " ".join(word.text for word in made), "en", 0.75, made)


def parts(turns: list[SpeakerTurn], utterance: Utterance) -> list[tuple[str | None, str]]:
    return [(part.speaker_id, part.text) for part in Attribution(turns).spoken(utterance)]


A, B = "speaker_001", "speaker_002"


def test_an_utterance_is_divided_where_the_speaker_changes() -> None:
    utterance = said(("how", 0.0, 0.3), ("are", 0.3, 0.5), ("you", 0.5, 0.9), ("fine", 1.0, 1.4))
    found = list(Attribution([turn(0, 0.95, 1, "Anna"), turn(0.95, 1.5, 2)]).spoken(utterance))
    assert [(part.speaker_id, part.speaker_label, part.text) for part in found] == [(A, "Anna", "how are you"), (B, None, "fine")]
    assert found[0].confidence == pytest.approx(0.5), "of a part, from its words"
    assert all(word.speaker_id == part.speaker_id for part in found for word in part.words)


def test_an_utterance_of_one_speaker_stays_as_it_is() -> None:
    (whole,) = Attribution([turn(0, 2, 1)]).spoken(said(("one", 0.1, 0.5), ("two", 0.6, 1.0)))
    assert (whole.speaker_id, whole.text, whole.confidence) == (A, "one two", 0.75)


def test_who_covers_most_of_a_word_says_it() -> None:
    assert parts([turn(0, 1.0, 1), turn(0.9, 3, 2)], said(("word", 0.8, 1.6))) == [(B, "word")]


def test_both_cover_it_then_who_spoke_before() -> None:
    turns = [turn(0, 3, 1), turn(1, 3, 2)]
    utterance = said(("one", 0.2, 0.8), ("two", 1.2, 1.8))
    assert parts(turns, utterance) == [(A, "one two")]
    (part,) = Attribution(turns).spoken(utterance)
    assert [word.other_speakers for word in part.words] == [(), (B,)], "overlap shows both"


def test_a_word_beside_all_turns_is_the_nearest_ones_or_nobodys() -> None:
    near, far = float(NEAR_S) - 0.01, float(NEAR_S) + 0.01
    assert parts([turn(1, 2, 1)], said(("late", 2 + near, 2.9))) == [(A, "late")]
    assert parts([turn(1, 2, 1)], said(("late", 2 + far, 2.9))) == [(None, "late")]
    assert parts([], said(("alone", 0.0, 1.0))) == [(None, "alone")]


def test_an_utterance_without_word_times_has_one_speaker() -> None:
    utterance = Utterance(at(0), at(3), "no times", "en", None, ())
    assert parts([turn(0, 1, 1), turn(1, 3, 2)], utterance) == [(B, "no times")]


@given(
    edges=st.lists(st.integers(0, 200), min_size=2, max_size=30, unique=True).map(sorted),
    turns=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60), st.integers(1, 3)), max_size=8),
)
def test_no_word_is_lost_doubled_or_out_of_order(edges: list[int], turns: list[tuple[int, int, int]]) -> None:
    utterance = said(*((f"w{n}", a / 20, b / 20) for n, (a, b) in enumerate(pairwise(edges))))
    given_turns = sorted((turn(s / 20, (s + d) / 20, who) for s, d, who in turns), key=lambda each: each.start)
    found = list(Attribution(given_turns).spoken(utterance))
    words = [word.text for part in found for word in part.words]
    assert words == [word.text for word in utterance.words]
    assert " ".join(part.text for part in found).split() == words
    assert all(a.start <= b.start for a, b in pairwise(found))


def test_words_without_length_are_placed() -> None:
    third = MediaTime(Fraction(1, 3))
    words = (Word("x", third, third, 0.5, WordTiming.GUESSED), Word("y", at(0.8), at(0.9), 0.5, WordTiming.ALIGNED))
    utterance = Utterance(at(0), at(1), "x y", "en", 0.5, words)
    assert parts([turn(0, 0.5, 1), turn(0.7, 1, 2)], utterance) == [(A, "x"), (B, "y")]

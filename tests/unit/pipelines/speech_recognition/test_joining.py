"""Two stretches that heard the same sound around a cut, put together."""

import pytest

from videoannotator.annotations.transcript import WordTiming
from videoannotator.pipelines.speech_recognition.joining import TimedWord, in_order, joined

CUT = 100_000


def words(
    text: str, start: int, *, step: int = 4000, confidence: float = 0.9, timing: WordTiming = WordTiming.ALIGNED
) -> list[TimedWord]:
    """Words of equal length, one after the other."""
    return [TimedWord(word, confidence, start + at * step, start + (at + 1) * step, timing) for at, word in enumerate(text.split())]


def text_of(sides: tuple[list[TimedWord], list[TimedWord]]) -> str:
    return " | ".join(" ".join(word.text for word in side) for side in sides)


@pytest.mark.parametrize("drift", [-2500, 0, 2500])
def test_the_text_changes_over_at_a_word_that_both_heard(drift: int) -> None:
    left = words("we saw the little red hen", CUT - 18_000)
    right = words("little red hen near the barn", CUT - 6000 + drift)
    both = joined(left, right, CUT)
    assert " ".join(text_of(both).replace("|", "").split()) == "we saw the little red hen near the barn"


def test_what_a_side_invented_at_its_end_is_dropped() -> None:
    left = [*words("I'm Sheila", CUT - 12_000), *words("and Texas. I live here", CUT - 4000, confidence=0.4)]
    right = words("Sheila Taxa, originally", CUT - 8000)
    assert text_of(joined(left, right, CUT)) == "I'm Sheila | Taxa, originally"


def test_case_and_punctuation_make_no_other_word() -> None:
    left, right = words("hello There,", CUT - 6000), words("there you are", CUT - 2000)
    assert text_of(joined(left, right, CUT)) == "hello There, | you are"


def test_repeated_words_are_neither_lost_nor_doubled() -> None:
    left, right = words("no no no", CUT - 8000), words("no no stop", CUT - 4000)
    assert text_of(joined(left, right, CUT)).replace(" |", "") == "no no no stop"


def test_without_agreement_each_side_gives_what_is_its_own() -> None:
    left, right = words("one two three four", CUT - 8000), words("drei vier fünf", CUT)
    assert text_of(joined(left, right, CUT)) == "one two | drei vier fünf"


@pytest.mark.parametrize(("left_confidence", "kept"), [(0.9, "one wood | fine"), (0.2, "one | would fine")])
def test_a_word_on_the_cut_stays_once_in_its_surer_hearing(left_confidence: float, kept: str) -> None:
    left = [TimedWord("one", 0.9, CUT - 9000, CUT - 5000, WordTiming.ALIGNED)]
    left += [TimedWord("wood", left_confidence, CUT - 4000, CUT + 3000, WordTiming.ALIGNED)]
    right = [TimedWord("would", 0.5, CUT - 2800, CUT + 3400, WordTiming.ALIGNED), *words("fine", CUT + 4000)]
    assert text_of(joined(left, right, CUT)) == kept


@pytest.mark.parametrize(("left_confidence", "kept"), [(0.9, "one wood | fine"), (0.2, "one | would fine")])
def test_a_word_that_each_leaves_to_the_other_is_not_lost(left_confidence: float, kept: str) -> None:
    left = [TimedWord("one", 0.9, CUT - 9000, CUT - 5000, WordTiming.ALIGNED)]
    left += [TimedWord("wood", left_confidence, CUT - 2000, CUT + 3000, WordTiming.ALIGNED)]
    right = [TimedWord("would", 0.5, CUT - 3000, CUT + 2000, WordTiming.ALIGNED), *words("fine", CUT + 4000)]
    assert text_of(joined(left, right, CUT)) == kept


def test_shared_out_times_may_differ_by_more() -> None:
    left = words("we saw the hen", CUT - 16_000, timing=WordTiming.PROPORTIONAL)
    right = words("hen near the barn", CUT + 6000, timing=WordTiming.PROPORTIONAL)
    assert text_of(joined(left, right, CUT)) == "we saw the hen | near the barn"


def test_words_are_moved_into_order() -> None:
    overlapping = [*words("a", 100), *words("b", 2000), *words("c", 20_000)]
    assert [(word.start, word.end) for word in in_order(overlapping, 500)] == [(500, 4100), (4100, 6000), (20_000, 24_000)]

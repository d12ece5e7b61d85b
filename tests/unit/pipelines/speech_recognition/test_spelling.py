"""How unknown words are spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.pipelines.speech_recognition.spelling import guessed_phones, number_words, spoken_pieces

PHONES = {
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K"),
    *("L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
}


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello,", "hello"),
        ("don\u2019t", "don't"),
        ("well-known", "well known"),
        ("Müller", "muller"),
        ("25", "twenty five"),
        ("10,000,000.", "ten million"),
        ("1859", "eighteen fifty nine"),
        ("1905", "nineteen oh five"),
        ("1900", "nineteen hundred"),
        ("2024", "two thousand twenty four"),
        ("3.14", "three point one four"),
        ("21st", "twenty first"),
        ("20th", "twentieth"),
        ("$25", "twenty five dollars"),
        ("50%", "fifty percent"),
        ("7:30", "seven thirty"),
        ("R2D2", "r two d two"),
        ("&", "and"),
        ("\u266a", ""),
        ("123456789012345", "one two three four five six seven eight nine zero one two three four five"),
    ],
)
def test_written_words_as_they_are_spoken(written: str, spoken: str) -> None:
    assert " ".join(spoken_pieces(written)) == spoken


@given(st.integers(0, 10**12 - 1))
def test_numbers_in_words_stand_for_themselves(number: int) -> None:
    assert value_of(number_words(number)) == number


def value_of(words: list[str]) -> int:
    """The number that words such as `one hundred twenty five thousand` stand for."""
    small = {word: value for value in range(20) for word in number_words(value)}
    small |= {word: value for value in range(20, 100, 10) for word in number_words(value)}
    scales = {"thousand": 1000, "million": 10**6, "billion": 10**9}
    total = group = 0
    for word in words:
        if word in scales:
            total, group = total + group * scales[word], 0
        elif word == "hundred":
            group *= 100
        else:
            group += small[word]
    return total + group


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("knight", "N AY T"),
        ("make", "M EY K"),
        ("ice", "AY S"),
        ("teksa", "T EH K S AE"),
        ("hmm", "EY CH EH M EH M"),
        ("buzzing", "B AH Z IH NG"),
    ],
)
def test_phones_by_the_letters(word: str, phones: str) -> None:
    assert guessed_phones(word) == phones


def test_no_letters_no_phones() -> None:
    assert guessed_phones("你好") is None


@given(st.text(max_size=20))
def test_any_text_gives_known_phones_or_none(text: str) -> None:
    for piece in spoken_pieces(text):
        assert set((guessed_phones(piece) or "").split()) <= PHONES

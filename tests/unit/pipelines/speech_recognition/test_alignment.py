"""Finding words in sound whose text is known."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from videoannotator.annotations.transcript import WordTiming
from videoannotator.pipelines.speech_recognition.alignment import Span, WordAligner, proportional_spans
from videoannotator.testing.speech import SyntheticSpeech

Speak = Callable[..., SyntheticSpeech]

needs_pocketsphinx = pytest.mark.skipif(not WordAligner.available, reason="pocketsphinx has no package for this Python")

VOICES = ("slt", "rms", "awb", "kal16")
CAT = ["the", "cat", "sat", "on", "the", "mat"]
SENTENCES = (
    "Hello there, the boy's ball costs twenty five dollars. Please pick it up, and put it on the table.",
    "A quick brown fox jumps over the lazy dog while seven small children play with red wooden blocks near the window.",
    "Do you want the blue car? No, I want the big red truck, mummy. Look, it goes under the bridge!",
)


@needs_pocketsphinx
def test_word_starts_on_speech_whose_times_are_known(speak: Speak, capsys: pytest.CaptureFixture[str]) -> None:
    aligner = WordAligner()
    errors, end_errors = [], []
    for voice in VOICES:
        for sentence in SENTENCES:
            speech = speak(sentence, voice)
            spans = aligner.align(speech.samples, [word.text for word in speech.words], (0, len(speech.samples)))
            assert all(span.timing is WordTiming.ALIGNED for span in spans)
            errors += [span.start / 16000 - word.start_s for span, word in zip(spans, speech.words, strict=True)]
            end_errors += [span.end / 16000 - word.end_s for span, word in zip(spans, speech.words, strict=True)]
    median, ninth_decile = np.median(np.abs(errors)), np.percentile(np.abs(errors), 90)
    with capsys.disabled():
        print(f"\nword starts: median error {median * 1000:.0f} ms, 90 % within {ninth_decile * 1000:.0f} ms", end=" ")
    assert ninth_decile < 0.06
    assert np.percentile(np.abs(end_errors), 90) < 0.06
    assert np.max(np.abs(end_errors)) < 0.16
    assert np.max(np.abs(errors)) < 0.15
    assert abs(np.median(errors)) < 0.015


@needs_pocketsphinx
def test_words_that_no_dictionary_lists_are_found_and_flagged(speak: Speak) -> None:
    speech = speak("The firetruck costs 25 dollars and Teksa's dog is well-known.")
    truth = {word.text: word for word in speech.words}
    written = ["The", "firetruck", "costs", "25", "dollars", "and", "Teksa's", "dog", "is", "well-known."]
    spans = WordAligner().align(speech.samples, written, (0, len(speech.samples)))
    guessed = {word for word, span in zip(written, spans, strict=True) if span.timing is WordTiming.GUESSED}
    assert guessed == {"firetruck", "25", "Teksa's"}
    for word, first, last in (("firetruck", "firetruck", "firetruck"), ("25", "twenty", "five"), ("Teksa's", "teksa's", "teksa's")):
        span = spans[written.index(word)]
        assert span.start / 16000 == pytest.approx(truth[first].start_s, abs=0.1)
        assert span.end / 16000 == pytest.approx(truth[last].end_s, abs=0.1)


@needs_pocketsphinx
def test_what_cannot_be_spoken_takes_its_time_from_its_neighbours(speak: Speak) -> None:
    speech = speak("the cat sat. On the mat.")
    spans = WordAligner().align(speech.samples, ["the", "cat", "sat.", "你好", "on", "the", "mat."], (0, len(speech.samples)))
    assert [span.timing for span in spans] == [*[WordTiming.ALIGNED] * 3, WordTiming.PROPORTIONAL, *[WordTiming.ALIGNED] * 3]
    assert spans[2].end <= spans[3].start <= spans[3].end <= spans[4].start


@needs_pocketsphinx
def test_a_text_that_does_not_fit_gets_proportional_times(speak: Speak) -> None:
    samples = speak("the cat sat").samples
    text = ["nobody", "said", "so", "long", "a", "text", "here"] * 6
    spans = WordAligner().align(samples, text, (1000, 9000))
    assert spans == proportional_spans(text, 1000, 9000)


@needs_pocketsphinx
def test_sound_that_ends_inside_a_word_is_aligned_up_to_there(speak: Speak) -> None:
    speech = speak("the children walk along the river every day and feed the birds", "rms")
    aligner = WordAligner()
    for count in range(4, len(speech.words) + 1):
        last = speech.words[count - 1]
        end = round((last.start_s + 0.6 * (last.end_s - last.start_s)) * 16000)
        spans = aligner.align(speech.samples[:end], [word.text for word in speech.words[:count]], (0, end))
        assert spans[-1].timing is WordTiming.ALIGNED
        assert spans[-1].start / 16000 == pytest.approx(last.start_s, abs=0.15)


@needs_pocketsphinx
def test_the_last_word_does_not_run_on_into_silence(speak: Speak) -> None:
    speech = speak("the cat sat on the mat")
    noise = np.random.default_rng(5).normal(0, 0.001, 16000).astype(np.float32)
    end = round(speech.words[-1].end_s * 16000)
    spans = WordAligner().align(np.concatenate([speech.samples[:end], noise]), CAT, (0, end))
    assert spans[-1].end <= end + 1600


@needs_pocketsphinx
def test_one_utterance_leaves_no_trace_in_the_next(speak: Speak) -> None:
    first, second = speak("hello there", "rms"), speak("the cat sat on the mat")
    fresh = WordAligner().align(second.samples, CAT, (0, len(second.samples)))
    used = WordAligner()
    used.align(first.samples * 0.05, ["Hello", "there."], (0, len(first.samples)))
    used.align(np.zeros(50, np.float32), ["nothing"], (0, 50))
    assert used.align(second.samples, CAT, (0, len(second.samples))) == fresh


def test_without_pocketsphinx_times_are_proportional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WordAligner, "available", False)
    spans = WordAligner().align(np.zeros(16000, np.float32), ["a", "bb", "cccc"], (0, 1000))
    assert spans == proportional_spans(["a", "bb", "cccc"], 0, 1000)


def test_proportional_times_fill_the_speech_by_length() -> None:
    spans = proportional_spans(["a", "bbb", "cc"], 500, 950)
    assert spans[0] == Span(500, 600, WordTiming.PROPORTIONAL)
    assert spans[-1].end == 950
    assert all(before.end == after.start for before, after in pairwise(spans))


def test_no_words_no_spans() -> None:
    assert WordAligner().align(np.zeros(16000, np.float32), [], (0, 16000)) == []

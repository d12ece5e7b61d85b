"""The whole pipeline, with the weights that ship."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, WordTiming
from videoannotator.errors import RunStopped
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.demo_clip import SPEECH, speech_sample
from videoannotator.media.types import AudioBlock
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speech_recognition import SpeechRecognition, SpeechRecognitionOptions
from videoannotator.pipelines.speech_recognition.alignment import WordAligner
from videoannotator.testing.speech import RATE_HZ, SyntheticSpeech
from videoannotator.testing.speechless_sounds import SPEECHLESS_SOUNDS, speechless

Samples = npt.NDArray[np.float32]
Recognise = Callable[..., Any]
Speak = Callable[..., SyntheticSpeech]
CountErrors = Callable[[str, str], tuple[int, int]]

RECORDING = MediaInfo("sound.wav", 1, "wav", None, None, (), None)
MINUTE = 60 * RATE_HZ
TIME = np.arange(MINUTE) / RATE_HZ

WITHOUT_A_PAUSE = (
    "I want the big red truck and then we can go to the park and play with the ball until mummy comes home and makes us dinner "
    "with the children and the dog will look at the little bird over there sitting on the fence while it sings a song for all the "
    "people who walk along the river every single day of the year because the weather is so nice and warm here"
)


@pytest.mark.parametrize("kind", SPEECHLESS_SOUNDS)
def test_nothing_is_invented(kind: str, recognise: Recognise) -> None:
    heard = recognise(speechless(kind, 60))
    assert heard.utterances == []


@pytest.fixture(scope="module")
def sample() -> Samples:
    samples, rate_hz = speech_sample()
    assert rate_hz == RATE_HZ
    return samples


def test_word_error_rate(
    sample: Samples, recognise: Recognise, count_errors: CountErrors, capsys: pytest.CaptureFixture[str]
) -> None:
    errors, words = count_errors(SPEECH, recognise(sample).text)
    with capsys.disabled():
        print(f"\nread speech: {errors} errors in {words} words, word error rate {errors / words:.1%}", end=" ")
    assert errors / words <= 0.08


def test_every_word_lies_in_its_utterance_and_after_its_predecessor(sample: Samples, recognise: Recognise) -> None:
    utterances: list[Utterance] = recognise(sample).utterances
    assert len(utterances) >= 2
    for before, after in pairwise(utterances):
        assert before.end <= after.start
    for utterance in utterances:
        assert utterance.confidence is not None
        assert utterance.confidence > 0.7
        assert utterance.text == " ".join(word.text for word in utterance.words)
        assert all(before.end <= after.start for before, after in pairwise(utterance.words))
        assert all(utterance.start <= word.start < word.end <= utterance.end for word in utterance.words)
        if WordAligner.available:
            assert {word.timing for word in utterance.words} <= {WordTiming.ALIGNED, WordTiming.GUESSED}


@pytest.mark.skipif(not WordAligner.available, reason="pocketsphinx has no package for this Python")
def test_word_starts_on_synthetic_speech(recognise: Recognise, speak: Speak, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "The children walk along the river every day. Their mother gives them bread and butter, and they feed the birds. "
        "In the evening the family goes home and has dinner near the window."
    )
    errors, count = [], 0
    for voice in ("slt", "rms", "awb", "kal16"):
        speech = speak(text, voice)
        count += len(speech.words)
        found = [word for utterance in recognise(speech.samples).utterances for word in utterance.words]
        for spoken in speech.words:
            nearest = min(found, key=lambda word: abs(word.start.seconds - spoken.start_s))
            if nearest.text.lower().strip(".,") == spoken.text:
                errors.append(nearest.start.seconds - spoken.start_s)
    deviations = np.abs(errors)
    with capsys.disabled():
        print(
            f"\nword starts: {len(errors)} of {count} words recognised, median {np.median(deviations) * 1000:.0f} ms, "
            f"90 % within {np.percentile(deviations, 90) * 1000:.0f} ms",
            end=" ",
        )
    assert len(errors) >= 0.85 * count
    assert np.percentile(deviations, 90) < 0.15
    assert np.median(deviations) < 0.06


@pytest.mark.parametrize("voice", ["slt", "awb"])
def test_speech_without_a_pause_is_joined_without_doubled_or_lost_words(
    voice: str, recognise: Recognise, speak: Speak, count_errors: CountErrors
) -> None:
    speech = speak(WITHOUT_A_PAUSE, voice)
    heard = recognise(speech.samples, max_segment_s=8.0)
    assert len(heard.utterances) >= 3
    words = [word.text.lower().strip(".,") for utterance in heard.utterances for word in utterance.words]
    assert [pair for pair in pairwise(words) if pair[0] == pair[1]] == []
    errors, count = count_errors(WITHOUT_A_PAUSE, heard.text)
    assert errors / count <= 0.08
    for before, after in pairwise(heard.utterances):
        assert before.end <= after.start


def test_times_are_those_of_the_recording(recognise: Recognise, speak: Speak) -> None:
    speech = speak("please look at the little bird", "slt")
    late = Fraction(1001, 30000) + 7200
    (here,), (there,) = recognise(speech.samples).utterances, recognise(speech.samples, start_s=late).utterances
    assert there.start == here.start.shifted(late)
    assert [word.start for word in there.words] == [word.start.shifted(late) for word in here.words]


def test_the_size_of_the_blocks_does_not_matter(sample: Samples, recognise: Recognise) -> None:
    first_part = sample[: 8 * RATE_HZ]
    assert recognise(first_part, block=333).utterances == recognise(first_part, block=160_000).utterances


def test_short_words_are_heard(recognise: Recognise, speak: Speak) -> None:
    silence = np.zeros(RATE_HZ, np.float32)
    sound = np.concatenate([part for text in ("no", "yes", "stop") for part in (silence, speak(text, "rms").samples)])
    assert [utterance.text.lower().strip(".,!") for utterance in recognise(sound).utterances] == ["no", "yes", "stop"]


def test_unsure_text_is_left_out_and_said_so(sample: Samples, recognise: Recognise) -> None:
    heard = recognise(sample[: 13 * RATE_HZ], confidence_threshold=1.0)
    assert heard.utterances == []
    (warning,) = heard.warnings
    assert warning.startswith("The text of 2 stretches of speech (11.")
    assert "below 1.0" in warning


def test_no_warning_when_all_went_well(sample: Samples, recognise: Recognise) -> None:
    assert recognise(sample).warnings == []


def test_word_times_can_be_left_out(sample: Samples, recognise: Recognise) -> None:
    part = sample[: 5 * RATE_HZ]
    bare, full = recognise(part, word_times=False).utterances, recognise(part).utterances
    assert [utterance.text for utterance in bare] == [utterance.text for utterance in full]
    assert all(utterance.words == () for utterance in bare)


def test_without_pocketsphinx_times_are_proportional_and_said_so(
    sample: Samples, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WordAligner, "available", False)
    heard = recognise(sample[: 5 * RATE_HZ])
    (warning,) = heard.warnings
    assert "pocketsphinx" in warning
    assert {word.timing for utterance in heard.utterances for word in utterance.words} == {WordTiming.PROPORTIONAL}


def test_no_sound_at_all(recognise: Recognise) -> None:
    heard = recognise(np.zeros(0, np.float32))
    assert (heard.utterances, heard.warnings) == ([], [])


@pytest.mark.parametrize("checks", [0, 1, 5])
def test_a_stop_ends_recognition_between_two_tokens(checks: int, sample: Samples, sessions: SessionPool) -> None:
    asked = 0

    def stop_after_some_checks() -> bool:
        nonlocal asked
        asked += 1
        return asked > checks

    context = RunContext(sessions, stop_after_some_checks, lambda _: None, lambda _: ())
    pipeline = SpeechRecognition(SpeechRecognitionOptions(), context)
    pipeline.start(RECORDING)
    with pytest.raises(RunStopped):
        list(pipeline.feed(AudioBlock(MediaTime(Fraction(0)), 0, RATE_HZ, sample)))
    assert asked == checks + 1

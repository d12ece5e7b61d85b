"""Running the pipeline on samples, without a file around them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.errors import ExtraMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.types import AudioBlock
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speech_recognition import SpeechRecognition, SpeechRecognitionOptions
from videoannotator.testing.speech import RATE_HZ, SyntheticSpeech, synthesise

Samples = npt.NDArray[np.float32]
Speak = Callable[..., SyntheticSpeech]

RECORDING = MediaInfo("sound.wav", 1, "wav", None, None, (), None)


@dataclass
class Heard:
    """What a run of the pipeline gave."""

    utterances: list[Utterance]
    warnings: list[str]

    @property
    def text(self) -> str:
        return " ".join(utterance.text for utterance in self.utterances)


Recognise = Callable[..., Heard]


@pytest.fixture(scope="session")
def sessions() -> SessionPool:
    return SessionPool("cpu")


@pytest.fixture(scope="session")
def recognise(sessions: SessionPool) -> Recognise:
    """Run the pipeline over samples that begin at `start_s`, in blocks of `block` samples."""

    def run(samples: Samples, *, start_s: Fraction = Fraction(0), block: int = 8000, **options: Any) -> Heard:
        warnings: list[str] = []
        context = RunContext(sessions, lambda: False, warnings.append, lambda _: ())
        pipeline = SpeechRecognition(SpeechRecognitionOptions(**options), context)
        pipeline.start(RECORDING)
        found: list[Any] = []
        for at in range(0, len(samples), block):
            time = MediaTime(start_s + Fraction(at, RATE_HZ))
            found += pipeline.feed(AudioBlock(time, at, RATE_HZ, samples[at : at + block]))
        found += pipeline.finish()
        pipeline.close()
        return Heard(found, warnings)

    return run


@pytest.fixture(scope="session")
def speak() -> Speak:
    """Synthetic speech, or a skip where its synthesiser is not installed."""

    def synthesise_or_skip(text: str, voice: str = "slt") -> SyntheticSpeech:
        try:
            return synthesise(text, voice)
        except ExtraMissingException as missing:
            pytest.skip(f"{missing.message} {missing.hint}")

    return synthesise_or_skip


def spoken_words(text: str) -> list[str]:
    """The words of a text without case and punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """(insertions, deletions and replacements, words of the reference)."""
    truth, found = spoken_words(reference), spoken_words(heard)
    row = list(range(len(found) + 1))
    for count, word in enumerate(truth, 1):
        before, row = row, [count]
        for at, other in enumerate(found, 1):
            row.append(min(before[at] + 1, row[-1] + 1, before[at - 1] + (word != other)))
    return row[-1], len(truth)


@pytest.fixture(scope="session")
def count_errors() -> Callable[[str, str], tuple[int, int]]:
    return word_errors

"""The faster-whisper back-end: what it says when something is missing, and what it makes of the library's answers.

The library is an optional extra, so a stand-in with its interface takes its place here.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.transcript import WordTiming
from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.speech_recognition.whisper import WhisperRecogniser
from videoannotator.testing.speech import SyntheticSpeech

SECOND = np.zeros(16000, np.float32)


@dataclass
class Segment:
    """What faster-whisper calls a segment, as far as it is read."""

    words: list[SimpleNamespace]
    avg_logprob: float = -0.5
    compression_ratio: float = 1.2
    tokens: list[int] = field(default_factory=lambda: [1, 2, 3])


def word(text: str, start: float, end: float, probability: float = 0.8) -> SimpleNamespace:
    return SimpleNamespace(word=text, start=start, end=end, probability=probability)


class Library:
    """A stand-in for the module `faster_whisper`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: list[list[Segment]] = []
        self.languages: list[tuple[str, float]] = []
        self.asked: list[str] = []
        self.opened: dict[str, Any] = {}

    def download_model(self, name: str, *, local_files_only: bool) -> str:
        assert local_files_only, "a run downloads nothing"
        if name == "base":
            return str(self.folder)
        if name == "small":
            raise FileNotFoundError("no snapshot in the cache")
        raise ValueError("Invalid model size")

    def WhisperModel(self, folder: str, **options: Any) -> "Library":  # noqa: N802  the library's name
        if (Path(folder) / "model.bin").read_bytes() == b"damaged":
            raise RuntimeError("File model.bin is incomplete")
        self.opened = {"folder": folder, **options}
        return self

    supported_languages = ("en", "de", "fr")

    def detect_language(self, samples: npt.NDArray[np.float32]) -> tuple[str, float, list[tuple[str, float]]]:
        language, probability = self.languages.pop(0)
        return language, probability, [(language, probability)]

    def transcribe(self, samples: npt.NDArray[np.float32], **options: Any) -> tuple[Iterator[Segment], None]:
        self.asked.append(options["language"])
        return iter(self.answers.pop(0)), None


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"weights")
    library = Library(tmp_path)
    monkeypatch.setitem(sys.modules, "faster_whisper", library)
    return library


@pytest.fixture
def pool() -> SessionPool:
    return SessionPool("cpu")


def never() -> None:
    """Nobody asks for a stop."""


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, pool: SessionPool) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ExtraMissingException) as missing:
        WhisperRecogniser("base", "en", pool)
    assert "pip install 'videoannotator[whisper]'" in str(missing.value.hint)


def test_weights_that_were_never_downloaded(library: Library, pool: SessionPool) -> None:
    with pytest.raises(WeightsMissingException, match="small are not on this machine") as missing:
        WhisperRecogniser("small", "en", pool)
    assert "models pull hf:Systran/faster-whisper-small --name small" in str(missing.value.hint)


def test_a_model_that_does_not_exist(library: Library, pool: SessionPool) -> None:
    with pytest.raises(InvalidConfigException, match="enormous") as unknown:
        WhisperRecogniser("enormous", "en", pool)
    assert unknown.value.field == "speech_recognition.model"


def test_a_folder_that_is_not_whole(library: Library, pool: SessionPool, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(WeightsMissingException, match=r"tokenizer\.json is missing"):
        WhisperRecogniser(str(tmp_path), "en", pool)


def test_damaged_weights(library: Library, pool: SessionPool, tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"damaged")
    with pytest.raises(InferenceFailedException, match="incomplete"):
        WhisperRecogniser("base", "en", pool)


def test_a_language_that_the_model_does_not_know(library: Library, pool: SessionPool) -> None:
    with pytest.raises(InvalidConfigException, match="does not know the language xx") as unknown:
        WhisperRecogniser("base", "xx", pool)
    assert "auto, de, en, fr" in str(unknown.value.hint)


def test_the_device_the_threads_and_the_weights_are_recorded(library: Library) -> None:
    pool = SessionPool("cpu", threads=2)
    WhisperRecogniser("base", "en", pool)
    assert (library.opened["device"], library.opened["compute_type"], library.opened["cpu_threads"]) == ("cpu", "int8", 2)
    (used,) = pool.used()
    assert (used.name, used.device, len(used.sha256)) == ("whisper base", "cpu", 64)


def test_words_with_their_times(library: Library, pool: SessionPool) -> None:
    library.answers = [[Segment([word(" Guten", 0.1, 0.4), word(" Tag.", 0.4, 0.9, 0.6), word(" \u266a", 0.9, 1.0)])]]
    recognition = WhisperRecogniser("base", "de", pool).recognise(SECOND, never)
    assert [(w.text, w.confidence, w.span_s) for w in recognition.words] == [("Guten", 0.8, (0.1, 0.4)), ("Tag.", 0.6, (0.4, 0.9))]
    assert recognition.language == "de"
    assert recognition.confidence == pytest.approx(np.exp(-0.5))


def test_text_that_repeats_itself_is_left_out(library: Library, pool: SessionPool) -> None:
    library.answers = [[Segment([word(" yes", 0, 1)]), Segment([word(" la", 1, 2)] * 30, compression_ratio=9.0)]]
    recognition = WhisperRecogniser("base", "en", pool).recognise(SECOND, never)
    assert [w.text for w in recognition.words] == ["yes"]
    assert recognition.looped


def test_the_language_of_each_stretch(library: Library, pool: SessionPool) -> None:
    library.languages = [("fr", 0.3), ("de", 0.9), ("en", 0.4), ("en", 0.95)]
    library.answers = [[], [], [], []]
    recogniser = WhisperRecogniser("base", "auto", pool)
    assert [recogniser.recognise(SECOND, never).language for _ in range(4)] == ["fr", "de", "de", "en"]
    assert library.asked == ["fr", "de", "de", "en"]


def test_the_whole_pipeline_on_it(library: Library, recognise: Callable[..., Any], speak: Callable[..., SyntheticSpeech]) -> None:
    speech = speak("the cat sat on the mat")
    library.answers = [[Segment([word(" Le", 0.2, 0.4), word(" chat.", 0.4, 90.0)])]]
    heard = recognise(speech.samples, backend="faster-whisper", language="fr")
    (utterance,) = heard.utterances
    assert (utterance.text, utterance.language) == ("Le chat.", "fr")
    assert [w.timing for w in utterance.words] == [WordTiming.ATTENTION] * 2
    assert utterance.words[-1].end.seconds <= speech.duration_s

"""Speech recognition in many languages with Whisper (Radford et al. 2022, https://arxiv.org/abs/2212.04356).

It runs in faster-whisper (https://github.com/SYSTRAN/faster-whisper), an optional dependency. Its weights are the user's: a folder,
or what was downloaded before; a run downloads nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.provenance import WeightsUsed
from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.speech_recognition.recognition import CheckStop, RecognisedWord, Recognition

_PIPELINE = "speech_recognition"
_WEIGHTS_FILE = "model.bin"
_NEEDED_FILES = (_WEIGHTS_FILE, "config.json", "tokenizer.json")
_COMPUTE_TYPES = {"cpu": "int8", "cuda": "float16"}
_SURE_LANGUAGE = 0.6
"""Below this probability the language of a stretch is taken to be the last one that was sure."""
_MOST_COMPRESSION = 2.4
"""Text that deflate shrinks further than this repeats itself (the limit of Whisper's authors)."""


def _faster_whisper() -> Any:
    """The module of the optional dependency.

    Raises:
        ExtraMissingException: it is not installed.
    """
    try:
        import faster_whisper  # noqa: PLC0415  an optional extra that takes seconds to load
    except ImportError as exc:
        raise ExtraMissingException(
            "The faster-whisper back-end is not installed.",
            hint="Install it: pip install 'videoannotator[whisper]' (or leave out the option backend to use moonshine)",
        ) from exc
    return faster_whisper


def _folder(module: Any, model: str, added: Path | None) -> Path:
    """The folder that holds the weights of a model: those that were added under this name, else by path, else by Whisper's name.

    Raises:
        InvalidConfigException: there is no such model.
        WeightsMissingException: it is not on this machine, or not whole.
    """
    folder = added or Path(model)
    if not folder.is_dir():
        try:
            folder = Path(module.download_model(model, local_files_only=True))
        except OSError as exc:
            raise WeightsMissingException(
                f"The weights of the Whisper model {model} are not on this machine, and a run downloads nothing.",
                hint=(
                    f"Download them once: videoannotator models pull hf:Systran/faster-whisper-{model} --name {model}, or give a "
                    "folder that holds them as the option model."
                ),
                detail={"model": model},
            ) from exc
        except ValueError as exc:
            raise InvalidConfigException(
                f"{model} is neither a Whisper model that faster-whisper knows nor a folder on this machine.",
                hint="Use tiny, base, small, medium, large-v3 or turbo, or the folder of converted weights.",
                field=f"{_PIPELINE}.model",
            ) from exc
    missing = [name for name in _NEEDED_FILES if not (folder / name).is_file()]
    if missing:
        raise WeightsMissingException(
            f"The weights of the Whisper model {model} are not whole: {', '.join(missing)} is missing.",
            hint="Download or convert the model again; a folder of weights holds model.bin, config.json and tokenizer.json.",
            detail={"model": model, "missing": missing},
        )
    return folder


def _weights_used(folder: Path, model: str, device: str) -> WeightsUsed:
    sha256 = sha256_of(folder / _WEIGHTS_FILE)
    return WeightsUsed(f"whisper {Path(model).name}", sha256, "as stated by whoever published these weights", device)


class WhisperRecogniser:
    """Whisper, in one language or in the one of each stretch of speech.

    Args:
        model: name of a model, or folder of converted weights.
        language: ISO 639-1 code, or `auto`.
        sessions: tells the device and the number of threads, and is told of the weights.

    Raises:
        ExtraMissingException: faster-whisper is not installed.
        InvalidConfigException: there is no such model, or it does not know the language.
        WeightsMissingException: the weights are not on this machine.
        InferenceFailedException: they cannot be loaded.
    """

    def __init__(self, model: str, language: str, sessions: SessionPool) -> None:
        module = _faster_whisper()
        added = sessions.added_path(model)
        folder = _folder(module, model, added)
        device = "cuda" if sessions.device_used == "cuda" else "cpu"
        try:
            self._model = module.WhisperModel(
                str(folder), device=device, compute_type=_COMPUTE_TYPES[device], cpu_threads=sessions.threads, local_files_only=True
            )
        except (RuntimeError, ValueError) as exc:
            raise InferenceFailedException(
                f"The weights of the Whisper model {model} cannot be loaded on {device}: {exc}",
                hint="Give weights that were converted for CTranslate2, or choose another model.",
            ) from exc
        known = self._model.supported_languages
        if language not in ("auto", *known):
            raise InvalidConfigException(
                f"The Whisper model {model} does not know the language {language}.",
                hint=f"It knows: auto, {', '.join(sorted(known))}.",
                field=f"{_PIPELINE}.language",
            )
        if added is None:
            sessions.record(_weights_used(folder, model, device))
        self._language = None if language == "auto" else language
        self._last_sure = ("en", 0.0)  # the first stretch decides in any case

    def recognise(self, samples: npt.NDArray[np.float32], check_stop: CheckStop) -> Recognition:
        """Recognise one stretch.

        Raises:
            InferenceFailedException: the network could not be run.
        """
        try:
            language = self._language or self._heard_language(samples)
            segments, _ = self._model.transcribe(samples, language=language, word_timestamps=True, condition_on_previous_text=False)
            found = []
            for segment in segments:
                check_stop()
                found.append(segment)
        except RuntimeError as exc:
            raise InferenceFailedException(f"Whisper could not be run: {exc}", hint="Try again with a smaller model.") from exc
        kept = [segment for segment in found if segment.compression_ratio <= _MOST_COMPRESSION]
        words = [word for segment in kept for word in self._words(segment.words or ())]
        return Recognition(
            words=tuple(words),
            confidence=float(np.exp(np.average([s.avg_logprob for s in kept], weights=[len(s.tokens) for s in kept])))
            if words
            else 0.0,
            language=language,
            looped=len(kept) < len(found),
        )

    def _heard_language(self, samples: npt.NDArray[np.float32]) -> str:
        """The language of a stretch; where that is unsure, the last one that was sure."""
        language, probability, _ = self._model.detect_language(samples)
        if probability >= min(_SURE_LANGUAGE, self._last_sure[1]):
            self._last_sure = (language, probability)
        return self._last_sure[0]

    @staticmethod
    def _words(words: Sequence[Any]) -> list[RecognisedWord]:
        """Whisper's words with the time from its cross-attention; what holds no letter or digit was not spoken."""
        return [
            RecognisedWord(
                "".join(word.word.split()), min(1.0, max(0.0, float(word.probability))), (float(word.start), float(word.end))
            )
            for word in words
            if any(character.isalnum() for character in word.word)
        ]

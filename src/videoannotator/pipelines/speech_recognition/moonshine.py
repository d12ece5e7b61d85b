"""English speech recognition with Moonshine tiny.

Moonshine (Jeffries et al. 2024, https://arxiv.org/abs/2410.15608) is an encoder and decoder network that takes raw samples. The
decoder is run greedily, one token a step, keeping the attention keys and values of the steps before.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from videoannotator.errors import WeightsDamagedException
from videoannotator.pipelines.speech_recognition.recognition import CheckStop, RecognisedWord, Recognition

ENCODER = "moonshine_tiny_en_encoder"
DECODER = "moonshine_tiny_en_decoder"
TOKENIZER = "moonshine_tiny_en_tokenizer"

RATE_HZ = 16000
VOCABULARY_SIZE = 32768
_BEGIN, _END = 1, 2
_LAYERS, _HEADS, _HEAD_SIZE = 6, 8, 36
_SHORTEST_INPUT = 8000
"""Samples. Shorter sound is padded with silence: below half a second the network invents words more often."""
_TOKENS_PER_SECOND, _EXTRA_TOKENS = 6.5, 6
"""The fastest speech needs about six tokens a second; what goes on beyond that is the network talking to itself."""
_FEWEST_REPEATED = 4
"""Tokens that must be repetition before it counts as such."""
_WORD_START = "\u2581"
_REPEATED_MARK = re.compile(r"([,;:])\1+")
_CACHE_NAMES = tuple(
    f"{layer}.{half}.{kind}" for layer in range(_LAYERS) for half in ("decoder", "encoder") for kind in ("key", "value")
)


class Session(Protocol):
    """A loaded network: named arrays in, named arrays out."""

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Run it once."""


def read_tokens(path: Path) -> tuple[bytes, ...]:
    """The token table: for each token its length (one byte below 128, else two: low seven bits, then the rest) and its UTF-8 bytes.

    Raises:
        WeightsDamagedException: the file does not hold exactly the tokens of this network.
    """
    data, tokens = path.read_bytes(), list[bytes]()
    at = 0
    while at < len(data):
        size, at = data[at], at + 1
        if size >= 128 and at < len(data):
            size, at = size - 128 + 128 * data[at], at + 1
        tokens.append(data[at : at + size])
        at += size
    if len(tokens) != VOCABULARY_SIZE or at != len(data):
        raise WeightsDamagedException(
            f"The token table {path.name} holds {len(tokens)} tokens instead of {VOCABULARY_SIZE}.",
            hint="Install VideoAnnotator again; `videoannotator models verify` names every damaged file.",
        )
    return tuple(tokens)


def without_loop(tokens: Sequence[int]) -> tuple[list[int], bool]:
    """The tokens up to where they begin to repeat themselves until their end, and whether they do.

    Only for text that the network did not end itself: there a cycle that goes round one and a half times more is no speech.
    """
    for length in range(1, len(tokens) * 2 // 5 + 1):
        repeated = 0
        while repeated + length < len(tokens) and tokens[-1 - repeated] == tokens[-1 - repeated - length]:
            repeated += 1
        if repeated >= max(_FEWEST_REPEATED, length * 3 // 2):
            return list(tokens[: len(tokens) - repeated]), True
    return list(tokens), False


class MoonshineRecogniser:
    """Moonshine tiny, English.

    Args:
        encoder, decoder: the loaded networks.
        tokens: the token table, see `read_tokens`.
    """

    def __init__(self, encoder: Session, decoder: Session, tokens: Sequence[bytes]) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._tokens = tokens

    def recognise(self, samples: npt.NDArray[np.float32], check_stop: CheckStop) -> Recognition:
        limit = int(len(samples) / RATE_HZ * _TOKENS_PER_SECOND) + _EXTRA_TOKENS
        steps = list(islice(self._decode(samples, check_stop), limit))
        ended = bool(steps) and steps[-1][0] == _END
        ids = [token for token, _ in steps if token != _END]
        kept, looped = (ids, False) if ended else without_loop(ids)
        probabilities = [probability for _, probability in steps[: len(kept)]]
        return Recognition(
            words=tuple(self._words(kept, probabilities)),
            confidence=float(np.exp(np.mean(np.log(probabilities)))) if kept else 0.0,
            language="en",
            looped=looped,
        )

    def _decode(self, samples: npt.NDArray[np.float32], check_stop: CheckStop) -> Iterator[tuple[int, float]]:
        """The most probable tokens with their probabilities, until the network ends its text."""
        audio = np.pad(samples, (0, max(0, _SHORTEST_INPUT - len(samples))))[None]
        mask = np.ones(audio.shape, np.int64)
        check_stop()
        states = self._encoder.run({"input_values": audio, "attention_mask": mask})["last_hidden_state"]
        cache = {f"past_key_values.{name}": np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32) for name in _CACHE_NAMES}
        token, first = _BEGIN, True
        while token != _END:
            check_stop()
            outputs = self._decoder.run(
                {
                    "input_ids": np.array([[token]], np.int64),
                    "encoder_hidden_states": states,
                    "encoder_attention_mask": mask,
                    "use_cache_branch": np.array([not first]),
                    **cache,
                }
            )
            for name in _CACHE_NAMES:
                if first or ".decoder." in name:  # the encoder's keys and values are made by the first step alone
                    cache[f"past_key_values.{name}"] = outputs[f"present.{name}"]
            logits = outputs["logits"][0, -1].astype(np.float64)
            token, first = int(logits.argmax()), False
            yield token, float(1 / np.exp(logits - logits[token]).sum())

    def _words(self, ids: Sequence[int], probabilities: Sequence[float]) -> Iterator[RecognisedWord]:
        """Tokens put together to words; a token that begins with the word mark starts a new one."""
        pieces: list[tuple[bytes, list[float]]] = []
        for token, probability in zip(ids, probabilities, strict=True):
            piece = self._tokens[token]
            if piece.startswith(_WORD_START.encode()) or not pieces:
                pieces.append((b"", []))
            text, values = pieces[-1]
            pieces[-1] = (text + piece, [*values, probability])
        for text, values in pieces:
            for word in text.decode("utf-8", "ignore").replace(_WORD_START, " ").split():
                if any(character.isalnum() for character in word):  # a lone note sign or dash was not spoken
                    yield RecognisedWord(_REPEATED_MARK.sub(r"\1", word), float(np.exp(np.mean(np.log(values)))))

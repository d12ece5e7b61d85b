"""Voice emotion by Empathic Insight Voice of LAION (Schuhmann et al. 2025, "EmoNet-Voice", https://arxiv.org/abs/2506.09827).

BUD-E-Whisper, which is the encoder of Whisper trained further, listens to 30 s at most; heads, one for each emotion, estimate from
all that it gives how strongly the emotion is heard. A head of the small edition has 295 MB, so sound is not sent through all heads
at once: what the encoder gives for up to 128 pieces waits in a temporary file (590 MB) while one head after the other reads it.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.prosody import EmotionScore
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.base import PipelineOptions
from videoannotator.pipelines.voice_emotion.heads import Head, heads_among
from videoannotator.pipelines.voice_emotion.judging import (
    RATE_HZ,
    CheckStop,
    EmotionJudge,
    Emotions,
    Samples,
    Values,
    equal_pieces,
    highest_first,
)
from videoannotator.pipelines.voice_emotion.options import LaionVoiceOptions
from videoannotator.pipelines.voice_emotion.prosody import ProsodyPipeline
from videoannotator.pipelines.voice_emotion.torch_networks import PACKAGES, TorchFolder
from videoannotator.pipelines.voice_emotion.tracks import Spool

EXTRA = "laion-voice"
WHAT = "BUD-E-Whisper with heads of Empathic Insight Voice"

_PREPARATION = ("WhisperFeatureExtractor",)
AT_ONCE = 128
TOGETHER = 8
_DIGITS = 4
_FLOAT = np.dtype(np.float32)


class _Piece(NamedTuple):
    """A piece of a sound, which part of the sound it is, and whether it is the last."""

    samples: Samples
    part: float
    last: bool


class EmpathicInsight:
    """The intensities of emotions; an `EmotionJudge`.

    Args:
        name: of the added weights.
        sessions: knows them, and the device.
        at_once: how many pieces of sound wait for the heads.
        together: how many of them a head takes together.

    Raises:
        ExtraMissingException: PyTorch and transformers are not installed.
        WeightsMissingException, WeightsDamagedException: the weights are not there, or not whole.
        InvalidConfigException: they are something else.
    """

    def __init__(self, name: str, sessions: SessionPool, *, at_once: int = AT_ONCE, together: int = TOGETHER) -> None:
        self._at_once, self._together = at_once, together
        self._folder = TorchFolder(name, sessions, extra=EXTRA, what=WHAT)
        self._prepare = self._folder.preparation(_PREPARATION)
        self._encoder = self._open_encoder()
        config = self._encoder.config
        self._values = config.max_source_positions * config.d_model
        self._heads = heads_among(self._folder.files.values())
        if not self._heads:
            self._folder.refuse("there is no head of an emotion, such as model_Anger_best.pth")
        for head in self._heads:
            head.layers(self._folder, self._values)

    def _open_encoder(self) -> Any:
        folder, prepare = self._folder, self._prepare
        with folder.reading("config.json"):
            config = folder.transformers.AutoConfig.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
        if config.model_type != "whisper":
            folder.refuse(f"config.json is that of {config.model_type}, not of whisper")
        taken, given = (config.num_mel_bins, 2 * config.max_source_positions), (prepare.feature_size, prepare.nb_max_frames)
        if taken != given:
            folder.refuse(f"the encoder takes sound prepared as {taken}, and preprocessor_config.json prepares it as {given}")
        return folder.model(folder.transformers.WhisperModel, needed=lambda key: key.startswith("encoder.")).encoder

    def judge(self, sounds: Iterable[Samples], check_stop: CheckStop) -> Iterator[Emotions | None]:
        """See `EmotionJudge`."""
        pieces = self._pieces(sounds)
        total = np.zeros(len(self._heads))
        while True:
            with closing(Spool(_FLOAT)) as encoded:
                parts = [self._encode(piece, encoded, check_stop) for piece in islice(pieces, self._at_once)]
                if not parts:
                    return
                found = np.stack([self._estimates(head, encoded, len(parts), check_stop) for head in self._heads], axis=1)
            for (part, last), row in zip(parts, found, strict=True):
                total += part * row
                if last:
                    yield self._emotions(total)
                    total = np.zeros(len(self._heads))

    def _pieces(self, sounds: Iterable[Samples]) -> Iterator[_Piece]:
        for samples in sounds:
            pieces = equal_pieces(samples, self._prepare.n_samples)
            for number, piece in enumerate(pieces, start=1):
                yield _Piece(piece, len(piece) / len(samples), number == len(pieces))

    def _encode(self, piece: _Piece, encoded: Spool, check_stop: CheckStop) -> tuple[float, bool]:
        """Keep what the encoder gives for a piece."""
        check_stop()
        prepared = self._prepare(piece.samples, sampling_rate=RATE_HZ, return_tensors="pt")
        with self._folder.running(self._encoder, check_stop):
            given = self._encoder(prepared.input_features.to(self._folder.device)).last_hidden_state
        encoded.append(given.cpu().numpy().ravel())
        return piece.part, piece.last

    def _estimates(self, head: Head, encoded: Spool, count: int, check_stop: CheckStop) -> Values:
        """What a head says of each piece, float64 [count]."""
        torch, device = self._folder.torch, self._folder.device
        stored = head.layers(self._folder, self._values)
        found: list[npt.NDArray[np.float64]] = []
        with self._folder.computing(), torch.inference_mode():
            layers = [(weight.float().to(device), bias.float().to(device)) for weight, bias in stored]
            for first in range(0, count, self._together):
                check_stop()
                rows = encoded.read(first * self._values, min(count, first + self._together) * self._values)
                values = torch.from_numpy(rows.reshape(-1, self._values).copy()).to(device)
                for number, (weight, bias) in enumerate(layers):
                    values = torch.nn.functional.linear(values.relu() if number else values, weight, bias)
                found.append(values.cpu().numpy().ravel().astype(np.float64))
        return np.concatenate(found)

    def _emotions(self, intensities: Values) -> Emotions | None:
        if not np.isfinite(intensities).all():
            return None
        values = (round(float(value), _DIGITS) for value in intensities)
        return highest_first(EmotionScore(head.label, None, value) for head, value in zip(self._heads, values, strict=True))


class LaionVoice(ProsodyPipeline[LaionVoiceOptions]):
    """Measures what voice emotion measures, and gives the intensities of emotions that Empathic Insight Voice estimates."""

    name: ClassVar[str] = "laion_voice"
    display_name: ClassVar[str] = "Voice emotion (LAION)"
    description: ClassVar[str] = (
        "How something is said, as voice_emotion measures it, and how strongly each of up to 40 emotions is heard, by "
        "BUD-E-Whisper and Empathic Insight Voice of LAION, which you add: only those emotions are told whose heads you add. "
        "Intensities are estimated on a scale from 0 to 4, may lie beside it, and are no probabilities. What cannot be measured is "
        "left out with the reason."
    )
    variant: ClassVar[str] = "laion"
    version: ClassVar[str] = "1.0.0"
    Options: ClassVar[type[PipelineOptions]] = LaionVoiceOptions
    added_weights: ClassVar[str | None] = "weights"
    extra: ClassVar[str | None] = EXTRA
    packages: ClassVar[tuple[str, ...]] = PACKAGES

    def open_judge(self) -> EmotionJudge:
        return EmpathicInsight(self.options.weights, self.context.sessions)

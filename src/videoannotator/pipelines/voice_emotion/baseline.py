"""Voice emotion by a classifier of the library transformers, in the form of wav2vec 2.0 or HuBERT with a classifier on top
(Yang et al. 2021, "SUPERB: Speech processing Universal PERformance Benchmark", https://arxiv.org/abs/2105.01051).
"""

import re
from collections import Counter
from typing import ClassVar

import numpy as np

from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.base import PipelineOptions
from videoannotator.pipelines.voice_emotion.judging import RATE_HZ, CategoryJudge, CheckStop, EmotionJudge, Samples, Values, softmax
from videoannotator.pipelines.voice_emotion.options import VoiceEmotionBaselineOptions
from videoannotator.pipelines.voice_emotion.prosody import ProsodyPipeline
from videoannotator.pipelines.voice_emotion.torch_networks import PACKAGES, TorchFolder

EXTRA = "voice-emotion-baseline"
WHAT = "a network for audio classification"

_PREPARATION = ("Wav2Vec2FeatureExtractor",)
_PLACEHOLDER = re.compile(r"LABEL_\d+")
_ONE_OF_ALL = (None, "single_label_classification")


class TransformersClassifier(CategoryJudge):
    """The probabilities of the categories of a network for audio classification.

    Args:
        name: of the added weights.
        sessions: knows them, and the device.

    Raises:
        ExtraMissingException: PyTorch and transformers are not installed.
        WeightsMissingException, WeightsDamagedException: the weights are not there, or not whole.
        InvalidConfigException: they are something else, or their categories have no names.
    """

    def __init__(self, name: str, sessions: SessionPool) -> None:
        self._folder = TorchFolder(name, sessions, extra=EXTRA, what=WHAT)
        self._prepare = self._folder.preparation(_PREPARATION)
        self._model = self._folder.model(self._folder.transformers.AutoModelForAudioClassification, needed=lambda _: True)
        super().__init__(self._labels_of(self._model.config))

    def _labels_of(self, config: object) -> tuple[str, ...]:
        """Raises:
        InvalidConfigException: the categories have no names of their own, or several can be true at once.
        """
        kind = getattr(config, "problem_type", None)
        if kind not in _ONE_OF_ALL:
            self._folder.refuse(f"config.json says that it is for {kind}, and not to tell categories apart")
        numbered = getattr(config, "id2label", None) or {}
        labels = tuple(str(numbered[number]).strip() for number in sorted(numbered))
        if not labels or any(not label or _PLACEHOLDER.fullmatch(label) for label in labels):
            self._folder.refuse("config.json does not name the categories (id2label)")
        if twice := [label for label, count in Counter(labels).items() if count > 1]:
            self._folder.refuse(f"config.json names several categories {', '.join(twice)} (id2label)")
        return labels

    def shares(self, samples: Samples, check_stop: CheckStop) -> Values:
        """See `CategoryJudge`.

        Raises:
            InferenceFailedException: the network could not be run.
            RunStopped: somebody asked for it.
        """
        prepared = self._prepare(samples, sampling_rate=RATE_HZ, return_tensors="pt").to(self._folder.device)
        with self._folder.running(self._model, check_stop):
            values = self._model(**prepared).logits
        return softmax(np.asarray(values.cpu().numpy(), np.float32))


class VoiceEmotionBaseline(ProsodyPipeline[VoiceEmotionBaselineOptions]):
    """Measures what voice emotion measures, and gives the probabilities of the categories of an added classifier."""

    name: ClassVar[str] = "voice_emotion_baseline"
    display_name: ClassVar[str] = "Voice emotion (wav2vec 2.0)"
    description: ClassVar[str] = (
        "How something is said, as voice_emotion measures it, and emotion categories by a network for audio classification in the "
        "form of wav2vec 2.0 or HuBERT that you add, such as superb/wav2vec2-base-superb-er: uncalibrated probabilities. What "
        "cannot be measured is left out with the reason."
    )
    variant: ClassVar[str] = "wav2vec2"
    version: ClassVar[str] = "1.0.0"
    Options: ClassVar[type[PipelineOptions]] = VoiceEmotionBaselineOptions
    added_weights: ClassVar[str | None] = "weights"
    extra: ClassVar[str | None] = EXTRA
    packages: ClassVar[tuple[str, ...]] = PACKAGES

    def open_judge(self) -> EmotionJudge:
        return TransformersClassifier(self.options.weights, self.context.sessions)

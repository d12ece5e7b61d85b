"""Heads of Empathic Insight Voice: files with a small network each, which estimates one thing from what an encoder gives.

A head is a projection of the whole output of the encoder, and then layers of a perceptron, with the larger of 0 and the value
(ReLU) before each of them. All sizes are those of the file. https://huggingface.co/laion/Empathic-Insight-Voice-Small
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videoannotator.annotations.checks import require
from videoannotator.pipelines.voice_emotion.torch_networks import TorchFolder

EMOTIONS = (
    *("Affection", "Amusement", "Anger", "Astonishment_Surprise", "Awe", "Bitterness", "Concentration", "Confusion"),
    *("Contemplation", "Contempt", "Contentment", "Disappointment", "Disgust", "Distress", "Doubt", "Elation", "Embarrassment"),
    *("Emotional_Numbness", "Fatigue_Exhaustion", "Fear", "Helplessness", "Hope_Enthusiasm_Optimism"),
    *("Impatience_and_Irritability", "Infatuation", "Interest", "Intoxication_Altered_States_of_Consciousness"),
    *("Jealousy_&_Envy", "Longing", "Malevolence_Malice", "Pain", "Pleasure_Ecstasy", "Pride", "Relief", "Sadness", "Sexual_Lust"),
    *("Shame", "Sourness", "Teasing", "Thankfulness_Gratitude", "Triumph"),
)
"""The emotions that there are heads for. Further heads, as for age or the quality of the recording, are not about emotions."""

_FILE = re.compile(r"model_(.+)_best\.pth")
_COMPILED = "_orig_mod."
"""Before every name in files of networks that were compiled."""
_LAYER = re.compile(r"mlp\.(\d+)\.weight")
_MATRIX = 2


@dataclass(frozen=True, slots=True)
class Head:
    """A head in a file.

    Attributes:
        label: the emotion.
        path: the file.
    """

    label: str
    path: Path

    def layers(self, folder: TorchFolder, inputs: int) -> list[tuple[Any, Any]]:
        """Read weight and bias of each layer; the numbers stay in the file until they are used.

        Args:
            folder: where it lies.
            inputs: how many values the encoder gives.

        Raises:
            InvalidConfigException: the file is no head, or one for another encoder.
        """
        with folder.reading(self.path.name):
            stored = folder.torch.load(self.path, map_location="cpu", weights_only=True, mmap=True)
            layers = _layers(stored, folder.torch.is_tensor)
        taken = layers[0][0].shape[1]
        if taken != inputs:
            folder.refuse(f"the head {self.path.name} takes {taken} values, and the encoder gives {inputs}")
        return layers


def heads_among(files: Iterable[Path]) -> tuple[Head, ...]:
    """The heads of emotions among files, by name of the emotion."""
    matches = ((path, _FILE.fullmatch(path.name)) for path in files)
    named = {found[1]: path for path, found in matches if found is not None}
    return tuple(Head(emotion.replace("_", " "), named[emotion]) for emotion in EMOTIONS if emotion in named)


def _layers(stored: object, is_tensor: Any) -> list[tuple[Any, Any]]:
    """Raises:
    ValueError: these are not the numbers of a head.
    """
    require(isinstance(stored, Mapping) and all(map(is_tensor, stored.values())), "it holds no table of numbers")
    tensors = {str(key).removeprefix(_COMPILED): value for key, value in dict(stored).items()}  # type: ignore[call-overload]
    numbers = sorted(int(found[1]) for found in map(_LAYER.fullmatch, tensors) if found is not None)
    names = ["proj", *(f"mlp.{number}" for number in numbers)]
    expected = {f"{name}.{part}" for name in names for part in ("weight", "bias")}
    require(len(names) > 1 and expected == set(tensors), f"it holds {', '.join(sorted(tensors)[:6])}, not proj and mlp")
    layers = [(tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in names]
    size = None
    for weight, bias in layers:
        require(weight.ndim == _MATRIX and bias.shape == weight.shape[:1], "its numbers are not those of layers")
        require(size in (None, weight.shape[1]), "its layers do not fit to each other")
        size = weight.shape[0]
    require(size == 1, f"it gives {size} values, not one")
    return layers

"""face-api's two small networks, written down from its weights: their package carries no graph."""
# mypy: disable-error-code="import-untyped,import-not-found"
# (the requirements of this tool are no requirements of the project)

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scripts.weights_recipes import Array, browser_constants, from_function, members

from videoannotator.inference.weights import WeightsEntry


class FaceApiLayers:
    """The layers that face-api's networks are made of."""

    def __init__(self, constants: Mapping[str, Array]) -> None:
        import tensorflow as tf  # noqa: PLC0415  heavy

        self.tf = tf
        self.constants = constants

    def normalised(self, pictures: Any) -> Any:
        """RGB 0 to 255 without the mean colour of the training pictures, in units of 255."""
        return (pictures - np.array([122.782, 117.001, 104.298], np.float32)) / 255.0

    def convolution(self, x: Any, name: str, stride: int) -> Any:
        """Convolve across space and channels."""
        return self.tf.nn.conv2d(x, self.constants[f"{name}/filters"], stride, "SAME") + self.constants[f"{name}/bias"]

    def separable(self, x: Any, name: str, stride: int = 1) -> Any:
        """Convolve within each channel, then across channels."""
        depthwise, pointwise = (self.constants[f"{name}/{kind}_filter"] for kind in ("depthwise", "pointwise"))
        within = self.tf.nn.depthwise_conv2d(x, depthwise, [1, stride, stride, 1], "SAME")
        return self.tf.nn.conv2d(within, pointwise, 1, "SAME") + self.constants[f"{name}/bias"]

    def dense_block(self, x: Any, name: str, *, first: bool) -> Any:
        """Four convolutions, each fed with the sum of all before it."""
        relu = self.tf.nn.relu
        total = relu(self.convolution(x, f"{name}/conv0", 2) if first else self.separable(x, f"{name}/conv0", 2))
        for position in (1, 2, 3):
            total = total + self.separable(relu(total), f"{name}/conv{position}")
        return relu(total)

    def reduction_block(self, x: Any, name: str, *, activated: bool) -> Any:
        """Half the size, with a short cut."""
        y = self.separable(self.tf.nn.relu(x) if activated else x, f"{name}/separable_conv0")
        y = self.separable(self.tf.nn.relu(y), f"{name}/separable_conv1")
        return self.tf.nn.max_pool2d(y, 3, 2, "SAME") + self.convolution(x, f"{name}/expansion_conv", 2)

    def main_block(self, x: Any, name: str) -> Any:
        """Three convolutions of the same size, with a short cut."""
        y = x
        for position in (0, 1, 2):
            y = self.separable(self.tf.nn.relu(y), f"{name}/separable_conv{position}")
        return x + y

    def classes(self, x: Any, name: str) -> Any:
        """Apply a fully connected layer."""
        return x @ self.constants[f"{name}/weights"] + self.constants[f"{name}/bias"]

    def features(self, x: Any) -> Any:
        """Take the mean over the picture."""
        size = x.shape[-1]
        return self.tf.reshape(self.tf.nn.avg_pool2d(x, 7, 2, "VALID"), [-1, size])


def face_api_layers(entry: WeightsEntry, packages: Path) -> FaceApiLayers:
    """Make the layers with the constants of this entry's package."""
    (path, _), _ = members(entry, packages)
    return FaceApiLayers(browser_constants(json.loads(path.read_text(encoding="utf-8")), path.parent))


def expression(entry: WeightsEntry, packages: Path) -> bytes:
    """face-api's network for seven expressions."""
    layers = face_api_layers(entry, packages)

    def network(pictures: Any) -> Any:
        x = layers.normalised(pictures)
        for position in range(4):
            x = layers.dense_block(x, f"dense{position}", first=position == 0)
        return layers.tf.nn.softmax(layers.classes(layers.features(x), "fc"))

    return from_function(network, (None, 112, 112, 3), entry)


def age_gender(entry: WeightsEntry, packages: Path) -> bytes:
    """face-api's network for age and gender."""
    layers = face_api_layers(entry, packages)
    blocks = sorted({name.split("/")[1] for name in layers.constants if name.startswith("middle_flow/")})

    def network(pictures: Any) -> Any:
        relu = layers.tf.nn.relu
        x = relu(layers.convolution(layers.normalised(pictures), "entry_flow/conv_in", 2))
        for position in (0, 1):
            x = layers.reduction_block(x, f"entry_flow/reduction_block_{position}", activated=position > 0)
        for block in blocks:
            x = layers.main_block(x, f"middle_flow/{block}")
        x = layers.reduction_block(x, "exit_flow/reduction_block", activated=True)
        x = layers.features(relu(layers.separable(x, "exit_flow/separable_conv")))
        return layers.classes(x, "fc/age"), layers.tf.nn.softmax(layers.classes(x, "fc/gender"))

    return from_function(network, (None, 112, 112, 3), entry)

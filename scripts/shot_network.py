"""TransNetV2 (Souček and Lokoč 2020) as a network of two-dimensional convolutions, with the weights of the published package.

A (2+1)-dimensional convolution is a spatial one on each frame and then one along time; both are written as two-dimensional
convolutions, and batch normalisation is folded into the second. This gives the published network's numbers at a fraction of the
time that ONNX Runtime takes for three-dimensional convolutions.
"""
# mypy: disable-error-code="misc"
# (torch has no types where it is not installed)

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from scripts.weights_recipes import members, shrunk
from torch.nn import functional

from videoannotator.inference.weights import WeightsEntry

FRAMES, HEIGHT, WIDTH = 100, 27, 48
DILATIONS = (1, 2, 4, 8)
STACKS, BLOCKS = 3, 2
LOOK_UP = 101  # frames around each frame that it is compared with
NORMALISATION_EPSILON = 1e-3
HISTOGRAM_BINS = 512
OPSET = 17


class Block:
    """Four dilated (2+1)-dimensional convolutions side by side."""

    def __init__(self, state: Mapping[str, Any], name: str) -> None:
        layers = [f"{name}.Conv3D_{dilation}.layers" for dilation in DILATIONS]
        self.spatial = torch.cat([state[f"{layer}.0.weight"][:, :, 0] for layer in layers])
        scale = state[f"{name}.bn.weight"] / torch.sqrt(state[f"{name}.bn.running_var"] + NORMALISATION_EPSILON)
        shift = state[f"{name}.bn.bias"] - state[f"{name}.bn.running_mean"] * scale
        self.biases = torch.chunk(shift, len(DILATIONS))
        self.temporal = [
            state[f"{layer}.1.weight"][..., 0] * part.view(-1, 1, 1, 1)
            for layer, part in zip(layers, torch.chunk(scale, len(DILATIONS)), strict=True)
        ]

    def __call__(self, x: Any) -> Any:
        """[frames, channels, height, width] -> the same with other channels."""
        y = functional.conv2d(x, self.spatial, padding=1)
        frames, channels, height, width = y.shape
        y = y.reshape(frames, channels, height * width).permute(1, 0, 2).unsqueeze(0)
        parts = zip(torch.chunk(y, len(DILATIONS), 1), self.temporal, self.biases, DILATIONS, strict=True)
        y = torch.cat([functional.conv2d(z, w, b, padding=(d, 0), dilation=(d, 1)) for z, w, b, d in parts], 1)
        return y[0].permute(1, 0, 2).reshape(frames, -1, height, width)


class ShotNetwork(torch.nn.Module):
    """uint8 [1, 100, 27, 48, 3] -> two float32 [1, 100]: how likely a frame ends a shot, and how likely it is part of a change."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__()
        self.state = state
        self.stacks = [[Block(state, f"SDDCNN.{stack}.DDCNN.{block}") for block in range(BLOCKS)] for stack in range(STACKS)]

    def forward(self, frames: Any) -> Any:
        """Compute both probabilities."""
        x = frames[0].permute(0, 3, 1, 2).float() / 255.0
        means = []
        for first, second in self.stacks:
            short_cut = functional.relu(first(x))
            x = functional.avg_pool2d(functional.relu(second(short_cut)) + short_cut, 2)
            means.append(x.mean(dim=(2, 3)))
        look = functional.normalize(self.linear(torch.cat(means, 1), "frame_sim_layer.projection"), p=2.0, dim=1)
        parts = [
            self.compared(self.histograms(frames), "color_hist_layer.fc"),
            self.compared(look, "frame_sim_layer.fc"),
            x.permute(0, 2, 3, 1).reshape(FRAMES, -1),
        ]
        y = functional.relu(self.linear(torch.cat(parts, 1), "fc1"))
        return tuple(torch.sigmoid(self.linear(y, name)).reshape(1, FRAMES) for name in ("cls_layer1", "cls_layer2"))

    def linear(self, x: Any, name: str) -> Any:
        """Apply a fully connected layer."""
        return functional.linear(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"])

    def compared(self, looks: Any, name: str) -> Any:
        """Weigh each frame's likeness to the 50 frames before and after it. `looks` has unit rows."""
        reach = LOOK_UP // 2
        likeness = functional.pad(looks @ looks.T, (reach, reach))
        around = torch.arange(FRAMES).view(-1, 1) + torch.arange(LOOK_UP)
        return functional.relu(self.linear(torch.gather(likeness, 1, around), name))

    def histograms(self, frames: Any) -> Any:
        """Count each of 512 colours in every frame, as unit rows."""
        red, green, blue = (frames[0, ..., channel].reshape(FRAMES, -1).long() // 32 for channel in range(3))
        counts = torch.zeros(FRAMES, HISTOGRAM_BINS).scatter_add(1, red * 64 + green * 8 + blue, torch.ones(FRAMES, HEIGHT * WIDTH))
        return functional.normalize(counts, p=2.0, dim=1)


def shot_network(entry: WeightsEntry, packages: Path) -> bytes:
    """Export the network with the package's weights."""
    (path,), _ = members(entry, packages)
    network = ShotNetwork(torch.load(path, map_location="cpu", weights_only=True)).eval()
    example = torch.randint(0, 256, (1, FRAMES, HEIGHT, WIDTH, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    names = {"input_names": [entry.inputs[0].name], "output_names": [tensor.name for tensor in entry.outputs]}
    stream = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the newer exporter needs a package more and gives the same network
        torch.onnx.export(network, (example,), stream, opset_version=OPSET, dynamo=False, **names)
    return shrunk(onnx.load_model_from_string(stream.getvalue()), entry)

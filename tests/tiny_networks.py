"""Networks of a few operations, in the form in which others export theirs, whose answers follow exactly from the picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save_model

from videoannotator.inference.library import WeightsLibrary

OPSET, IR_VERSION = 17, 8
Size = int | str
Outputs = dict[str, tuple[int, tuple[Size, ...]]]


def added(folder: Path, name: str, file: Path, beside: Mapping[str, str] = MappingProxyType({})) -> Path:
    """A weights folder in which a file was added under a name, alone or with texts beside it."""
    library = WeightsLibrary(folder)
    with library.staging() as staged:
        (staged / file.name).write_bytes(file.read_bytes())
        for other, text in beside.items():
            (staged / other).write_text(text, encoding="utf-8")
        library.add(name, staged, source=str(file))
    return folder


def rtmdet(path: Path, height: Size = 320, width: Size = 320, names: tuple[str, str] = ("dets", "labels")) -> Path:
    """Gives the box around all that is bright in the first channel, twice: as a person (0.9) and as something else (0.95)."""
    nodes = [
        helper.make_node("Slice", ["input", "zero", "one", "channels"], ["first"]),
        helper.make_node("Greater", ["first", "bright"], ["is_bright"]),
        helper.make_node("Cast", ["is_bright"], ["mask"], to=TensorProto.FLOAT),
        *_first_and_last("mask", keep=3, name="x"),
        *_first_and_last("mask", keep=2, name="y"),
        helper.make_node("Concat", ["x_first", "y_first", "x_last", "y_last", "score"], ["person"], axis=1),
        helper.make_node("Concat", ["x_first", "y_first", "x_last", "y_last", "higher"], ["other"], axis=1),
        helper.make_node("Concat", ["person", "other"], ["both"], axis=0),
        helper.make_node("Unsqueeze", ["both", "zero"], [names[0]]),
        helper.make_node("Identity", ["classes"], [names[1]]),
    ]
    constants = {
        "zero": np.array([0]),
        "one": np.array([1]),
        "channels": np.array([1]),
        "bright": np.array(2.5, np.float32),
        "score": np.array([[0.9]], np.float32),
        "higher": np.array([[0.95]], np.float32),
        "classes": np.array([[0, 7]]),
    }
    outputs: Outputs = {names[0]: (TensorProto.FLOAT, (1, 2, 5)), names[1]: (TensorProto.INT64, (1, 2))}
    return _saved(path, nodes, constants, (1, 3, height, width), outputs)


def _first_and_last(mask: str, keep: int, name: str) -> list[Any]:
    """Nodes for the first place along an axis at which a mask is 1, and the place behind the last."""
    other = 5 - keep
    return [
        helper.make_node("ReduceMax", [mask], [f"{name}_seen"], axes=[0, 1, other], keepdims=0),
        helper.make_node("ArgMax", [f"{name}_seen"], [f"{name}_begin"], axis=0, keepdims=1),
        helper.make_node("ArgMax", [f"{name}_seen"], [f"{name}_at"], axis=0, keepdims=1, select_last_index=1),
        helper.make_node("Add", [f"{name}_at", "one"], [f"{name}_end"]),
        helper.make_node("Cast", [f"{name}_begin"], [f"{name}_begin_f"], to=TensorProto.FLOAT),
        helper.make_node("Cast", [f"{name}_end"], [f"{name}_end_f"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", [f"{name}_begin_f", "zero"], [f"{name}_first"]),
        helper.make_node("Unsqueeze", [f"{name}_end_f", "zero"], [f"{name}_last"]),
    ]


def rtmpose(path: Path, points: int = 17, height: Size = 256, width: Size = 192) -> Path:
    """Finds every point where the first channel is brightest, in steps of half a pixel; scores are a third of that brightness."""
    nodes = [
        helper.make_node("Slice", ["input", "zero", "one", "channels"], ["first"]),
        helper.make_node("Mul", ["first", "third"], ["scaled"]),
    ]
    for name, other in (("simcc_x", 2), ("simcc_y", 3)):
        nodes += [
            helper.make_node("ReduceMax", ["scaled"], [f"{name}_line"], axes=[1, other], keepdims=0),
            helper.make_node("Unsqueeze", [f"{name}_line", "last"], [f"{name}_column"]),
            helper.make_node("Concat", [f"{name}_column", f"{name}_column"], [f"{name}_pairs"], axis=2),
            helper.make_node("Reshape", [f"{name}_pairs", "row"], [f"{name}_row"]),
            helper.make_node("Expand", [f"{name}_row", "all_points"], [name]),
        ]
    constants = {
        "zero": np.array([0]),
        "one": np.array([1]),
        "channels": np.array([1]),
        "last": np.array([2]),
        "third": np.array(1 / 3, np.float32),
        "row": np.array([1, 1, -1]),
        "all_points": np.array([1, points, 1]),
    }
    outputs: Outputs = {
        "simcc_x": (TensorProto.FLOAT, (1, points, "x")),
        "simcc_y": (TensorProto.FLOAT, (1, points, "y")),
    }
    return _saved(path, nodes, constants, (1, 3, height, width), outputs)


def hsemotion(path: Path, classes: int = 8, side: int = 224) -> Path:
    """Values that follow from the mean colour: class n has n % 3 = channel, times n + 1."""
    table = np.zeros((3, classes), np.float32)
    for place in range(classes):
        table[place % 3, place] = place + 1
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["means", "table"], ["output"]),
    ]
    return _saved(path, nodes, {"table": table}, (1, 3, side, side), {"output": (TensorProto.FLOAT, (1, classes))})


def sound_events(
    path: Path,
    hertz: Sequence[int] = (500, 1500, 3000),
    *,
    cuts: bool = True,
    shape: tuple[Size, ...] = ("n",),
    logits: bool = False,
    embeddings: bool = False,
) -> Path:
    """The mean power of a sine of each of these frequencies (multiples of 100), 1 for amplitude 1, at 16 kHz.

    With `cuts`, in windows of 0.96 s every 0.48 s, as YAMNet: (windows, classes); without, over the whole waveform: (batch,
    classes).
    As `logits`, 20 times what lies above a half. With `embeddings`, more numbers of each window come first, as in YAMNet and PANNs.
    """
    moments = np.arange(160) / 16000
    waves = [wave(2 * np.pi * each * moments) / 80 for each in hertz for wave in (np.cos, np.sin)]
    pairs = np.kron(np.eye(len(hertz)), np.ones((1, 2)))[..., None]
    pool: dict[str, Any] = {"kernel_shape": [96], "strides": [48]} if cuts else {}
    nodes = [
        helper.make_node("Reshape", ["input", "as_signal"], ["signal"]),
        helper.make_node("Conv", ["signal", "waves"], ["parts"], strides=[160]),
        helper.make_node("Mul", ["parts", "parts"], ["squares"]),
        helper.make_node("Conv", ["squares", "pairs"], ["powers"]),
        helper.make_node("AveragePool" if cuts else "GlobalAveragePool", ["powers"], ["means"], **pool),
        helper.make_node("Transpose", ["means"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["turned", "as_table"], ["table"]),
        helper.make_node("Min", ["table", "one"], ["limited"]),
        helper.make_node("Sub", ["limited", "half"], ["above"]),
        helper.make_node("Mul", ["above", "steep"], ["steeper"]),
        helper.make_node("Identity", ["steeper" if logits else "limited"], ["scores"]),
        helper.make_node("Concat", ["table", "table"], ["embeddings"], axis=1),
    ]
    constants = {
        "as_signal": np.array([1, 1, -1] if cuts else [0, 1, -1] if len(shape) > 1 else [1, 1, -1]),
        "waves": np.array(waves, np.float32)[:, None, :],
        "pairs": pairs.astype(np.float32),
        "as_table": np.array([-1, len(hertz)]),
        "one": np.array(1, np.float32),
        "half": np.array(0.5, np.float32),
        "steep": np.array(20, np.float32),
    }
    outputs: Outputs = {"embeddings": (TensorProto.FLOAT, ("rows", 2 * len(hertz)))} if embeddings else {}
    outputs["scores"] = (TensorProto.FLOAT, ("rows", len(hertz)))
    return _saved(path, nodes if embeddings else nodes[:-1], constants, shape, outputs)


def speech_emotion(path: Path, classes: int = 3, samples: Size = "samples", rank: int = 2) -> Path:
    """Values that follow from the loudness: class n has n times the mean of the samples' absolute values."""
    table = np.arange(classes, dtype=np.float32)[None]
    nodes = [
        helper.make_node("Abs", ["input"], ["loud"]),
        helper.make_node("ReduceMean", ["loud"], ["mean"], axes=[rank - 1], keepdims=1),
        helper.make_node("MatMul", ["mean", "table"], ["logits"]),
    ]
    shape: tuple[Size, ...] = (1,) * (rank - 1) + (samples,)
    return _saved(path, nodes, {"table": table}, shape, {"logits": (TensorProto.FLOAT, (*shape[:-1], classes))})


def _saved(
    path: Path,
    nodes: Sequence[Any],
    constants: dict[str, np.ndarray[Any, Any]],
    shape: tuple[Size, ...],
    outputs: Outputs,
) -> Path:
    graph = helper.make_graph(
        list(nodes),
        path.stem,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, kind, sizes) for name, (kind, sizes) in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model)
    save_model(model, str(path))
    return path

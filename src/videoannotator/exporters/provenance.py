"""Where a result comes from, as JSON."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.checksum import sha256_of
from videoannotator.exporters.base import ExportedFile, Exporter, writing

NAME = "provenance.json"


class ProvenanceRecord(Exporter):
    """`provenance.json`: what the run was made from, the recording, and how each pipeline ended.

    It names every file that stands in the folder when it is written, with its checksum; so it is written last.
    Times of day are ISO 8601 in UTC. No key is called `start_time`, `end_time` or `scene_type`: the browser client would take the
    file for scenes.
    """

    name = "provenance"
    display_name = "Provenance (JSON)"
    description = "Input hash, effective options, weights with their hashes, versions, device, timings and warnings of the run."
    media_type = "application/json"
    records = ()

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        document = {
            "schema_version": 1,
            **_fields(annotations.provenance),
            "media": _fields(annotations.media),
            "files": [_listed(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()],
            "pipelines": {name: _fields(outcome) for name, outcome in annotations.outcomes.items()},
        }
        path = folder / NAME
        with writing(path), path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            json.dump(document, file, ensure_ascii=False, allow_nan=False, indent=2, default=_plain)
            file.write("\n")
        yield ExportedFile(NAME, self.name, None, "What the results were made from, and how each pipeline ended.")


def _listed(path: Path, folder: Path) -> dict[str, Any]:
    return {"name": path.relative_to(folder).as_posix(), "size_bytes": path.stat().st_size, "sha256": sha256_of(path)}


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _plain(value: Any) -> Any:
    """What `json` does not know, as something it knows."""
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")

"""What every exporter keeps to, as a test class to inherit from: for the formats of this package and for those of plugins.

from videoannotator.testing.exporter_contract import ExporterContract
from my_plugin import MyFormat


class TestMyFormat(ExporterContract):
    exporter = MyFormat
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.store import PipelineRecords, Records
from videoannotator.exporters.base import ExportedFile, Exporter
from videoannotator.testing.examples import EXAMPLES, NON_ASCII, many

SAFE_PATH = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_-]*/)*[A-Za-z0-9][A-Za-z0-9_.-]*")
WRITTEN_MEANWHILE = 0.5
"""Which part of its bytes a format must write while it reads the records: the rest may wait in buffers."""


class ExporterContract:
    """Tests that an exporter keeps to its protocol; a subclass names it in `exporter`.

    Class attributes:
        exporter: the class to test.
        writes_empty_files: whether a completed pipeline that found nothing gets a file all the same; False for formats in which an
            empty file is not valid.
    """

    exporter: ClassVar[type[Exporter]]
    writes_empty_files: ClassVar[bool] = True

    def read_text(self, path: Path) -> str:
        """Everything that stands in a file as text. Override it for binary formats."""
        text = path.read_text(encoding="utf-8")
        return json.dumps(json.loads(text), ensure_ascii=False) if path.suffix == ".json" else text

    def export(self, annotations: AnnotationSet, folder: Path) -> dict[str, ExportedFile]:
        """Export into a new folder; the files by name, each checked to be complete when it was named."""
        folder.mkdir()
        files: dict[str, ExportedFile] = {}
        contents: dict[str, bytes] = {}
        for file in self.exporter().export(annotations, folder):
            assert file.name not in files, f"{file.name} is named twice"
            files[file.name] = file
            contents[file.name] = (folder / file.name).read_bytes()
        assert _contents(folder) == contents, "the files that were named are there, no others, and none changed after it was named"
        return files

    @pytest.fixture(params=sorted(EXAMPLES))
    def example(self, request: pytest.FixtureRequest) -> Iterator[AnnotationSet]:
        """One annotation set after the other."""
        with EXAMPLES[request.param]() as annotations:
            yield annotations

    def test_class_attributes_are_complete(self) -> None:
        exporter = self.exporter
        assert re.fullmatch(r"[a-z][a-z0-9_]*", exporter.name)
        assert exporter.display_name.strip()
        assert exporter.description.strip()
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", exporter.media_type)
        assert isinstance(exporter.records, tuple)
        assert all(isinstance(kind, type) for kind in exporter.records)
        assert exporter.extra is None or exporter.extra.strip()

    def test_files_are_named_and_lie_inside_the_folder(self, example: AnnotationSet, tmp_path: Path) -> None:
        files = self.export(example, tmp_path / "out")
        assert [path.name for path in tmp_path.iterdir()] == ["out"], "nothing is written beside the folder"
        for name, file in files.items():
            assert SAFE_PATH.fullmatch(name), f"{name!r} is no safe relative path"
            assert file.format == self.exporter.name
            assert file.description.strip()
            assert file.pipeline is None or file.pipeline in example.outcomes
            assert not (file.main and file.pipeline is None), "a main file is a pipeline's"

    def test_equal_annotations_give_equal_bytes(self, example: AnnotationSet, tmp_path: Path) -> None:
        for folder in (tmp_path / "first", tmp_path / "second"):
            self.export(example, folder)
        assert _contents(tmp_path / "first") == _contents(tmp_path / "second")

    def test_file_names_do_not_depend_on_the_recording(self, example: AnnotationSet, tmp_path: Path) -> None:
        renamed = dataclasses.replace(example, media=dataclasses.replace(example.media, file_name="another.mkv"))
        assert self.export(example, tmp_path / "one") == self.export(renamed, tmp_path / "other")

    def test_only_completed_pipelines_get_files(self, example: AnnotationSet, tmp_path: Path) -> None:
        pipelines = {file.pipeline for file in self.export(example, tmp_path / "out").values()} - {None}
        completed = {name for name, outcome in example.outcomes.items() if outcome.status == "completed"}
        assert pipelines <= completed

    def test_nothing_about_pipelines_when_none_completed(self, tmp_path: Path) -> None:
        with EXAMPLES["unfinished"]() as annotations:
            files = self.export(annotations, tmp_path / "out")
        assert bool(files) == (not self.exporter.records), "only formats about the run as a whole have something to say"

    def test_a_pipeline_that_found_nothing_gets_valid_files(self, tmp_path: Path) -> None:
        with EXAMPLES["empty"]() as empty, EXAMPLES["full"]() as full:
            of_nothing = self.export(empty, tmp_path / "empty")
            of_something = self.export(full, tmp_path / "full")
        if not self.writes_empty_files:
            assert not [file for file in of_nothing.values() if file.pipeline is not None]
            return
        main = {name for name, file in of_something.items() if file.main}
        assert main <= set(of_nothing)
        assert {file.pipeline for file in of_nothing.values()} == {file.pipeline for file in of_something.values()}
        assert all(content for content in _contents(tmp_path / "empty").values()), "an empty result is not an empty file"

    def test_text_outside_ascii_survives(self, tmp_path: Path) -> None:
        with EXAMPLES["full"]() as annotations:
            files = self.export(annotations, tmp_path / "out")
        text = "\n".join(self.read_text(tmp_path / "out" / name) for name in files if not name.endswith(".jpg"))
        for kind in self.exporter.records or (None,):
            for word in NON_ASCII.get(kind, ()):
                assert word in text

    def test_files_are_written_while_the_records_are_read(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        meanwhile: list[int] = []
        with many(12000) as annotations:
            watched = {name: _Watched(results, out, meanwhile) for name, results in annotations.results.items()}
            self.export(dataclasses.replace(annotations, results=watched), out)
        if meanwhile:
            assert sum(meanwhile) >= WRITTEN_MEANWHILE * _size(out), "records are gathered in memory before they are written"


class _WatchedRecords(Records[Any]):
    """Records that note how many bytes `folder` gains each time they are read."""

    def __init__(self, records: Records[Any], folder: Path, gains: list[int]) -> None:
        self._records = records
        self._watched = folder
        self._gains = gains

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Any]:
        before = _size(self._watched)
        yield from self._records
        self._gains.append(_size(self._watched) - before)


class _Watched(PipelineRecords):
    """The results of a pipeline, watched while they are read."""

    def __init__(self, results: PipelineRecords, folder: Path, gains: list[int]) -> None:
        super().__init__()
        self._results = results
        self._watched = folder
        self._gains = gains

    def of_type(self, record_type: type[Any]) -> Records[Any]:
        return _WatchedRecords(self._results.of_type(record_type), self._watched, self._gains)

    @property
    def types(self) -> tuple[type, ...]:
        return self._results.types


def _size(folder: Path) -> int:
    return sum(len(content) for content in _contents(folder).values())


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

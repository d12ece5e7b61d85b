"""Pipelines and plugin packages that tests make."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.media.types import AudioNeed, FrameBatch, FrameNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions


class Flavour(str, Enum):
    """Something to choose."""

    SWEET = "sweet"
    SOUR = "sour"


class Inner(BaseModel):
    """A group of options."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    depth: int = Field(3, ge=1, le=9, description="How deep, in layers.")


class ToyOptions(PipelineOptions):
    """One option of every kind."""

    former_names: ClassVar[Mapping[str, str]] = MappingProxyType({"conf_threshold": "confidence_threshold"})
    confidence_threshold: float = Field(0.5, ge=0.0, le=1.0, description="Least confidence, 0 to 1.")
    count: int = Field(4, ge=1, le=100, description="How many.")
    flavour: Flavour = Field(Flavour.SWEET, description="Which taste.")
    note: str | None = Field(None, max_length=10, description="A remark.")
    active: bool = Field(True, description="Whether it acts.")
    inner: Inner = Field(Inner(), description="The inner workings.")


class ToyPipeline(Pipeline[ToyOptions]):
    """Makes one scene of the whole recording."""

    name = "toy"
    display_name = "Toy"
    description = "Makes one scene of the whole recording."
    family, variant, version = "toy", "plain", "1"
    tasks = ("playing",)
    modalities = ("video",)
    former_names: ClassVar[tuple[str, ...]] = ("plaything",)
    Options = ToyOptions
    produces: ClassVar[tuple[type, ...]] = (Scene,)

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(frames={"all": FrameNeed(max_size=(64, 64))})

    def start(self, media: MediaInfo) -> None:
        self.batches: list[FrameBatch] = []

    def feed(self, batch: Batch) -> Iterable[object]:
        assert isinstance(batch, FrameBatch)
        self.batches.append(batch)
        return ()

    def finish(self) -> Iterable[object]:
        first, last = self.batches[0].frames[0], self.batches[-1].frames[-1]
        yield Scene(first.time, last.time.shifted(0.04), first.index, last.index, Boundary.START)


class ToySound(ToyPipeline):
    """The same on sound."""

    name = "toy_sound"
    former_names: ClassVar[tuple[str, ...]] = ()
    modalities = ("audio",)

    @classmethod
    def needs(cls, options: ToyOptions) -> Needs:
        return Needs(audio=AudioNeed(8000))


@contextmanager
def installed(folder: Path, package: str, code: str, points: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """A distribution with one module on the path, as an installer leaves it; `{group: {name: target}}` are its entry points."""
    (folder / f"{package}.py").write_text(code, encoding="utf-8")
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    lines = [
        line
        for group, names in points.items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in names.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(package, None)

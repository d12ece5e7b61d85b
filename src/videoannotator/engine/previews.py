"""What a player shows of a recording besides its annotations: small pictures, and the shape of the sound.

They are made by steps that run beside the pipelines, on the frames and the sound that are decoded anyway. These steps are no
pipelines for anybody else: no result speaks of them, and one that fails harms nothing but its own product.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from videoannotator.annotations.disk import full_disk_named
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.store import PipelineRecords
from videoannotator.engine.plan import Selected
from videoannotator.media.decoder import Decoder, FrameDelivery
from videoannotator.media.thumbnails import COLUMNS, ROWS, Thumbnails, thumbnail_need
from videoannotator.media.types import AudioBlock, AudioNeed, Colour, FrameBatch, FrameNeed
from videoannotator.media.waveform import BINS_PER_S, WaveformWriter, levels
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions

SOUND_RATE_HZ = 16_000
"""The rate of the speech pipelines, so that nothing is resampled once more."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """Sheets of small pictures.

    Attributes:
        width, height: of each small picture, pixels.
        columns, rows: how many stand on a whole sheet.
        times_s: when each frame is shown, seconds, in the order of the sheets' rows.
        names: of the files, without a folder.
    """

    width: int
    height: int
    columns: int
    rows: int
    times_s: tuple[float, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waveform:
    """The envelope of the sound; `levels` has bins per second, name of the file without a folder, and number of bins."""

    levels: tuple[tuple[int, str, int], ...]


class PreviewOptions(PipelineOptions):
    """Where a step writes."""

    folder: str = Field(description="An existing folder.")
    stem: str = Field(description="What the names of its files begin with.")


class ThumbnailOptions(PreviewOptions):
    """Where small pictures go, and what they are made of."""

    rate_hz: float = Field(gt=0, description="Of the frames, at most, Hz.")
    width: int = Field(gt=0, description="Of a small picture, pixels.")
    height: int = Field(gt=0, description="Of a small picture, pixels.")


class ThumbnailStep(Pipeline[ThumbnailOptions]):
    """Makes the sheets of small pictures."""

    name = "small pictures"
    Options = ThumbnailOptions
    produces: ClassVar[tuple[type, ...]] = ()

    @classmethod
    def needs(cls, options: ThumbnailOptions) -> Needs:
        size = (options.width, options.height)
        return Needs(frames={"small": FrameNeed(rate_hz=options.rate_hz, exact_size=size, colour=Colour.BGR)})

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  the protocol's signature
        self._thumbnails = Thumbnails()

    def feed(self, batch: Batch) -> Iterable[object]:
        if isinstance(batch, FrameBatch):
            for frame in batch.frames:
                self._thumbnails.add(frame)
        return ()

    def finish(self) -> Iterable[object]:
        sheets = write_sheets(self._thumbnails, Path(self.options.folder), self.options.stem)
        return () if sheets is None else (sheets,)


class WaveformStep(Pipeline[PreviewOptions]):
    """Makes the envelope of the sound."""

    name = "shape of the sound"
    Options = PreviewOptions
    produces: ClassVar[tuple[type, ...]] = ()

    @classmethod
    def needs(cls, options: PreviewOptions) -> Needs:  # noqa: ARG003  the protocol's signature
        return Needs(audio=AudioNeed(SOUND_RATE_HZ))

    def start(self, media: MediaInfo) -> None:  # noqa: ARG002  the protocol's signature
        self._paths = dict(levels(Path(self.options.folder) / f"{self.options.stem}.bin"))
        self._writer = WaveformWriter(self._paths)

    def feed(self, batch: Batch) -> Iterable[object]:
        if isinstance(batch, AudioBlock):
            with full_disk_named("the shape of the sound"):
                self._writer.add(batch)
        return ()

    def finish(self) -> Iterable[object]:
        with full_disk_named("the shape of the sound"):
            self._writer.finish()
            self._writer.close()
        if not self._writer.bins[BINS_PER_S[0]]:
            return ()
        return (Waveform(tuple((rate, path.name, self._writer.bins[rate]) for rate, path in self._paths.items())),)

    def close(self) -> None:
        if hasattr(self, "_writer"):
            self._writer.close()


class Previews:
    """The steps beside a run, and what became of them.

    Args:
        folder: an existing folder for the files.
        mark: stands in the names of the files, so that those of several attempts differ.
        pictures, sound: what is wanted.

    Attributes:
        sheets, waveform: what was made; None when it was not.
        missing: why something that was wanted was not made, in sentences, by `thumbnails` and `waveform`.
    """

    def __init__(self, folder: Path, mark: str, *, pictures: bool = True, sound: bool = True) -> None:
        self._folder = folder
        self._mark = mark
        self._pictures = pictures
        self._sound = sound
        self.sheets: Sheets | None = None
        self.waveform: Waveform | None = None
        self.missing: dict[str, str] = {}

    def steps(self, media: MediaInfo, selection: Sequence[Selected]) -> list[Selected]:
        """What runs beside the selection: pictures only where some pipeline looks at them, so that nothing is decoded in vain."""
        steps = []
        looked_at = any(selected.pipeline.needs(selected.options).frames for selected in selection)
        if self._pictures and media.video is not None and looked_at:
            steps.append(Selected(ThumbnailStep, self._thumbnail_options(media)))
        if self._sound and media.audio:
            stem = f"waveform{self._mark}"
            steps.append(Selected(WaveformStep, PreviewOptions(folder=str(self._folder), stem=stem)))
        return steps

    def _thumbnail_options(self, media: MediaInfo) -> ThumbnailOptions:
        need = _need(media)
        width, height = need.exact_size or (1, 1)
        stem = f"thumbnails{self._mark}"
        return ThumbnailOptions(folder=str(self._folder), stem=stem, rate_hz=need.rate_hz or 1.0, width=width, height=height)

    def ended(self, outcome: PipelineOutcome, records: PipelineRecords) -> None:
        """Take note of what one of the steps made."""
        with_pictures = outcome.pipeline == ThumbnailStep.name
        if outcome.status is not PipelineStatus.COMPLETED:
            why = outcome.error.message if outcome.error else "The run ended before."
            product, what = ("thumbnails", "are no small pictures") if with_pictures else ("waveform", "is no picture of the sound")
            self.missing[product] = f"There {what}: {why}"
        for sheets in records.of_type(Sheets):
            self.sheets = sheets
        for waveform in records.of_type(Waveform):
            self.waveform = waveform
        records.close()

    def look(self, recording: Path, media: MediaInfo, on_position: Callable[[float], None]) -> FrameTimes | None:
        """Read the pictures of a recording at which no pipeline has looked; gives the time of each frame.

        Raises:
            VideoAnnotatorException: they cannot be read.
        """
        thumbnails = Thumbnails()
        with Decoder(recording, [_need(media)]) as decoder:
            for delivery in decoder:
                if isinstance(delivery, FrameDelivery):
                    thumbnails.add(delivery.frame)
                    on_position(decoder.position_s)
            if self._pictures:
                self.sheets = write_sheets(thumbnails, self._folder, f"thumbnails{self._mark}")
            return decoder.report().frame_times


def _need(media: MediaInfo) -> FrameNeed:
    if media.video is None:
        raise ValueError("there are no pictures")
    return thumbnail_need(media.video, media.duration_s)


def write_sheets(thumbnails: Thumbnails, folder: Path, stem: str) -> Sheets | None:
    """Write the sheets of small pictures; nothing where there are none."""
    if not thumbnails.times_s:
        return None
    names = tuple(_written(thumbnails.sheets(), folder, stem))
    return Sheets(*thumbnails.size, COLUMNS, ROWS, tuple(thumbnails.times_s), names)


def _written(sheets: Iterator[bytes], folder: Path, stem: str) -> Iterator[str]:
    for number, sheet in enumerate(sheets):
        name = f"{stem}-{number:04d}.jpg"
        with full_disk_named("the small pictures"):
            (folder / name).write_bytes(sheet)
        yield name

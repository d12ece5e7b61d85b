"""Tiny recordings for the tests of the media package, and a way to read one completely."""

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.time import MediaTime
from videoannotator.media.clip_writer import Image
from videoannotator.media.decoder import AudioDelivery, Decoder, DecodeReport, FrameDelivery
from videoannotator.media.types import AudioBlock, AudioNeed, Frame, FrameNeed


def counting_frames(count: int, size: tuple[int, int] = (64, 48)) -> list[Image]:
    """Grey pictures whose brightness is 16 + 8 times their number (wrapping), so that each neighbour can be told from the next."""
    return [np.full((size[1], size[0], 3), 16 + 8 * (index % 28), np.uint8) for index in range(count)]


def number_in(image: npt.NDArray[np.uint8]) -> int:
    """The number of a picture of `counting_frames`, modulo 28."""
    return round((float(image.mean()) - 16) / 8)


def at(times: list[Fraction], images: list[Image]) -> list[tuple[Image, MediaTime]]:
    """Pictures with their times."""
    return [(image, MediaTime(time)) for image, time in zip(images, times, strict=True)]


def regular(count: int, rate: Fraction = Fraction(25), size: tuple[int, int] = (64, 48)) -> list[tuple[Image, MediaTime]]:
    """Counting pictures at a constant rate."""
    return at([index / rate for index in range(count)], counting_frames(count, size))


def corner_picture(width: int, height: int) -> Image:
    """Grey, with a red block in the upper left corner, a green one in the upper right, and a blue one in the lower left."""
    image = np.full((height, width, 3), 110, np.uint8)
    block_h, block_w = height // 4, width // 4
    image[:block_h, :block_w] = (220, 30, 30)
    image[:block_h, -block_w:] = (30, 200, 30)
    image[-block_h:, :block_w] = (30, 30, 220)
    return image


def corner_colours(image: npt.NDArray[np.uint8]) -> dict[str, str]:
    """Which of red, green, blue is the strongest in each corner; `grey` where none is."""
    height, width = image.shape[:2]
    spots = {"upper left": (0, 0), "upper right": (0, 1), "lower left": (1, 0), "lower right": (1, 1)}
    colours = {}
    for name, (down, right) in spots.items():
        y, x = (height // 10, height - 1 - height // 10)[down], (width // 10, width - 1 - width // 10)[right]
        pixel = image[y, x].astype(int)
        strongest = int(pixel.argmax())
        colours[name] = ("red", "green", "blue")[strongest] if pixel.max() - pixel.min() > 60 else "grey"
    return colours


@dataclass
class Everything:
    """All that one reading gave, by need."""

    frames: dict[int, list[Frame]] = field(default_factory=dict)
    blocks: dict[int, list[AudioBlock]] = field(default_factory=dict)
    report: DecodeReport | None = None

    @property
    def facts(self) -> DecodeReport:
        assert self.report is not None
        return self.report

    def times(self, need: int = 0) -> list[Fraction]:
        """Exact times of the frames of a need."""
        return [frame.time.exact for frame in self.frames.get(need, [])]

    def sound(self, need: int = 0) -> npt.NDArray[np.float32]:
        """The samples of a need in one array."""
        return np.concatenate([block.samples for block in self.blocks.get(need, [])] or [np.zeros(0, np.float32)])


def read(
    path: Path,
    frames: tuple[FrameNeed, ...] = (FrameNeed(),),
    audio: tuple[AudioNeed, ...] = (AudioNeed(),),
    audio_track: int | None = None,
) -> Everything:
    """Read a recording from start to end, checking what must hold for every recording."""
    found = Everything()
    with Decoder(path, frames, audio, audio_track=audio_track, threads=1) as decoder:
        for delivery in decoder:
            if isinstance(delivery, AudioDelivery):
                found.blocks.setdefault(delivery.need, []).append(delivery.block)
            elif isinstance(delivery, FrameDelivery):
                found.frames.setdefault(delivery.need, []).append(delivery.frame)
        found.report = decoder.report()
    for series in found.frames.values():
        assert all(a.time < b.time and a.index < b.index for a, b in pairwise(series))
        assert found.report.frame_times is not None
        assert all(found.report.frame_times[frame.index] == frame.time for frame in series)
        assert not any(frame.image.flags.writeable for frame in series)
    for blocks in found.blocks.values():
        assert_contiguous(blocks)
    return found


def assert_contiguous(blocks: list[AudioBlock]) -> None:
    """Every block begins, to the sample, where the one before it ended."""
    count = 0
    for block in blocks:
        assert block.first_sample == count
        assert block.time.exact == blocks[0].time.exact + Fraction(count, block.rate_hz)
        assert block.samples.dtype == np.float32
        assert not block.samples.flags.writeable
        assert len(block.samples)
        assert float(np.abs(block.samples).max()) <= 1.0
        count += len(block.samples)

"""Which way up a picture is shown: the display matrix of containers and codecs."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Orientation:
    """What makes a stored picture upright: first the mirroring left to right, then the clockwise turn (0, 90, 180, 270 degrees)."""

    rotation_deg: int = 0
    mirrored: bool = False

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.rotation_deg % 180 == 90

    def upright_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the upright picture, from those of the stored one. It is its own inverse."""
        return (height, width) if self.swaps_sides else (width, height)

    def upright(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The picture turned; shape (height, width) or (height, width, channels)."""
        if self == _AS_STORED:
            return image
        straight = image[:, ::-1] if self.mirrored else image
        return np.ascontiguousarray(np.rot90(straight, -self.rotation_deg // 90))


_AS_STORED = Orientation()


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation that a decoded frame carries; as stored when it carries none."""
    try:
        side_data = cast("Mapping[str, Buffer]", frame.side_data)
        matrix = side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV cannot list side data of a kind that is newer than itself
        return Orientation(round(-frame.rotation / 90) % 4 * 90)
    return _AS_STORED if matrix is None else from_matrix(bytes(matrix))


def from_matrix(data: bytes) -> Orientation:
    """The orientation that a display matrix describes, turned to the nearest right angle.

    The matrix has 3 x 3 numbers of 32 bits (ISO/IEC 14496-12, section 8.3.2). A point (x, y), y downwards, is shown at
    (a x + c y, b x + d y).
    """
    if len(data) < 36:
        return _AS_STORED
    a, b, _u, c, d, *_rest = struct.unpack("=9i", data[:36])
    if a * d - b * c == 0:
        return _AS_STORED
    turn = math.degrees(math.atan2(-c, d))
    return Orientation(round(turn / 90) % 4 * 90, a * d - b * c < 0)

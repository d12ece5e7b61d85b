"""Small pictures of a recording at even distances, many of them on one sheet."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.media_info import VideoInfo
from videoannotator.errors import VideoAnnotatorException
from videoannotator.media.types import Colour, Frame, FrameNeed

MOST = 1200
"""So many small pictures a recording gets at most, however long it is."""
LEAST_INTERVAL_S = 1.0
WIDTH, LARGEST_HEIGHT = 160, 320
COLUMNS, ROWS = 10, 10
QUALITY = 80
_KEPT_QUALITY = 95

Image = npt.NDArray[np.uint8]


def thumbnail_size(video: VideoInfo) -> tuple[int, int]:
    """(width, height) in pixels of a small picture that looks as players show the recording, with square pixels."""
    shape = float(video.width * video.pixel_aspect_ratio) / video.height
    width = min(float(WIDTH), LARGEST_HEIGHT * shape)
    return max(1, round(width)), max(1, round(width / shape))


def thumbnail_need(video: VideoInfo, duration_s: float | None) -> FrameNeed:
    """Which frames small pictures are made of; when the duration is not known, more than are kept in the end."""
    interval_s = max(LEAST_INTERVAL_S, (duration_s or 0.0) / MOST)
    return FrameNeed(rate_hz=1 / interval_s, exact_size=thumbnail_size(video), colour=Colour.BGR)


@dataclass(frozen=True, slots=True)
class _Kept:
    time_s: float
    data: bytes


class Thumbnails:
    """Takes small pictures as they come, and gives sheets of them: 10 in a row, 10 rows, in time order.

    They wait as JPEG, so that 1,200 take about 10 MB. When there are more, because the recording is longer than it said, every
    second one goes, and from then on every second one of those that come.
    """

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._every = 1
        self._seen = 0
        self._size = (0, 0)

    def add(self, frame: Frame) -> None:
        """Take the next picture, BGR.

        Raises:
            VideoAnnotatorException: it could not be encoded.
        """
        number, self._seen = self._seen, self._seen + 1
        if number % self._every:
            return
        if len(self._kept) == MOST:
            self._kept, self._every = self._kept[::2], 2 * self._every
            if number % self._every:
                return
        self._size = (frame.image.shape[1], frame.image.shape[0])
        self._kept.append(_Kept(frame.time.seconds, _jpeg(frame.image, _KEPT_QUALITY)))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of each, in pixels."""
        return self._size

    @property
    def times_s(self) -> list[float]:
        """When each frame is shown, seconds."""
        return [kept.time_s for kept in self._kept]

    def sheets(self) -> Iterator[bytes]:
        """The sheets as JPEG files; the last has as many rows as it needs.

        Raises:
            VideoAnnotatorException: one could not be encoded.
        """
        width, height = self._size
        for first in range(0, len(self._kept), COLUMNS * ROWS):
            some = self._kept[first : first + COLUMNS * ROWS]
            rows = -(-len(some) // COLUMNS)
            sheet = np.zeros((rows * height, COLUMNS * width, 3), np.uint8)
            for number, kept in enumerate(some):
                top, left = number // COLUMNS * height, number % COLUMNS * width
                small = cv2.imdecode(np.frombuffer(kept.data, np.uint8), cv2.IMREAD_COLOR)
                sheet[top : top + height, left : left + width] = np.asarray(small, np.uint8)
            yield _jpeg(sheet, QUALITY)


def _jpeg(image: Image, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise VideoAnnotatorException(f"A picture of {image.shape[1]} x {image.shape[0]} pixels could not be written as JPEG.")
    return data.tobytes()

"""Drawing on a picture: boxes, bodies, directions, and text in any script."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.boxes import Box, Point

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
_SHARE_OF_LINE = 1 / 360
"""Width of a line, as a share of the picture's shorter side."""
_SHARE_OF_TEXT = 1 / 28
_WEIGHT = 500
_FINE_BITS = 4
"""Places are given to OpenCV in sixteenths of a pixel."""
_FAR_PX = 100_000.0
"""Nothing is drawn further away from the picture than this: OpenCV counts in whole numbers of 32 bits."""


class Canvas:
    """A picture that is drawn on. Places are pixels of the recording's picture, which may be larger than this one.

    Args:
        image: RGB, shape (height, width, 3); it is copied.
        recorded_width: width of the recording's picture, in pixels.

    Attributes:
        image: the picture with what was drawn.
    """

    def __init__(self, image: Image, recorded_width: int) -> None:
        self.image = image.copy()
        self._scale = image.shape[1] / recorded_width
        side = min(image.shape[:2])
        self._width = max(1, round(side * _SHARE_OF_LINE))
        self._text_px = max(9, round(side * _SHARE_OF_TEXT))
        self._font = cv2.FontFace("sans")

    def box(self, box: Box, colour: Colour, *, dashed: bool) -> None:
        """The outline of a box; a dashed one says that nothing was measured there."""
        corners = [
            Point(box.left, box.top),
            Point(box.right, box.top),
            Point(box.right, box.bottom),
            Point(box.left, box.bottom),
        ]
        for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
            if dashed:
                self._dashes(start, end, colour)
            else:
                self.line(start, end, colour)

    def _dashes(self, start: Point, end: Point, colour: Colour) -> None:
        dash = 5 * self._width / self._scale
        length = math.hypot(end.x - start.x, end.y - start.y)
        count = max(1, min(500, round(length / (2 * dash))))
        for number in range(count):
            self.line(_along(start, end, number / count), _along(start, end, (number + 0.5) / count), colour)

    def line(self, start: Point, end: Point, colour: Colour, *, thin: bool = False) -> None:
        """A straight line."""
        width = max(1, self._width // 2) if thin else self._width
        cv2.line(self.image, self._fine(start), self._fine(end), colour, width, cv2.LINE_AA, _FINE_BITS)

    def dot(self, place: Point, colour: Colour, *, hollow: bool = False) -> None:
        """A small disc, or a small circle."""
        radius = round(1.5 * self._width * (1 << _FINE_BITS))
        cv2.circle(self.image, self._fine(place), radius, colour, 1 if hollow else -1, cv2.LINE_AA, _FINE_BITS)

    def ray(self, origin: Point, yaw_deg: float, pitch_deg: float, length: float, colour: Colour, *, thin: bool = False) -> None:
        """An arrow into the direction of an angle: yaw is positive to the right of the picture, pitch upwards.

        It is `length` pixels long when it lies in the picture's plane, and shorter the more it points at the camera.
        """
        yaw, pitch = math.radians(yaw_deg), math.radians(pitch_deg)
        tip = Point(origin.x + length * math.sin(yaw) * math.cos(pitch), origin.y - length * math.sin(pitch))
        width = max(1, self._width // 2) if thin else self._width
        cv2.arrowedLine(self.image, self._fine(origin), self._fine(tip), colour, width, cv2.LINE_AA, _FINE_BITS, 0.2)

    def label(self, text: str, place: Point, colour: Colour, *, below: bool = False) -> None:
        """Text on a ground of this colour, above or below a place, and inside the picture."""
        left, top = round(place.x * self._scale), round(place.y * self._scale)
        width, height = self._text_size(text)
        rows, columns = self.image.shape[:2]
        left = min(max(left, 0), max(0, columns - width))
        top = min(max(top if below else top - height, 0), max(0, rows - height))
        dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140  # ITU-R BT.601 luma
        self._text(text, left, top, WHITE if dark else BLACK, colour)

    def caption(self, lines: Sequence[str]) -> None:
        """Lines of text in the middle of the lower edge."""
        rows, columns = self.image.shape[:2]
        sizes = [self._text_size(line) for line in lines]
        top = rows - sum(height for _, height in sizes) - self._text_px // 2
        for line, (width, height) in zip(lines, sizes, strict=True):
            self._text(line, max(0, (columns - width) // 2), top, WHITE, BLACK)
            top += height

    @property
    def caption_columns(self) -> int:
        """About how many letters fit in a line of a caption."""
        return max(8, int(self.image.shape[1] * 0.9 / (0.55 * self._text_px)))

    def _text_size(self, text: str) -> tuple[int, int]:
        """Width and height of the ground that a line of text stands on."""
        _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), self._font, self._text_px, _WEIGHT)
        return width + self._text_px // 2, round(self._text_px * 1.3)

    def _text(self, text: str, left: int, top: int, colour: Colour, ground: Colour) -> None:
        width, height = self._text_size(text)
        cv2.rectangle(self.image, (left, top), (left + width, top + height), ground, -1)
        line = top + round(self._text_px * 0.97)
        cv2.putText(self.image, text, (left + self._text_px // 4, line), colour, self._font, self._text_px, _WEIGHT)

    def _fine(self, place: Point) -> tuple[int, int]:
        x, y = (max(-_FAR_PX, min(_FAR_PX, value * self._scale)) for value in place)
        return round(x * (1 << _FINE_BITS)), round(y * (1 << _FINE_BITS))


def _along(start: Point, end: Point, share: float) -> Point:
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)

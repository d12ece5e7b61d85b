"""Mouths of the portraits that open: what is below the lips moves down, as far as the jaw drops, and the gap between them is dark.

The lips, the chin and the jaw are the pixels of the portrait, shifted; only what the mouth shows inside is painted. That is enough
for networks that look at faces: they see the mouth open and close.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import FACE_POINTS
from videoannotator.media.portraits import Portrait

Floats = npt.NDArray[np.float32]

WIDE_OPEN = 0.12
"""How far the jaw drops at an opening of 1, in heights of the face's box."""
_INSIDE = (60.0, 20.0, 20.0)
_JAW_WIDTH = 2.0
"""Where the jaw ends to the side, in half widths of the mouth."""
_CHIN = 0.55
"""How far below the lips the movement has run out, in heights of the face's box."""
_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Voice:
    """Speech to which a mouth moves: from when on, and the opening from 0 to 1 every 20 ms."""

    start_s: float
    openings: tuple[float, ...]

    @property
    def end_s(self) -> float:
        """When the mouth is shut again."""
        return self.start_s + len(self.openings) * _STEP_S

    def at(self, seconds: float) -> float:
        """How far the mouth is open, 0 to 1."""
        return float(np.interp((seconds - self.start_s) / _STEP_S, np.arange(len(self.openings)), self.openings, 0.0, 0.0))


def voice(samples: Floats, rate_hz: int, start_s: float) -> Voice:
    """The movement of a mouth that speaks: as open as the sound is loud, smoothed as far as a jaw is slow (60 ms).

    Args:
        samples: speech, shape (n,).
        rate_hz: samples per second.
        start_s: when it begins.
    """
    step = round(_STEP_S * rate_hz)
    count = len(samples) // step
    loudness = np.sqrt(np.square(samples[: count * step].reshape(count, step)).mean(1))
    smooth = np.convolve(loudness, np.hanning(9)[1:-1] / np.hanning(9).sum(), "same")
    return Voice(start_s, tuple(float(value) for value in (smooth / np.quantile(smooth, 0.95)).clip(0, 1)))


def opening_at(voices: Sequence[Voice], seconds: float) -> float:
    """How far a mouth is open that all these voices move."""
    return max((each.at(seconds) for each in voices), default=0.0)


def opened(portrait: Portrait, colours: Floats, opening: float) -> Floats:
    """A portrait's picture with the mouth open.

    Args:
        portrait: whose.
        colours: the picture, possibly made smaller, shape (height, width, 3).
        opening: 0 as in the portrait to 1 for `WIDE_OPEN`.
    """
    height, width = colours.shape[:2]
    scale = width / portrait.width
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) / scale, np.arange(height, dtype=np.float32) / scale)
    points = dict(zip(FACE_POINTS, portrait.face_points, strict=True))
    left, right = sorted((points["mouth_left"], points["mouth_right"]))
    face = portrait.face_box.height
    drop = opening * WIDE_OPEN * face
    aside = (x - (left.x + right.x) / 2) / ((right.x - left.x) / 2)
    below = y - (left.y + (x - left.x) / (right.x - left.x) * (right.y - left.y))
    moved = drop * (1 - np.square(aside / _JAW_WIDTH)).clip(0, 1) * (1 - below / (_CHIN * face)).clip(0, 1)
    shift = np.where(below > 0, moved, 0).astype(np.float32)
    picture = cv2.remap(colours, x * scale, (y - shift) * scale, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    gap = (below > 0) & (below < 0.9 * drop * np.sqrt((1 - np.square(aside)).clip(0, 1)))
    inside = cv2.GaussianBlur(gap.astype(np.float32), (0, 0), max(0.3, 0.01 * face * scale))[:, :, None]
    return np.asarray(picture * (1 - inside) + np.array(_INSIDE, np.float32) * inside, np.float32)

"""Made-up pictures that look like camera footage: colour fields, shapes, texture, a slow camera, noise. Deterministic by seed."""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
View = Callable[[float], Image]
"""Gives the picture of a shot at a moment, in seconds since its start."""

_MARGIN = 1.4


def backdrop(width: int, height: int, seed: int) -> Image:
    """A still scene: smooth colour fields, a dozen shapes, fine texture. RGB, shape (height, width, 3)."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(70, 180) + rng.normal(0, 16, 3)
    field = base + rng.normal(0, 30, (4, 5, 1)) + rng.normal(0, 12, (4, 5, 3))
    picture = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        colour = tuple(float(value) for value in np.clip(base + rng.normal(0, 45) + rng.normal(0, 22, 3), 5, 250))
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (max(2, int(rng.uniform(0.03, 0.16) * width)), max(2, int(rng.uniform(0.03, 0.16) * height)))
        if rng.random() < 0.5:
            cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
        else:
            corners = cv2.boxPoints((centre, (2.0 * axes[0], 2.0 * axes[1]), float(rng.uniform(-15, 15))))
            cv2.fillPoly(picture, [corners.astype(np.int32)], colour, cv2.LINE_AA)
    for grain, strength in ((3, 9.0), (12, 9.0), (40, 7.0)):
        coarse = rng.normal(0, strength, (max(2, height // grain), max(2, width // grain), 1))
        picture = picture + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)[:, :, None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def shot(width: int, height: int, seed: int, *, motion: float = 1.0) -> View:
    """A camera that pans and zooms slowly over a scene in which somebody moves.

    Args:
        width: of the pictures, pixels.
        height: of the pictures, pixels.
        seed: decides scene and movement.
        motion: 0 for a locked camera and a still scene, 1 for a calm hand.
    """
    rng = np.random.default_rng(seed + 7919)
    scene = backdrop(int(width * _MARGIN) + 2, int(height * _MARGIN) + 2, seed)
    heading = rng.uniform(0, 2 * np.pi)
    drift = motion * 0.02 * width * np.array([np.cos(heading), np.sin(heading)])
    zoom_rate = motion * rng.uniform(-0.01, 0.01)
    figure = tuple(float(value) for value in np.clip(rng.uniform(30, 225) + rng.normal(0, 25, 3), 5, 250))
    phase = rng.uniform(0, 2 * np.pi)

    def view(seconds: float) -> Image:
        swing = np.tanh(drift * seconds / (0.15 * width)) * 0.15 * width
        zoom = float(np.clip(1 + zoom_rate * seconds, 0.85, 1.15))
        centre = np.array([scene.shape[1], scene.shape[0]]) / 2 + swing
        shift = centre - zoom * np.array([width, height]) / 2
        warp = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]], np.float64)
        picture = cv2.warpAffine(
            scene, warp, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
        )
        across = 0.5 + 0.25 * np.sin(phase + motion * 0.7 * seconds)
        cv2.ellipse(
            picture,
            (int(across * width), int(0.65 * height)),
            (width // 14 + 1, height // 4 + 1),
            0,
            0,
            360,
            figure,
            -1,
            cv2.LINE_AA,
        )
        return picture.astype(np.uint8, copy=False)

    return view


def camera_noise(width: int, height: int, strength: float, seed: int) -> Callable[[Image, int], Image]:
    """Adds noise of standard deviation `strength` (grey levels) to a picture; the second argument is the frame index."""
    if strength == 0:
        return lambda picture, _index: picture
    rng = np.random.default_rng(seed + 104729)
    plates = [rng.normal(0, strength, (height, width, 3)).round().astype(np.int16) for _ in range(5)]

    def add(picture: Image, index: int) -> Image:
        plate = np.roll(plates[index % len(plates)], index // len(plates) * 17, axis=1)
        return cv2.add(picture, plate, dtype=cv2.CV_8U).astype(np.uint8, copy=False)

    return add

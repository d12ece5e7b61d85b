"""The two portraits that ship: the picture, which of its pixels show the person, and where the points of face and body lie.

The mattes and the points were placed by hand; `samples/SOURCES.md` credits the pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.boxes import Box, Point
from videoannotator.annotations.faces import FACE_POINTS
from videoannotator.media.clip_writer import Image

Affine = npt.NDArray[np.float64]
"""A map of the plane, shape (2, 3)."""


@dataclass(frozen=True)
class Portrait:
    """A picture of one person. Coordinates are pixels of `picture`.

    Attributes:
        picture: RGB, shape (height, width, 3).
        matte: 255 where the person is, 0 elsewhere; shape (height, width).
        face_box: from the forehead to the chin, between the ears.
        face_points: as `FACE_POINTS` names them.
        body_points: the keypoints of COCO that can be seen, by name.
    """

    picture: Image
    matte: Image
    face_box: Box
    face_points: tuple[Point, ...]
    body_points: Mapping[str, Point]

    @property
    def height(self) -> int:
        """In pixels."""
        return int(self.picture.shape[0])

    @property
    def width(self) -> int:
        """In pixels."""
        return int(self.picture.shape[1])

    @property
    def person_box(self) -> Box:
        """Around the person."""
        return Box(*(float(value) for value in cv2.boundingRect(self.matte)))

    def mirrored(self) -> "Portrait":
        """Left and right exchanged, as if it were somebody else."""
        points = dict(zip(FACE_POINTS, self.face_points, strict=True))
        face = tuple(self._mirror(points[_other_side(name)]) for name in FACE_POINTS)
        body = {_other_side(name): self._mirror(point) for name, point in self.body_points.items()}
        box = replace(self.face_box, left=self.width - self.face_box.right)
        return Portrait(_flipped(self.picture), _flipped(self.matte), box, face, body)

    def _mirror(self, point: Point) -> Point:
        return Point(self.width - point.x, point.y)

    def dressed_in(self, colour: tuple[int, int, int], strength: float = 0.5) -> "Portrait":
        """The clothes, all that is below the chin, tinted in this colour (RGB)."""
        rows = np.arange(self.height)[:, None, None]
        share = strength * np.clip((rows - self.face_box.bottom) / (0.1 * self.height), 0, 1)
        tinted = self.picture * (1 - share) + np.array(colour) * share
        return replace(self, picture=tinted.astype(np.uint8))


@dataclass(frozen=True, slots=True)
class PlacedPerson:
    """Where somebody is in one frame of a made clip, exactly. Coordinates are pixels of the frame.

    Attributes:
        frame: its index.
        person: who, from 1; the same all through the clip.
        box: around what can be seen of the person.
        visibility: share of the person's pixels that can be seen, what lies below the lower border not counted; 0 to 1.
        face_box: around the whole face, also where it is hidden.
        face_visibility: share of the face that can be seen, 0 to 1.
        face_points: as `FACE_POINTS` names them, also where they are hidden.
        body_points: the keypoints of COCO that can be seen and whose place is known, by name.
    """

    frame: int
    person: int
    box: Box
    visibility: float
    face_box: Box
    face_visibility: float
    face_points: tuple[Point, ...]
    body_points: Mapping[str, Point]


def moved(point: Point, affine: Affine) -> Point:
    """Where a map takes a point."""
    x, y = affine @ (point.x, point.y, 1.0)
    return Point(float(x), float(y))


def moved_box(box: Box, affine: Affine) -> Box:
    """The upright box around where a map takes a box."""
    corners = [moved(Point(x, y), affine) for x in (box.left, box.right) for y in (box.top, box.bottom)]
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return Box(left, top, max(x for x, _ in corners) - left, max(y for _, y in corners) - top)


@cache
def eileen_collins() -> Portrait:
    """The astronaut Eileen Collins, 512 x 512."""
    return _portrait(
        "eileen_collins",
        Box(181, 74, 90, 104),
        right_eye=Point(202, 101),
        left_eye=Point(247, 103),
        nose=Point(225, 125),
        mouth_right=Point(203, 140),
        mouth_left=Point(243, 141),
        right_ear=Point(178, 124),
        left_ear=Point(270, 130),
        right_shoulder=Point(85, 262),
        left_shoulder=Point(325, 265),
    )


@cache
def grace_hopper() -> Portrait:
    """Rear Admiral Grace Hopper, 512 x 600."""
    return _portrait(
        "grace_hopper",
        Box(178, 130, 172, 200),
        right_eye=Point(221, 189),
        left_eye=Point(305, 185),
        nose=Point(266, 238),
        mouth_right=Point(228, 279),
        mouth_left=Point(309, 276),
        right_ear=Point(166, 225),
        left_ear=Point(364, 225),
        right_shoulder=Point(75, 398),
        left_shoulder=Point(455, 398),
    )


def _portrait(name: str, face_box: Box, **points: Point) -> Portrait:
    return Portrait(
        picture=cv2.cvtColor(_stored(f"{name}.jpg", cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False),
        matte=_stored(f"{name}_matte.png", cv2.IMREAD_GRAYSCALE),
        face_box=face_box,
        face_points=tuple(points[point] for point in FACE_POINTS),
        body_points=MappingProxyType({point: place for point, place in points.items() if not point.startswith("mouth")}),
    )


def _stored(name: str, mode: int) -> Image:
    stored = files("videoannotator.media").joinpath("samples", name).read_bytes()
    return np.asarray(cv2.imdecode(np.frombuffer(stored, np.uint8), mode)).astype(np.uint8, copy=False)


def _flipped(picture: Image) -> Image:
    return np.ascontiguousarray(picture[:, ::-1])


def _other_side(name: str) -> str:
    if "left" in name:
        return name.replace("left", "right")
    return name.replace("right", "left")

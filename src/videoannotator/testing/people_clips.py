"""Clips of real people, cut out of the portraits that ship, who move on known paths: where everybody is in every frame is exact.

    truth = people_clip(Path("crossing.mp4"), SCENARIOS["crossing"])

Boxes, visibility, points of face and body come from the same computation as the pixels. The people are seen from the chest up, as
across a table. Everything is the same each time it is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.boxes import Box
from videoannotator.annotations.checks import require
from videoannotator.annotations.time import MediaTime
from videoannotator.media.clip_writer import Image, Picture, Sound, write_clip
from videoannotator.media.portraits import Affine, PlacedPerson, Portrait, eileen_collins, grace_hopper, moved, moved_box
from videoannotator.media.scenery import backdrop, camera_noise
from videoannotator.media.synthetic import regular_times
from videoannotator.testing.mouths import Voice, opened, opening_at

SIZE = (640, 360)
RATE = Fraction(10)
FEWEST_PIXELS = 40
"""Somebody of whom less can be seen is not in the picture."""

_MARGIN = 0.25
_SWAY_DEG = 1.5
_HIDDEN_BELOW = 1.04
"""Where the lower edge of a cut-out lies, in heights of the picture: out of sight, also when it sways."""


class Stop(NamedTuple):
    """Where somebody is at a moment: the middle `x` of the portrait they are cut out of, in widths of the frame, and its `height`,
    in heights of the frame. Between two stops they move evenly; before the first and after the last they stand still.
    """

    time_s: float
    x: float
    height: float


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who moves: who (from 1, the same all through the clip), what they look like, where they go, and what moves their
    mouth, on the clock of the stage.
    """

    person: int
    path: tuple[Stop, ...]
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class Furniture:
    """A thing that hides what is behind it: left, top, right, bottom in widths and heights of the frame, and its colour."""

    left: float
    top: float
    right: float
    bottom: float
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """One shot.

    Attributes:
        seconds: how long it is.
        seed: decides the background.
        layers: who and what can be seen, those further back first.
        drift: how far the camera moves to the right and down, in widths and heights of the frame.
    """

    seconds: float
    seed: int
    layers: tuple[Actor | Furniture, ...]
    drift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class PeopleTruth:
    """What is in a clip: the time of every frame, everybody in every frame, and the first frames of the shots after the first."""

    size: tuple[int, int]
    frame_times: tuple[MediaTime, ...]
    people: tuple[PlacedPerson, ...]
    cuts: tuple[int, ...]

    def at(self, frame: int) -> tuple[PlacedPerson, ...]:
        """Everybody in one frame."""
        return tuple(person for person in self.people if person.frame == frame)


_SOFA, _CUPBOARD = (96, 66, 52), (126, 100, 74)


def _stay(x: float, height: float) -> tuple[Stop, ...]:
    return (Stop(0, x, height),)


SCENARIOS: Mapping[str, tuple[Stage, ...]] = {
    "crossing": (
        Stage(
            6,
            1,
            (
                Actor(2, (Stop(0.5, 0.2, 0.75), Stop(3, 0.8, 0.75), Stop(3.5, 0.8, 0.75), Stop(5.8, 0.25, 0.75))),
                Actor(1, (Stop(0.5, 0.8, 0.85), Stop(3, 0.25, 0.85), Stop(3.5, 0.25, 0.85), Stop(5.8, 0.8, 0.85))),
            ),
        ),
    ),
    "returning": (
        Stage(
            7,
            2,
            (
                Actor(2, (Stop(1, 0.35, 0.8), Stop(2.6, -0.35, 0.8), Stop(4.2, -0.35, 0.8), Stop(5.8, 0.3, 0.8))),
                Actor(1, _stay(0.75, 0.8)),
            ),
        ),
    ),
    "furniture": (
        Stage(
            6,
            3,
            (
                Actor(2, (Stop(0.8, 0.35, 0.62), Stop(5, 0.85, 0.62))),
                Furniture(0.45, 0.0, 0.66, 1.0, _CUPBOARD),
                Actor(1, (Stop(0, 0.14, 0.72), Stop(6, 0.2, 0.72))),
                Furniture(0.0, 0.84, 0.45, 1.0, _SOFA),
            ),
        ),
    ),
    "shots": (
        Stage(2.4, 4, (Actor(1, _stay(0.28, 0.8)), Actor(2, _stay(0.72, 0.8)))),
        Stage(2.4, 5, (Actor(2, _stay(0.28, 0.85)), Actor(1, _stay(0.74, 0.75)))),
        Stage(1.6, 6, (Actor(1, _stay(0.5, 0.95)),)),
        Stage(1.6, 7, (Actor(2, _stay(0.5, 0.95)),)),
    ),
    "camera": (
        Stage(
            6,
            8,
            (
                Actor(1, (Stop(0, 0.25, 0.5), Stop(6, 0.3, 0.95))),
                Actor(2, (Stop(0, 0.7, 0.9), Stop(6, 0.85, 0.55))),
            ),
            (0.12, 0.03),
        ),
    ),
    "four": (
        Stage(
            6,
            9,
            (
                Actor(4, (Stop(0, 0.88, 0.5), Stop(6, 0.8, 0.5))),
                Actor(3, (Stop(0, 0.63, 0.5), Stop(1.5, 0.63, 0.5), Stop(4.5, 0.36, 0.5))),
                Actor(2, (Stop(0, 0.38, 0.52), Stop(1.5, 0.38, 0.52), Stop(4.5, 0.6, 0.52))),
                Actor(1, _stay(0.13, 0.55)),
            ),
        ),
    ),
    "two": (Stage(4, 10, (Actor(1, (Stop(0, 0.28, 0.8), Stop(4, 0.32, 0.8))), Actor(2, (Stop(0, 0.74, 0.8), Stop(4, 0.7, 0.8))))),),
}
"""What is acted, by name."""


def look(person: int) -> Portrait:
    """What somebody looks like; 3 and 4 are mirror images of 1 and 2 in other clothes.

    Raises:
        ValueError: there is no such person.
    """
    require(1 <= person <= 4, f"there are the persons 1 to 4, not {person}")
    portrait = eileen_collins() if person % 2 else grace_hopper()
    if person <= 2:
        return portrait
    return portrait.mirrored().dressed_in((40, 130, 90) if person % 2 else (150, 60, 120))


def people_clip(
    path: Path,
    stages: Sequence[Stage],
    *,
    size: tuple[int, int] = SIZE,
    rate: Fraction = RATE,
    noise_level: float = 2.0,
    sounds: Sequence[Sound] = (),
    options: Mapping[str, str] | None = None,
) -> PeopleTruth:
    """Write a clip as H.264, and say where everybody is in it.

    Args:
        path: where to.
        stages: the shots in order.
        size: (width, height), pixels.
        rate: frames per second.
        noise_level: standard deviation of the camera noise, grey levels.
        sounds: the audio tracks.
        options: of the encoder, by its own names.
    """
    counts = [round(stage.seconds * rate) for stage in stages]
    times = regular_times(sum(counts), rate)
    people: list[PlacedPerson] = []
    grain = camera_noise(*size, noise_level, 5)

    def frames() -> Iterator[Image]:
        first = 0
        for stage, count in zip(stages, counts, strict=True):
            painter = _Painter(stage, size)
            for index in range(count):
                image, placed = painter.paint(index / float(rate), first + index)
                people.extend(placed)
                yield grain(image, first + index)
            first += count

    picture = Picture(rate=rate, options={"preset": "veryfast", "crf": "20", **(options or {})})
    write_clip(path, zip(frames(), times, strict=True), picture=picture, sounds=sounds)
    cuts = tuple(int(cut) for cut in np.cumsum(counts)[:-1])
    return PeopleTruth(size, times, tuple(people), cuts)


class _Painter:
    """Paints one shot."""

    def __init__(self, stage: Stage, size: tuple[int, int]) -> None:
        self._stage = stage
        self._size = size
        self._pad = size[0]
        self._scenery = backdrop(int(size[0] * (1 + 2 * _MARGIN)), int(size[1] * (1 + 2 * _MARGIN)), stage.seed)
        self._looks = {layer.person: _Look(layer, size[1]) for layer in stage.layers if isinstance(layer, Actor)}

    def paint(self, seconds: float, frame: int) -> tuple[Image, list[PlacedPerson]]:
        """The picture `seconds` into the shot, and everybody in it."""
        width, height = self._size
        shift_x, shift_y = (
            part * side * seconds / self._stage.seconds for part, side in zip(self._stage.drift, self._size, strict=True)
        )
        view = np.array([[1, 0, _MARGIN * width + shift_x], [0, 1, _MARGIN * height + shift_y]])
        inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        canvas = cv2.warpAffine(self._scenery, view, self._size, flags=inverse, borderMode=cv2.BORDER_REFLECT).astype(np.float32)
        owner = np.zeros((height, width), np.int16)
        wholes: dict[int, tuple[int, Affine, npt.NDArray[np.bool_]]] = {}
        for layer in self._stage.layers:
            if isinstance(layer, Furniture):
                _paint_furniture(canvas, owner, layer, shift_x, shift_y)
            else:
                wholes[layer.person] = self._paint_actor(canvas, owner, layer, seconds, (shift_x, shift_y))
        placed = [self._placed(frame, person, owner, *whole) for person, whole in wholes.items()]
        return np.rint(canvas).astype(np.uint8), [person for person in placed if person is not None]

    def _paint_actor(
        self,
        canvas: npt.NDArray[np.float32],
        owner: npt.NDArray[np.int16],
        actor: Actor,
        seconds: float,
        shift: tuple[float, float],
    ) -> tuple[int, Affine, npt.NDArray[np.bool_]]:
        """Paint somebody; gives how many pixels they have with what the sides of the frame cut off, their map, and their pixels."""
        width, height = self._size
        worn = self._looks[actor.person]
        affine = worn.affine(seconds, self._size, shift)
        wide = affine @ worn.to_portrait + np.array([[0, 0, self._pad], [0, 0, 0]])
        whole = (width + 2 * self._pad, height)
        alpha = cv2.warpAffine(worn.alpha, wide, whole, flags=cv2.INTER_LINEAR)
        inside = slice(self._pad, self._pad + width)
        colours = cv2.warpAffine(worn.colours_at(seconds), affine @ worn.to_portrait, self._size, flags=cv2.INTER_LINEAR)
        canvas *= 1 - alpha[:, inside, None]
        canvas += colours
        own = alpha[:, inside] > 0.5
        owner[own] = actor.person
        return int(np.count_nonzero(alpha > 0.5)), affine, own

    def _placed(
        self, frame: int, person: int, owner: npt.NDArray[np.int16], pixels: int, affine: Affine, own: npt.NDArray[np.bool_]
    ) -> PlacedPerson | None:
        seen = owner == person
        count = int(np.count_nonzero(seen))
        if count < FEWEST_PIXELS:
            return None
        portrait = self._looks[person].portrait
        face_box = moved_box(portrait.face_box, affine)
        hidden = np.count_nonzero(_cut(own & ~seen, face_box))
        outside = 1 - Box(0, 0, *map(float, self._size)).overlap(face_box) / face_box.area
        body = {name: moved(point, affine) for name, point in portrait.body_points.items()}
        return PlacedPerson(
            frame=frame,
            person=person,
            box=Box(*(float(value) for value in cv2.boundingRect(seen.astype(np.uint8)))),
            visibility=count / pixels,
            face_box=face_box,
            face_visibility=max(0.0, 1 - outside - float(hidden / face_box.area)),
            face_points=tuple(moved(point, affine) for point in portrait.face_points),
            body_points={name: point for name, point in body.items() if _is_seen(seen, point.x, point.y)},
        )


class _Look:
    """What somebody looks like in one shot, no larger than it is needed, and how they move in it."""

    def __init__(self, actor: Actor, frame_height: int) -> None:
        self.portrait = look(actor.person)
        self._path = actor.path
        self._voices = actor.voices
        self._phase = 1.7 * actor.person
        scale = min(1.0, max(stop.height for stop in actor.path) * frame_height / self.portrait.height)
        shape = (round(self.portrait.width * scale), round(self.portrait.height * scale))
        matte = cv2.GaussianBlur(self.portrait.matte, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
        self.alpha = cv2.resize(matte, shape, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
        self._colours = cv2.resize(self.portrait.picture, shape, interpolation=cv2.INTER_AREA).astype(np.float32)
        self._shut = self._colours * self.alpha[:, :, None]
        self.to_portrait = np.diag([self.portrait.width / shape[0], self.portrait.height / shape[1], 1.0])

    def colours_at(self, seconds: float) -> npt.NDArray[np.float32]:
        """The picture, times `alpha`, with the mouth as it is `seconds` into the shot."""
        opening = opening_at(self._voices, seconds)
        return opened(self.portrait, self._colours, opening) * self.alpha[:, :, None] if opening > 0 else self._shut

    def affine(self, seconds: float, size: tuple[int, int], shift: tuple[float, float]) -> Affine:
        """From the portrait to the frame, `seconds` into the shot."""
        times = [stop.time_s for stop in self._path]
        x = float(np.interp(seconds, times, [stop.x for stop in self._path])) * size[0] - shift[0]
        scale = float(np.interp(seconds, times, [stop.height for stop in self._path])) * size[1] / self.portrait.height
        turn = np.deg2rad(_SWAY_DEG * np.sin(2 * np.pi * 0.6 * seconds + self._phase))
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        foot = np.array([self.portrait.width / 2, self.portrait.height])
        ground = np.array([x, _HIDDEN_BELOW * size[1] - shift[1]])
        return np.column_stack([linear, ground - linear @ foot])


def _paint_furniture(
    canvas: npt.NDArray[np.float32], owner: npt.NDArray[np.int16], piece: Furniture, shift_x: float, shift_y: float
) -> None:
    height, width = owner.shape
    left, right = (int(np.clip(edge * width - shift_x, 0, width)) for edge in (piece.left, piece.right))
    top, bottom = (int(np.clip(edge * height - shift_y, 0, height)) for edge in (piece.top, piece.bottom))
    shade = np.linspace(1.1, 0.9, max(1, right - left))[None, :, None]
    canvas[top:bottom, left:right] = np.array(piece.colour) * shade
    canvas[top : top + 3, left:right] *= 0.6
    canvas[top:bottom, left : left + 2] *= 0.7
    owner[top:bottom, left:right] = 0


def _cut(mask: npt.NDArray[np.bool_], box: Box) -> npt.NDArray[np.bool_]:
    rows = slice(max(0, round(box.top)), max(0, round(box.bottom)))
    return mask[rows, max(0, round(box.left)) : max(0, round(box.right))]


def _is_seen(seen: npt.NDArray[np.bool_], x: float, y: float) -> bool:
    height, width = seen.shape
    return 0 <= x < width and 0 <= y < height and bool(seen[int(y), int(x)])

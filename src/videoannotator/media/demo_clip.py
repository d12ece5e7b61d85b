"""The sample clip of `videoannotator demo`: portraits of real people in front of a moving camera, and real speech.

The pictures and the sound ship with the package; `samples/SOURCES.md` credits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np

from videoannotator.annotations.scenes import Boundary
from videoannotator.media.clip_writer import Image, Picture, Samples, Sound
from videoannotator.media.portraits import Affine, PlacedPerson, Portrait, eileen_collins, grace_hopper, moved, moved_box
from videoannotator.media.probe import open_media
from videoannotator.media.scenery import View
from videoannotator.media.synthetic import Shot, ShotTruth, joins_of, shots_clip

SIZE = (1280, 720)
RATE = Fraction(25)
_WALL = (int(SIZE[0] * 1.1), int(SIZE[1] * 1.1))
SHOTS = (
    Shot(125),
    Shot(100),
    Shot(88),
    Shot(62, Boundary.DISSOLVE, 25),
    Shot(40),
    Shot(46, Boundary.FADE, 24),
)
"""At 25 frames per second: two hard cuts, a dissolve of one second, a third cut, a fade through black, 510 frames in all."""
SHORT = (Shot(100), Shot(75), Shot(75))

SPEECH = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness, "
    "it was the spring of hope, it was the winter of despair"
)
"""What is said in the clip (Charles Dickens, A Tale of Two Cities, 1859)."""


@dataclass(frozen=True, slots=True)
class _Hung:
    """A portrait on the wall, `height_share` of the picture high, its middle at `centre_x` in widths of the wall."""

    person: int
    height_share: float
    centre_x: float = 0.5


@dataclass(frozen=True, slots=True)
class _Room:
    """What one shot shows: a wall of this colour, what hangs on it, and a camera that zooms slowly and drifts sideways,
    `drift` pixels in the first second and ever less.
    """

    wall: tuple[int, int, int]
    hung: tuple[_Hung, ...]
    drift: float
    zoom_rate: float


_BOTH = (_Hung(1, 0.75, 0.28), _Hung(2, 0.75, 0.72))
_ROOMS = (
    _Room((70, 92, 110), (_Hung(1, 0.9),), 30, 0.008),
    _Room((120, 96, 66), (_Hung(2, 0.9),), -30, -0.006),
    _Room((84, 84, 96), _BOTH, 24, 0.004),
    _Room((96, 104, 72), (_Hung(2, 1.0),), 26, 0.006),
    _Room((128, 120, 128), (_Hung(1, 0.8),), -26, 0.0),
    _Room((84, 84, 96), _BOTH, -24, 0.006),
)


def make_demo_clip(path: Path) -> ShotTruth:
    """Write the clip, 20.4 s of 1280 x 720 H.264 with AAC sound, and say where its boundaries are."""
    return _make(path, SHOTS)


def make_short_clip(path: Path) -> ShotTruth:
    """Write ten seconds of the same kind: three shots with two hard cuts, both people, and the beginning of the speech."""
    return _make(path, SHORT)


def _make(path: Path, shots: Sequence[Shot]) -> ShotTruth:
    speech, rate_hz = speech_sample()
    seconds = sum(shot.frames + shot.transition_frames for shot in shots) / RATE
    return shots_clip(
        path,
        shots,
        size=SIZE,
        picture=Picture(rate=RATE, options={"crf": "21", "preset": "veryfast"}),
        views=[_camera(room) for room, _ in zip(_ROOMS, shots, strict=False)],
        sounds=[Sound(speech[: int(seconds * rate_hz)], rate_hz)],
    )


def demo_people() -> tuple[PlacedPerson, ...]:
    """Where the people are in the frames that show one shot alone, exactly: 1 is Eileen Collins, 2 is Grace Hopper."""
    firsts = [0, *(join.last_frame + (join.boundary is not Boundary.CUT) for join in joins_of(SHOTS))]
    starts = [0, *(join.first_frame for join in joins_of(SHOTS))]
    return tuple(
        _placed(room, hung, frame, (frame - start) / float(RATE))
        for room, part, first, start in zip(_ROOMS, SHOTS, firsts, starts, strict=True)
        for frame in range(first, first + part.frames)
        for hung in room.hung
    )


def speech_sample() -> tuple[Samples, int]:
    """`SPEECH`, read aloud: mono samples from -1 to 1, and how many of them a second."""
    with as_file(files("videoannotator.media").joinpath("samples", "two_cities.flac")) as path:
        media = open_media(path)
        rate_hz = media.info.audio[0].rate_hz
        return np.concatenate([block.samples for block in media.audio(rate_hz=rate_hz)]), rate_hz


def _look(person: int) -> Portrait:
    return eileen_collins() if person == 1 else grace_hopper()


def _wall(colour: tuple[int, int, int]) -> Image:
    """A plain wall, lighter at the top, a little larger than the picture so that the camera has room to move."""
    width, height = _WALL
    light = np.linspace(1.25, 0.75, height)[:, None, None]
    return np.clip(np.broadcast_to(np.array(colour) * light, (height, width, 3)), 0, 255).astype(np.uint8)


def _place(hung: _Hung) -> tuple[int, int, int, int]:
    """Left, top, width, height on the wall, pixels."""
    portrait = _look(hung.person)
    height = int(SIZE[1] * hung.height_share)
    width = portrait.width * height // portrait.height
    return int(_WALL[0] * hung.centre_x) - width // 2, (_WALL[1] - height) // 2, width, height


def _scene(room: _Room) -> Image:
    wall = _wall(room.wall)
    for hung in room.hung:
        left, top, width, height = _place(hung)
        picture = cv2.resize(_look(hung.person).picture, (width, height), interpolation=cv2.INTER_AREA)
        wall[top : top + height, left : left + width] = picture
    return wall


def _window(room: _Room, seconds: float) -> tuple[float, Affine]:
    """How much of the wall a pixel of the picture covers, and the map from the picture to the wall."""
    zoom = 1.0 - room.zoom_rate * seconds
    centre = np.array([_WALL[0] / 2 + np.tanh(seconds * abs(room.drift) / 40) * np.sign(room.drift) * 40, _WALL[1] / 2])
    shift = centre - zoom * np.array(SIZE) / 2
    return zoom, np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])


def _camera(room: _Room) -> View:
    scene = _scene(room)

    def view(seconds: float) -> Image:
        _, warp = _window(room, seconds)
        picture = cv2.warpAffine(scene, warp, SIZE, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
        return picture.astype(np.uint8, copy=False)

    return view


def _placed(room: _Room, hung: _Hung, frame: int, seconds: float) -> PlacedPerson:
    portrait = _look(hung.person)
    left, top, width, height = _place(hung)
    zoom, warp = _window(room, seconds)
    across, down = width / portrait.width / zoom, height / portrait.height / zoom
    affine = np.array([[across, 0, (left - warp[0, 2]) / zoom], [0, down, (top - warp[1, 2]) / zoom]])
    return PlacedPerson(
        frame=frame,
        person=hung.person,
        box=moved_box(portrait.person_box, affine),
        visibility=1.0,
        face_box=moved_box(portrait.face_box, affine),
        face_visibility=1.0,
        face_points=tuple(moved(point, affine) for point in portrait.face_points),
        body_points={name: moved(point, affine) for name, point in portrait.body_points.items()},
    )

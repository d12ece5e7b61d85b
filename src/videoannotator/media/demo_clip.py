"""The sample clip of `videoannotator demo`: portraits of real people in front of a moving camera, and real speech.

The pictures and the sound ship with the package; `samples/SOURCES.md` credits them.
"""

from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np

from videoannotator.annotations.scenes import Boundary
from videoannotator.media.clip_writer import Image, Picture, Samples, Sound
from videoannotator.media.probe import open_media
from videoannotator.media.scenery import View
from videoannotator.media.synthetic import Shot, ShotTruth, shots_clip

SIZE = (1280, 720)
SHOTS = (
    Shot(125),
    Shot(100),
    Shot(88),
    Shot(62, Boundary.DISSOLVE, 25),
    Shot(40),
    Shot(46, Boundary.FADE, 24),
)
"""At 25 frames per second: two hard cuts, a dissolve of one second, a third cut, a fade through black, 510 frames in all."""

SPEECH = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness, "
    "it was the spring of hope, it was the winter of despair"
)
"""What is said in the clip (Charles Dickens, A Tale of Two Cities, 1859)."""


def make_demo_clip(path: Path) -> ShotTruth:
    """Write the clip, 20.4 s of 1280 x 720 H.264 with AAC sound, and say where its boundaries are."""
    collins, hopper = _portrait("eileen_collins.jpg"), _portrait("grace_hopper.jpg")
    both = _beside(collins, hopper)
    views = [
        _camera(_on_wall(collins, 0.9, (70, 92, 110)), drift=30, zoom_rate=0.008),
        _camera(_on_wall(hopper, 0.9, (120, 96, 66)), drift=-30, zoom_rate=-0.006),
        _camera(both, drift=24, zoom_rate=0.004),
        _camera(_on_wall(hopper, 1.0, (96, 104, 72)), drift=26, zoom_rate=0.006),
        _camera(_on_wall(collins, 0.8, (128, 120, 128)), drift=-26, zoom_rate=0.0),
        _camera(both, drift=-24, zoom_rate=0.006),
    ]
    speech, rate_hz = speech_sample()
    return shots_clip(
        path,
        SHOTS,
        size=SIZE,
        picture=Picture(options={"crf": "21", "preset": "veryfast"}),
        views=views,
        sounds=[Sound(speech, rate_hz)],
    )


def _portrait(name: str) -> Image:
    stored = files("videoannotator.media").joinpath("samples", name).read_bytes()
    picture = np.asarray(cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR))
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def speech_sample() -> tuple[Samples, int]:
    """`SPEECH`, read aloud: mono samples from -1 to 1, and how many of them a second."""
    with as_file(files("videoannotator.media").joinpath("samples", "two_cities.flac")) as path:
        media = open_media(path)
        rate_hz = media.info.audio[0].rate_hz
        return np.concatenate([block.samples for block in media.audio(rate_hz=rate_hz)]), rate_hz


def _wall(colour: tuple[int, int, int]) -> Image:
    """A plain wall, lighter at the top, a little larger than the picture so that the camera has room to move."""
    width, height = int(SIZE[0] * 1.1), int(SIZE[1] * 1.1)
    light = np.linspace(1.25, 0.75, height)[:, None, None]
    return np.clip(np.broadcast_to(np.array(colour) * light, (height, width, 3)), 0, 255).astype(np.uint8)


def _hang(wall: Image, portrait: Image, height_share: float, centre_x: float) -> None:
    """Put a portrait on a wall, `height_share` of the picture high."""
    height = int(SIZE[1] * height_share)
    scaled = cv2.resize(portrait, (portrait.shape[1] * height // portrait.shape[0], height), interpolation=cv2.INTER_AREA)
    top, left = (wall.shape[0] - height) // 2, int(wall.shape[1] * centre_x) - scaled.shape[1] // 2
    wall[top : top + height, left : left + scaled.shape[1]] = scaled


def _on_wall(portrait: Image, height_share: float, colour: tuple[int, int, int]) -> Image:
    wall = _wall(colour)
    _hang(wall, portrait, height_share, 0.5)
    return wall


def _beside(left: Image, right: Image) -> Image:
    wall = _wall((84, 84, 96))
    _hang(wall, left, 0.75, 0.28)
    _hang(wall, right, 0.75, 0.72)
    return wall


def _camera(scene: Image, *, drift: float, zoom_rate: float) -> View:
    """A camera that drifts sideways, `drift` pixels in the first second and ever less, and zooms slowly."""

    def view(seconds: float) -> Image:
        zoom = 1.0 - zoom_rate * seconds
        centre = np.array([scene.shape[1] / 2 + np.tanh(seconds * abs(drift) / 40) * np.sign(drift) * 40, scene.shape[0] / 2])
        shift = centre - zoom * np.array(SIZE) / 2
        warp = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
        picture = cv2.warpAffine(scene, warp, SIZE, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
        return picture.astype(np.uint8, copy=False)

    return view

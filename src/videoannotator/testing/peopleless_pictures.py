"""Pictures in which there is nobody, made of nothing: whoever finds a person or a face in them has invented it.

    for picture in peopleless(("noise", "landscape"), count=4):
        ...

Every picture is decided by its kind and its number; the next number gives another one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.media.clip_writer import Image
from videoannotator.media.scenery import backdrop

SIZE = (640, 360)

Canvas = npt.NDArray[np.float64]
Colour = tuple[float, float, float]
Draw = Callable[[np.random.Generator, int], Canvas]
"""Gives a picture from random numbers and the number of the picture, so that variants follow each other."""

WIDTH, HEIGHT = SIZE


def peopleless(kinds: Sequence[str] | None = None, count: int = 4) -> Iterator[tuple[str, Image]]:
    """Pictures of 640 x 360, RGB, each with its kind.

    Args:
        kinds: some of `KINDS`; all when None.
        count: how many of each kind.
    """
    for kind in KINDS if kinds is None else kinds:
        for number in range(count):
            rng = np.random.default_rng([number, *kind.encode()])
            yield kind, np.clip(np.rint(KINDS[kind](rng, number)), 0, 255).astype(np.uint8)


def _plain(colour: npt.ArrayLike) -> Canvas:
    return np.full((HEIGHT, WIDTH, 3), colour, np.float64)


def _black(rng: np.random.Generator, number: int) -> Canvas:
    """Black, and black as cameras see it."""
    return np.abs(rng.normal(0, 2.0 * number, (HEIGHT, WIDTH, 3)))


def _flat(rng: np.random.Generator, number: int) -> Canvas:
    return _plain(rng.uniform(0, 255, 3)) if number else _plain((255, 255, 255))


def _noise(rng: np.random.Generator, number: int) -> Canvas:
    kind = number % 6
    if kind == 0:
        return rng.uniform(0, 255, (HEIGHT, WIDTH, 3))
    if kind == 1:
        return 128 + rng.normal(0, 45, (HEIGHT, WIDTH, 1)) * np.ones(3)
    if kind == 2:
        return 255.0 * (rng.random((HEIGHT, WIDTH, 1)) < 0.5) * np.ones(3)
    if kind == 3:
        return 128 + _clouds(rng, 6) * 90 + rng.normal(0, 20, (HEIGHT, WIDTH, 3))
    if kind == 4:
        blocks = rng.uniform(0, 255, (HEIGHT // 20, WIDTH // 20, 3))
        return _enlarged(blocks, cv2.INTER_NEAREST)
    return np.stack([128 + 80 * _clouds(rng, 8)[:, :, 0] for _ in range(3)], axis=2)


def _clouds(rng: np.random.Generator, octaves: int) -> Canvas:
    """Smooth noise at several scales, roughly -1 to 1, shape (height, width, 1)."""
    total: Canvas = np.zeros((HEIGHT, WIDTH))
    for octave in range(octaves):
        shape = (min(HEIGHT, 2 * 2**octave + 1), min(WIDTH, 3 * 2**octave + 1))
        total += _enlarged(rng.normal(0, 1, shape), cv2.INTER_CUBIC) / 1.7**octave
    return total[:, :, None] / 2.5


def _enlarged(small: Canvas, interpolation: int) -> Canvas:
    return cv2.resize(small, SIZE, interpolation=interpolation).astype(np.float64, copy=False)


def _pattern(rng: np.random.Generator, number: int) -> Canvas:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    across, down = columns - WIDTH / 2, rows - HEIGHT / 2
    kind = number % 8
    if kind == 0:  # colour bars
        bars = [(191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0), (191, 0, 191), (191, 0, 0), (0, 0, 191)]
        return np.asarray(np.array(bars, np.float64)[(columns * len(bars) / WIDTH).astype(int)])
    if kind == 7:
        return _text_page(rng)
    side = rng.uniform(15, 60)
    waves = {
        1: ((columns // side + rows // side) % 2) * 2 - 1,  # checkerboard
        2: np.cos((across**2 + down**2) / rng.uniform(150, 400)),  # zone plate
        3: np.sign(np.sin(np.arctan2(down, across) * rng.integers(9, 36))),  # star
        4: np.where((columns % side < 2) | (rows % side < 2), -1.0, 1.0),  # grid
        5: across / WIDTH * 2,  # ramp
        6: np.sign(np.sin(np.hypot(across, down) / side * 4)),  # rings
    }
    return np.asarray(127.5 + 127.5 * waves[kind][:, :, None] * np.ones(3))


def _text_page(rng: np.random.Generator) -> Canvas:
    picture = _plain((245, 245, 240)).astype(np.uint8)
    for line in range(14):
        letters = "".join(chr(code) for code in rng.integers(97, 123, 40))
        cv2.putText(picture, letters, (20, 30 + 24 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1, cv2.LINE_AA)
    return picture.astype(np.float64)


def _scenery(rng: np.random.Generator, number: int) -> Canvas:  # noqa: ARG001  has a seed of its own
    return backdrop(WIDTH, HEIGHT, 1000 + number).astype(np.float64)


def _landscape(rng: np.random.Generator, number: int) -> Canvas:
    """Sky with clouds, ranges of hills, and in turn a sea, a wood, a town, or a desert."""
    horizon = rng.uniform(0.35, 0.6)
    ramp = np.linspace(0, 1, HEIGHT)[:, None, None]
    top, low = np.array([rng.uniform(40, 120), rng.uniform(90, 160), rng.uniform(170, 230)]), rng.uniform(180, 240, 3)
    picture = top * (1 - ramp) + low * ramp + 35 * np.maximum(0, _clouds(rng, 7))
    ground = [(40, 90, 130), (50, 80, 40), (110, 110, 105), (190, 150, 100)][number % 4]
    for layer in range(3):
        ridge = _ridge(rng, HEIGHT * (horizon + 0.1 * layer), 45 / (1 + layer))
        below = np.arange(HEIGHT)[:, None] > ridge[None, :]
        haze = (layer + 1) / 3
        tone = np.array(ground) * haze + low * (1 - haze)
        picture[below] = (tone + 22 * _clouds(rng, 8))[below]
    if number % 4 == 1:
        _wood(rng, picture, horizon + 0.15)
    elif number % 4 == 2:
        _town(rng, picture, horizon + 0.2)
    return np.asarray(picture + rng.normal(0, 4, picture.shape))


def _ridge(rng: np.random.Generator, middle: float, height: float) -> npt.NDArray[np.float64]:
    line = np.zeros(WIDTH)
    for octave in range(1, 7):
        points = rng.normal(0, 1, 2**octave + 1)
        line += np.interp(np.linspace(0, len(points) - 1, WIDTH), np.arange(len(points)), points) / 1.8**octave
    return middle + height * line


def _wood(rng: np.random.Generator, picture: Canvas, level: float) -> None:
    for _ in range(25):
        x, foot = rng.uniform(0, WIDTH), HEIGHT * rng.uniform(level, 1.0)
        size = (foot / HEIGHT) ** 2 * rng.uniform(40, 90)
        green = np.array((40, 80, 40)) * rng.uniform(0.5, 1.3)
        _bar(picture, x - size / 18, foot - size * 0.4, x + size / 18, foot, (70, 50, 35))
        for _ in range(14):
            spot = (int(x + rng.normal(0, size / 5)), int(foot - size * rng.uniform(0.4, 1.1)))
            cv2.circle(picture, spot, max(2, int(size / 6)), _tone(green * rng.uniform(0.8, 1.2)), -1, cv2.LINE_AA)


def _town(rng: np.random.Generator, picture: Canvas, level: float) -> None:
    for _ in range(16):
        left, width, tall = rng.uniform(-40, WIDTH), rng.uniform(30, 90), rng.uniform(40, 150)
        foot = HEIGHT * level + rng.uniform(0, 60)
        shade = rng.uniform(60, 190)
        _bar(picture, left, foot - tall, left + width, foot, _tone(shade + rng.normal(0, 12, 3)))
        for x in np.arange(left + 6, left + width - 8, 14):
            for y in np.arange(foot - tall + 8, foot - 10, 18):
                _bar(picture, x, y, x + 6, y + 9, _tone(np.full(3, shade * rng.uniform(0.4, 1.5))))


def _bar(picture: Canvas, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
    cv2.rectangle(picture, (int(left), int(top)), (int(right), int(bottom)), colour, -1)


def _tone(values: npt.ArrayLike) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0, 255))
    return red, green, blue


def _animal(rng: np.random.Generator, number: int) -> Canvas:
    """Animals drawn with a brush in a meadow: with four legs, with wings, with fins."""
    picture = _landscape(rng, 3 if number % 3 else 0)
    for _ in range(int(rng.integers(1, 4))):
        place = (rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.5, 0.8) * HEIGHT)
        size = rng.uniform(40, 110)
        fur = _tone(rng.uniform(30, 220) * np.array((1, rng.uniform(0.6, 1), rng.uniform(0.3, 0.9))))
        (_four_legs, _bird, _fish)[number % 3](picture, place, size, fur, 1 if rng.random() < 0.5 else -1)
    return cv2.GaussianBlur(picture, (0, 0), 0.8) + rng.normal(0, 4, picture.shape)


def _blob(picture: Canvas, x: float, y: float, across: float, down: float, turn: float, colour: Colour) -> None:
    axes = (max(1, int(across)), max(1, int(down)))
    cv2.ellipse(picture, (int(x), int(y)), axes, turn, 0, 360, colour, -1, cv2.LINE_AA)


def _four_legs(picture: Canvas, place: tuple[float, float], size: float, fur: Colour, side: int) -> None:
    x, y = place
    _blob(picture, x, y, size, size * 0.45, 0, fur)
    for leg in (-0.75, -0.45, 0.45, 0.75):
        _bar(picture, x + leg * size - size * 0.08, y, x + leg * size + size * 0.08, y + size * 0.95, fur)
    _blob(picture, x + side * size * 0.95, y - size * 0.45, size * 0.35, size * 0.25, side * 25, fur)
    _blob(picture, x + side * size * 0.75, y - size * 0.25, size * 0.4, size * 0.2, -side * 50, fur)
    for ear in (0.75, 0.95):
        _blob(picture, x + side * size * ear, y - size * 0.75, size * 0.06, size * 0.16, side * 15, fur)
    cv2.circle(picture, (int(x + side * size), int(y - size * 0.5)), max(2, int(size / 25)), (10, 10, 10), -1, cv2.LINE_AA)
    _blob(picture, x - side * size * 1.1, y, size * 0.35, size * 0.07, side * 50, fur)


def _bird(picture: Canvas, place: tuple[float, float], size: float, fur: Colour, side: int) -> None:
    x, y = place
    _blob(picture, x, y, size * 0.6, size * 0.3, -side * 20, fur)
    _blob(picture, x - side * size * 0.1, y - size * 0.3, size * 0.15, size * 0.6, side * 35, _tone(np.array(fur) * 0.7))
    _blob(picture, x + side * size * 0.6, y - size * 0.3, size * 0.2, size * 0.18, 0, fur)
    beak = np.array(
        [(x + side * size * 0.75, y - size * 0.36), (x + side * size, y - size * 0.28), (x + side * size * 0.75, y - size * 0.2)]
    )
    cv2.fillPoly(picture, [beak.astype(np.int32)], (230, 160, 40), cv2.LINE_AA)
    cv2.circle(picture, (int(x + side * size * 0.66), int(y - size * 0.34)), max(2, int(size / 25)), (10, 10, 10), -1, cv2.LINE_AA)


def _fish(picture: Canvas, place: tuple[float, float], size: float, fur: Colour, side: int) -> None:
    x, y = place
    _blob(picture, x, y, size * 0.8, size * 0.35, 0, fur)
    fin = [(x - side * size * 0.6, y), (x - side * size * 1.1, y - size * 0.35), (x - side * size * 1.1, y + size * 0.35)]
    cv2.fillPoly(picture, [np.array(fin, np.int32)], fur, cv2.LINE_AA)
    cv2.circle(
        picture, (int(x + side * size * 0.5), int(y - size * 0.08)), max(3, int(size / 12)), (240, 240, 240), -1, cv2.LINE_AA
    )
    cv2.circle(picture, (int(x + side * size * 0.52), int(y - size * 0.08)), max(2, int(size / 25)), (10, 10, 10), -1, cv2.LINE_AA)


def _drawing(rng: np.random.Generator, number: int) -> Canvas:
    """A child's drawing: a house, trees, a sun, a car, flowers; in lines, or filled in."""
    picture = _plain((250, 248, 240))
    thickness = -1 if number % 2 else 3
    ground = int(HEIGHT * rng.uniform(0.75, 0.9))
    cv2.line(picture, (0, ground), (WIDTH, ground), (40, 140, 60), 4, cv2.LINE_AA)
    cv2.circle(picture, (int(rng.uniform(60, 580)), 50), 30, (240, 200, 30), thickness, cv2.LINE_AA)
    left, width, tall = int(rng.uniform(40, 350)), int(rng.uniform(110, 180)), int(rng.uniform(80, 130))
    cv2.rectangle(picture, (left, ground - tall), (left + width, ground), _crayon(rng), thickness)
    roof = np.array([(left - 10, ground - tall), (left + width // 2, ground - tall - 70), (left + width + 10, ground - tall)])
    if thickness < 0:
        cv2.fillPoly(picture, [roof], _crayon(rng), cv2.LINE_AA)
    else:
        cv2.polylines(picture, [roof], True, _crayon(rng), 3, cv2.LINE_AA)
    cv2.rectangle(picture, (left + 15, ground - 55), (left + 45, ground), (60, 40, 30), 3)
    cv2.rectangle(picture, (left + width - 50, ground - 70), (left + width - 20, ground - 40), (60, 90, 160), 3)
    for _ in range(3):
        x = int(rng.uniform(20, WIDTH - 20))
        cv2.line(picture, (x, ground), (x, ground - 60), (110, 70, 40), 8, cv2.LINE_AA)
        cv2.circle(picture, (x, ground - 85), 35, (50, 150, 60), thickness, cv2.LINE_AA)
    x = int(rng.uniform(60, WIDTH - 160))
    cv2.rectangle(picture, (x, ground - 10), (x + 110, ground + 20), _crayon(rng), thickness)
    cv2.rectangle(picture, (x + 25, ground - 35), (x + 85, ground - 10), _crayon(rng), 3)
    for wheel in (25, 85):
        cv2.circle(picture, (x + wheel, ground + 22), 13, (30, 30, 30), thickness, cv2.LINE_AA)
    return picture


def _crayon(rng: np.random.Generator) -> Colour:
    return _tone(rng.uniform(0, 220, 3))


KINDS: Mapping[str, Draw] = {
    "black": _black,
    "flat": _flat,
    "noise": _noise,
    "pattern": _pattern,
    "shapes": _scenery,
    "landscape": _landscape,
    "animal": _animal,
    "drawing": _drawing,
}
"""What there is, by name."""

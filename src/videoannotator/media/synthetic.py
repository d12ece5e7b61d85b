"""Recordings made of nothing, whose cuts, dissolves, fades, frame times and sounds are exactly known: for tests and the demo."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.checks import require
from videoannotator.annotations.scenes import Boundary
from videoannotator.annotations.time import MediaTime
from videoannotator.media.clip_writer import Image, Picture, Samples, Sound, write_clip
from videoannotator.media.scenery import View, camera_noise, shot

__all__ = [
    "Join",
    "Picture",
    "Shot",
    "ShotTruth",
    "Sound",
    "joins_of",
    "noise",
    "regular_times",
    "shots_clip",
    "silence",
    "tone",
    "write_clip",
]


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot of a clip to be made.

    Attributes:
        frames: frames that show this shot alone.
        boundary: how it begins; of no meaning for the first shot.
        transition_frames: frames of the dissolve or fade that leads to it; they come in addition to `frames`.
    """

    frames: int
    boundary: Boundary = Boundary.CUT
    transition_frames: int = 0

    def __post_init__(self) -> None:
        require(self.frames > 0, "a shot has frames")
        require(
            (self.boundary in {Boundary.DISSOLVE, Boundary.FADE}) == (self.transition_frames > 0), "dissolves and fades take frames"
        )


@dataclass(frozen=True, slots=True)
class Join:
    """Where one shot ends and the next begins.

    Attributes:
        boundary: CUT, DISSOLVE or FADE.
        first_frame, last_frame: indices of the mixed frames, both inclusive; for a cut both are the next shot's first frame.
    """

    boundary: Boundary
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class ShotTruth:
    """What is in a clip made by `shots_clip`: the joins in order, and the presentation time of every frame."""

    joins: tuple[Join, ...]
    frame_times: tuple[MediaTime, ...]


STANDARD_SHOTS = (
    Shot(60),
    Shot(50),
    Shot(60, Boundary.DISSOLVE, 20),
    Shot(50),
    Shot(60, Boundary.FADE, 24),
    Shot(50),
)
"""Three hard cuts, one dissolve and one fade through black."""


def regular_times(count: int, rate: Fraction = Fraction(25), start: Fraction = Fraction(0)) -> tuple[MediaTime, ...]:
    """`count` frame times at a constant rate."""
    return tuple(MediaTime(start + index / rate) for index in range(count))


def shots_clip(
    path: Path,
    shots: Sequence[Shot] = STANDARD_SHOTS,
    *,
    size: tuple[int, int] = (320, 240),
    picture: Picture | None = None,
    times: Sequence[MediaTime] | None = None,
    seed: int = 0,
    motion: float = 1.0,
    noise_level: float = 2.0,
    sounds: Sequence[Sound] = (),
    views: Sequence[View] | None = None,
    container_options: Mapping[str, str] | None = None,
) -> ShotTruth:
    """Write a clip of several shots.

    Args:
        path: where to.
        shots: the shots in order.
        size: (width, height), pixels.
        picture: how the video track is written; libx264 at 25 frames per second when left out.
        times: of the frames; at the constant rate of `picture` when left out. For irregular times, `picture.time_base` must be fine
            enough to hold them.
        seed: decides scenes, movement and noise.
        motion: of camera and figure, 0 for none.
        noise_level: standard deviation of the camera noise, grey levels.
        sounds: the audio tracks.
        views: what each shot shows; made-up scenes when left out.
        container_options: of the muxer, by its own names.

    Raises:
        ValueError: `times` or `views` has another length than the shots.
    """
    picture = picture or Picture()
    count = sum(part.frames + part.transition_frames for part in shots)
    times = tuple(times) if times is not None else regular_times(count, picture.rate)
    require(len(times) == count, f"the shots have {count} frames, and {len(times)} times were given")
    require(views is None or len(views) == len(shots), "every shot has one view")
    joins = joins_of(shots)

    def view_of(number: int) -> View:
        return views[number] if views is not None else shot(*size, seed * 1000 + number, motion=motion)

    frames = _frames(joins, [time.exact for time in times], view_of, camera_noise(*size, noise_level, seed))
    write_clip(path, zip(frames, times, strict=True), picture=picture, sounds=sounds, container_options=container_options)
    return ShotTruth(joins, times)


def joins_of(shots: Sequence[Shot]) -> tuple[Join, ...]:
    """The joins of a clip of these shots; each begins with the first frame in which the next shot can be seen."""
    joins: list[Join] = []
    at = shots[0].frames
    for part in shots[1:]:
        joins.append(Join(part.boundary, at, at + max(0, part.transition_frames - 1)))
        at += part.transition_frames + part.frames
    return tuple(joins)


def _frames(
    joins: Sequence[Join],
    times: Sequence[Fraction],
    view_of: Callable[[int], View],
    grain: Callable[[Image, int], Image],
) -> Iterator[Image]:
    """The pictures of the clip, one after the other; at most two scenes are held in memory."""
    old = view_of(0)
    old_start = 0.0
    index = 0
    for number, join in enumerate(joins, start=1):
        new = view_of(number)
        new_start = float(times[join.first_frame])
        while index < join.first_frame:
            yield grain(old(float(times[index]) - old_start), index)
            index += 1
        span = join.last_frame - join.first_frame + 1
        while join.boundary is not Boundary.CUT and index <= join.last_frame:
            moment = float(times[index])
            share = (index - join.first_frame + 1) / (span + 1)
            mixed = _mixed(join.boundary, old(moment - old_start), new(moment - new_start), share)
            yield grain(mixed, index)
            index += 1
        old, old_start = new, new_start
    while index < len(times):
        yield grain(old(float(times[index]) - old_start), index)
        index += 1


def _mixed(boundary: Boundary, old: Image, new: Image, share: float) -> Image:
    """A picture `share` (0 to 1) of the way through a dissolve, or through a fade to black and back."""
    if boundary is Boundary.DISSOLVE:
        blend = old * (1.0 - share) + new * share
    else:
        blend = old * (1.0 - 2.0 * share) if share < 0.5 else new * (2.0 * share - 1.0)
    result: Image = np.rint(blend).astype(np.uint8)
    return result


def tone(seconds: float, hz: float = 440.0, rate_hz: int = 16000, level: float = 0.5) -> Samples:
    """A sine tone, float32, shape (n,)."""
    moments = np.arange(round(seconds * rate_hz)) / rate_hz
    return _samples(level * np.sin(2 * np.pi * hz * moments))


def noise(seconds: float, rate_hz: int = 16000, seed: int = 0, level: float = 0.1) -> Samples:
    """White noise with standard deviation `level`, clipped to -1 … 1, float32, shape (n,)."""
    return _samples(np.random.default_rng(seed).normal(0, level, round(seconds * rate_hz)))


def silence(seconds: float, rate_hz: int = 16000) -> Samples:
    """Digital silence, float32, shape (n,)."""
    return np.zeros(round(seconds * rate_hz), np.float32)


def _samples(values: npt.NDArray[np.float64]) -> Samples:
    result: Samples = np.clip(values, -1, 1).astype(np.float32)
    return result

"""Small pictures of every track, spread over its time, by which people see who was followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.persons import PersonPicture
from videoannotator.annotations.time import MediaTime
from videoannotator.media.stills import encode_jpeg
from videoannotator.media.types import Frame

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

MOST = 12
"""Pictures of one track that are kept at a time; between half of them and all of them are given in the end."""
FIRST_SPACING_S = 1.0
LONGEST_PX = 240
MARGIN = 0.05
"""How far the picture reaches beyond the box, as a share of the box's sides."""


@dataclass(frozen=True, slots=True)
class _Taken:
    time: MediaTime
    frame: int
    jpeg: bytes


@dataclass(slots=True)
class _Album:
    """The pictures of one track. Each time that it is full, every second one goes and the next ones lie twice as far apart."""

    spacing_s: float = FIRST_SPACING_S
    taken: list[_Taken] = field(default_factory=list)

    def wants(self, frame: Frame) -> bool:
        return not self.taken or frame.time.since(self.taken[-1].time) >= self.spacing_s

    def keep(self, one: _Taken) -> None:
        self.taken.append(one)
        if len(self.taken) > MOST:
            self.taken = self.taken[::2]
            self.spacing_s *= 2


class TrackPictures:
    """Cuts pictures of tracks out of frames, a bounded number of each."""

    def __init__(self) -> None:
        self._albums: dict[int, _Album] = {}

    def look(self, frame: Frame, boxes: dict[int, Floats]) -> None:
        """Take the next frame.

        Args:
            frame: with a BGR picture.
            boxes: left, top, right, bottom in pixels of that picture, by track.
        """
        for number, box in boxes.items():
            album = self._albums.setdefault(number, _Album())
            if album.wants(frame):
                album.keep(_Taken(frame.time, frame.index, encode_jpeg(_cut(frame.image, box))))

    def of_ended(self, alive: frozenset[int], counts: Callable[[int], bool]) -> Iterator[Attachment | PersonPicture]:
        """Give the pictures of all tracks that have ended.

        Args:
            alive: tracks that may go on.
            counts: whether a track is part of the results; pictures of others are dropped.
        """
        for number in sorted(self._albums.keys() - alive):
            album = self._albums.pop(number)
            for place, one in enumerate(album.taken if counts(number) else (), start=1):
                name = f"track_{number:05d}_{place:02d}.jpg"
                yield Attachment(name, one.jpeg)
                yield PersonPicture(one.time, one.frame, number, name)


def _cut(picture: Image, box: Floats) -> Image:
    """The box and a little around it, no larger than needed; part of a person beyond the picture's edge is not shown."""
    margin = MARGIN * (box[2:] - box[:2])
    left, top = np.maximum(box[:2] - margin, 0).astype(int)
    right, bottom = np.ceil(box[2:] + margin).astype(int)
    part = picture[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = min(1.0, LONGEST_PX / max(part.shape[:2]))
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)

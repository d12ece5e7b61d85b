"""From decoded frames to the pictures that somebody asked for."""

from dataclasses import dataclass
from functools import lru_cache

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

from videoannotator.errors import UnsupportedMediaException
from videoannotator.media.orientation import Orientation, orientation_of
from videoannotator.media.types import Colour, FrameNeed, Scaling

Image = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

_PIXEL_FORMATS = {Colour.RGB: "rgb24", Colour.BGR: "bgr24", Colour.GRAY: "gray"}
_BT709, _FCC, _BT601, _SMPTE240M, _BT2020, _YCGCO = 1, 4, 5, 7, 9, 8
"""Matrices by their code in ITU-T H.273, table 4, which libswscale shares; of two codes for one matrix the lower one."""
_MATRICES = {1: _BT709, 4: _FCC, 5: _BT601, 6: _BT601, 7: _SMPTE240M, 9: _BT2020, 10: _BT2020}
_LUMA_WEIGHTS = {
    _BT709: (0.2126, 0.0722),
    _FCC: (0.30, 0.11),
    _BT601: (0.299, 0.114),
    _SMPTE240M: (0.212, 0.087),
    _BT2020: (0.2627, 0.0593),
}
"""Shares of red and blue in luma, per matrix (ITU-T H.273, table 4)."""
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class Form:
    """A distinct form of picture; needs of the same form share one conversion."""

    exact_size: tuple[int, int] | None
    max_size: tuple[int, int] | None
    colour: Colour
    scaling: Scaling

    @classmethod
    def of(cls, need: FrameNeed) -> "Form":
        """The form that a need asks for."""
        return cls(need.exact_size, need.max_size, need.colour, need.scaling)

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the picture, from those of the upright frame."""
        if self.exact_size is not None:
            return self.exact_size
        if self.max_size is None:
            return width, height
        shrink = min(1.0, self.max_size[0] / width, self.max_size[1] / height)
        return max(1, round(width * shrink)), max(1, round(height * shrink))


class Converter:
    """Makes upright pictures of one form; frames may change in size and pixel format from one to the next."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._scaler = VideoReformatter()
        self._turn: float | None = None
        self._orientation = Orientation()

    def picture(self, frame: VideoFrame) -> Image:
        """The picture, read-only, shape (height, width, 3), or (height, width) for grey.

        Raises:
            UnsupportedMediaException: the pixel format cannot be converted.
        """
        orientation = self._orientation_of(frame)
        size = self._form.size_for(*orientation.upright_size(frame.width, frame.height))
        stored_size = orientation.upright_size(*size)
        planes = _plain_planes(frame) if self._form.scaling is Scaling.FAST or self._form.colour is Colour.GRAY else None
        image = self._scaled(frame, stored_size) if planes is None else self._from_planes(frame, planes, stored_size)
        upright = orientation.upright(image)
        upright.setflags(write=False)
        return upright

    def _orientation_of(self, frame: VideoFrame) -> Orientation:
        """The frame's orientation, read anew only where its turn changes.

        PyAV's list of side data and its frame hold each other until Python's cycle collector comes by; with one list per frame,
        libav's pool grows by 200 MB of 720p frames.
        """
        if frame.rotation != self._turn:
            self._turn, self._orientation = frame.rotation, orientation_of(frame)
        return self._orientation

    def _scaled(self, frame: VideoFrame, size: tuple[int, int]) -> Image:
        """The picture by libswscale."""
        smaller = size[0] < frame.width or size[1] < frame.height
        fast = self._form.scaling is Scaling.FAST
        try:
            converted = self._scaler.reformat(
                frame,
                width=size[0],
                height=size[1],
                format=_PIXEL_FORMATS[self._form.colour],
                src_colorspace=matrix_of(frame),
                src_color_range=ColorRange.JPEG if is_full_range(frame) else ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
                interpolation=Interpolation.POINT if fast else Interpolation.AREA if smaller else Interpolation.BICUBIC,
                threads=1,
            )
        except (av.FFmpegError, ValueError) as exc:
            raise UnsupportedMediaException(
                f"Pictures in the pixel format {frame.format.name} cannot be converted.", hint="Convert the recording to mp4 first."
            ) from exc
        return np.asarray(converted.to_ndarray(), np.uint8)

    def _from_planes(self, frame: VideoFrame, planes: list[Plane], size: tuple[int, int]) -> Image:
        """The picture from the stored planes, coloured after shrinking; grey is the stored luma.

        With fast scaling each pixel comes from one row of stored samples, and from two neighbours in it, without averaging over
        what lies between. That touches a fraction of the samples; area scaling costs several times as much.
        """
        grey = self._form.colour is Colour.GRAY
        method = cv2.INTER_LINEAR if self._form.scaling is Scaling.FAST else cv2.INTER_AREA
        full_range = is_full_range(frame)
        surplus_bits = (_planar_bits(frame.format.name) or 8) - 8
        small: list[Image] = []
        for plane in planes[:1] if grey else planes:
            if method == cv2.INTER_LINEAR and plane.shape[0] > 2 * size[1]:
                plane = plane[np.arange(size[1]) * plane.shape[0] // size[1] + plane.shape[0] // (2 * size[1])]
            reduced = np.asarray(cv2.resize(plane, size, interpolation=method))
            small.append(
                reduced.astype(np.uint8) if surplus_bits == 0 else (reduced.astype(np.uint16) >> surplus_bits).astype(np.uint8)
            )
        if grey:
            stretched = (
                small[0] if full_range else cv2.convertScaleAbs(np.maximum(small[0], 16), alpha=255 / 219, beta=-16 * 255 / 219)
            )
            return np.asarray(stretched, np.uint8)
        bgr = self._form.colour is Colour.BGR
        coloured = cv2.transform(cv2.merge(small), _to_rgb(matrix_of(frame), full_range=full_range, bgr=bgr))
        return np.asarray(coloured, np.uint8)


def matrix_of(frame: VideoFrame) -> int:
    """The matrix between RGB and the stored colours; without a tag the one that browsers assume for this size."""
    tagged = _MATRICES.get(int(frame.colorspace))
    if tagged is not None:
        return tagged
    return _BT709 if frame.width >= 1280 or frame.height > 576 else _BT601


def is_full_range(frame: VideoFrame) -> bool:
    """Whether black is stored as 0; without a tag only RGB, grey and the `yuvj` formats are taken for it."""
    name = frame.format.name
    if int(frame.color_range):
        return int(frame.color_range) == _FULL_RANGE
    return name.startswith(("yuvj", "gray", "pal", "ya")) or frame.format.is_rgb


@lru_cache(maxsize=64)
def _planar_bits(name: str) -> int | None:
    """Bits of a sample in formats that have one plane each for Y, Cb and Cr, in this order; None for all others."""
    if not name.startswith(("yuv4", "yuva4", "yuvj4")) or not name.endswith(("p", "le")):
        return None
    return VideoFormat(name).components[0].bits


def _plain_planes(frame: VideoFrame) -> list[Plane] | None:
    """Views of the planes Y, Cb, Cr without their padding; None for formats that are laid out otherwise."""
    bits = _planar_bits(frame.format.name)
    planes = frame.planes[:3]
    if bits is None or int(frame.colorspace) == _YCGCO or any(plane.line_size <= 0 for plane in planes):
        return None
    return [_view(plane, 1 if bits == 8 else 2) for plane in planes]


def _view(plane: VideoPlane, bytes_each: int) -> Plane:
    """The samples of a plane, shape (height, width), without copying them."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width * bytes_each]
    return rows if bytes_each == 1 else rows.view(np.uint16)


@lru_cache(maxsize=32)
def _to_rgb(matrix: int, *, full_range: bool, bgr: bool) -> npt.NDArray[np.float64]:
    """The 3x4 matrix from stored Y, Cb, Cr (8 bit) to red, green, blue (ITU-T H.273, section 8.3)."""
    red, blue = _LUMA_WEIGHTS[matrix]
    green = 1 - red - blue
    luma, chroma, black = (1.0, 1.0, 0.0) if full_range else (255 / 219, 255 / 224, 16.0)
    rows = np.array(
        [
            [luma, 0, 2 * (1 - red) * chroma],
            [luma, -2 * blue * (1 - blue) / green * chroma, -2 * red * (1 - red) / green * chroma],
            [luma, 2 * (1 - blue) * chroma, 0],
        ]
    )
    shift = -rows @ np.array([black, 128.0, 128.0])
    whole = np.column_stack([rows, shift])
    return whole[::-1] if bgr else whole

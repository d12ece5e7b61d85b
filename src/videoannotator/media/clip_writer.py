"""Writing small recordings whose frame times and sound are exactly known, for tests and the demo."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from av.video.stream import VideoStream

from videoannotator.annotations.time import MediaTime

Image = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.float32]

_AUDIO_CHUNK = 1024
_QUIET: Mapping[str, Mapping[str, str]] = {"libx265": {"x265-params": "log-level=none"}}
_MATRICES = {"bt601": (Colorspace.ITU601, 6), "bt709": (Colorspace.ITU709, 1)}


@dataclass(frozen=True, slots=True)
class Sound:
    """One audio track to write.

    Attributes:
        samples: from -1 to 1, shape (n,) for mono or (n, 2) for stereo.
        rate_hz: samples per second.
        start_s: when the first sample sounds, seconds on the recording's time line; negative times are not written.
        codec: encoder's name.
        language: three-letter code, where the container keeps one.
        default: whether the track carries the mark of the default one; None leaves the choice to the container.
    """

    samples: Samples
    rate_hz: int
    start_s: float = 0.0
    codec: str = "aac"
    language: str | None = None
    default: bool | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """How the video track is written.

    Attributes:
        codec: encoder's name.
        pixel_format: stored format.
        rate: nominal frames per second.
        time_base: seconds per tick of the frame times; None for 1 / rate. Frame times are rounded to the nearest tick.
        options: of the encoder, by its own names.
        rotation_deg: clockwise turn (0, 90, 180, 270) that a player must apply; the frames given are the stored ones.
        mirrored: whether a player must mirror the stored picture left to right before the turn.
        matrix: `bt601` or `bt709`; None writes no colour tags, with BT.601 inside.
        full_range: whether black is 0 and white 255 in the stored planes.
        pixel_aspect_ratio: width of a stored pixel over its height.
    """

    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    rate: Fraction = Fraction(25)
    time_base: Fraction | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    rotation_deg: int = 0
    mirrored: bool = False
    matrix: str | None = None
    full_range: bool = False
    pixel_aspect_ratio: Fraction | None = None


def write_clip(
    path: Path,
    frames: Iterable[tuple[Image, MediaTime | float]] = (),
    *,
    picture: Picture | None = None,
    sounds: Sequence[Sound] = (),
    container: str | None = None,
    container_options: Mapping[str, str] | None = None,
) -> None:
    """Write a recording.

    Args:
        path: where to; its suffix decides the container unless `container` names one.
        frames: (RGB image (height, width, 3), presentation time) in time order; all of the first one's size; none for sound alone.
        picture: how the video track is written; libx264 at 25 frames per second when left out.
        sounds: the audio tracks.
        container: libav's name of the format (`mpegts`, `mov` …).
        container_options: of the muxer, by its own names.
    """
    picture = picture or Picture()
    images = iter(frames)
    first = next(images, None)
    with av.open(f"file:{path}", "w", format=container, options=dict(container_options or {})) as output:
        stream = None if first is None else _video_stream(output, first[0], picture)
        feeds = [_SoundFeed(output, sound) for sound in sounds]
        if first is not None and stream is not None:
            for image, time in chain([first], images):
                exact = time.exact if isinstance(time, MediaTime) else Fraction(time)
                for feed in feeds:
                    feed.write_until(exact)
                output.mux(stream.encode(_frame(image, exact, picture)))
            output.mux(stream.encode(None))
        for feed in _by_time(feeds):
            feed.write_chunk()
        for feed in feeds:
            feed.flush()


def _video_stream(output: OutputContainer, image: Image, picture: Picture) -> VideoStream:
    """The video track, ready for its first frame."""
    options = {**_QUIET.get(picture.codec, {}), **picture.options}
    stream: VideoStream = output.add_stream(picture.codec, rate=picture.rate, options=options)  # type: ignore[assignment]
    context = stream.codec_context
    context.height, context.width = image.shape[:2]
    context.pix_fmt = picture.pixel_format
    context.time_base = picture.time_base or 1 / picture.rate
    context.thread_count = 1
    if picture.pixel_aspect_ratio is not None:
        context.sample_aspect_ratio = picture.pixel_aspect_ratio
    if picture.matrix is not None:
        context.colorspace = _MATRICES[picture.matrix][1]
        context.color_range = int(ColorRange.JPEG if picture.full_range else ColorRange.MPEG)
    if picture.rotation_deg or picture.mirrored:
        stream.set_display_matrix(_display_matrix(picture.rotation_deg, mirrored=picture.mirrored))
    return stream


def _display_matrix(rotation_deg: int, *, mirrored: bool) -> list[int]:
    """The mirroring and the turn that a player must apply, as the 3x3 matrix of ISO/IEC 14496-12, section 8.3.2."""
    one, unit = 1 << 16, 1 << 30
    across = -one if mirrored else one
    rows = {0: (across, 0, 0, one), 90: (0, across, -one, 0), 180: (-across, 0, 0, -one), 270: (0, -across, one, 0)}
    a, b, c, d = rows[rotation_deg]
    return [a, b, 0, c, d, 0, 0, 0, unit]


def _frame(image: Image, time: Fraction, picture: Picture) -> av.VideoFrame:
    """The image in the stored pixel format, with its time stamp."""
    time_base = picture.time_base or 1 / picture.rate
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
        format=picture.pixel_format,
        dst_colorspace=_MATRICES[picture.matrix or "bt601"][0],
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG if picture.full_range else ColorRange.MPEG,
        interpolation=Interpolation.AREA,
    )
    frame.time_base = time_base
    frame.pts = round(time / time_base)
    return frame


class _SoundFeed:
    """Encodes one track piece by piece, so that sound and pictures lie side by side in the file."""

    def __init__(self, output: OutputContainer, sound: Sound) -> None:
        self._output = output
        self._sound = sound
        self._done = 0
        stereo = sound.samples.ndim == 2
        self._layout = "stereo" if stereo else "mono"
        self._stream: AudioStream = output.add_stream(sound.codec, rate=sound.rate_hz, layout=self._layout)  # type: ignore[assignment]
        if sound.language is not None:
            self._stream.metadata["language"] = sound.language
        if sound.default is not None:
            self._stream.disposition = av.stream.Disposition.default if sound.default else av.stream.Disposition(0)

    @property
    def time(self) -> Fraction:
        """Of the next sample to write, in seconds."""
        return Fraction(self._sound.start_s) + Fraction(self._done, self._sound.rate_hz)

    @property
    def finished(self) -> bool:
        """Whether every sample has been handed to the encoder."""
        return self._done >= len(self._sound.samples)

    def write_until(self, time: Fraction) -> None:
        """Write the samples that sound before `time`."""
        while not self.finished and self.time < time:
            self.write_chunk()

    def write_chunk(self) -> None:
        """Write the next samples."""
        chunk = self._sound.samples[self._done : self._done + _AUDIO_CHUNK]
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(chunk.reshape(1, -1), np.float32), format="flt", layout=self._layout
        )
        frame.sample_rate = self._sound.rate_hz
        frame.time_base = Fraction(1, self._sound.rate_hz)
        frame.pts = round(self.time * self._sound.rate_hz)
        self._done += len(chunk)
        self._output.mux(self._stream.encode(frame))

    def flush(self) -> None:
        """Write what the encoder still holds."""
        self._output.mux(self._stream.encode(None))


def _by_time(feeds: "list[_SoundFeed]") -> "Iterator[_SoundFeed]":
    """The feed that is furthest behind, until all are finished."""
    while waiting := [feed for feed in feeds if not feed.finished]:
        yield min(waiting, key=lambda feed: feed.time)

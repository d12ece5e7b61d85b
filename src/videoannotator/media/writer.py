"""Writes an MP4 of a recording that every browser can play: as it is, or with something drawn on each picture."""

import secrets
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from videoannotator.annotations.disk import full_disk_named
from videoannotator.annotations.media_info import VideoInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.errors import RunStopped, StorageFailedException
from videoannotator.media.decoder import Decoder, FrameDelivery, SoundDelivery
from videoannotator.media.probe import probe
from videoannotator.media.sound_writer import sound_writer
from videoannotator.media.types import Frame, FrameNeed

Image = npt.NDArray[np.uint8]

Draw = Callable[[Frame], Image]
"""Gives the picture that is shown in place of a frame's own, of the same size; asked once for every frame, in time order."""

LONG_SIDE, SHORT_SIDE = 4096, 2304
"""Largest picture, in pixels, that browsers decode everywhere (H.264 level 5.1)."""
TICK = Fraction(1, 90_000)
"""Frame times are kept to this, in seconds; the usual frame rates fit it exactly."""
_ENCODING = {"preset": "veryfast", "crf": "23", "bf": "0", "g": "50"}
"""Key frames lie close together, for stepping through; no frame needs a later one, so that no player has to work out an offset."""
_BT709 = 1


def write_mp4(
    source: Path,
    target: Path,
    what: str,
    should_stop: Callable[[], bool],
    *,
    draw: Draw | None = None,
    on_position: Callable[[float], None] | None = None,
) -> None:
    """Write an MP4 of a recording: H.264 with 8 bits a sample, its sound, upright, its index at the start.

    Time stamps are those of the source, with its time 0 as time 0; what lies before is left out. The size is that of the upright
    picture, unless it is larger than browsers take; an odd side grows by a copy of its last pixel, so that coordinates stay true.
    The sound is the track that `probe` chooses. Its packets go over as they are where browsers play them in an MP4 (AAC and MP3);
    otherwise it is AAC with the same channels, up to six (`media.sound_writer` says more). It stays in step with the pictures.
    `target` appears whole or not at all.

    Args:
        source: the recording.
        target: where to.
        what: what is written, for errors (`the copy for browsers`).
        should_stop: asked for every frame and every packet of sound whether to stop.
        draw: what to show instead of each frame; None for the frame itself.
        on_position: told how far it has come on the time line, in seconds.

    Raises:
        MediaUnreadableException, UnsupportedMediaException: the source cannot be read.
        RunStopped: `should_stop` said so.
        StorageFullException: the disk is full.
        StorageFailedException: the disk did not take it otherwise.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with full_disk_named(what):
            media = probe(source, timing=False)
            size = None if media.video is None else shown_size(media.video)
            with Decoder(source, [FrameNeed(max_size=size)], whole_sound=True) as decoder:
                _transcode(decoder, part, should_stop, draw or _as_it_is, on_position or _unwatched)
            part.replace(target)
    except OSError as error:  # those of libav included
        message = f"{what[0].upper()}{what[1:]} could not be written: {error.strerror or error}."
        raise StorageFailedException(message, hint="Check the disk.") from error
    finally:
        part.unlink(missing_ok=True)


def _as_it_is(frame: Frame) -> Image:
    return frame.image


def _unwatched(_: float) -> None:
    """For callers that do not watch."""


def shown_size(video: VideoInfo) -> tuple[int, int]:
    """(width, height) in pixels of the upright picture, made to fit what browsers take."""
    largest = (LONG_SIDE, SHORT_SIDE) if video.width >= video.height else (SHORT_SIDE, LONG_SIDE)
    shrink = min(1.0, largest[0] / video.width, largest[1] / video.height)
    return max(1, round(video.width * shrink)), max(1, round(video.height * shrink))


def _transcode(
    decoder: Decoder, target: Path, should_stop: Callable[[], bool], draw: Draw, on_position: Callable[[float], None]
) -> None:
    with av.open(f"file:{target}", "w", format="mp4", options={"movflags": "+faststart"}) as output:
        picture = None if decoder.media.video is None else _Picture(output, decoder.media.video)
        sound = sound_writer(output, decoder)
        for delivery in decoder:
            if should_stop():
                raise RunStopped("The run was stopped.")
            on_position(decoder.position_s)
            if isinstance(delivery, SoundDelivery) and sound is not None:
                sound.write(delivery)
            elif isinstance(delivery, FrameDelivery) and picture is not None:
                picture.write(delivery.frame.time, draw(delivery.frame))
        for track in (picture, sound):
            if track is not None:
                track.finish()


class _Picture:
    """The video track."""

    def __init__(self, output: OutputContainer, video: VideoInfo) -> None:
        self._output = output
        self._scaler = VideoReformatter()
        rate = Fraction(video.average_rate_hz or 25).limit_denominator(1001)
        self._stream: VideoStream = output.add_stream("libx264", rate=rate, options=_ENCODING)
        self._context = self._stream.codec_context
        self._context.width, self._context.height = (side + side % 2 for side in shown_size(video))
        self._context.pix_fmt = "yuv420p"
        self._context.time_base = TICK
        self._context.colorspace, self._context.color_range = _BT709, int(ColorRange.MPEG)
        self._context.sample_aspect_ratio = video.pixel_aspect_ratio
        self._last = -1

    def write(self, time: MediaTime, image: Image) -> None:
        """Add a picture; one from before time 0 is not shown."""
        ticks = round(time.exact / TICK)
        if ticks <= self._last:
            return
        self._last = ticks
        picture = self._scaler.reformat(
            av.VideoFrame.from_ndarray(_even(image), format="rgb24"),
            width=self._context.width,
            height=self._context.height,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
        )
        picture.time_base, picture.pts = TICK, ticks
        self._output.mux(self._stream.encode(picture))

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._output.mux(self._stream.encode(None))


def _even(image: Image) -> Image:
    """The picture with even sides, which H.264 wants for this pixel format."""
    height, width = image.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return np.ascontiguousarray(image)
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")

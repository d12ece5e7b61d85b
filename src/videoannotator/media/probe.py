"""What is in a recording, and the library's way of reading one."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av

from videoannotator.annotations.media_info import FrameTiming, MediaInfo
from videoannotator.media.decoder import AudioDelivery, Decoder, FrameDelivery
from videoannotator.media.exact import fraction
from videoannotator.media.header import Header, read_header
from videoannotator.media.source import READ_ERRORS, open_container
from videoannotator.media.timing import facts_of
from videoannotator.media.types import AudioBlock, AudioNeed, Colour, Frame, FrameNeed, Scaling


def probe(path: Path, *, timing: bool = True) -> MediaInfo:
    """The facts of a recording.

    Args:
        path: of the recording.
        timing: whether to read the times of all frames too. The file is read once for that, without decoding it.

    Raises:
        MediaUnreadableException: the file cannot be opened.
        UnsupportedMediaException: it is not a recording that can be decoded.
    """
    path = Path(path)
    header = read_header(path)
    if not timing or header.media.video is None:
        return header.media
    return replace(header.media, video=replace(header.media.video, timing=_packet_timing(path, header)))


def _packet_timing(path: Path, header: Header) -> FrameTiming | None:
    """The frame-time table from the packets' time stamps; damage ends the table early."""
    ticks = array("q")
    with open_container(path) as container:
        stream = container.streams[header.video_stream or 0]
        for other in container.streams:
            if other.index != stream.index:
                other.discard = av.stream.Discard.all
        try:
            for packet in container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is not None and packet.size and not packet.is_discard:
                    ticks.append(stamp)
        except READ_ERRORS:
            pass
        return facts_of(ticks, fraction(stream.time_base) or Fraction(1, 1000), header.origin)


@dataclass(frozen=True, slots=True)
class Media:
    """A recording that can be read several times, each time from start to end.

    Attributes:
        path: of the file.
        info: its facts, without the frame-time table.
    """

    path: Path
    info: MediaInfo

    def frames(
        self,
        rate_hz: float | None = None,
        max_size: tuple[int, int] | None = None,
        colour: Colour = Colour.RGB,
        scaling: Scaling = Scaling.AREA,
    ) -> Iterator[Frame]:
        """The frames, as `FrameNeed` describes them; none when there is no video track."""
        need = FrameNeed(rate_hz=rate_hz, max_size=max_size, colour=Colour(colour), scaling=Scaling(scaling))
        with Decoder(self.path, frame_needs=[need]) as decoder:
            for delivery in decoder:
                if isinstance(delivery, FrameDelivery):
                    yield delivery.frame

    def audio(self, rate_hz: int = 16000, track: int | None = None) -> Iterator[AudioBlock]:
        """The sound in blocks of about half a second; none when there is no audio track."""
        with Decoder(self.path, audio_needs=[AudioNeed(rate_hz)], audio_track=track) as decoder:
            for delivery in decoder:
                if isinstance(delivery, AudioDelivery):
                    yield delivery.block


def open_media(path: Path | str) -> Media:
    """Open a recording for reading.

    Raises:
        MediaUnreadableException: the file cannot be opened.
        UnsupportedMediaException: it is not a recording that can be decoded.
    """
    path = Path(path)
    return Media(path, probe(path, timing=False))

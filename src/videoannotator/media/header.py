"""What a recording says about itself before it is read: tracks, sizes, time 0, announced ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from videoannotator.annotations.media_info import AudioInfo, MediaInfo, VideoInfo
from videoannotator.errors import InvalidRequestException, UnsupportedMediaException
from videoannotator.media.exact import fraction, seconds
from videoannotator.media.orientation import Orientation, orientation_of
from videoannotator.media.source import MAX_PIXELS, READ_ERRORS, check_file, open_container

_NOT_PICTURES = 0x400 | 0x800 | 0x100000
"""Dispositions attached_pic (cover art), timed_thumbnails and still_image."""
_DEFAULT_TRACK = 0x1
_MILLISECOND = Fraction(1, 1000)
_PEEK_PACKETS = 400
_PEEK_PACKETS_DAMAGED = 4000
_ANNOUNCING = frozenset({"mov", "mp4", "m4a", "3gp", "matroska", "webm", "avi", "asf", "flv", "mxf", "wav"})
"""Containers whose header states a length, instead of libav estimating one from the bit rate or the file's end."""


@dataclass(frozen=True, slots=True)
class Header:
    """Facts that the reading needs besides MediaInfo.

    Attributes:
        media: what the outside is told.
        video_stream, audio_stream: stream indices in the file; None when there is none to use.
        origin: seconds on the file's clock that are time 0.
        video_end, audio_end: where the file announces these tracks to end, seconds on the time line; None when it does not.
        whole_end: where it announces the last of all tracks to end.
        warnings: what is odd about the file.
    """

    media: MediaInfo
    video_stream: int | None
    audio_stream: int | None
    origin: Fraction
    video_end: Fraction | None
    audio_end: Fraction | None
    whole_end: Fraction | None
    warnings: tuple[str, ...] = ()


def read_header(path: Path, audio_track: int | None = None) -> Header:
    """Open the file, look at its first frames, and close it again.

    Args:
        path: of the recording.
        audio_track: index of the audio track to use; None for the one that the container marks as default, else the first.

    Raises:
        MediaUnreadableException: the file cannot be opened.
        UnsupportedMediaException: it is not a recording, or nothing of it can be decoded.
        InvalidRequestException: it has no audio track of this number.
    """
    size_bytes = check_file(path)
    with open_container(path) as container:
        video = _video_stream(container)
        track = _audio_track(container, audio_track)
        audio = None if track is None else container.streams.audio[track]
        if video is None and audio is None:
            raise _nothing_to_decode(path, container)
        first = _peek(container, video, audio)
        if not first:
            raise _not_decodable(path, video)
        return _header(path, size_bytes, container, video, track, first)


@dataclass(frozen=True, slots=True)
class _First:
    """A track's first decoded frame, and its time on the file's clock in seconds, where it has one."""

    frame: VideoFrame | AudioFrame
    clock: Fraction | None


_Firsts = dict[int, _First]


def _video_stream(container: InputContainer) -> VideoStream | None:
    """The video track to use: the one marked as default, else the first; never cover art."""
    usable = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _NOT_PICTURES and stream.codec_context.name
    ]
    marked = [stream for stream in usable if stream.disposition & _DEFAULT_TRACK]
    return next(iter(marked + usable), None)


def _audio_track(container: InputContainer, wanted: int | None) -> int | None:
    """Index of the audio track to use among the audio tracks."""
    tracks = container.streams.audio
    if wanted is not None:
        if not 0 <= wanted < len(tracks):
            raise InvalidRequestException(
                f"There is no audio track {wanted}: the file has {len(tracks)}.",
                hint="Audio tracks are counted from 0.",
                field="audio_track",
            )
        return wanted
    usable = [
        index for index, stream in enumerate(tracks) if stream.codec_context is not None and stream.codec_context.sample_rate > 0
    ]
    marked = [index for index in usable if tracks[index].disposition & _DEFAULT_TRACK]
    return next(iter(marked + usable), None)


def _nothing_to_decode(path: Path, container: InputContainer) -> UnsupportedMediaException:
    """The error for a file without a track that can be decoded."""
    unknown = [stream for stream in container.streams if stream.type in {"video", "audio"} and stream.codec_context is None]
    if unknown:
        hint = "Convert it to mp4 with H.264 video and AAC sound first."
        return UnsupportedMediaException(f"{path} has tracks, but in formats for which there is no decoder here.", hint=hint)
    hint = "Give a file with a video or an audio track."
    return UnsupportedMediaException(f"{path} has neither a video nor an audio track.", hint=hint)


def _not_decodable(path: Path, video: VideoStream | None) -> UnsupportedMediaException:
    """The error for a file whose tracks give nothing."""
    if video is not None and not video.codec_context.width:
        return UnsupportedMediaException(
            f"The pictures of {path} have no size, or more than {MAX_PIXELS // 1_000_000} million pixels, and cannot be read.",
            hint="The file is probably damaged: copy it again from the camera. If it is not, make a smaller version of it first.",
        )
    hint = "Play it elsewhere. If it plays, convert it to mp4; if not, the file is damaged: copy it again from the camera."
    return UnsupportedMediaException(f"Nothing in {path} can be decoded.", hint=hint)


def _peek(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> _Firsts:
    """The first frame of each used track by stream index; a track whose first frame comes late is missing."""
    streams: list[Stream] = [stream for stream in (video, audio) if stream is not None]
    prepare(container, streams, threads=1)
    first: _Firsts = {}
    for count, (packet, frames) in enumerate(_decoded(container, streams)):
        if frames and packet.stream_index not in first:
            time_base = fraction(frames[0].time_base) or fraction(packet.stream.time_base) or _MILLISECOND
            first[packet.stream_index] = _First(frames[0], seconds(frames[0].pts, time_base))
        if len(first) == len(streams) or count >= (_PEEK_PACKETS if first else _PEEK_PACKETS_DAMAGED):
            break
    return first


def _decoded(container: InputContainer, streams: list[Stream]) -> "Iterator[tuple[Packet[Stream], list[VideoFrame | AudioFrame]]]":
    """Packets and what comes out of them; refused ones give nothing, and the first demuxing error ends it."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except READ_ERRORS:
            return
        if packet is None:
            return
        try:
            frames = packet.decode() if packet.size or packet.dts is None else []
        except READ_ERRORS:
            frames = []
        yield packet, [frame for frame in frames if isinstance(frame, (VideoFrame, AudioFrame))]


def prepare(container: InputContainer, used: list[Stream], *, threads: int) -> None:
    """Set the decoders of the used streams up, and have the demuxer skip all other streams.

    `threads`: 0 lets libav choose.
    """
    indices = {stream.index for stream in used}
    for stream in container.streams:
        if stream.index not in indices:
            stream.discard = av.stream.Discard.all
            continue
        context = stream.codec_context
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_count = threads
        context.thread_type = "AUTO"


def _header(
    path: Path,
    size_bytes: int,
    container: InputContainer,
    video: VideoStream | None,
    track: int | None,
    first: _Firsts,
) -> Header:
    """Everything put together."""
    audio = None if track is None else container.streams.audio[track]
    origin = min(
        [start for start in (_clock_start(video, first), _clock_start(audio, first)) if start is not None], default=Fraction(0)
    )
    name = _container_name(path, container)
    whole = Fraction(container.duration, av.time_base) if container.duration else None
    whole_start = Fraction(container.start_time, av.time_base) if container.start_time else Fraction(0)
    whole_end = None if whole is None else whole + whole_start - origin
    frame = None if video is None else first.get(video.index)
    media = MediaInfo(
        file_name=path.name,
        size_bytes=size_bytes,
        container=name,
        duration_s=None if whole_end is None else round(float(whole_end), 6),
        video=None if video is None or not video.codec_context.width else _video_info(video, frame, origin),
        audio=tuple(_audio_info(stream, first, origin) for stream in container.streams.audio),
        audio_track=track,
    )
    ignored = [stream for stream in container.streams.video if stream.codec_context is None]
    return Header(
        media=media,
        video_stream=None if video is None or media.video is None else video.index,
        audio_stream=None if audio is None else audio.index,
        origin=origin,
        video_end=_announced_end(video, origin, name),
        audio_end=_announced_end(audio, origin, name),
        whole_end=whole_end if name in _ANNOUNCING else None,
        warnings=("A video track is in a format for which there is no decoder here; it is left out.",) if ignored else (),
    )


def _container_name(path: Path, container: InputContainer) -> str:
    """Short name of the format; libav has one name for a whole family."""
    name = container.format.name
    if name.startswith("mov,"):
        brand = container.metadata.get("major_brand", "").strip().lower()
        return {"qt": "mov", "m4a": "m4a"}.get(brand, "3gp" if brand.startswith("3g") else "mp4")
    if name.startswith("matroska,"):
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"
    return name.split(",")[0]


def _clock_start(stream: Stream | None, first: _Firsts) -> Fraction | None:
    """When a track starts on the file's clock, in seconds.

    Sound before 0 is what an encoder needs to get going (RFC 7845, section 4.2); browsers do not count it.
    """
    if stream is None:
        return None
    time_base = fraction(stream.time_base) or _MILLISECOND
    start = seconds(stream.start_time, time_base)
    if start is None and stream.index in first:
        start = first[stream.index].clock
    if start is not None and stream.type == "audio":
        return max(start, Fraction(0))
    return start


def _announced_end(stream: Stream | None, origin: Fraction, name: str) -> Fraction | None:
    """Where a track announces its own end, in seconds on the time line; None in containers (`name`) that do not."""
    if stream is None or name not in _ANNOUNCING:
        return None
    time_base = fraction(stream.time_base) or _MILLISECOND
    start = seconds(stream.start_time, time_base) or Fraction(0)
    length = seconds(stream.duration, time_base) or _tagged_length(stream)
    if length is not None and name == "avi" and stream.type == "video":
        length = max(length, stream.frames * time_base)  # libav shortens the length, not the count, to what a cut-off file holds
    return start + length - origin if length else None


def _tagged_length(stream: Stream) -> Fraction | None:
    """The end that Matroska files state per track in a tag, such as `00:01:02.500000000`."""
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, whole = rest.partition(":")
    try:
        return (
            (int(hours) * 60 + int(minutes)) * 60 + Fraction(whole) - (stream.start_time or 0) * (fraction(stream.time_base) or 0)
        )
    except ValueError:
        return None


def _video_info(stream: VideoStream, first: _First | None, origin: Fraction) -> VideoInfo:
    """The video track as its header and first frame describe it."""
    context = stream.codec_context
    width, height = context.width, context.height
    pixel_format = context.format.name if context.format is not None else "unknown"
    orientation = Orientation()
    start = _clock_start(stream, {}) or origin
    interlaced = False
    if first is not None and isinstance(first.frame, VideoFrame):
        frame = first.frame
        width, height, pixel_format = frame.width, frame.height, frame.format.name
        orientation = orientation_of(frame)
        start = start if first.clock is None else first.clock
        interlaced = frame.interlaced_frame
    ratio = fraction(stream.sample_aspect_ratio) or Fraction(1)
    upright = orientation.upright_size(width, height)
    rate = fraction(stream.average_rate)
    return VideoInfo(
        codec=context.codec.canonical_name,
        width=upright[0],
        height=upright[1],
        rotation_deg=orientation.rotation_deg,
        mirrored=orientation.mirrored,
        pixel_aspect_ratio=1 / ratio if orientation.swaps_sides else ratio,
        average_rate_hz=None if rate is None else round(float(rate), 6),
        start_s=round(float(start - origin), 6),
        interlaced=interlaced,
        pixel_format=pixel_format,
    )


def _audio_info(stream: AudioStream, first: _Firsts, origin: Fraction) -> AudioInfo:
    """One audio track."""
    start = _clock_start(stream, first) or origin
    clock = first[stream.index].clock if stream.index in first else None
    start = start if clock is None else clock
    context = stream.codec_context
    known = context is not None
    return AudioInfo(
        codec=context.codec.canonical_name if known else "unknown",
        rate_hz=context.sample_rate if known else 0,
        channels=context.channels if known else 0,
        start_s=max(0.0, round(float(start - origin), 6)),
        language=None if stream.language == "und" else stream.language,
    )

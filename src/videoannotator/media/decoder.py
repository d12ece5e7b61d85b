"""Reads a recording once, from start to end, for everybody who needs frames or sound of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.media.damage import DamageLog
from videoannotator.media.exact import fraction, seconds
from videoannotator.media.header import prepare, read_header
from videoannotator.media.pictures import FrameDelivery, PictureTrack
from videoannotator.media.sound import SoundTrack
from videoannotator.media.source import READ_ERRORS, open_container
from videoannotator.media.timing import Continuity
from videoannotator.media.types import AudioBlock, AudioNeed, FrameNeed

__all__ = ["AudioDelivery", "DecodeReport", "Decoder", "Delivery", "FrameDelivery", "SoundDelivery"]

_MOST_ERRORS_IN_A_ROW = 1000
"""Packets that may fail one after the other before the rest of the file is given up."""


@dataclass(frozen=True, slots=True)
class AudioDelivery:
    """A block of sound for the need of this index."""

    need: int
    block: AudioBlock


@dataclass(frozen=True, slots=True)
class SoundDelivery:
    """A packet of the sound track that could be decoded, and what came out of it, for whoever keeps the sound as it is.

    Attributes:
        packet: as the file holds it; None at the end, for what the decoder gives last.
        time: of the packet on the time line, in seconds; None where the file does not say it.
        frames: decoded, each with its time; of any format, layout and rate.
    """

    packet: "Packet[Stream] | None"
    time: Fraction | None
    frames: Sequence[tuple[AudioFrame, Fraction | None]]


Delivery = FrameDelivery | AudioDelivery | SoundDelivery


@dataclass(frozen=True, slots=True)
class DecodeReport:
    """What was found while reading.

    Attributes:
        media: the header's facts, with the frame-time table, the true duration, and the damage.
        frame_times: of every decoded frame; None when no frames were asked for or there is no video track.
        warnings: what the records cannot say, in sentences.
    """

    media: MediaInfo
    frame_times: FrameTimes | None
    warnings: tuple[str, ...]


class Decoder:
    """Reads a recording once, from start to end, for several needs at once.

    Iterating gives what was asked for in the order in which the file holds it; each need's own deliveries are in time order. A
    frame that nobody wants is decoded but not converted; a picture that several needs want in the same form is made once. Tracks
    that nobody needs are not decoded at all, and a need for a track that does not exist is met with nothing.

    Args:
        path: of the recording.
        frame_needs, audio_needs: what is wanted; deliveries name them by index.
        threads: for decoding; 0 lets libav use every core, which costs about a tenth more CPU time than one thread.
        whole_sound: whether to give the sound track also as it is, packet by packet.
        audio_track: index of the audio track; None for the one that the container marks as default, else the first.

    Attributes:
        media: the header's facts.
        sound_stream: the sound track, when it is given as it is; None where there is none.

    Raises:
        MediaUnreadableException: the file cannot be opened.
        UnsupportedMediaException: it is not a recording, or nothing of it can be decoded.
        InvalidRequestException: it has no audio track of this number.
    """

    def __init__(
        self,
        path: Path,
        frame_needs: Sequence[FrameNeed] = (),
        audio_needs: Sequence[AudioNeed] = (),
        *,
        threads: int = 0,
        whole_sound: bool = False,
        audio_track: int | None = None,
    ) -> None:
        self._header = read_header(path, audio_track)
        self.media = self._header.media
        self._container = open_container(path)
        self._audio_needs = tuple(audio_needs)
        self._damage = DamageLog()
        self._continuity = Continuity()
        self._finished = self._stopped = False
        self._errors_in_a_row = 0
        streams = self._container.streams
        self._video: PictureTrack | None = None
        self._sound: SoundTrack | None = None
        used: list[Stream] = []
        if frame_needs and self._header.video_stream is not None:
            used.append(streams[self._header.video_stream])
            self._video = PictureTrack(used[-1], frame_needs, self._header, self._damage)
        self.sound_stream: AudioStream | None = None
        self._whole_sound_end = Fraction(0)
        if (audio_needs or whole_sound) and self._header.audio_stream is not None:
            used.append(streams[self._header.audio_stream])
            if whole_sound and isinstance(used[-1], AudioStream):
                self.sound_stream = used[-1]
            if audio_needs:
                rates = tuple(sorted({need.rate_hz for need in audio_needs}))
                self._sound = SoundTrack(rates, self.sound_limit)
        self._streams = used
        self._time_bases = {stream.index: fraction(stream.time_base) for stream in used}
        prepare(self._container, used, threads=threads)

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def stop(self) -> None:
        """End the iteration after the packet that is being read, without the rest; may be called from any thread."""
        self._stopped = True

    def close(self) -> None:
        """Give the file and the decoders back. Only the thread that iterates may do so: libav crashes when it still reads."""
        self._container.close()

    @property
    def position_s(self) -> float:
        """How far the reading has come on the time line, in seconds."""
        return float(self._position)

    @property
    def _position(self) -> Fraction:
        if self._video is not None:
            return self._video.position
        return self._whole_sound_end if self._sound is None else self._sound.end

    @property
    def sound_limit(self) -> Fraction | None:
        """Where the sound track is announced to end, in seconds; None when nobody knows."""
        return self._header.audio_end or self._header.whole_end

    def __iter__(self) -> Iterator[Delivery]:
        for packet in self._packets():
            if self._stopped:
                return
            yield from self._decode(packet)
        if self._video is not None:
            yield from self._video.finish()
        if self._sound is not None:
            yield from self._for_needs(self._sound.finish())
        self._finished = True

    def _packets(self) -> "Iterator[Packet[Stream]]":
        """The packets of the used tracks, then one empty packet per track, which empties its decoder."""
        if not self._streams:
            return
        while self._errors_in_a_row <= _MOST_ERRORS_IN_A_ROW:
            try:
                yield from self._container.demux(*self._streams)
            except READ_ERRORS:
                self._failed()
                continue
            return
        for stream in self._streams:
            packet: Packet[Stream] = Packet()
            packet.stream = stream
            yield packet

    def _failed(self) -> None:
        self._errors_in_a_row += 1
        self._damage.packet(self._position)

    def _decode(self, packet: "Packet[Stream]") -> Iterator[Delivery]:
        """What becomes ready with this packet. Empty ones with a time stand for frames that were not recorded."""
        if packet.size == 0 and packet.dts is not None:
            return
        self._make_continuous(packet)
        try:
            frames = packet.decode()
        except READ_ERRORS:
            self._failed()
            return
        if packet.is_corrupt:
            self._damage.packet(self._position)
        if packet.size:
            self._errors_in_a_row = 0
        if self._video is not None and packet.stream_index == self._header.video_stream:
            self._video.packet(packet)
        if self.sound_stream is not None and packet.stream_index == self.sound_stream.index:
            yield self._whole(packet, [frame for frame in frames if isinstance(frame, AudioFrame)])
        for frame in frames:
            if isinstance(frame, VideoFrame) and self._video is not None:
                yield from self._video.feed(frame)
            elif isinstance(frame, AudioFrame) and self._sound is not None:
                yield from self._sounded(self._sound, frame)

    def _whole(self, packet: "Packet[Stream]", frames: Sequence[AudioFrame]) -> SoundDelivery:
        """The packet with what came out of it."""
        timed = [(frame, self._on_line(frame.pts, frame.time_base)) for frame in frames]
        for frame, time in timed:
            if time is not None:
                self._whole_sound_end = max(self._whole_sound_end, time + Fraction(frame.samples, frame.sample_rate))
        time = self._on_line(packet.pts, self._time_bases.get(packet.stream_index))
        return SoundDelivery(packet if packet.size else None, time, timed)

    def _on_line(self, ticks: int | None, time_base: Fraction | None) -> Fraction | None:
        """A time stamp as seconds on the time line."""
        exact = fraction(time_base)
        time = None if exact is None else seconds(ticks, exact)
        return None if time is None else time - self._header.origin

    def _sounded(self, sound: SoundTrack, frame: AudioFrame) -> Iterator[AudioDelivery]:
        """The blocks that become ready with this frame; one in a form that cannot be mixed counts as a bad packet."""
        try:
            blocks = list(sound.feed(frame, self._on_line(frame.pts, frame.time_base)))
        except READ_ERRORS:
            self._failed()
            return
        yield from self._for_needs(blocks)

    def _make_continuous(self, packet: "Packet[Stream]") -> None:
        """Shift the packet's time stamps where the file's clock started anew."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        time_base = self._time_bases.get(packet.stream_index)
        if stamp is None or time_base is None:
            return
        shift = self._continuity.shift(packet.stream_index, stamp, packet.duration or 0, time_base)
        if shift:
            packet.pts = None if packet.pts is None else packet.pts + shift
            packet.dts = None if packet.dts is None else packet.dts + shift

    def _for_needs(self, blocks: Iterable[AudioBlock]) -> Iterator[AudioDelivery]:
        for block in blocks:
            for index, need in enumerate(self._audio_needs):
                if need.rate_hz == block.rate_hz:
                    yield AudioDelivery(index, block)

    def report(self) -> DecodeReport:
        """What was found. After breaking off, the duration is the announced one, and no end counts as missing."""
        media = self.media
        if self._video is not None and media.video is not None:
            media = replace(media, video=self._video.described(media.video))
        if self._finished:
            media = replace(media, duration_s=self._duration_s())
            self._compare_ends()
        warnings = list(self._header.warnings)
        if self._continuity.resets:
            warnings.append(f"The file's clock starts anew {self._continuity.resets} times; the pieces were joined without a gap.")
        if self._video is not None:
            warnings += self._video.warnings()
        if self._sound is not None:
            warnings += self._sound.warnings()
        times = None if self._video is None else self._video.times
        return DecodeReport(replace(media, damage=self._damage.result()), times, tuple(warnings))

    def _duration_s(self) -> float | None:
        """True duration; where a track was not read, the announced one if that is longer."""
        ends = [track.end for track in (self._video, self._sound) if track is not None]
        tracks = (self._header.video_stream, self._header.audio_stream)
        unread = len([stream for stream in tracks if stream is not None]) > len(ends)
        if unread and self.media.duration_s is not None:
            return max([self.media.duration_s, *map(float, ends)])
        return round(float(max(ends)), 6) if ends else self.media.duration_s

    def _compare_ends(self) -> None:
        """Note tracks that end before the file says."""
        header = self._header
        if self._video is not None:
            self._damage.ended(self._video.end, header.video_end)
        if self._sound is not None:
            self._damage.ended(self._sound.end, header.audio_end)
        ends = [track.end for track in (self._video, self._sound) if track is not None]
        tracks = [stream for stream in (header.video_stream, header.audio_stream) if stream is not None]
        if len(ends) == len(tracks) and header.video_end is None and header.audio_end is None:
            self._damage.ended(max(ends), header.whole_end)

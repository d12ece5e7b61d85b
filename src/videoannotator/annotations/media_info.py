"""What is known about a recording: its streams, its time line, and what of it is damaged."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """Facts of the real frame-time table, counted while the video was read from start to end.

    Attributes:
        frame_count: frames found.
        first_s, last_s: time of the first and the last frame, seconds.
        shortest_interval_s, longest_interval_s: between neighbouring frames; None with fewer than two frames.
        variable_rate: whether the intervals differ by more than the rounding of the time stamps explains.
    """

    frame_count: int
    first_s: float
    last_s: float
    shortest_interval_s: float | None
    longest_interval_s: float | None
    variable_rate: bool


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The video track.

    Attributes:
        codec: decoder's short name (`h264`, `hevc`, …).
        width, height: of the stored image after rotation, pixels.
        rotation_deg: clockwise turn (0, 90, 180, 270) that was applied to show the picture upright.
        mirrored: whether the picture is mirrored left to right, before the turn.
        pixel_aspect_ratio: width of one pixel over its height, after rotation.
        average_rate_hz: frames per second as the container states it; None when it does not.
        start_s: when the first frame is shown, seconds on the recording's time line.
        interlaced: whether the codec or container says the picture is made of two fields.
        pixel_format: as stored (`yuv420p`, …).
        timing: facts of the frame-time table; None until the track has been read to its end.
    """

    codec: str
    width: int
    height: int
    rotation_deg: int
    mirrored: bool
    pixel_aspect_ratio: Fraction
    average_rate_hz: float | None
    start_s: float
    interlaced: bool
    pixel_format: str
    timing: FrameTiming | None = None


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """One audio track; `start_s` is when its first sample sounds, seconds on the recording's time line."""

    codec: str
    rate_hz: int
    channels: int
    start_s: float
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """What could not be decoded.

    Attributes:
        message: in a sentence, for a person.
        first_at_s: where the first trouble was met, seconds; None when nobody can tell.
        bad_packets: packets that the decoder refused.
        bad_frames: frames that were dropped or are marked corrupt by the decoder.
        missing_end_s: seconds announced by the file and not found at its end.
    """

    message: str
    first_at_s: float | None
    bad_packets: int
    bad_frames: int
    missing_end_s: float


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A recording, as found on disk.

    Attributes:
        file_name: the file's name without its folder.
        size_bytes: size of the file.
        container: the format's short name (`mp4`, `matroska`, …).
        duration_s: from time 0 to the end of the last stream; None when the container does not say and the file has not been read.
        video: the video track; None for an audio-only recording.
        audio: all audio tracks, in file order; empty for a silent video.
        audio_track: index into `audio` of the track that is used; None when there is none.
        damage: what could not be read; None as long as nothing was found amiss.
    """

    file_name: str
    size_bytes: int
    container: str
    duration_s: float | None
    video: VideoInfo | None
    audio: tuple[AudioInfo, ...]
    audio_track: int | None
    damage: Damage | None = None

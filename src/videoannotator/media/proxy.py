"""A copy of a recording that every browser can play."""

from collections.abc import Callable
from pathlib import Path

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.media.writer import shown_size, write_mp4

_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p"})
_MP4 = frozenset({"mp4", "mov"})
_WEBM_VIDEO = frozenset({"vp8", "vp9", "av1"})
_SOUND_ALONE = frozenset({("mp3", "mp3"), ("m4a", "aac"), ("mp4", "aac"), ("wav", "pcm_s16le"), ("flac", "flac")})


def browser_can_play(media: MediaInfo) -> bool:
    """Whether Chrome, Firefox and Safari all show this recording as it is; in doubt it is False.

    That is H.264 with 8 bits a sample and AAC or MP3 in MP4, or VP8, VP9 or AV1 and Opus or Vorbis in WebM, with a picture that is
    neither too large nor mirrored, and whose sound track, if there are several, is the first. Sound alone counts as well.
    """
    sound = None if media.audio_track is None else media.audio[media.audio_track].codec
    if media.audio_track not in (None, 0):
        return False
    video = media.video
    if video is None:
        return (media.container, sound) in _SOUND_ALONE
    if video.mirrored or video.pixel_format not in _PIXEL_FORMATS or shown_size(video) != (video.width, video.height):
        return False
    if media.container in _MP4:
        return video.codec == "h264" and sound in (None, "aac", "mp3")
    return media.container == "webm" and video.codec in _WEBM_VIDEO and sound in (None, "opus", "vorbis")


def make_proxy(
    source: Path, target: Path, should_stop: Callable[[], bool], on_position: Callable[[float], None] | None = None
) -> None:
    """Write the copy, whole or not at all, with the original sound; `write_mp4` says how, and which errors there are."""
    write_mp4(source, target, "the copy for browsers", should_stop, on_position=on_position)

"""Opening a recording: every way in which that can fail has one clear error."""

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import av
from av.container import InputContainer

from videoannotator.errors import MediaUnreadableException, UnsupportedMediaException

MAX_PIXELS = 1 << 26
"""Largest picture that is decoded (67 million pixels, twice 8K video): a damaged header must not ask for all memory."""

_RECORDINGS = (
    "3dostr,4xm,aac,aax,ac3,ac4,aiff,amr,ape,apng,asf,asf_o,au,av1,avi,caf,cavsvideo,dhav,dirac,dnxhd,"
    "dts,dtshd,dv,eac3,evc,film_cpk,flac,flic,flv,gif,gxf,h261,h263,h264,hevc,iff,ilbc,ipmovie,ivf,kux,"
    "live_flv,loas,lxf,m4v,matroska,mjpeg,mjpeg_2000,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegtsraw,mpegvideo,mtv,"
    "mv,mve,mvi,mxf,mxg,nsv,nut,obu,ogg,oma,qcp,r3d,rl2,rm,roq,rpl,sbg,smk,smush,svs,swf,thp,truehd,"
    "tta,ty,usm,vc1,vc1test,vmd,voc,vvc,w64,wav,wc3movie,webm,wsvqa,wtv,wv,xmv,xwma,yop,yuv4mpegpipe"
)
"""libav's demuxers of recordings. Left out: still images, text, and playlists, which would make it open other files."""

_OPTIONS = {
    "format_whitelist": _RECORDINGS,
    "protocol_whitelist": "file",
    "max_pixels": str(MAX_PIXELS),
    "probesize": "20000000",
    "analyzeduration": "20000000",
}
_TEXT = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""Titles in unknown alphabets must not make a file unreadable; from version 19 on PyAV sees to it itself."""
_GENERATE_TIME_STAMPS = 0x1
READ_ERRORS = (av.FFmpegError, ValueError, IndexError)
"""What PyAV raises for damaged data; IndexError when a packet belongs to a track that appeared in the middle."""
_STILL_IMAGES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("a PNG picture", lambda head: head.startswith(b"\x89PNG") and b"acTL" not in head),
    ("a WebP picture", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    ("a TIFF picture", lambda head: head[:4] in {b"II*\0", b"MM\0*"}),
    ("a BMP picture", lambda head: head[:2] == b"BM" and head[6:10] == bytes(4)),
    ("a HEIC or AVIF picture", lambda head: head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"avif"}),
    ("a PDF document", lambda head: head.startswith(b"%PDF")),
    ("a ZIP archive", lambda head: head.startswith(b"PK\x03\x04")),
)
_ASK_FOR_RECORDING = "Give a video or audio file, such as mp4, mov, mkv, webm, avi, mts, wav or mp3."


def check_file(path: Path) -> int:
    """Size of the file in bytes, after making sure that it can be read and is no still image or text.

    Raises:
        MediaUnreadableException: it is not there, no regular file, not allowed to be read, or empty.
        UnsupportedMediaException: it is something other than a recording.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaUnreadableException(f"{path} is a folder, not a file.", hint="Name one video file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise MediaUnreadableException(f"{path} is a device or pipe, not a file.", hint="Save the recording to a file first.")
        with path.open("rb") as file:
            head = file.read(4096)
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise MediaUnreadableException(f"{path} does not exist.", hint="Check the name and the folder.") from exc
    except PermissionError as exc:
        hint = "Give this user the right to read it, or copy it to a folder of your own."
        raise MediaUnreadableException(f"{path} may not be read by this user.", hint=hint) from exc
    except ValueError as exc:
        raise MediaUnreadableException(f"{str(path)!r} is not a possible file name.", hint="Check the name.") from exc
    except OSError as exc:
        hint = "Check the disk or the network drive, and the length of the name."
        raise MediaUnreadableException(f"{path} could not be read: {exc.strerror}.", hint=hint) from exc
    if not head:
        hint = "The copy or the recording failed: copy it again from the camera."
        raise MediaUnreadableException(f"{path} is empty (0 bytes).", hint=hint)
    _refuse_other_kinds(path, head)
    return status.st_size


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise for files whose first bytes show that they are no recording."""
    for kind, fits in _STILL_IMAGES:
        if fits(head):
            raise UnsupportedMediaException(f"{path} is {kind}, not a recording.", hint=_ASK_FOR_RECORDING)
    if _is_text(head):
        raise UnsupportedMediaException(f"{path} is a text file, not a recording.", hint=_ASK_FOR_RECORDING)


def _is_text(head: bytes) -> bool:
    """Whether the bytes are readable text; the text headers of raw video (YUV4MPEG2) do not count."""
    if head.startswith(b"YUV4MPEG2"):
        return False
    try:
        text = head[: len(head) - 4 if len(head) == 4096 else None].decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n\f\x1b" for character in text)


def open_container(path: Path) -> InputContainer:
    """Open a file that `check_file` has let pass.

    The path is given as a `file:` address, so that no part of a name is taken for a protocol. The demuxer must not invent time
    stamps: it looks ahead without bound to do so, and for re-ordered frames without time stamps (AVI) it invents wrong ones.

    Raises:
        UnsupportedMediaException: libav cannot read it.
    """
    try:
        container: InputContainer = av.open(f"file:{path}", "r", options=_OPTIONS, **_TEXT)  # type: ignore[call-overload]
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise _not_opened(path) from exc
    container.flags &= ~_GENERATE_TIME_STAMPS
    return container


def _not_opened(path: Path) -> UnsupportedMediaException:
    """The error for a file that libav refuses."""
    with path.open("rb") as file:
        if file.read(3) == b"\xff\xd8\xff":
            return UnsupportedMediaException(f"{path} is a JPEG picture, not a recording.", hint=_ASK_FOR_RECORDING)
    boxes = _top_level_boxes(path)
    if boxes and b"moov" not in boxes and (b"mdat" in boxes or b"ftyp" in boxes):
        return UnsupportedMediaException(
            f"{path} was cut off: it is an MP4 or MOV file without its index (the moov box), which cameras write last.",
            hint="Copy it again from the camera. If the original is cut off too, a repair program such as untrunc can rebuild the "
            "index with the help of another recording of the same camera.",
        )
    return UnsupportedMediaException(
        f"{path} is not a video or audio recording that can be decoded, or its beginning is damaged.",
        hint=f"{_ASK_FOR_RECORDING} If it plays elsewhere, convert it to mp4 first.",
    )


def _top_level_boxes(path: Path, limit: int = 64) -> Sequence[bytes]:
    """Types of the first boxes of an ISO base media file (ISO/IEC 14496-12, section 4.2), but no incomplete index; else empty."""
    boxes: list[bytes] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size and len(boxes) < limit:
            file.seek(at)
            head = file.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if not kind.isalnum():
                break
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if kind != b"moov" or at + length <= size:
                boxes.append(kind)
            if length < 8:
                break
            at += length
    return boxes if boxes and boxes[0] in {b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip", b"pnot"} else []

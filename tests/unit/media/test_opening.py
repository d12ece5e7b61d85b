"""What cannot be opened: one clear error each, with a hint, and nothing on standard error."""

import os
import stat
import subprocess
import sys
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from tests.unit.media.clips import read, regular

from videoannotator.errors import MediaUnreadableException, UnsupportedMediaException
from videoannotator.media.decoder import Decoder
from videoannotator.media.probe import open_media, probe
from videoannotator.media.synthetic import Picture, Shot, Sound, shots_clip, tone, write_clip
from videoannotator.media.types import FrameNeed


def refused(path: Path, kind: type[MediaUnreadableException], *words: str) -> None:
    """All three ways in raise the same error, which names the file, says what is wrong, and what to do."""
    messages = set()
    for entrance in (probe, open_media, Decoder):
        with pytest.raises(kind) as caught:
            entrance(path)
        assert type(caught.value) is kind
        assert caught.value.hint
        assert caught.value.__cause__ is None or isinstance(caught.value.__cause__, Exception)
        messages.add(caught.value.message)
    assert len(messages) == 1
    message = messages.pop()
    assert path.name in message
    for word in words:
        assert word in message


def test_a_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.mp4", MediaUnreadableException, "does not exist")
    (tmp_path / "file").write_bytes(b"x")
    refused(tmp_path / "file" / "inside.mp4", MediaUnreadableException, "does not exist")


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    refused(folder, MediaUnreadableException, "folder")


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    refused(path, MediaUnreadableException, "empty")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    refused(path, MediaUnreadableException, "pipe")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    write_clip(path, regular(3))
    path.chmod(0)
    if os.geteuid() != 0:
        refused(path, MediaUnreadableException, "may not be read")
        return
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    program = (
        "import sys, os\n"
        "from videoannotator.media.probe import probe\n"
        "from videoannotator.errors import MediaUnreadableException\n"
        "os.setgid(65534)\nos.setuid(65534)\n"
        "try:\n    probe(sys.argv[1])\n"
        "except MediaUnreadableException as exc:\n    print(type(exc).__name__, exc.message, '|', exc.hint)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.startswith("MediaUnreadableException")
    assert "may not be read" in ended.stdout
    assert ended.stderr == ""


def test_an_impossible_name(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadableException, match="not a possible file name"):
        probe(Path("a\0b.mp4"))
    with pytest.raises(MediaUnreadableException, match="could not be read"):
        probe(tmp_path / ("x" * 300))


@pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.srt", "list.m3u8", "list.ffconcat", "data.json"])
def test_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    contents = {
        "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile /etc/hostname\n",
        "notes.srt": "1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    }
    path.write_text(contents.get(name, "Grüße\nthis is no video\n" * 400))
    refused(path, UnsupportedMediaException, "text file")


@pytest.mark.parametrize(
    ("codec", "suffix", "pixel_format"),
    [
        ("png", "png", "rgb24"),
        ("mjpeg", "jpg", "yuvj420p"),
        ("bmp", "bmp", "bgr24"),
        ("tiff", "tiff", "rgb24"),
        ("png", "%03d.png", "rgb24"),
    ],
)
def test_still_images(codec: str, suffix: str, pixel_format: str, tmp_path: Path) -> None:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, pixel_format
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24").reformat(format=pixel_format)
    frame.pts = 0
    path = tmp_path / f"picture.{suffix}"
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))
    refused(path, UnsupportedMediaException, "picture")


def test_other_files(tmp_path: Path) -> None:
    archive, noise, document = tmp_path / "a.zip", tmp_path / "noise.mp4", tmp_path / "d.pdf"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x", "y")
    noise.write_bytes(np.random.default_rng(1).integers(0, 256, 200_000, np.uint8).tobytes())
    document.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    refused(archive, UnsupportedMediaException, "ZIP")
    refused(document, UnsupportedMediaException, "PDF")
    refused(noise, UnsupportedMediaException)


def test_a_recording_without_its_index(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    write_clip(path, regular(50), sounds=[Sound(tone(2), 16000)])
    path.write_bytes(path.read_bytes()[:-2000])
    refused(path, UnsupportedMediaException, "index", "cut off")
    with pytest.raises(UnsupportedMediaException) as caught:
        probe(path)
    assert "Copy it again" in (caught.value.hint or "")


def test_pictures_of_absurd_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.avi"
    write_clip(path, regular(3), picture=Picture(codec="rawvideo", pixel_format="yuyv422"))
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8
    data[at + 4 : at + 12] = (60000).to_bytes(4, "little") + (60000).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, UnsupportedMediaException, "million pixels")


@pytest.mark.parametrize(
    "name",
    [
        "Üb ung ä.mp4",
        "-rf.mp4",
        "http:x.mp4",
        "100%d.mp4",
        "a%20b.mp4",
        "concat:a|b.mp4",
        "pipe:0.mp4",
        "日本語.mkv",
        "no suffix",
        "q?*[x].mp4",
        "'\".mp4",
    ],
)
def test_odd_names_are_only_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    write_clip(path, regular(4), container="mp4")
    assert len(read(path).times()) == 4
    assert probe(path).file_name == name
    monkeypatch.chdir(tmp_path)
    assert len(read(Path(name)).times()) == 4


def test_bytes_that_are_no_text_in_a_name(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    write_clip(tmp_path / "plain.mp4", regular(4))
    try:
        (tmp_path / "plain.mp4").rename(path)
    except OSError:
        pytest.skip("this file system takes only names that are text")
    assert len(read(path).times()) == 4


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.mp4"
    shots_clip(path, [Shot(50)], size=(160, 120))
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + len(data) // 3
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    with Decoder(path, [FrameNeed()]) as decoder:
        list(decoder)
        assert decoder.report().media.damage is not None
    (tmp_path / "none.mp4").write_bytes(bytes(1000))
    with pytest.raises(UnsupportedMediaException):
        probe(tmp_path / "none.mp4")
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")

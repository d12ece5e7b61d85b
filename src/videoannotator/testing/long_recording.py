"""A recording of any length made in seconds, in which rectangles move: their places are known at every moment."""

import math
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from videoannotator.annotations.boxes import Box
from videoannotator.media.clip_writer import Image, Picture, write_clip

WIDTH, HEIGHT = 640, 360
RATE_HZ = 25
SOUND_RATE_HZ = 16_000
LOOP_S = 10
"""After so many seconds the pictures come again."""
COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167))
TICKS_PER_S = 12_800

Samples = npt.NDArray[np.float32]


def place(number: int, time_s: float) -> Box:
    """Where the rectangle of this number (from 0) is, as the recording shows it, pixels."""
    phase = 2 * math.pi * (time_s % LOOP_S) / LOOP_S + number
    left = WIDTH * (number % 4 + 0.5) / 4 - 30 + 40 * math.cos(phase)
    return Box(round(left), round(HEIGHT / 2 - 70 + 50 * math.sin(phase)), 60.0, 140.0)


def picture_at(frame: int, rectangles: int) -> Image:
    """The picture of a frame, RGB, shape (360, 640, 3)."""
    image: Image = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for number in range(rectangles):
        box = place(number, frame / RATE_HZ)
        corners = (int(box.left), int(box.top)), (int(box.right) - 1, int(box.bottom) - 1)
        cv2.rectangle(image, *corners, COLOURS[number % len(COLOURS)], -1)
    cv2.putText(image, f"{frame % (LOOP_S * RATE_HZ):03d}", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2)
    return image


def sound_at(second: int) -> Samples:
    """The samples of one second: a tone that swells and fades within three."""
    moments = second + np.arange(SOUND_RATE_HZ) / SOUND_RATE_HZ
    loudness = 0.4 * np.sin(np.pi * moments / 3) ** 2
    return np.asarray(loudness * np.sin(2 * np.pi * 220 * moments), np.float32)


def write_long_recording(path: Path, duration_s: int, rectangles: int = 4) -> None:
    """Write an H.264 MP4 of 640 x 360 pixels at 25 frames per second with AAC sound.

    The pictures of ten seconds are encoded once and repeated, so that an hour takes seconds; no frame needs one of another round.

    Args:
        path: where to.
        duration_s: whole seconds.
        rectangles: how many.
    """
    with tempfile.TemporaryDirectory() as folder:
        loop = Path(folder) / "loop.mp4"
        frames = ((picture_at(frame, rectangles), Fraction(frame, RATE_HZ)) for frame in range(LOOP_S * RATE_HZ))
        options = {"preset": "veryfast", "bf": "0", "g": "50", "crf": "30"}
        write_clip(loop, ((image, float(time)) for image, time in frames), picture=Picture(options=options))
        with (
            av.open(f"file:{loop}") as source,
            av.open(f"file:{path}", "w", format="mp4", options={"movflags": "+faststart"}) as output,
        ):
            _repeat(source, output, duration_s)


def _repeat(source: InputContainer, output: OutputContainer, duration_s: int) -> None:
    loop = source.streams.video[0]
    video = output.add_stream_from_template(loop)
    sound: AudioStream = output.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono", options={"aac_coder": "fast"})
    encoded = [(bytes(packet), packet.is_keyframe) for packet in source.demux(loop) if packet.size]
    for second in range(duration_s):
        for packet in _second(encoded, second, video):
            output.mux(packet)
        samples = sound_at(second)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = SOUND_RATE_HZ, Fraction(1, SOUND_RATE_HZ), second * SOUND_RATE_HZ
        output.mux(sound.encode(frame))
    output.mux(sound.encode(None))


def _second(encoded: list[tuple[bytes, bool]], second: int, stream: Stream) -> "Iterator[Packet[Stream]]":
    for frame in range(second * RATE_HZ, (second + 1) * RATE_HZ):
        data, is_key = encoded[frame % len(encoded)]
        packet: Packet[Stream] = Packet(data)
        packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, TICKS_PER_S), is_key
        packet.pts = packet.dts = frame * TICKS_PER_S // RATE_HZ
        packet.duration = TICKS_PER_S // RATE_HZ
        yield packet

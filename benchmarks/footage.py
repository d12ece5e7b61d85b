"""Long recordings for benchmarks, made once and kept in `build/benchmarks`."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Picture, Shot, Sound, shots_clip, write_clip
from videoannotator.testing.conversations import conversation
from videoannotator.testing.people_clips import Actor, Stage, Stop, people_clip
from videoannotator.testing.speech import RATE_HZ

FOLDER = Path("build") / "benchmarks"
RATE = 25
PEOPLE_S = 20
MINUTE_SHOTS = [Shot(part) for part in (250, 300, 150, 350, 200, 250)]


def minute_720p() -> Path:
    """One minute of 1280 x 720 camera-like footage (moving camera, moving figure, sensor noise, five cuts) with speech."""
    path = FOLDER / "minute-720p.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        samples, rate_hz = speech_sample()
        speech = np.tile(samples, 3)[: int(59.9 * rate_hz)]  # whole AAC frames must end before the minute does
        part = path.with_suffix(".part.mp4")
        options = {"preset": "veryfast", "crf": "18", "g": "250"}
        shots_clip(
            part,
            MINUTE_SHOTS,
            size=(1280, 720),
            noise_level=4.0,
            seed=11,
            picture=Picture(options=options),
            sounds=[Sound(speech, rate_hz)],
        )
        part.rename(path)
    return path


def minutes_720p(minutes: int) -> Path:
    """That minute, again and again on one time line, copied packet by packet."""
    path = FOLDER / f"{minutes}-minutes-720p.mp4"
    if not path.exists():
        source = minute_720p()
        part = path.with_suffix(".part.mp4")
        _repeat(source, part, minutes)
        part.rename(path)
    return path


def _repeat(source: Path, target: Path, times: int) -> None:
    with av.open(str(target), "w") as output:
        streams = None
        for number in range(times):
            with av.open(str(source)) as given:
                if streams is None:
                    streams = {stream.index: output.add_stream_from_template(stream) for stream in given.streams}
                for packet in given.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    shift = int(Fraction(60 * number) / packet.time_base)
                    index = packet.stream.index
                    packet.pts += shift
                    packet.dts += shift
                    packet.stream = streams[index]
                    output.mux(packet)


def speech_wav(minutes: int) -> Path:
    """Read speech, repeated to this length."""
    path = FOLDER / f"{minutes}-minutes-speech.wav"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        samples, rate_hz = speech_sample()
        count = minutes * 60 * rate_hz
        speech = np.tile(samples, count // len(samples) + 1)[:count]
        write_clip(path, sounds=[Sound(speech, rate_hz, codec="pcm_s16le")])
    return path


def people_720p(count: int) -> Path:
    """`PEOPLE_S` seconds of 1280 x 720 at 25 frames per second, in which so many people, up to four, move a little."""
    path = FOLDER / f"{count}-people-{PEOPLE_S}-s-720p.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.mp4")
        people_clip(part, [_group(count)], size=(1280, 720), rate=Fraction(RATE), noise_level=3.0)
        part.rename(path)
    return path


def _group(count: int) -> Stage:
    height = 0.8 if count <= 2 else 0.5
    places = [(number + 0.5) / count for number in range(count)]
    moments = range(0, PEOPLE_S + 1, 2)
    layers = tuple(
        Actor(number, tuple(Stop(second, place + 0.04 * (-1) ** (second // 2), height) for second in moments))
        for number, place in enumerate(places, start=1)
    )
    return Stage(PEOPLE_S, 21, layers)


def conversation_wav(minutes: int) -> Path:
    """Synthetic conversation of three people with a little noise; ten minutes of it, repeated where it is longer."""
    path = FOLDER / f"{minutes}-minutes-conversation.wav"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        part = min(minutes, 10)
        samples = conversation(1, 3, part * 60, noise_db=20).samples
        write_clip(path, sounds=[Sound(np.tile(samples, -(-minutes // part)), RATE_HZ, codec="pcm_s16le")])
    return path

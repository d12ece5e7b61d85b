"""Turns of speakers that a test says, given by a pipeline that listens to nothing; and people who are seen to say them."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.plan import Selected
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Sound
from videoannotator.media.types import AudioNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions
from videoannotator.testing.mouths import voice
from videoannotator.testing.people_clips import Actor, Stage, Stop, people_clip


class _KnownTurns(Pipeline[PipelineOptions]):
    """Gives turns that are known beforehand, as speaker diarization would."""

    name = "known_turns"
    display_name, description = "Known turns", "Gives turns that are known beforehand."
    family, variant, version = "test", "known", "1"
    tasks = ("speaker-diarization",)
    modalities = ("audio",)
    Options = PipelineOptions
    produces: ClassVar[tuple[type, ...]] = (SpeakerTurn,)
    turns: ClassVar[tuple[SpeakerTurn, ...]] = ()

    @classmethod
    def needs(cls, options: PipelineOptions) -> Needs:
        return Needs(audio=AudioNeed(16000))

    def start(self, media: MediaInfo) -> None:
        """Nothing to get ready."""

    def feed(self, batch: Batch) -> Iterable[object]:
        return ()

    def finish(self) -> Iterable[object]:
        return self.turns


def turn(start_s: float, end_s: float, speaker: str) -> SpeakerTurn:
    """Somebody speaks, seconds."""
    return SpeakerTurn(MediaTime.from_seconds(start_s), MediaTime.from_seconds(end_s), speaker, 0.9)


def known_turns(turns: Sequence[SpeakerTurn]) -> Selected:
    """A pipeline that makes these turns."""

    class KnownTurns(_KnownTurns):
        """Gives the turns of one test."""

    KnownTurns.turns = tuple(turns)
    return Selected(KnownTurns, PipelineOptions())


def talking_clip(path: Path, said: Sequence[tuple[int, float, float]], seconds: float, *, height: float = 0.85) -> None:
    """Two people beside each other who speak; the sound is the speech sample, whoever speaks.

    Args:
        path: where to.
        said: who (1 on the left, 2 on the right, anybody else is never seen), from when, until when.
        seconds: how long the clip is.
        height: of the people, in heights of the picture.
    """
    sample, rate_hz = speech_sample()
    sound = np.zeros(round(seconds * rate_hz), np.float32)
    voices: dict[int, list[object]] = {1: [], 2: []}
    taken = 0
    for who, start_s, end_s in said:
        count = round((end_s - start_s) * rate_hz)
        piece = np.resize(sample[taken:], count)
        taken = (taken + count) % (len(sample) // 2)
        sound[round(start_s * rate_hz) :][:count] = piece
        voices.setdefault(who, []).append(voice(piece, rate_hz, start_s))
    places = {1: (Stop(0.0, 0.28, height), Stop(seconds, 0.31, height)), 2: (Stop(0.0, 0.73, height), Stop(seconds, 0.7, height))}
    people = tuple(Actor(who, places[who], tuple(voices[who])) for who in (2, 1))  # type: ignore[arg-type]
    people_clip(path, [Stage(seconds, 10, people)], rate=Fraction(20), sounds=[Sound(sound, rate_hz)])

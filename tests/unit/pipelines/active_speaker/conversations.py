"""Made-up conversations whose truth is known: who speaks when, whose face is seen when, and how every mouth moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from tests.speakers import turn

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen
from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import BLENDSHAPES, FACE_POINTS, FaceFlag, FaceObservation, Measure
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.active_speaker import ActiveSpeaker, ActiveSpeakerOptions
from videoannotator.pipelines.base import RunContext

Floats = npt.NDArray[np.float64]

NOISE = 0.0035
"""Standard deviation of the jaw's opening on a face held still; a mean change of 0.004, as on a smiling face of 60 pixels."""
SYLLABLES_HZ = 4.5
SPOKEN = 0.11
"""How far a jaw opens in a syllable, on average. The mean change over 0.15 s to 0.2 s is 0.06 then, as it was in filmed speech."""


@dataclass(frozen=True)
class Face:
    """A face track.

    Attributes:
        track: its number.
        speaks: turns in which it really speaks: start and end, seconds.
        seen: when it is in the picture.
        turned: when it is turned away, so that nothing can be measured.
        restless: how much the mouth moves all the time, as a share of speech: chewing, laughing.
    """

    track: int
    speaks: tuple[tuple[float, float], ...] = ()
    seen: tuple[tuple[float, float], ...] = ((0.0, 1e9),)
    turned: tuple[tuple[float, float], ...] = ()
    restless: float = 0.0


@dataclass(frozen=True)
class Conversation:
    """Everything that is seen and said."""

    faces: tuple[Face, ...]
    turns: tuple[SpeakerTurn, ...]
    seconds: float
    people: tuple[Any, ...] = field(default=())


def within(moments: Floats, stretches: Sequence[tuple[float, float]]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(moments), np.bool_)
    for start, end in stretches:
        inside |= (moments >= start) & (moments < end)
    return inside


def articulation(moments: Floats, random: np.random.Generator) -> Floats:
    """How far a mouth opens that speaks without a pause: syllables of uneven length and height."""
    count = int(moments[-1] * SYLLABLES_HZ * 2) + 10
    edges = np.cumsum(random.gamma(6.0, 1 / (6.0 * SYLLABLES_HZ), count))
    heights = random.gamma(2.0, SPOKEN / 2.0, count)
    place = np.searchsorted(edges, moments)
    start = np.concatenate([[0.0], edges])[place]
    return np.asarray(heights[place] * np.sin(np.pi * (moments - start) / (edges[place] - start)) ** 2)


def observations(talk: Conversation, rate_hz: float, seed: int) -> Iterator[FaceObservation]:
    """What face analysis would give, in order of time."""
    random = np.random.default_rng(seed)
    moments = np.arange(0, talk.seconds, 1 / rate_hz)
    openings = {}
    for face in talk.faces:
        speech = articulation(moments, random) * within(moments, face.speaks)
        other = articulation(moments, random) * face.restless
        openings[face.track] = np.clip(0.01 + speech + other + random.normal(0, NOISE, len(moments)), 0, 1)
    for index, moment in enumerate(moments):
        for face in talk.faces:
            if within(moments[index : index + 1], face.seen)[0]:
                turned = bool(within(moments[index : index + 1], face.turned)[0])
                yield observed(float(moment), index, face.track, None if turned else float(openings[face.track][index]))


def observed(seconds: float, frame: int, track: int, opening: float | None) -> FaceObservation:
    """A face whose jaw is so far open; None for one that is turned away."""
    values = None if opening is None else tuple(opening if name == "jawOpen" else 0.0 for name in BLENDSHAPES)
    return FaceObservation(
        MediaTime.from_seconds(seconds),
        frame,
        track,
        Box(100.0 * track, 50.0, 60.0, 80.0),
        Evidence.DETECTED,
        0.9,
        tuple(Point(100.0 * track + 10 * n, 60.0) for n in range(len(FACE_POINTS))),
        flags=() if opening is not None else (FaceFlag.PROFILE,),
        missing={} if opening is not None else {Measure.BLENDSHAPES: (FaceFlag.PROFILE,)},
        blendshapes=values,
    )


@dataclass
class Answer:
    """What the pipeline said."""

    stretches: list[SpeakingOnScreen]
    links: dict[str, SpeakerLink]
    warnings: list[str]


def answer(records: Sequence[object], **options: Any) -> Answer:
    """Run the pipeline on records."""
    warnings: list[str] = []
    context = RunContext(
        SessionPool("cpu"), lambda: False, warnings.append, lambda kind: [each for each in records if type(each) is kind]
    )
    pipeline = ActiveSpeaker(ActiveSpeakerOptions(**options), context)
    pipeline.start(MediaInfo("made up", 1, "raw", None, None, (), None))
    given = list(pipeline.finish())
    pipeline.close()
    stretches = [each for each in given if isinstance(each, SpeakingOnScreen)]
    return Answer(stretches, {each.speaker_id: each for each in given if isinstance(each, SpeakerLink)}, warnings)


def ask(talk: Conversation, rate_hz: float = 5.0, seed: int = 0, **options: Any) -> Answer:
    """Run the pipeline on a conversation."""
    return answer([*observations(talk, rate_hz, seed), *talk.turns, *talk.people], **options)


def share(talk: Conversation, given: Answer, truth: dict[str, tuple[int, ...]]) -> dict[str, float]:
    """Of the time of all turns: how much was attributed to the right face, to a wrong one, and to nobody.

    Args:
        talk: what was seen and said.
        given: the answer.
        truth: the face tracks of every speaker; none for one who is never seen. To say nothing about those is right.
    """
    seconds = {"right": 0.0, "wrong": 0.0, "unknown": 0.0, "rightly unknown": 0.0}
    for stretch in given.stretches:
        middle = np.array([(stretch.start.seconds + stretch.end.seconds) / 2])
        there = [face.track for face in talk.faces if face.track in truth[stretch.speaker_id] and within(middle, face.seen)[0]]
        if stretch.face_track_id is None:
            key = "unknown" if there else "rightly unknown"
        else:
            key = "right" if stretch.face_track_id in there else "wrong"
        seconds[key] += stretch.end.since(stretch.start)
    return {key: value / sum(seconds.values()) for key, value in seconds.items()}


SPEAKERS = ("speaker_001", "speaker_002", "speaker_003")


def taking_turns(seed: int, seconds: float, speakers: int = 2) -> list[tuple[float, float, int]]:
    """Who (from 0) speaks from when to when: turns of 0.8 s to 5 s, pauses of 0.1 s to 1 s, the next one mostly somebody else."""
    random = np.random.default_rng(1000 + seed)
    start, who, spoken = 1.0, 0, []
    while start < seconds - 3:
        length = random.uniform(0.8, 5)
        spoken.append((start, min(start + length, seconds - 1), who))
        start += length + random.uniform(0.1, 1.0)
        if random.random() < 0.9:
            who = (who + int(random.integers(1, speakers))) % speakers
    return spoken


def of(who: int, spoken: Sequence[tuple[float, float, int]]) -> tuple[tuple[float, float], ...]:
    """The turns of one of them."""
    return tuple((start, end) for start, end, each in spoken if each == who)


def as_turns(spoken: Sequence[tuple[float, float, int]]) -> tuple[SpeakerTurn, ...]:
    """As speaker diarization would give them."""
    return tuple(turn(start, end, SPEAKERS[who]) for start, end, who in spoken)

"""Signals: numbers over time that a player plots, each in one piece of one file."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import CONTEMPT, EXPRESSIONS, FaceObservation
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.annotations.sound import SoundMinute, SoundSegment
from videoannotator.engine.view.spool import Spool

Item = dict[str, Any]
NAN = math.nan

MOST_TRACKS = 40
"""Of so many tracks of faces, and of people, signals are given: of those that are seen most. The list of signals stays small."""
ACTION_UNITS = ("AU01", "AU02", "AU04", "AU06", "AU12", "AU15", "AU25", "AU26")
"""Those that are given: brows, cheeks, corners of the mouth, lips, jaw."""


@dataclass(frozen=True, slots=True)
class Column:
    """One signal of every track: the end of its id, what it is called, and its unit."""

    key: str
    label: str
    unit: str


FACE_COLUMNS = (
    *(Column(name, name, "0-1") for name in (*EXPRESSIONS, CONTEMPT)),
    *(Column(f"head_{name}", f"head {name}", "deg") for name in ("yaw", "pitch", "roll")),
    *(Column(f"gaze_{name}", f"gaze {name}", "deg") for name in ("yaw", "pitch")),
    *(Column(f"blink_{name}", f"eye closed, {name}", "0-1") for name in ("left", "right")),
    *(Column(name, name, "0-1") for name in ACTION_UNITS),
)
PERSON_COLUMNS = (Column("confidence", "confidence", "0-1"),)


def face_row(seen: FaceObservation) -> list[float]:
    """The values of `FACE_COLUMNS`."""
    expression, units = seen.expression or {}, seen.action_units or {}
    return [
        *(expression.get(name, NAN) for name in (*EXPRESSIONS, CONTEMPT)),
        *(seen.head_pose or (NAN, NAN, NAN)),
        *(seen.gaze or (NAN, NAN)),
        *(seen.blink or (NAN, NAN)),
        *(units.get(name, NAN) for name in ACTION_UNITS),
    ]


def person_row(seen: PersonObservation) -> list[float]:
    """The values of `PERSON_COLUMNS`."""
    return [NAN if seen.score is None else seen.score]


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that lasts over stretches: points in time order, with NaN where one stretch has ended."""

    facts: Item
    times: Sequence[float]
    values: Sequence[float]


class SignalWriter:
    """Writes signals one after the other.

    A signal is its times, as 8 bytes each, then its values, as 4 bytes each; it begins at a multiple of 8 bytes. One without any
    value is left out.

    Args:
        file: takes them.
        name: of the file, as the index says it.

    Attributes:
        written: what the index says about each.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.written: list[Item] = []
        self._file = file
        self._name = name
        self._place = 0

    def tracks(self, spool: Spool, columns: Sequence[Column], kind: str, pipeline: str) -> Iterator[int]:
        """Write the signals of the tracks that have most rows; gives each one's number when it is done."""
        counts = spool.counts
        chosen = sorted(counts, key=lambda track: (-counts[track], track))[:MOST_TRACKS]
        for track in sorted(chosen):
            for place, column in enumerate(columns):
                facts = {
                    "id": f"{kind}/{track}/{column.key}",
                    "group": f"{kind} {track}",
                    "subject": {"kind": kind, "id": track},
                    "label": column.label,
                    "unit": column.unit,
                    "pipeline": pipeline,
                }
                self._column(facts, spool, track, place)
            yield track

    def _column(self, facts: Item, spool: Spool, track: int, place: int) -> None:
        lowest, highest = math.inf, -math.inf
        for _, rows in spool.pieces(track):
            known = rows[:, place][~np.isnan(rows[:, place])]
            if len(known):
                lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
        if lowest <= highest:
            times = (times.astype("<f8").tobytes() for times, _ in spool.pieces(track))
            values = (rows[:, place].astype("<f4").tobytes() for _, rows in spool.pieces(track))
            self._write(facts, lowest, highest, spool.counts[track], chain(times, values))

    def signal(self, signal: Signal) -> None:
        """Write a short one."""
        values: npt.NDArray[np.float32] = np.array(signal.values, "<f4")
        known = values[~np.isnan(values)]
        if len(known):
            blocks = (np.array(signal.times, "<f8").tobytes(), values.tobytes())
            self._write(signal.facts, float(known.min()), float(known.max()), len(values), blocks)

    def _write(self, facts: Item, lowest: float, highest: float, count: int, blocks: Iterable[bytes]) -> None:
        extent = {"min": lowest, "max": highest, "name": self._name, "offset": self._place, "count": count}
        for block in blocks:
            self._file.write(block)
        rest = -(12 * count) % 8
        self._file.write(bytes(rest))
        self._place += 12 * count + rest
        self.written.append({**facts, **extent})


Measure = tuple[str, str, str, Callable[[Any], float | None]]
"""End of the id, label, unit, and how the value is found."""

_VOICE: tuple[Measure, ...] = (
    ("pitch", "pitch", "Hz", lambda voice: voice.pitch.median_hz if voice.pitch else None),
    ("energy", "energy", "dBFS", lambda voice: voice.energy.mean_dbfs if voice.energy else None),
    ("syllable_rate", "syllables", "1/s", lambda voice: voice.syllable_rate),
    ("arousal", "arousal (proxy)", "0-1", lambda voice: voice.arousal_proxy),
)
_LEVEL: tuple[Measure, ...] = (("level", "level", "dBFS", lambda sound: sound.level_dbfs),)
_MINUTE: tuple[Measure, ...] = (
    ("speech_level", "speech level", "dBFS", lambda minute: minute.speech_level_dbfs),
    ("noise_floor", "noise floor", "dBFS", lambda minute: minute.noise_floor_dbfs),
    ("snr", "speech above noise", "dB", lambda minute: minute.snr_db),
)


def voice_signals(voices: Iterable[VoiceSegment], pipeline: str) -> Iterator[Signal]:
    """Pitch, energy, rate, arousal, and what an added network hears, for every speaker."""
    by_speaker: dict[str | None, list[VoiceSegment]] = {}
    for voice in voices:
        by_speaker.setdefault(voice.subject, []).append(voice)
    for speaker, spoken in sorted(by_speaker.items(), key=lambda pair: pair[0] or ""):
        subject = None if speaker is None else {"kind": "speaker", "id": speaker}
        group = "voice" if speaker is None else f"voice of {speaker}"
        heard = {score.label: score.confidence is None for voice in spoken for score in voice.emotions}
        emotions: list[Measure] = [
            (f"emotion/{label}", label, "0-4" if intensity else "0-1", _emotion(label)) for label, intensity in heard.items()
        ]
        yield from _stretches(spoken, (*_VOICE, *emotions), f"voice/{speaker or ''}", group, subject, pipeline)


def _emotion(label: str) -> Callable[[VoiceSegment], float | None]:
    return lambda voice: next((score.value for score in voice.emotions if score.label == label), None)


def sound_signals(segments: Iterable[SoundSegment], minutes: Iterable[SoundMinute], pipeline: str) -> Iterator[Signal]:
    """How loud the recording is, and how good each minute of its sound."""
    yield from _stretches(list(segments), _LEVEL, "sound", "sound", None, pipeline)
    yield from _stretches(list(minutes), _MINUTE, "sound", "sound", None, pipeline)


def _stretches(
    records: Sequence[Any], measures: Sequence[Measure], key: str, group: str, subject: Item | None, pipeline: str
) -> Iterator[Signal]:
    """One signal per measure: its value from the start to the end of each record, and none in between."""
    ordered = sorted(records, key=lambda record: record.start)
    for ending, label, unit, value_of in measures:
        times: list[float] = []
        values: list[float] = []
        for record in ordered:
            value = value_of(record)
            if value is not None:
                start_s = max(record.start.seconds, times[-1] if times else record.start.seconds)
                end_s = max(record.end.seconds, start_s)
                times += [start_s, end_s, end_s]
                values += [value, value, NAN]
        facts = {"id": f"{key}/{ending}", "group": group, "subject": subject, "label": label, "unit": unit, "pipeline": pipeline}
        yield Signal(facts, times, values)

"""Signals are the records' numbers, bit by bit."""

import io
import math
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videoannotator.annotations.sound import SoundMinute, SoundSegment
from videoannotator.engine.view import spool as spools
from videoannotator.engine.view.signals import (
    FACE_COLUMNS,
    MOST_TRACKS,
    PERSON_COLUMNS,
    SignalWriter,
    face_row,
    person_row,
    sound_signals,
    voice_signals,
)
from videoannotator.engine.view.spool import Spool
from videoannotator.testing.examples import faces, persons
from videoannotator.testing.sound_examples import sound_quality
from videoannotator.testing.voice_examples import voice_intensities, voice_segments

Item = dict[str, Any]


def read(data: bytes, facts: Item) -> tuple["np.ndarray", "np.ndarray"]:
    """A signal as the Result page reads it."""
    assert facts["offset"] % 8 == 0
    times = np.frombuffer(data, "<f8", facts["count"], facts["offset"])
    values = np.frombuffer(data, "<f4", facts["count"], facts["offset"] + 8 * facts["count"])
    known = values[~np.isnan(values)]
    assert (facts["min"], facts["max"]) == (known.min(), known.max())
    assert facts["name"] == "view/signals-1.bin"
    return times, values


def of_tracks(observations: Any, columns: Any, row: Any, kind: str) -> tuple[bytes, dict[str, Item]]:
    file = io.BytesIO()
    writer = SignalWriter(file, "view/signals-1.bin")
    with Spool(len(columns)) as spool:
        for seen in observations:
            spool.add(seen.track_id, seen.time.seconds, row(seen))
        list(writer.tracks(spool, columns, kind, "a_pipeline"))
    return file.getvalue(), {facts["id"]: facts for facts in writer.written}


@pytest.mark.parametrize("held", [1, 3, 1000])
def test_every_number_of_a_face_stands_in_its_signal(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(spools, "ROWS_HELD", held)
    data, signals = of_tracks(faces(), FACE_COLUMNS, face_row, "face")
    seen = [face for face in faces() if face.track_id == 1]
    times, values = read(data, signals["face/1/happiness"])
    assert times.tolist() == [face.time.seconds for face in seen]
    np.testing.assert_array_equal(values, np.array([0.125, math.nan, math.nan], np.float32))
    assert read(data, signals["face/1/head_yaw"])[1][0] == -12.5
    assert read(data, signals["face/1/gaze_pitch"])[1][0] == -2.0
    assert read(data, signals["face/1/blink_right"])[1][0] == 0.125
    assert read(data, signals["face/1/AU12"])[1][0] == 0.5
    assert signals["face/1/head_yaw"]["subject"] == {"kind": "face", "id": 1}
    assert signals["face/1/head_yaw"]["unit"] == "deg"
    assert not any(name.startswith("face/2/") for name in signals), "nothing was measured on it"
    assert "face/1/AU06" not in signals, "nobody measured it"


def test_many_rows_come_back_as_they_were() -> None:
    numbers = np.random.default_rng(1).normal(size=(20_000, 3)).astype(np.float32)
    with Spool(3) as spool:
        for place, row in enumerate(numbers):
            spool.add(place % 7, place / 25, row.tolist())
        for track in range(7):
            times = np.concatenate([times for times, _ in spool.pieces(track)])
            rows = np.concatenate([rows for _, rows in spool.pieces(track)])
            np.testing.assert_array_equal(rows, numbers[track::7])
            np.testing.assert_array_equal(times, np.arange(track, 20_000, 7) / 25)
        assert len(list(spool.pieces(0))) > 1


def test_people_have_their_confidence() -> None:
    data, signals = of_tracks(persons(), PERSON_COLUMNS, person_row, "person")
    times, values = read(data, signals["person/1/confidence"])
    seen = [person for person in persons() if person.track_id == 1]
    assert times.tolist() == [person.time.seconds for person in seen]
    np.testing.assert_allclose(values, [0.987654321, math.nan, 1.0], rtol=1e-6)


def test_of_very_many_tracks_those_seen_most_are_given() -> None:
    rows = chain.from_iterable([(track, place / 25) for place in range(1 + track)] for track in range(MOST_TRACKS + 10))
    file = io.BytesIO()
    writer = SignalWriter(file, "view/signals-1.bin")
    with Spool(1) as spool:
        for track, time_s in rows:
            spool.add(track, time_s, [1.0])
        assert list(writer.tracks(spool, PERSON_COLUMNS, "person", "x")) == list(range(10, MOST_TRACKS + 10))


def lasting(signals: Any) -> tuple[bytes, dict[str, Item]]:
    file = io.BytesIO()
    writer = SignalWriter(file, "view/signals-1.bin")
    for signal in signals:
        writer.signal(signal)
    return file.getvalue(), {facts["id"]: facts for facts in writer.written}


def test_a_voice_has_its_pitch_from_start_to_end_of_each_stretch_and_none_between() -> None:
    data, signals = lasting(voice_signals(voice_segments(), "voice_emotion"))
    times, values = read(data, signals["voice/speaker_001/pitch"])
    assert times.tolist() == [0.5, 2.75, 2.75, 4.0, 6.5, 6.5]
    np.testing.assert_array_equal(values, np.array([221.5, 221.5, math.nan, 110, 110, math.nan], np.float32))
    assert signals["voice/speaker_001/pitch"]["subject"] == {"kind": "speaker", "id": "speaker_001"}
    assert signals["voice/speaker_001/emotion/fröhlich"]["unit"] == "0-1"
    assert signals["voice//pitch"]["subject"] is None
    assert not any(name.startswith("voice/speaker_002") for name in signals)


def test_intensities_have_their_own_scale() -> None:
    data, signals = lasting(voice_signals(voice_intensities(), "voice_emotion"))
    facts = signals["voice/speaker_001/emotion/Thankfulness Gratitude"]
    assert facts["unit"] == "0-4"
    assert read(data, facts)[1][0] == 4.25


def test_sound_has_its_level_and_the_measures_of_each_minute(tmp_path: Path) -> None:
    quality = sound_quality()
    segments = [one for one in quality if isinstance(one, SoundSegment)]
    data, signals = lasting(sound_signals(segments, [one for one in quality if isinstance(one, SoundMinute)], "audio_quality"))
    times, values = read(data, signals["sound/level"])
    assert times.tolist() == [1.5, 4.0, 4.0, 4.0, 9.999, 9.999]
    assert values[0] == -23.25
    assert read(data, signals["sound/snr"])[1][0] == 21.75

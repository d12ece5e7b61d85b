"""The quality of real files whose speech, noise and faults are known."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.unit.pipelines.audio_quality.sounds import (
    NOISES,
    NOMINAL_DBFS,
    RATE_HZ,
    Values,
    active_power,
    at_rate,
    read_aloud,
    spoken_with_pauses,
    tone,
    white,
    written,
)

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.sound import SoundFlag, SoundKind, SoundMinute, SoundSegment, Verdict
from videoannotator.engine.annotate import annotate
from videoannotator.errors import ExtraMissingException
from videoannotator.testing.speech import synthesise

NAME = "audio_quality"
SENTENCES = (
    "Look, there is a cat!",
    "I would like to play with the red ball, and you can have the blue one.",
    "How are you today?",
)


def looked_at(path: Path, **options: float) -> AnnotationSet:
    annotations = annotate(path, [NAME], {NAME: options}, device="cpu")
    assert annotations.outcomes[NAME].status is PipelineStatus.COMPLETED, annotations.outcomes[NAME].error
    return annotations


def minutes(path: Path, **options: float) -> list[SoundMinute]:
    with looked_at(path, **options) as annotations:
        return list(annotations.results[NAME].of_type(SoundMinute))


def minute(path: Path, **options: float) -> SoundMinute:
    (only,) = minutes(path, **options)
    return only


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
@pytest.mark.parametrize("snr_db", [30, 20, 10, 0])
def test_speech_to_noise_is_right_within_1_5_db(tmp_path: Path, noise: str, codec: str, snr_db: float) -> None:
    speech = spoken_with_pauses()
    mixed = speech + NOISES[noise](len(speech)) * 10 ** ((NOMINAL_DBFS - snr_db) / 20)
    found = minute(written(tmp_path, mixed, RATE_HZ, codec))
    assert found.snr_db == pytest.approx(snr_db, abs=1.5)
    assert found.noise_floor_dbfs == pytest.approx(NOMINAL_DBFS - snr_db, abs=1.0)
    assert found.speech_level_dbfs == pytest.approx(10 * np.log10(10**-2.6 * (1 + 10 ** (-snr_db / 10))), abs=1.0)
    expected = Verdict.UNUSABLE if snr_db == 0 else Verdict.DOUBTFUL if snr_db == 10 else Verdict.USABLE
    assert (found.verdict, SoundFlag.LOW_SNR in found.flags) == (expected, snr_db < 15)


@pytest.mark.parametrize("voice", ["slt", "awb"])
def test_speech_to_noise_of_other_voices(tmp_path: Path, voice: str) -> None:
    try:
        said = [synthesise(text, voice).samples for text in SENTENCES]
    except ExtraMissingException as missing:
        pytest.skip(missing.message)
    speech = np.concatenate([np.concatenate([each, np.zeros(RATE_HZ)]) for each in said]).astype(np.float64)
    level = active_power(speech)
    for snr_db in (20, 5):
        mixed = speech + white(len(speech)) * np.sqrt(level * 10 ** (-snr_db / 10))
        assert minute(written(tmp_path, mixed)).snr_db == pytest.approx(snr_db, abs=1.5)


def test_stretches_follow_the_sound(tmp_path: Path) -> None:
    quiet, speech, loud = 0.0005 * white(RATE_HZ * 3), 0.5 * read_aloud()[: RATE_HZ * 6], 0.1 * white(RATE_HZ * 4)
    with looked_at(written(tmp_path, np.concatenate([quiet, speech, quiet, loud, quiet]))) as annotations:
        found = list(annotations.results[NAME].of_type(SoundSegment))
    assert [each.kind for each in found] == [
        *(SoundKind.SILENCE, SoundKind.SPEECH, SoundKind.SILENCE, SoundKind.LOUD, SoundKind.SILENCE),
    ]
    assert [each.start.seconds for each in found] == pytest.approx([0, 3, 9, 12, 16], abs=0.6)
    assert found[-1].end.seconds == pytest.approx(19, abs=0.001)
    assert found[3].start.seconds == pytest.approx(12, abs=0.05)
    assert all(before.end == after.start for before, after in pairwise(found))
    assert found[3].level_dbfs == pytest.approx(-20, abs=0.2)
    assert found[4].level_dbfs == pytest.approx(-66, abs=1)
    assert (found[1].confidence or 0) > 0.8
    assert found[1].peak_dbfs == pytest.approx(20 * np.log10(np.abs(speech).max()), abs=0.1)


def test_music_noise_and_silence_are_no_speech(tmp_path: Path) -> None:
    chord = np.asarray(sum(tone(hertz, 10) for hertz in (261.63, 329.63, 392.0)))
    steady = (1 + 0.3 * tone(2, 10)) * chord / 12
    cases: dict[str, tuple[Values, SoundKind, tuple[SoundFlag, ...]]] = {
        "chord": (steady, SoundKind.LOUD, ()),
        "plucked": (steady * np.exp(-2 * (np.arange(len(steady)) / RATE_HZ % 1)), SoundKind.LOUD, ()),
        "noise": (0.05 * white(RATE_HZ * 10), SoundKind.LOUD, ()),
        "silence": (np.zeros(RATE_HZ * 10), SoundKind.SILENCE, (SoundFlag.DIGITAL_SILENCE,)),
    }
    for name, (samples, kind, flags) in cases.items():
        with looked_at(written(tmp_path, samples)) as annotations:
            (only,) = annotations.results[NAME].of_type(SoundMinute)
            segments = list(annotations.results[NAME].of_type(SoundSegment))
        assert (only.verdict, only.flags, only.speech_level_dbfs, only.snr_db) == (Verdict.NO_SPEECH, flags, None, None), name
        assert [each.kind for each in segments] == [kind], name
        assert (segments[0].level_dbfs is None) == (name == "silence")


def test_every_fault_is_told_and_no_other(tmp_path: Path) -> None:
    speech = 0.6 * np.concatenate([np.zeros(RATE_HZ * 2), read_aloud(), np.zeros(RATE_HZ * 2)])
    room = 0.0005 * white(len(speech))
    broken = speech + 0.01 * white(len(speech))
    for number in range(5):
        broken[RATE_HZ * (4 + number) :][:1600] = 0
    cases = {
        SoundFlag.CLIPPING: np.clip(speech * 4, -0.6, 0.6) + room,
        SoundFlag.TOO_QUIET: (speech + room) * 0.02,
        SoundFlag.DC_OFFSET: speech + room + 0.03,
        SoundFlag.HUM: speech + room + 0.003 * tone(50, len(speech) / RATE_HZ),
        SoundFlag.DIGITAL_SILENCE: speech,
        SoundFlag.DROPOUTS: broken,
    }
    assert minute(written(tmp_path, speech + room)).flags == ()
    for flag, samples in cases.items():
        assert minute(written(tmp_path, samples)).flags == (flag,)


def test_minutes_are_counted_from_where_the_sound_begins_and_the_unusable_are_reported(tmp_path: Path) -> None:
    speech = spoken_with_pauses()
    clean = np.tile(speech + 0.0005 * white(len(speech)), 3)[: 60 * RATE_HZ]
    drowned = clean + 0.2 * white(len(clean))
    path = written(tmp_path, np.concatenate([clean, drowned, clean[: 5 * RATE_HZ]]))
    with looked_at(path) as annotations:
        found = list(annotations.results[NAME].of_type(SoundMinute))
        warnings = annotations.outcomes[NAME].warnings
    assert [each.start.seconds for each in found] == [0, 60, 120]
    assert found[-1].end.seconds == 125
    assert [each.verdict for each in found] == [Verdict.USABLE, Verdict.UNUSABLE, Verdict.USABLE]
    assert warnings == ("The sound of 1 of 3 minutes is unusable for speech (low_snr in 1): see the table sound_minutes.",)


def test_thresholds_are_the_user_s(tmp_path: Path) -> None:
    speech = spoken_with_pauses()
    path = written(tmp_path, speech + white(len(speech)) * 10 ** ((NOMINAL_DBFS - 12) / 20))
    assert minute(path).verdict is Verdict.DOUBTFUL
    assert minute(path, low_snr_db=10.0).verdict is Verdict.USABLE
    assert minute(path, lowest_snr_db=14.0).verdict is Verdict.UNUSABLE
    assert minute(path, low_snr_db=10.0, quiet_dbfs=-20.0).flags == (SoundFlag.TOO_QUIET,)


def test_a_file_with_a_higher_rate_gives_the_same(tmp_path: Path) -> None:
    speech = spoken_with_pauses() + 0.001 * white(len(spoken_with_pauses()))
    plain, other = minute(written(tmp_path, speech)), minute(written(tmp_path, at_rate(speech, 44100), 44100, "aac"))
    assert other.snr_db == pytest.approx(plain.snr_db or 0, abs=0.5)
    assert other.verdict is plain.verdict is Verdict.USABLE

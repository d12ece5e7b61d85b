"""Who speaks when, on sound."""

import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate
from tests.unit.pipelines.speaker_diarization.conftest import Diarize, Talk, Told

from videoannotator.errors import ExtraMissingException
from videoannotator.media.demo_clip import speech_sample
from videoannotator.testing.conversations import Conversation
from videoannotator.testing.speech import RATE_HZ
from videoannotator.testing.speechless_sounds import SPEECHLESS_SOUNDS, speechless


def error_rate(talk: Conversation, told: Told) -> float:
    """Diarization error rate as pyannote.metrics has it, collar 0, overlap scored."""
    truth, heard = Annotation(), Annotation()
    for number, turn in enumerate(talk.turns):
        for start, end in turn.stretches():
            truth[Segment(start, end), number] = turn.speaker
    for number, found in enumerate(told.turns):
        heard[Segment(found.start.seconds, found.end.seconds), number] = found.speaker_id
    return float(DiarizationErrorRate()(truth, heard, uem=Timeline([Segment(0, talk.duration_s)])))


@pytest.mark.parametrize("kind", SPEECHLESS_SOUNDS)
def test_nobody_is_invented(kind: str, diarize: Diarize) -> None:
    told = diarize(speechless(kind, 30))
    assert told.turns == []


@pytest.mark.parametrize("preset", ["fast", "balanced", "accurate"])
def test_two_who_talk(preset: str, diarize: Diarize, talk: Talk) -> None:
    spoken = talk(2, ("slt", "rms"), 40, noise_db=20)
    told = diarize(spoken.samples, preset=preset)
    assert told.speakers == ["speaker_001", "speaker_002"]
    assert told.turns[0].speaker_id == "speaker_001", "numbered by first appearance"
    assert error_rate(spoken, told) <= 0.12
    assert all(turn.confidence is not None and 0 < turn.confidence <= 1 for turn in told.turns)


def test_both_are_heard_where_they_overlap(diarize: Diarize, talk: Talk) -> None:
    spoken = talk(4, ("slt", "rms"), 40, overlap=0.9)
    told = diarize(spoken.samples)
    both = sum(
        max(0.0, min(a.end.seconds, b.end.seconds) - max(a.start.seconds, b.start.seconds))
        for number, a in enumerate(told.turns)
        for b in told.turns[number + 1 :]
        if a.speaker_id != b.speaker_id
    )
    assert both > 0.5
    alone = diarize(spoken.samples, overlap=False).turns
    assert all(a.end <= b.start for a, b in pairwise(alone))


def test_the_number_of_speakers_may_be_said(diarize: Diarize, talk: Talk) -> None:
    spoken = talk(2, ("slt", "rms"), 30)
    assert len(diarize(spoken.samples, num_speakers=1).speakers) == 1
    assert len(diarize(spoken.samples, min_speakers=3).speakers) == 3
    told = diarize(spoken.samples, num_speakers=20)
    assert len(told.speakers) < 20
    assert any("20 speakers that were asked for" in warning for warning in told.warnings)


def test_one_reader_is_one_speaker(diarize: Diarize) -> None:
    samples, rate_hz = speech_sample()
    assert rate_hz == RATE_HZ
    assert diarize(samples).speakers == ["speaker_001"]


def test_how_the_stream_is_cut_and_when_it_begins_do_not_matter(diarize: Diarize, talk: Talk) -> None:
    samples = talk(2, ("slt", "rms"), 25).samples
    whole, late = diarize(samples, block=len(samples)), diarize(samples, block=7001, start_s=Fraction(5))
    assert whole.turns
    assert [turn.speaker_id for turn in whole.turns] == [turn.speaker_id for turn in late.turns]
    assert [turn.start.exact + 5 for turn in whole.turns] == [turn.start.exact for turn in late.turns]
    assert [turn.end.exact + 5 for turn in whole.turns] == [turn.end.exact for turn in late.turns]


def test_names_come_from_labels(diarize: Diarize, talk: Talk) -> None:
    spoken = talk(2, ("slt", "rms"), 25)
    first = spoken.turns[0]
    told = diarize(spoken.samples, labels=({"label": "Ada", "start_s": first.start_s, "end_s": first.end_s},))
    assert {turn.label for turn in told.turns if turn.speaker_id == "speaker_001"} == {"Ada"}
    assert {turn.label for turn in told.turns if turn.speaker_id != "speaker_001"} == {None}


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.2, 9.9, 10.0, 10.1, 12.1])
def test_every_length_is_taken(seconds: float, diarize: Diarize, talk: Talk) -> None:
    samples = np.tile(talk(2, ("slt", "rms"), 12).samples, 2)[: round(seconds * RATE_HZ)]
    told = diarize(samples)
    assert bool(told.turns) == (seconds > 5)
    assert all(0 <= turn.start.seconds < turn.end.seconds <= seconds for turn in told.turns)


def test_a_back_end_that_is_not_installed_says_how_to_get_it(diarize: Diarize, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyannote.audio", None)
    with pytest.raises(ExtraMissingException) as missing:
        diarize(np.zeros(RATE_HZ, np.float32), backend="pyannote", model="somewhere")
    assert "videoannotator[pyannote]" in str(missing.value.hint)

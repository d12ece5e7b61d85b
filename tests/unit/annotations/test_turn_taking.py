"""Turns, gaps, overlaps, and rates."""

import pytest

from videoannotator.annotations.conversation import Transfer
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.turn_taking import Spoken, floor_transfers, joined, speaker_measures
from videoannotator.annotations.voices import SpeakerTurn

at = MediaTime.from_seconds


def turn(start_s: float, end_s: float, number: int) -> SpeakerTurn:
    return SpeakerTurn(at(start_s), at(end_s), f"speaker_{number:03d}", 0.5)


TALK = [
    turn(0.0, 2.0, 1),
    turn(2.3, 4.0, 1),  # a short pause: the same turn
    turn(4.2, 6.0, 2),  # gap of 0.2
    turn(5.7, 9.0, 1),  # overlap of 0.3
    turn(6.8, 7.2, 2),  # within
    turn(8.0, 11.0, 2),  # interruption: 1 s
    turn(20.0, 21.0, 1),  # lapse of 9 s
    turn(21.4, 22.0, 2),  # gap of 0.4
]


def test_short_pauses_do_not_end_a_turn() -> None:
    assert [(each.start.seconds, each.end.seconds) for each in joined(TALK)][:2] == [(0.0, 4.0), (4.2, 6.0)]


def test_every_kind_of_transfer() -> None:
    found = [(each.transfer, round(each.offset_s, 3), each.to_speaker[-1]) for each in floor_transfers(joined(TALK))]
    assert found == [
        (Transfer.GAP, 0.2, "2"),
        (Transfer.OVERLAP, -0.3, "1"),
        (Transfer.WITHIN, -2.2, "2"),
        (Transfer.INTERRUPTION, -1.0, "2"),
        (Transfer.LAPSE, 9.0, "1"),
        (Transfer.GAP, 0.4, "2"),
    ]


def test_measures_of_each_speaker() -> None:
    transfers = list(floor_transfers(joined(TALK)))
    first, second = speaker_measures(TALK, transfers, {"speaker_001": Spoken(30, 45), "speaker_002": Spoken(10, None)})
    assert (first.speaker_id, first.turns) == ("speaker_001", 3)
    assert first.speaking_s == pytest.approx(2.0 + 1.7 + 3.3 + 1.0)
    assert first.overlapped_s == second.overlapped_s == pytest.approx(0.3 + 0.4 + 1.0)
    assert first.share + second.share == pytest.approx(1)
    assert first.words_per_minute == pytest.approx(30 / 8.0 * 60, abs=0.01)
    assert first.syllables_per_minute == pytest.approx(45 / 8.0 * 60, abs=0.01)
    assert second.syllables_per_minute is None
    assert (first.response_latency_s, first.responses) == (None, 0)
    assert second.response_latency_s == pytest.approx(0.3)
    assert second.responses == 2
    assert (first.interruptions_made, first.interruptions_received) == (0, 1)
    assert (second.interruptions_made, second.interruptions_received) == (1, 0)


def test_without_word_times_nothing_is_counted() -> None:
    (only,) = speaker_measures(TALK[:1], [], None)
    assert (only.words, only.syllables, only.words_per_minute) == (None, None, None)
    (silent,) = speaker_measures(TALK[:1], [], {})
    assert (silent.words, silent.syllables, silent.words_per_minute) == (0, 0, 0.0)

"""Stretches of one voice."""

from itertools import pairwise

import numpy as np
import pytest

from videoannotator.pipelines.speaker_diarization.grid import FRAMES
from videoannotator.pipelines.speaker_diarization.pieces import LONGEST, Activity, Piece, PieceFinder

STEP = 119
Spoken = list[tuple[int, int, int]]
"""(speaker, first frame, frame behind the last)."""


def windows(spoken: Spoken, count: int, seed: int = 0) -> list[tuple[int, Activity | None]]:
    """What a faultless network hears: each window numbers the voices in its own way."""
    random = np.random.default_rng(seed)
    made: list[tuple[int, Activity | None]] = []
    for number in range(count):
        start, activity = number * STEP, np.zeros((FRAMES, 3), np.bool_)
        inside = [(who, a, b) for who, a, b in spoken if a < start + FRAMES and b > start]
        places = dict(zip(dict.fromkeys(who for who, _, _ in inside), random.permutation(3).tolist(), strict=False))
        for who, a, b in inside:
            activity[max(0, a - start) : max(0, b - start), places[who]] = True
        made.append((start, activity if activity.any() else None))
    return made


def pieces(spoken: Spoken, count: int = 12) -> list[Piece]:
    finder = PieceFinder()
    found: list[Piece] = []
    for start, activity in windows(spoken, count):
        found += finder.add(start, activity, start + STEP)
    return [*found, *finder.finish()]


def edges(found: list[Piece]) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in found]


def test_a_turn_is_a_piece() -> None:
    assert edges(pieces([(1, 100, 300), (2, 400, 500)])) == [(100, 300), (400, 500)]


def test_a_change_of_voice_without_a_pause_divides() -> None:
    found = edges(pieces([(1, 100, 300), (2, 300, 500)]))
    assert len(found) == 2
    assert found[0][0] == 100
    assert found[0][1] == found[1][0] == pytest.approx(300, abs=2)
    assert found[1][1] == 500


def test_where_two_speak_nobody_is_alone() -> None:
    found = edges(pieces([(1, 100, 300), (2, 250, 500)]))
    assert [found[0][0], found[-1][1]] == [100, 500]
    assert all(not (start < 298 and end > 252) for start, end in found)


def test_what_is_too_short_is_left_out() -> None:
    assert edges(pieces([(1, 100, 104), (2, 400, 500)])) == [(400, 500)]


def test_a_long_turn_is_divided() -> None:
    found = edges(pieces([(1, 50, 1250)]))
    assert found[0][0] == 50
    assert found[-1][1] == 1250
    assert all(a[1] == b[0] for a, b in pairwise(found))
    assert max(end - start for start, end in found) <= LONGEST


def test_silent_windows_in_between_end_a_piece() -> None:
    assert edges(pieces([(1, 100, 300), (1, 1300, 1400)], 14)) == [(100, 300), (1300, 1400)]


def test_pieces_are_given_before_the_end() -> None:
    finder = PieceFinder()
    given = [
        len(list(finder.add(start, activity, start + STEP))) for start, activity in windows([(1, 100, 200), (2, 260, 300)], 12)
    ]
    assert sum(given) == 2
    assert given.index(1) <= 3, "soon after no later window can change it"


def test_however_long_one_speaks_no_more_than_a_piece_is_waited_for() -> None:
    finder = PieceFinder()
    behind = []
    for start, activity in windows([(1, 50, 9000)], 80):
        list(finder.add(start, activity, start + STEP))
        behind.append(start + STEP - finder.given_to)
    assert max(behind) <= LONGEST + 3 * STEP

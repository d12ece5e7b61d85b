"""From windows to turns."""

import numpy as np
import pytest
from tests.unit.pipelines.speaker_diarization.test_pieces import STEP, Spoken, windows

from videoannotator.pipelines.speaker_diarization.embedding import HeardPiece
from videoannotator.pipelines.speaker_diarization.pieces import Piece, PieceFinder
from videoannotator.pipelines.speaker_diarization.turns import Raster, Turn, Window, turns

VOICES = np.eye(3, 256)


def found(spoken: Spoken, count: int = 12, *, overlap: bool = True, speakers: int = 2) -> list[Turn]:
    """The turns, when every piece is heard as the speaker who has most of it."""
    finder, heard = PieceFinder(), list[HeardPiece]()
    given = windows(spoken, count)
    for start, activity in given:
        heard += (heard_as(piece, spoken) for piece in finder.add(start, activity, start + STEP))
    heard += (heard_as(piece, spoken) for piece in finder.finish())
    packed = [Window.packed(start, activity) for start, activity in given if activity is not None]
    return sorted(
        turns(packed, heard, VOICES[:speakers], Raster(STEP * 270, count), overlap=overlap),
        key=lambda turn: (turn.start, turn.speaker),
    )


def heard_as(piece: Piece, spoken: Spoken) -> HeardPiece:
    shared = dict.fromkeys([who for who, _, _ in spoken], 0)
    for who, start, end in spoken:
        shared[who] += max(0, min(end, piece.end) - max(start, piece.start))
    return HeardPiece(piece, VOICES[max(shared, key=shared.__getitem__)].astype(np.float32))


def plain(given: list[Turn]) -> list[tuple[int, int, int]]:
    return [(turn.speaker, turn.start, turn.end) for turn in given]


def test_turns_are_those_that_were_spoken() -> None:
    spoken = [(0, 100, 300), (1, 300, 420), (0, 500, 900), (1, 1000, 1300)]
    assert plain(found(spoken)) == spoken


def test_overlap_is_kept_or_given_to_one() -> None:
    spoken = [(0, 100, 400), (1, 350, 700)]
    assert plain(found(spoken)) == spoken
    alone = found(spoken, overlap=False)
    times = [frame for turn in alone for frame in range(turn.start, turn.end)]
    assert len(times) == len(set(times)) == 600


def test_a_sure_voice_has_confidence_and_a_doubtful_one_less() -> None:
    sure = found([(0, 100, 900)], speakers=2)
    assert [turn.confidence for turn in sure] == pytest.approx([1.0], abs=0.01)
    finder = PieceFinder()
    given = windows([(0, 100, 900)], 12)
    pieces = [piece for start, activity in given for piece in finder.add(start, activity, start + STEP)]
    between = ((VOICES[0] + VOICES[1]) / np.sqrt(2)).astype(np.float32)
    packed = [Window.packed(start, activity) for start, activity in given if activity is not None]
    doubtful = list(turns(packed, [HeardPiece(p, between) for p in pieces], VOICES[:2], Raster(STEP * 270, 12), overlap=True))
    assert doubtful
    assert [turn.confidence for turn in doubtful] == pytest.approx([0.5] * len(doubtful), abs=0.01)


def test_windows_survive_packing() -> None:
    activity = np.random.default_rng(0).random((589, 3)) > 0.5
    assert np.array_equal(Window.packed(7, activity).activity, activity)


def test_every_frame_knows_its_windows() -> None:
    raster = Raster(STEP * 270, 5)
    covered = np.zeros(2000, int)
    for number in range(5):
        covered[number * STEP : number * STEP + 589] += 1
    assert np.array_equal(raster.windows_over(0, 2000), np.maximum(1, covered))
    assert np.array_equal(raster.windows_over(300, 100), covered[300:400])

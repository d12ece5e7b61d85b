"""Windows that leave nothing out, and events of two thresholds."""

from fractions import Fraction

import numpy as np
import pytest

from videoannotator.pipelines.audio_events.events import EventFinder
from videoannotator.pipelines.audio_events.windowing import Grid, Windowing


def events(scores: list[float], *, threshold: float = 0.5, low: float = 0.25, gap: int = 0) -> list[tuple[int, int, float, float]]:
    """(first window, last window, peak, mean) of the events of one class."""
    finder = EventFinder(threshold, low, gap)
    found = []
    for window, score in enumerate(scores):
        found += list(finder.feed(window, np.array([score], np.float32)))
    found += list(finder.finish())
    return [(each.first, each.last, each.peak, each.total / each.windows) for each in found]


def test_an_event_reaches_the_upper_threshold_and_keeps_to_the_lower() -> None:
    assert events([0, 0.25, 0.5, 0.25, 0, 0.25, 0.25, 0, 1.0]) == [(1, 3, 0.5, pytest.approx(1 / 3)), (8, 8, 1.0, 1.0)]


def test_gaps_are_filled_between_events_only() -> None:
    scores = [1, 0, 1, 0, 0, 1, 0, 0.25, 0, 0]
    assert [event[:2] for event in events(scores, gap=0)] == [(0, 0), (2, 2), (5, 5)]
    assert [event[:2] for event in events(scores, gap=1)] == [(0, 2), (5, 5)]
    assert [event[:2] for event in events(scores, gap=2)] == [(0, 5)]
    assert events([1, 0, 0.5], gap=1) == [(0, 2, 1.0, 0.75)]


def test_a_lower_threshold_above_the_upper_counts_as_that() -> None:
    assert [event[:2] for event in events([0.6, 0.3, 0.5], threshold=0.5, low=0.9)] == [(0, 0), (2, 2)]


def test_an_event_is_told_as_soon_as_it_is_over() -> None:
    finder = EventFinder(0.5, 0.5, 1)
    told = [len(list(finder.feed(window, np.array([score], np.float32)))) for window, score in enumerate([1, 0, 0, 0, 1, 1])]
    assert told == [0, 0, 1, 0, 0, 0]
    assert len(list(finder.finish())) == 1


def test_classes_do_not_disturb_each_other() -> None:
    finder = EventFinder(0.5, 0.25, 0)
    rows = np.array([[1, 0, 0], [1, 1, 0.3], [0, 1, 0.3], [0, 0, 0]], np.float32)
    found = [each for window, row in enumerate(rows) for each in finder.feed(window, row)] + list(finder.finish())
    assert [(each.place, each.first, each.last) for each in found] == [(0, 0, 1), (1, 1, 2)]


@pytest.mark.parametrize("length", [0, 1, 5, 10, 14, 15, 16, 20, 24, 25, 26, 63, 100])
@pytest.mark.parametrize("block", [1, 7, 100])
@pytest.mark.parametrize(("window", "hop", "at_once"), [(10, 5, 1), (10, 5, 3), (10, 10, 2), (10, 3, 4)])
def test_every_sample_is_in_a_window_however_the_stream_is_cut(
    length: int, block: int, window: int, hop: int, at_once: int
) -> None:
    samples = np.arange(1, length + 1, dtype=np.float32)
    grid = Grid(window, hop, 10)
    windowing = Windowing(grid, at_once)
    pieces = [piece for first in range(0, length, block) for piece in windowing.feed(samples[first : first + block])]
    pieces += list(windowing.finish())
    assert windowing.windows == sum(piece.count for piece in pieces)
    padded = np.concatenate([samples, np.zeros(window, np.float32)])
    heard = 0
    for piece in pieces:
        assert 1 <= piece.count <= at_once
        assert len(piece.samples) == grid.length(piece.count)
        np.testing.assert_array_equal(piece.samples, padded[piece.first * hop :][: len(piece.samples)])
        heard = piece.first * hop + len(piece.samples)
    assert heard >= length
    assert heard - hop < max(length, window)


def test_each_window_speaks_for_its_middle() -> None:
    grid = Grid(15360, 7680, 16000)
    assert grid.span(0, 0) == (Fraction(0), Fraction(72, 100))
    assert grid.span(1, 3) == (Fraction(72, 100), Fraction(216, 100))

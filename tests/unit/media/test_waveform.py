"""The envelope of a sound track."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import AudioBlock
from videoannotator.media.waveform import BINS_PER_S, WaveformWriter, levels

RATE_HZ = 16_000


def written(folder: Path, samples: "np.ndarray", start: Fraction, cuts: list[int]) -> dict[int, "np.ndarray"]:
    """The levels of a sound that comes in pieces of these lengths."""
    paths = dict(levels(folder / "waveform.bin"))
    with WaveformWriter(paths) as writer:
        at = 0
        for length in [*cuts, len(samples)]:
            piece = samples[at : at + length]
            if len(piece):
                writer.add(AudioBlock(MediaTime(start + Fraction(at, RATE_HZ)), at, RATE_HZ, piece))
            at += length
        writer.finish()
    found = {rate: np.fromfile(paths[rate], np.int8).reshape(-1, 2) for rate in BINS_PER_S}
    assert {rate: len(pairs) for rate, pairs in found.items()} == writer.bins
    return found


def expected(samples: "np.ndarray", start: Fraction, rate: int) -> "np.ndarray":
    """The same by the definition, bin by bin, over the whole signal with what comes before it."""
    whole = np.concatenate([np.zeros(round(start * RATE_HZ), np.float32), samples])
    per_bin = RATE_HZ // rate
    bins = [whole[first : first + per_bin] for first in range(0, len(whole), per_bin)]
    return np.array([[round(float(part.min()) * 127), round(float(part.max()) * 127)] for part in bins])


@pytest.mark.parametrize("start", [Fraction(0), Fraction(37, 1000), Fraction(5), Fraction(123456, 10_000)])
def test_every_level_is_what_numpy_finds_in_the_whole_signal(tmp_path: Path, start: Fraction) -> None:
    noise = np.random.default_rng(4)
    loudness = np.linspace(0, 1, 7 * RATE_HZ + 123, dtype=np.float32)
    samples = (noise.uniform(-1, 1, len(loudness)).astype(np.float32)) * loudness
    found = written(tmp_path, samples, start, [1, 159, 161, 8000, 3, 16_000, 24_001])
    for rate in BINS_PER_S:
        np.testing.assert_allclose(found[rate], expected(samples, start, rate), atol=0.51)
        assert len(found[rate]) == len(expected(samples, start, rate))


def test_pieces_of_any_length_give_the_same(tmp_path: Path) -> None:
    samples = np.sin(np.arange(3 * RATE_HZ) / 50).astype(np.float32)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    small, large = written(tmp_path / "a", samples, Fraction(1, 7), [7] * 500), written(tmp_path / "b", samples, Fraction(1, 7), [])
    for rate in BINS_PER_S:
        np.testing.assert_array_equal(small[rate], large[rate])


def test_full_scale_is_127_both_ways(tmp_path: Path) -> None:
    samples = np.array([1.0, -1.0] * 80, np.float32)
    assert written(tmp_path, samples, Fraction(0), [])[100].tolist() == [[-127, 127]]

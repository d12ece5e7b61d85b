"""The envelope of a sound track, for drawing: the lowest and the highest sample of every hundredth, tenth and whole second."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import numpy.typing as npt

from videoannotator.media.types import AudioBlock

BINS_PER_S = (100, 10, 1)
"""The levels, finest first; each is a tenth of the one before."""
FULL_SCALE = 127
"""What an amplitude of 1 is written as."""
_COARSER = 10
_MOST_AT_ONCE = 100_000

Samples = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.int8]
"""Lowest and highest value of each bin, shape (n, 2)."""


class WaveformWriter:
    """Writes the envelope while the sound is read, in memory that does not grow: one file per level.

    Bin k of a level covers the time from k / rate to (k + 1) / rate on the recording's time line. It holds two signed bytes, the
    lowest and the highest sample times 127; where there is no sound yet, both are 0.

    Args:
        paths: where to, by bins per second; one for each of `BINS_PER_S`.

    Attributes:
        bins: how many were written so far, by bins per second.
    """

    def __init__(self, paths: Mapping[int, Path]) -> None:
        self.bins = dict.fromkeys(BINS_PER_S, 0)
        self._files: dict[int, IO[bytes]] = {}
        for rate in BINS_PER_S:
            self._files[rate] = paths[rate].open("wb")
        self._held: dict[int, Pairs] = {rate: np.zeros((0, 2), np.int8) for rate in BINS_PER_S[1:]}
        self._samples: Samples = np.zeros(0, np.float32)
        self._place = 0
        self._rate_hz: int | None = None

    def add(self, block: AudioBlock) -> None:
        """Take the next piece of sound; all pieces have one rate, a multiple of 100 Hz, and follow each other without gaps."""
        if self._rate_hz is None:
            self._begin(block)
        self._samples = np.concatenate([self._samples, block.samples])
        per_bin = block.rate_hz // BINS_PER_S[0]
        whole = len(self._samples) // per_bin
        if whole:
            self._put(BINS_PER_S[0], envelope(self._samples[: whole * per_bin].reshape(whole, per_bin)))
            self._samples = self._samples[whole * per_bin :]

    def _begin(self, block: AudioBlock) -> None:
        """Empty bins up to where the sound begins, and silence in the first bin up to there."""
        self._rate_hz = block.rate_hz
        per_bin = block.rate_hz // BINS_PER_S[0]
        empty, rest = divmod(max(0, round(block.time.exact * block.rate_hz)), per_bin)
        while empty > 0:
            count = min(empty, _MOST_AT_ONCE)
            self._put(BINS_PER_S[0], np.zeros((count, 2), np.int8))
            empty -= count
        self._samples = np.zeros(rest, np.float32)

    def finish(self) -> None:
        """Write the last bins, which may be shorter."""
        if len(self._samples):
            self._put(BINS_PER_S[0], envelope(self._samples.reshape(1, -1)))
            self._samples = self._samples[:0]
        for rate in BINS_PER_S[1:]:
            if len(self._held[rate]):
                held, self._held[rate] = self._held[rate], self._held[rate][:0]
                self._put(rate, _extremes(held[None]))

    def _put(self, rate: int, pairs: Pairs) -> None:
        """Write bins of a level, and those of the coarser ones that are complete with them."""
        self._files[rate].write(pairs.tobytes())
        self.bins[rate] += len(pairs)
        if rate == BINS_PER_S[-1]:
            return
        coarser = rate // _COARSER
        held = np.concatenate([self._held[coarser], pairs])
        whole = len(held) // _COARSER
        self._held[coarser] = held[whole * _COARSER :]
        if whole:
            self._put(coarser, _extremes(held[: whole * _COARSER].reshape(whole, _COARSER, 2)))

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def __enter__(self) -> "WaveformWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def envelope(samples: Samples) -> Pairs:
    """Lowest and highest value of each row of samples (from -1 to 1), shape (n, samples of a bin)."""
    pairs = np.stack([samples.min(axis=1), samples.max(axis=1)], axis=1)
    return np.asarray(np.rint(np.clip(pairs, -1, 1) * FULL_SCALE), np.int8)


def _extremes(bins: Pairs) -> Pairs:
    """One bin for each group of finer ones, shape (n, finer ones, 2)."""
    return np.stack([bins[:, :, 0].min(axis=1), bins[:, :, 1].max(axis=1)], axis=1)


def levels(path: Path) -> Iterator[tuple[int, Path]]:
    """A file for each level beside each other: `waveform-100.bin` and so on for `waveform.bin`."""
    return ((rate, path.with_name(f"{path.stem}-{rate}{path.suffix}")) for rate in BINS_PER_S)

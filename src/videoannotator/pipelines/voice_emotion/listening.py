"""Measures a stream of sound in steps of 10 ms while it arrives, in bounded memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import WINDOW_SAMPLES, Activity
from videoannotator.pipelines.voice_emotion.path import PitchPath
from videoannotator.pipelines.voice_emotion.periods import period_sums
from videoannotator.pipelines.voice_emotion.pitch import HOP, PitchCandidates
from videoannotator.pipelines.voice_emotion.spectrum import WINDOW, harmonic_share, power_spectra, tilt_db_per_octave
from videoannotator.pipelines.voice_emotion.tracks import STEP, Spool

Samples = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

FULL_SCALE = 0.99
"""From this amplitude on a sample counts as clipped."""

_CHUNK = 100
"""Steps (1 s) that are computed at once."""
_BEFORE = 2000
"""Samples that are kept before the first step that has no row yet: more than any window reaches."""


class Listener:
    """Turns sound into rows of `STEP`.

    Args:
        activity: voice activity of this stream.
        steps: where the rows go.
        min_pitch_hz, max_pitch_hz: the pitches that are looked for.
        check_stop: called about once for every second of sound.
    """

    def __init__(
        self, activity: Activity, steps: Spool, min_pitch_hz: float, max_pitch_hz: float, check_stop: Callable[[], None]
    ) -> None:
        self._activity = activity
        self._steps = steps
        self._candidates = PitchCandidates(min_pitch_hz, max_pitch_hz)
        self._path = PitchPath()
        self._check_stop = check_stop
        self._sound = np.zeros(_BEFORE, np.float32)
        self._first = -_BEFORE  # where the sound that is kept begins, in samples of the stream
        self._sought = 0  # steps whose candidates are found
        self._speech = np.zeros(0, np.float32)
        self._window = 0  # number of the first window whose probability is kept
        self._length = 0

    def feed(self, samples: Samples) -> None:
        """Take the next samples: float32 at 16 kHz, shape (n,).

        Raises:
            RunStopped: somebody asked for it.
            StorageFullException: the disk is full.
        """
        self._length += len(samples)
        self._speech = np.concatenate([self._speech, self._activity.feed(samples)])
        self._sound = np.concatenate([self._sound, samples])
        self._advance(_CHUNK)

    def finish(self) -> None:
        """End the stream; a last piece of less than 10 ms is left out. Raises as `feed` does."""
        self._speech = np.concatenate([self._speech, self._activity.finish()])
        self._sound = np.concatenate([self._sound, np.zeros(_BEFORE + HOP, np.float32)])
        self._advance(1)
        self._measure(self._path.finish())

    def _advance(self, fewest: int) -> None:
        """Find the pitch of the steps that can be, when there are enough of them; measure those whose pitch is final."""
        reach, middle = self._candidates.after, HOP // 2
        while True:
            ready = (self._first + len(self._sound) - middle - reach) // HOP + 1 - self._sought
            count = min(ready, self._length // HOP - self._sought, _CHUNK)
            if count < fewest:
                return
            self._check_stop()
            begin = self._sought * HOP + middle - self._candidates.before
            length = self._candidates.before + reach + HOP * (count - 1)
            self._sought += count
            self._measure(self._path.feed(self._candidates.find(self._cut(begin, begin + length))))

    def _cut(self, begin: int, end: int) -> Floats:
        return self._sound[begin - self._first : end - self._first].astype(np.float64)

    def _measure(self, pitch_hz: Floats) -> None:
        """Make the rows of the next steps, and forget their sound."""
        count, done = len(pitch_hz), len(self._steps)
        if not count:
            return
        begin = done * HOP
        rows = np.zeros(count, STEP)
        own = self._cut(begin, begin + count * HOP).reshape(count, HOP)
        rows["pitch_hz"] = pitch_hz
        rows["power"] = np.mean(own**2, axis=1)
        rows["clipped"] = np.sum(np.abs(own) >= FULL_SCALE, axis=1)
        rows["speech"] = self._speech_at(np.arange(done, done + count))
        rows["harmonic"], rows["tilt"] = self._spectral(begin, pitch_hz)
        margin = _BEFORE // 2
        sums = period_sums(self._cut(begin - margin, begin + count * HOP + margin), margin, pitch_hz)
        for name, values in sums._asdict().items():
            rows[name] = values
        self._steps.append(rows)
        self._forget(begin + count * HOP)

    def _spectral(self, begin: int, pitch_hz: Floats) -> tuple[Floats, Floats]:
        harmonic, tilt = np.full((2, len(pitch_hz)), np.nan)
        voiced = np.flatnonzero(pitch_hz > 0)
        if len(voiced):
            around = (WINDOW - HOP) // 2
            spectra = power_spectra(self._cut(begin - around, begin + len(pitch_hz) * HOP + around), voiced)
            harmonic[voiced] = harmonic_share(spectra, pitch_hz[voiced])
            tilt[voiced] = tilt_db_per_octave(spectra, pitch_hz[voiced])
        return harmonic, tilt

    def _speech_at(self, steps: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        windows = (steps * HOP + HOP // 2) // WINDOW_SAMPLES - self._window
        found: npt.NDArray[Any] = self._speech[np.minimum(windows, len(self._speech) - 1)]
        drop = max(0, int(windows[-1]) - 1)
        self._speech, self._window = self._speech[drop:], self._window + drop
        return found

    def _forget(self, position: int) -> None:
        drop = position - _BEFORE - self._first
        self._sound, self._first = self._sound[drop:].copy(), self._first + drop

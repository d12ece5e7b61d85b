"""The sound in windows of 32 ms, those of the voice activity: how loud each is, and whether somebody speaks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import WINDOW_SAMPLES, VoiceActivity, Voicing

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Windows:
    """Neighbouring windows.

    Attributes:
        samples: of all of them, shape (n,); the last window of a recording may be shorter than the others.
        powers: mean square of each about its mean, so that an offset is no sound, shape (m,).
        peaks: largest absolute value of each, shape (m,).
        voice: probability of speech in each, 0 to 1, shape (m,).
        voiced: whether each belongs to speech, shape (m,).
    """

    samples: Samples
    powers: Values
    peaks: Values
    voice: Samples
    voiced: Marks

    def __len__(self) -> int:
        return len(self.powers)

    def split(self, at: int) -> tuple["Windows", "Windows"]:
        """The first `at` windows, and the others."""
        return self._part(0, at), self._part(at, len(self))

    def _part(self, first: int, end: int) -> "Windows":
        samples = self.samples[first * WINDOW_SAMPLES : end * WINDOW_SAMPLES]
        powers, peaks, voice = self.powers[first:end], self.peaks[first:end], self.voice[first:end]
        return Windows(samples, powers, peaks, voice, self.voiced[first:end])

    @staticmethod
    def joined(parts: Sequence["Windows"]) -> "Windows":
        """Windows that follow each other, as one run of them; at least one part."""
        return Windows(
            np.concatenate([part.samples for part in parts]),
            np.concatenate([part.powers for part in parts]),
            np.concatenate([part.peaks for part in parts]),
            np.concatenate([part.voice for part in parts]),
            np.concatenate([part.voiced for part in parts]),
        )


class WindowMeasures:
    """Cuts a stream of samples (float32, 16 kHz) into windows and measures them.

    Args:
        activity: voice activity of this stream.
        threshold: probability at which speech begins.
    """

    def __init__(self, activity: VoiceActivity, threshold: float) -> None:
        self._activity = activity
        self._pending: Samples = np.zeros(0, np.float32)
        self._voicing = Voicing(threshold)

    def feed(self, samples: Samples) -> Windows:
        """Take the next samples; give the windows that are complete."""
        return self._measured(samples, self._activity.feed(samples))

    def finish(self) -> Windows:
        """End the stream; give the window that was not complete, if there is one."""
        return self._measured(np.zeros(0, np.float32), self._activity.finish())

    def _measured(self, samples: Samples, voice: Samples) -> Windows:
        pending = np.concatenate([self._pending, samples])
        end = len(voice) * WINDOW_SAMPLES
        inside, self._pending = pending[:end], pending[end:]
        starts = np.arange(len(voice)) * WINDOW_SAMPLES
        if not len(starts):
            nothing = np.zeros(0)
            return Windows(inside, nothing, nothing, voice, np.zeros(0, np.bool_))
        lengths = np.minimum(WINDOW_SAMPLES, len(inside) - starts)
        exact = inside.astype(np.float64)
        powers = np.add.reduceat(exact**2, starts) / lengths - (np.add.reduceat(exact, starts) / lengths) ** 2
        peaks = np.maximum.reduceat(np.abs(inside), starts).astype(np.float64)
        return Windows(inside, powers.clip(0), peaks, voice, np.array([self._voicing.follow(each) for each in voice], np.bool_))

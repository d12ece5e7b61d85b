"""Voice activity: how likely each 32 ms of sound contain speech.

Method: Silero VAD, version 6 (Silero Team, https://github.com/snakers4/silero-vad): a recurrent network over windows of 512
samples, each preceded by the last 64 samples of the window before.
"""

from typing import Any, Protocol

import numpy as np

from videoannotator.inference.sessions import Session

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 512
WINDOW_S = WINDOW_SAMPLES / SAMPLE_RATE_HZ
WEIGHTS = "silero_vad"

HYSTERESIS = 0.15
"""How far below the threshold at which it began the probability falls before speech is over (as in Silero's own segmenting)."""
_DOUBT_LEFT = 0.2
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (2, 1, 128)

FloatArray = np.ndarray[Any, np.dtype[np.float32]]


class Activity(Protocol):
    """Where the probabilities of speech come from; `VoiceActivity` is one such source."""

    def feed(self, samples: FloatArray) -> FloatArray:
        """Take the next samples; give the probability of each window of 512 samples that is complete now."""

    def finish(self) -> FloatArray:
        """Give the probability of the last, incomplete window, if there is one."""


class Voicing:
    """Follows the probability of speech: it begins at a threshold, and goes on until the probability is `HYSTERESIS` lower."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._voiced = False

    def follow(self, probability: float) -> bool:
        """Take the probability of the next window; whether speech goes on in it."""
        self._voiced = bool(probability >= self._threshold - (HYSTERESIS if self._voiced else 0.0))
        return self._voiced


def sure_probability(threshold: float) -> float:
    """The probability that speech reaches somewhere, when it begins at `threshold`; between the two lie music and effects.

    A fifth of the doubt may be left (0.9 for a threshold of 0.5). Measured: spoken words, however short, reach 0.99 and more; music
    and effects that pass the threshold stay below 0.9.
    """
    return 1 - (1 - threshold) * _DOUBT_LEFT


class VoiceActivity:
    """Speech probabilities of one stream of sound, however it is cut into blocks.

    Window `i` covers the samples from `i * 512` up to `(i + 1) * 512`. The object keeps the samples that do not fill a window yet
    and the network's state; one object serves one stream at a time.

    Args:
        session: the session of the weights `silero_vad`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rate = np.array(SAMPLE_RATE_HZ, np.int64)
        self._pending: FloatArray
        self._context: FloatArray
        self._state: FloatArray
        self._reset()

    def feed(self, samples: FloatArray) -> FloatArray:
        """Take the next samples.

        Args:
            samples: float32 [n], mono, 16 kHz, full scale ±1; n may be 0.

        Returns:
            float32 [m], 0 to 1: the probability of speech in each window that is complete now.

        Raises:
            ValueError: `samples` has another type or number of dimensions.
            InferenceFailedException: see `Session.run`.
        """
        if samples.dtype != np.float32 or samples.ndim != 1:
            raise ValueError(f"samples are float32 of one dimension, not {samples.dtype} of shape {samples.shape}")
        pending = np.concatenate([self._pending, samples])
        count = len(pending) // WINDOW_SAMPLES
        probabilities = np.empty(count, np.float32)
        for index in range(count):
            probabilities[index] = self._window(pending[index * WINDOW_SAMPLES : (index + 1) * WINDOW_SAMPLES])
        self._pending = pending[count * WINDOW_SAMPLES :].copy()
        return probabilities

    def finish(self) -> FloatArray:
        """End the stream and get ready for another.

        Returns:
            float32 [1]: the probability of the last window, filled up with silence; float32 [0] when no samples are left over.
        """
        missing = -len(self._pending) % WINDOW_SAMPLES
        probabilities = self.feed(np.zeros(missing, np.float32))
        self._reset()
        return probabilities

    def _reset(self) -> None:
        self._pending = np.zeros(0, np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, np.float32)
        self._state = np.zeros(_STATE_SHAPE, np.float32)

    def _window(self, window: FloatArray) -> float:
        samples = np.concatenate([self._context, window])[np.newaxis]
        result = self._session.run({"input": samples, "state": self._state, "sr": self._rate})
        self._context = window[-_CONTEXT_SAMPLES:]
        self._state = result["stateN"]
        return float(result["output"][0, 0])

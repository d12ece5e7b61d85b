"""Sound that the tests make, and what the listener measures in it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import WINDOW_SAMPLES
from videoannotator.pipelines.voice_emotion.listening import Listener
from videoannotator.pipelines.voice_emotion.tracks import STEP, Spool

Samples = npt.NDArray[np.float32]
RATE_HZ = 16000


class AllSpeech:
    """Takes everything for speech."""

    def __init__(self) -> None:
        self._length = 0

    def feed(self, samples: Samples) -> Samples:
        before = self._length // WINDOW_SAMPLES
        self._length += len(samples)
        return np.ones(self._length // WINDOW_SAMPLES - before, np.float32)

    def finish(self) -> Samples:
        return np.ones(1 if self._length % WINDOW_SAMPLES else 0, np.float32)


def steps_of(samples: Samples, *, max_pitch_hz: float = 600.0, block: int = 1024) -> npt.NDArray[Any]:
    """The steps that are measured in this sound, however it is cut."""
    steps = Spool(STEP)
    listener = Listener(AllSpeech(), steps, 60.0, max_pitch_hz, lambda: None)
    for first in range(0, len(samples), block):
        listener.feed(samples[first : first + block])
    listener.finish()
    rows = steps.read(0, len(steps)).copy()
    steps.close()
    return rows


def white_noise(seconds: float, level: float = 0.05, seed: int = 0) -> Samples:
    """White noise."""
    return (np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * level).astype(np.float32)


def pink_noise(seconds: float, level: float = 0.05) -> Samples:
    """Noise whose power falls by 3 dB an octave."""
    spectrum = np.fft.rfft(white_noise(seconds, 1.0))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    noise = np.fft.irfft(spectrum, round(seconds * RATE_HZ))
    sound: Samples = (noise / noise.std() * level).astype(np.float32)
    return sound


def hum(seconds: float) -> Samples:
    """Mains hum: 50 Hz and its harmonics."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound: Samples = np.sum([0.3 * np.sin(2 * np.pi * 50 * k * time) / k for k in range(1, 8)], axis=0).astype(np.float32)
    return sound


def chords(seconds: float) -> Samples:
    """Plucked major chords, a new one every second."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    music = np.zeros(len(time))
    for second in range(round(seconds)):
        part = (time >= second) & (time < second + 1)
        since = time[part] - second
        for note in (0, 4, 7):
            hz = 220 * 2 ** ((note + 2 * (second % 4)) / 12)
            for harmonic in range(1, 8):
                shape = np.minimum(1, since * 20) * np.exp(-2 * since)
                music[part] += shape * np.sin(2 * np.pi * hz * harmonic * since) / harmonic * 0.05
    return music.astype(np.float32)


def barking(seconds: float) -> Samples:
    """Short bursts that fall from 900 to 400 Hz, with breath in them, twice a second."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    since = time % 0.5
    tone = np.sum([np.sin(2 * np.pi * k * (900 * since - 1000 * since**2)) / k for k in range(1, 6)], axis=0)
    burst = np.where(since < 0.2, np.sin(np.pi * np.minimum(since / 0.2, 1)), 0.0)
    sound: Samples = (burst * (0.2 * tone + 0.1 * np.random.default_rng(2).standard_normal(len(time)))).astype(np.float32)
    return sound

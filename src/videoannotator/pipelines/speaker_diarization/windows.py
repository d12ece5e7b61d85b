"""Voices within 10 s: the segmentation network, window by window, wherever there is speech at all.

Method: the powerset segmentation of pyannote.audio (Plaquet and Bredin 2023) as trained for community-1.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from videoannotator.inference.sessions import Session
from videoannotator.inference.voice_activity import WINDOW_SAMPLES as ACTIVITY_SAMPLES
from videoannotator.inference.voice_activity import VoiceActivity
from videoannotator.media.sound_window import SoundWindow
from videoannotator.pipelines.speaker_diarization.grid import FRAME_SAMPLES, WINDOW_SAMPLES
from videoannotator.pipelines.speaker_diarization.pieces import Activity

WEIGHTS = "community1_segmentation"


class SpeechLog:
    """How likely speech is, for the whole recording, in 32 ms and 255 steps: a hundred kilobytes per hour."""

    def __init__(self, activity: VoiceActivity) -> None:
        self._activity = activity
        self._steps = bytearray()

    def feed(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples (float32 at 16 kHz, shape (n,))."""
        self._note(self._activity.feed(samples))

    def finish(self) -> None:
        """End the stream."""
        self._note(self._activity.finish())

    def _note(self, probabilities: npt.NDArray[np.float32]) -> None:
        self._steps += np.rint(probabilities * 255).astype(np.uint8).tobytes()

    def highest(self, start: int, end: int) -> float:
        """The highest probability of speech between two samples."""
        steps = self._steps[max(0, start // ACTIVITY_SAMPLES) : -(-end // ACTIVITY_SAMPLES)]
        return max(steps, default=0) / 255


class WindowedVoices:
    """Cuts a stream into windows that overlap, and finds the voices of each.

    Args:
        session: of the weights `community1_segmentation`.
        sound: the newest sound; it is filled and emptied by the caller.
        speech: how likely speech is in it.
        step: samples from one window to the next.
        sure: probability of speech that a window must reach for the network to be asked.
    """

    def __init__(self, session: Session, sound: SoundWindow, speech: SpeechLog, step: int, sure: float) -> None:
        self._session = session
        self._sound = sound
        self._speech = speech
        self._step = step
        self._sure = sure
        self.count = 0

    @property
    def next_frame(self) -> int:
        """First frame of the window that comes next, to the nearest one."""
        return round(self.next_sample / FRAME_SAMPLES)

    @property
    def next_sample(self) -> int:
        """Its first sample."""
        return self.count * self._step

    def ready(self) -> Iterator[tuple[int, Activity | None]]:
        """The windows that are full: first frame and activity, shape (589, 3); None where nobody speaks."""
        while self._sound.end >= self.next_sample + WINDOW_SAMPLES:
            yield self._heard()

    def rest(self) -> Iterator[tuple[int, Activity | None]]:
        """The windows that reach beyond the end of the sound."""
        while self._sound.end and (not self.count or self._sound.end > self.next_sample + WINDOW_SAMPLES - self._step):
            yield self._heard()

    def _heard(self) -> tuple[int, Activity | None]:
        frame, start = self.next_frame, self.next_sample
        self.count += 1
        if self._speech.highest(start, start + WINDOW_SAMPLES) < self._sure:
            return frame, None
        _, samples = self._sound.cut_out(start, start + WINDOW_SAMPLES)
        waveform = np.pad(samples, (0, WINDOW_SAMPLES - len(samples)))[np.newaxis, np.newaxis]
        activity = self._session.run({"waveforms": waveform})["segmentation"][0] > 0.5
        return frame, activity if activity.any() else None

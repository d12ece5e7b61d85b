"""Diarization with the networks of pyannote's community-1 (Bredin 2023; Plaquet and Bredin 2023; CC-BY-4.0, pyannoteAI).

    sound -> windows of 10 s -> pieces of one voice -> voice vectors -> speakers
                    |                                                     |
                    +------------------ votes, frame by frame ------------+--> turns

Windows, pieces and vectors are found while the sound comes in; what is kept of them is small. Who is who is decided at the end.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import WEIGHTS as VOICE_ACTIVITY
from videoannotator.inference.voice_activity import VoiceActivity, sure_probability
from videoannotator.media.sound_window import SoundWindow
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speaker_diarization.clustering import LEAST_SECONDS, VoiceClusters
from videoannotator.pipelines.speaker_diarization.diarizer import SpokenTurn
from videoannotator.pipelines.speaker_diarization.embedding import WEIGHTS as EMBEDDING
from videoannotator.pipelines.speaker_diarization.embedding import HeardPiece, VoiceListener
from videoannotator.pipelines.speaker_diarization.grid import SAMPLE_RATE_HZ, centre_sample, edge_sample
from videoannotator.pipelines.speaker_diarization.options import SpeakerDiarizationOptions
from videoannotator.pipelines.speaker_diarization.pieces import Activity, Piece, PieceFinder
from videoannotator.pipelines.speaker_diarization.turns import Raster, Turn, Window, turns
from videoannotator.pipelines.speaker_diarization.windows import WEIGHTS as SEGMENTATION
from videoannotator.pipelines.speaker_diarization.windows import SpeechLog, WindowedVoices

WEIGHTS = (VOICE_ACTIVITY, SEGMENTATION, EMBEDDING)
"""What it loads."""
STEPS_S = {"fast": 5, "balanced": 2, "accurate": 1}
"""Seconds from one window to the next."""


class Community1:
    """Hears a stream and tells at its end who spoke when; see `Diarizer`.

    Raises:
        WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
    """

    def __init__(self, options: SpeakerDiarizationOptions, context: RunContext) -> None:
        sessions = context.sessions
        self._options = options
        self._context = context
        self._sound = SoundWindow()
        self._speech = SpeechLog(VoiceActivity(sessions.get(VOICE_ACTIVITY)))
        sure = sure_probability(options.threshold)
        self._windowed = WindowedVoices(
            sessions.get(SEGMENTATION), self._sound, self._speech, STEPS_S[options.preset] * SAMPLE_RATE_HZ, sure
        )
        self._finder = PieceFinder()
        self._listener = VoiceListener(sessions.get(EMBEDDING), self._sound)
        self._windows: list[Window] = []
        self._heard: list[HeardPiece] = []
        self._clusters = VoiceClusters()

    def feed(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples."""
        self._sound.append(samples)
        self._speech.feed(samples)
        for frame, activity in self._windowed.ready():
            self._look_at(frame, activity)
        self._sound.forget_before(self._needed_from())

    def finish(self) -> list[SpokenTurn]:
        """All turns."""
        self._speech.finish()
        for frame, activity in self._windowed.rest():
            self._look_at(frame, activity)
        self._listen(self._finder.finish())
        self._keep(self._listener.finish())
        speakers = self._speakers()
        if speakers is None:
            return []
        raster = Raster(STEPS_S[self._options.preset] * SAMPLE_RATE_HZ, self._windowed.count)
        found = turns(self._windows, self._heard, speakers, raster, overlap=self._options.overlap)
        return [spoken for turn in found if (spoken := self._spoken(turn)) is not None]

    def _needed_from(self) -> int:
        """The first sample that a window or a piece will still be cut from."""
        coming = min(self._windowed.next_sample, edge_sample(self._finder.given_to))
        waiting = self._listener.needed_from
        return coming if waiting is None else min(coming, waiting)

    def _look_at(self, frame: int, activity: Activity | None) -> None:
        self._context.check_stop()
        if activity is not None:
            self._windows.append(Window.packed(frame, activity))
        self._listen(self._finder.add(frame, activity, self._windowed.next_frame))

    def _listen(self, pieces: Iterator[Piece]) -> None:
        for piece in pieces:
            self._keep(self._listener.add(piece))

    def _keep(self, heard: Iterator[HeardPiece]) -> None:
        for each in heard:
            self._context.check_stop()
            self._heard.append(each)
            if each.piece.seconds >= LEAST_SECONDS:
                self._clusters.add(each.voice, each.piece.seconds)

    def _speakers(self) -> npt.NDArray[np.float64] | None:
        """Who there is, as directions, shape (speakers, 256); short pieces count when there are no longer ones."""
        self._context.check_stop()
        if not len(self._clusters):
            for each in self._heard:
                self._clusters.add(each.voice, each.piece.seconds)
        options = self._options
        speakers = self._clusters.grouped(options.similarity_threshold, options.bounds, options.min_speaker_s)
        if speakers is not None and len(speakers) < options.bounds[0]:
            self._context.warn(f"Only {len(speakers)} of the {options.bounds[0]} speakers that were asked for could be told apart.")
        return speakers

    def _spoken(self, turn: Turn) -> SpokenTurn | None:
        """The turn in samples; None when the voice activity hears no speech in it."""
        self._context.check_stop()
        start, end = centre_sample(turn.start), min(centre_sample(turn.end), self._sound.end)
        if end <= start or self._speech.highest(start, end) < self._options.threshold:
            return None
        return SpokenTurn(start, end, turn.speaker, round(turn.confidence, 4))

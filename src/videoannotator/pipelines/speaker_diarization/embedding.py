"""What a voice sounds like: one vector per piece.

Method: the ResNet-34 of WeSpeaker (Wang et al. 2023) as it is trained in pyannote's community-1, over mel energies. Their mean is
taken away first, so that the microphone does not count: the mean over all speech within half a minute, because in a shorter time it
is that of one voice, and with the pauses it depends on how many there are. Every piece is heard once, and pauses never.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.sessions import Session
from videoannotator.media.sound_window import SoundWindow
from videoannotator.pipelines.speaker_diarization.features import filter_banks
from videoannotator.pipelines.speaker_diarization.grid import SAMPLE_RATE_HZ, edge_sample
from videoannotator.pipelines.speaker_diarization.pieces import Piece

WEIGHTS = "community1_embedding"

_LONGEST_STRETCH = 30 * SAMPLE_RATE_HZ
"""Samples in which the mean is taken."""
_LEAST_FRAMES = 8
"""The network's own strides need so many."""


@dataclass(frozen=True, slots=True)
class HeardPiece:
    """A piece and what its voice sounds like: a vector of length 1, shape (256,)."""

    piece: Piece
    voice: npt.NDArray[np.float32]


class VoiceListener:
    """Gathers pieces until a stretch is full, then listens to it.

    Args:
        session: of the weights `community1_embedding`.
        sound: holds the sound from `needed_from` on.
    """

    def __init__(self, session: Session, sound: SoundWindow) -> None:
        self._session = session
        self._sound = sound
        self._waiting: list[Piece] = []

    @property
    def needed_from(self) -> int | None:
        """The first sample that it will listen to; None when no piece waits."""
        return _begin(self._waiting[0]) if self._waiting else None

    def add(self, piece: Piece) -> Iterator[HeardPiece]:
        """Take the next piece; give those of the stretch that is full now."""
        if self._waiting and _end(piece) - _begin(self._waiting[0]) > _LONGEST_STRETCH:
            yield from self.finish()
        self._waiting.append(piece)

    def finish(self) -> Iterator[HeardPiece]:
        """Listen to the pieces that still wait."""
        pieces, self._waiting = self._waiting, []
        if not pieces:
            return
        spoken = [filter_banks(self._sound.cut_out(_begin(piece), _end(piece))[1]) for piece in pieces]
        everything = np.concatenate(spoken)
        for piece, energies in zip(pieces, spoken, strict=True):
            if len(energies) >= _LEAST_FRAMES:  # fewer are left where the sound ends within a piece
                yield HeardPiece(piece, self._voice(energies - everything.mean(axis=0)))

    def _voice(self, energies: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        weights = np.ones((1, len(energies)), np.float32)
        vector: npt.NDArray[np.float32] = self._session.run({"fbank": energies[np.newaxis], "weights": weights})["embedding"][0]
        return vector / np.linalg.norm(vector)


def _begin(piece: Piece) -> int:
    return max(0, edge_sample(piece.start))


def _end(piece: Piece) -> int:
    return edge_sample(piece.end)

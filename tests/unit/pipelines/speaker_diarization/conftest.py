"""Running the pipeline on samples, without a file around them."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.errors import ExtraMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.types import AudioBlock
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speaker_diarization import SpeakerDiarization, SpeakerDiarizationOptions
from videoannotator.testing.conversations import Conversation, conversation
from videoannotator.testing.speech import RATE_HZ

Samples = npt.NDArray[np.float32]
RECORDING = MediaInfo("sound.wav", 1, "wav", None, None, (), None)


@dataclass
class Told:
    """What a run of the pipeline gave."""

    turns: list[SpeakerTurn]
    warnings: list[str]

    @property
    def speakers(self) -> list[str]:
        return sorted({turn.speaker_id for turn in self.turns})


Diarize = Callable[..., Told]
Talk = Callable[..., Conversation]


@pytest.fixture(scope="session")
def sessions() -> SessionPool:
    return SessionPool("cpu")


@pytest.fixture(scope="session")
def diarize(sessions: SessionPool) -> Diarize:
    """Run the pipeline over samples that begin at `start_s`, in blocks of `block` samples."""

    def run(samples: Samples, *, start_s: Fraction = Fraction(0), block: int = 16000, **options: Any) -> Told:
        warnings: list[str] = []
        context = RunContext(sessions, lambda: False, warnings.append, lambda _: ())
        pipeline = SpeakerDiarization(SpeakerDiarizationOptions(**options), context)
        pipeline.start(RECORDING)
        found: list[Any] = []
        for at in range(0, len(samples), block):
            found += pipeline.feed(AudioBlock(MediaTime(start_s + Fraction(at, RATE_HZ)), at, RATE_HZ, samples[at : at + block]))
        found += pipeline.finish()
        pipeline.close()
        return Told(found, warnings)

    return run


@pytest.fixture(scope="session")
def talk() -> Talk:
    """A synthetic conversation, or a skip where its synthesiser is not installed."""

    def talk_or_skip(*arguments: Any, **options: Any) -> Conversation:
        try:
            return conversation(*arguments, **options)
        except ExtraMissingException as missing:
            pytest.skip(f"{missing.message} {missing.hint}")

    return talk_or_skip

"""Diarization with a pipeline of pyannote.audio (Bredin 2023, https://github.com/pyannote/pyannote-audio), an optional dependency.

Its weights are the user's: a folder or a file config.yaml, or what was downloaded from the hub before; a run downloads nothing. It
hears the whole recording at once, at its end, so memory grows by 230 MB for every hour.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.checksum import sha256_of, sha256_of_all
from videoannotator.annotations.provenance import WeightsUsed
from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speaker_diarization.diarizer import SpokenTurn
from videoannotator.pipelines.speaker_diarization.grid import SAMPLE_RATE_HZ
from videoannotator.pipelines.speaker_diarization.options import SpeakerDiarizationOptions

_FIELD = "speaker_diarization.model"
_PARTS = frozenset({".bin", ".ckpt", ".npz", ".safetensors", ".yaml"})
"""Endings of the files that a pipeline consists of."""


def _libraries() -> tuple[Any, Any, Any]:
    """PyTorch, pyannote.audio, which is told to send nothing about its use to anybody, and the client of the hub.

    Raises:
        ExtraMissingException: they are not installed.
    """
    try:
        import huggingface_hub  # noqa: PLC0415  comes with the optional extra
        import pyannote.audio  # noqa: PLC0415  an optional extra that takes seconds to load
        import pyannote.audio.telemetry  # noqa: PLC0415  comes with the optional extra
        import torch  # noqa: PLC0415  an optional extra that takes seconds to load
    except ImportError as error:
        raise ExtraMissingException(
            "pyannote.audio is not installed.",
            hint="Install it: pip install 'videoannotator[pyannote]' (or leave out the option backend to use community1)",
        ) from error
    pyannote.audio.telemetry.set_telemetry_metrics(False)
    return torch, pyannote.audio, huggingface_hub


def _place(hub: Any, model: str, added: Path | None) -> Path:
    """The folder or file of a pipeline: what was added under this name, else by path, else what was downloaded from the hub.

    Raises:
        WeightsMissingException: it is not on this machine.
        InvalidConfigException: the hub has no such names.
    """
    place = added or Path(model)
    if place.exists():
        return place
    try:
        return Path(hub.snapshot_download(model, local_files_only=True))
    except OSError as error:
        raise WeightsMissingException(
            f"The pyannote pipeline {model!r} is not on this machine, and a run downloads nothing.",
            hint="Download it once: `hf download NAME`, after accepting its terms on the hub; or give the folder that holds it.",
            detail={"model": model},
        ) from error
    except ValueError as error:
        raise InvalidConfigException(
            f"{model!r} is neither a folder nor a file on this machine, nor a name that the hub can have.",
            hint="Give the folder of a pipeline, or its name, such as pyannote/speaker-diarization-community-1.",
            field=_FIELD,
        ) from error


@contextmanager
def _offline(hub: Any) -> Iterator[None]:
    """Keep the hub's client from the network: a pipeline may name networks that lie elsewhere."""
    before, hub.constants.HF_HUB_OFFLINE = hub.constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        hub.constants.HF_HUB_OFFLINE = before


def _loaded(audio: Any, hub: Any, place: Path) -> Any:
    """The pipeline that lies there.

    Raises:
        WeightsMissingException: networks that it names are not on this machine.
        InvalidConfigException: it is no pipeline for diarization, or one that cannot be loaded.
    """
    hint = "Give the folder or the config.yaml of a speaker diarization pipeline."
    try:
        with _offline(hub):
            pipeline = audio.Pipeline.from_pretrained(place)
    except OSError as error:
        message = f"Not everything that the pyannote pipeline {place.name!r} needs is on this machine: {error}"
        raise WeightsMissingException(message, hint="Download it whole.", detail={"model": place.name}) from error
    except (AttributeError, ImportError, KeyError, RuntimeError, TypeError, ValueError) as error:
        message = f"{place.name!r} cannot be loaded as a pipeline of pyannote.audio: {error}"
        raise InvalidConfigException(message, hint=hint, field=_FIELD) from error
    if not isinstance(pipeline, audio.pipelines.SpeakerDiarization):
        raise InvalidConfigException(f"{place.name!r} is not a pipeline for speaker diarization.", hint=hint, field=_FIELD)
    return pipeline


def _checksum(place: Path) -> str:
    """One checksum of all files."""
    folder = place if place.is_dir() else place.parent
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix in _PARTS)
    return sha256_of_all({path.relative_to(folder).as_posix(): sha256_of(path) for path in files})


class PyannoteDiarizer:
    """Keeps the sound and hears it at the end; see `Diarizer`.

    Raises:
        ExtraMissingException: pyannote.audio is not installed.
        WeightsMissingException: the pipeline is not on this machine.
        InvalidConfigException: what is given as a model is none.
    """

    def __init__(self, options: SpeakerDiarizationOptions, context: RunContext) -> None:
        self._torch, audio, hub = _libraries()
        model = options.model or ""
        added = context.sessions.added_path(model)
        place = _place(hub, model, added)
        self._pipeline = _loaded(audio, hub, place)
        device = "cuda" if context.sessions.device_used == "cuda" else "cpu"
        self._pipeline.to(self._torch.device(device))
        if added is None:
            licence = "as stated by whoever published them"
            context.sessions.record(WeightsUsed(f"pyannote {Path(model).name}", _checksum(place), licence, device))
        fewest, most = options.bounds
        known = options.num_speakers is not None
        self._bounds = {"num_speakers": fewest} if known else {"min_speakers": fewest, "max_speakers": most}
        self._overlap = options.overlap
        self._check_stop = context.check_stop
        self._blocks: list[npt.NDArray[np.float32]] = []

    def feed(self, samples: npt.NDArray[np.float32]) -> None:
        """Keep the next samples."""
        self._blocks.append(samples)

    def finish(self) -> list[SpokenTurn]:
        """All turns; pyannote.audio gives no confidence.

        Raises:
            InferenceFailedException: the networks could not be run.
        """
        sound = np.concatenate([*self._blocks, np.zeros(0, np.float32)])
        self._blocks = []
        if not len(sound):
            return []
        waveform = self._torch.from_numpy(sound)[None]
        try:
            found = self._pipeline({"waveform": waveform, "sample_rate": SAMPLE_RATE_HZ}, hook=self._watch, **self._bounds)
        except RuntimeError as error:
            raise InferenceFailedException(f"pyannote.audio could not be run: {error}", hint="Try again on the CPU.") from error
        annotation = found.speaker_diarization if self._overlap else found.exclusive_speaker_diarization
        numbers: dict[Any, int] = {}
        spoken = []
        for segment, _, speaker in annotation.itertracks(yield_label=True):
            start, end = max(0, round(segment.start * SAMPLE_RATE_HZ)), min(len(sound), round(segment.end * SAMPLE_RATE_HZ))
            if start < end:
                spoken.append(SpokenTurn(start, end, numbers.setdefault(speaker, len(numbers)), None))
        return spoken

    def _watch(self, *_: Any, **__: Any) -> None:
        """Called by pyannote.audio as it goes on."""
        self._check_stop()

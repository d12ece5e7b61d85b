"""Diarization with a pipeline of pyannote.audio (Bredin 2023, https://github.com/pyannote/pyannote-audio), an optional dependency.

Its weights are the user's: what was added, a folder or a file config.yaml, or what was downloaded from the hub before; a run
downloads nothing. pyannote.audio unpickles them, so they can run code. It hears the whole recording at once, at its end: the sound
alone takes 230 MB for every hour.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.checksum import sha256_of, sha256_of_all
from videoannotator.annotations.provenance import WeightsUsed
from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.inference.library import DECIDING_SUFFIXES
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speaker_diarization.diarizer import SpokenTurn
from videoannotator.pipelines.speaker_diarization.grid import SAMPLE_RATE_HZ
from videoannotator.pipelines.speaker_diarization.options import SpeakerDiarizationOptions

_FIELD = "speaker_diarization.model"
_CONFIG = "config.yaml"
_HINT = f"Give the folder or the {_CONFIG} of a speaker diarization pipeline that this release of pyannote.audio can load."
_CLASSES = frozenset(
    {"pyannote.audio.pipelines.SpeakerDiarization", "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization"}
)
"""What a pipeline for speaker diarization is called. Others are not even made: some would send the sound to a service."""
_NETWORKS = dict.fromkeys(("segmentation", "embedding", "plda"), "pyannote/speaker-diarization-community-1")
"""What a pipeline needs, and where pyannote.audio takes it from when its config.yaml does not say."""
_INSIDE = "$model/"
_LICENCE = "as stated by whoever published them"
_UNREADABLE = (
    *(AttributeError, EOFError, ImportError, KeyError, RuntimeError, TypeError, ValueError),
    *(BadZipFile, UnpicklingError),
)
"""What pyannote.audio raises while it loads something else than a whole pipeline, beside errors of its own."""


def _libraries() -> tuple[Any, Any, Any]:
    """PyTorch, pyannote.audio, which is told to send nothing about its use to anybody, and the client of the hub.

    Raises:
        ExtraMissingException: they are not installed.
    """
    try:
        import huggingface_hub  # noqa: PLC0415  comes with the optional extra

        with warnings.catch_warnings():  # it cannot read files everywhere, and is given none
            warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed")
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
            hint=(
                f"Download it once, after accepting its terms on the hub: videoannotator models pull hf:{model}, or `hf download "
                f"{model}`; or give the folder that holds it."
            ),
            detail={"model": model},
        ) from error
    except ValueError as error:
        raise InvalidConfigException(
            f"{model!r} is neither a folder nor a file on this machine, nor a name that the hub can have.",
            hint="Give the folder of a pipeline, or its name, such as pyannote/speaker-diarization-community-1.",
            field=_FIELD,
        ) from error


def _parts(place: Path) -> Mapping[str, Any]:
    """What the config.yaml of a pipeline says that it consists of.

    Raises:
        WeightsMissingException: there is none.
        InvalidConfigException: it cannot be read, or is that of another kind of pipeline.
    """
    import yaml  # noqa: PLC0415  comes with the optional extra

    file = place / _CONFIG if place.is_dir() else place
    if file.name != _CONFIG:
        raise InvalidConfigException(f"{place.name!r} is neither a folder nor a file {_CONFIG}.", hint=_HINT, field=_FIELD)
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
        kind, parts = config["pipeline"]["name"], config["pipeline"].get("params", {})
    except OSError as error:
        message = f"The pyannote pipeline {place.name!r} has no {_CONFIG} that can be read: {error.strerror or error}."
        raise WeightsMissingException(message, hint="Give the folder that holds it.", detail={"model": place.name}) from error
    except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        message = f"The {_CONFIG} of {place.name!r} does not describe a pipeline of pyannote.audio: {error}"
        raise InvalidConfigException(message, hint=_HINT, field=_FIELD) from error
    if kind not in _CLASSES or not isinstance(parts, Mapping):
        message = f"{place.name!r} is not a pipeline for speaker diarization: its {_CONFIG} names {kind!r}."
        raise InvalidConfigException(message, hint=_HINT, field=_FIELD)
    return parts


def _elsewhere(hub: Any, place: Path) -> dict[str, Path]:
    """Where the networks lie that a pipeline names and does not bring.

    Raises:
        WeightsMissingException: one is not on this machine.
        InvalidConfigException: as `_parts`.
    """
    parts, found = _parts(place), {}
    for part, usual in _NETWORKS.items():
        named = parts.get(part, usual)
        name = named.get("checkpoint") if isinstance(named, Mapping) else named
        if not isinstance(name, str) or name.startswith(_INSIDE):
            continue
        try:
            found[name] = _place(hub, name, None)
        except (InvalidConfigException, WeightsMissingException) as error:
            raise WeightsMissingException(
                f"The pyannote pipeline {place.name!r} takes its {part} from {name!r}, which is not on this machine.",
                hint=f"Download it once: `hf download {name}`, after accepting its terms on the hub; or correct {_CONFIG}.",
                detail={"model": place.name, "missing": name},
            ) from error
    return found


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
    from pyannote.audio.utils import dependencies  # noqa: PLC0415  comes with the optional extra

    try:
        with _offline(hub):
            pipeline = audio.Pipeline.from_pretrained(place)
    except OSError as error:
        message = f"Not everything that the pyannote pipeline {place.name!r} needs is on this machine: {error}"
        raise WeightsMissingException(message, hint="Download it whole.", detail={"model": place.name}) from error
    except (*_UNREADABLE, dependencies.MissingDependency, dependencies.WrongDependencyVersion) as error:
        message = f"{place.name!r} cannot be loaded as a pipeline of pyannote.audio: {type(error).__name__}: {error}"
        raise InvalidConfigException(message, hint=_HINT, field=_FIELD) from error
    pipeline.legacy = False  # the answer of old pipelines lacks the exclusive turns
    return pipeline


def _checksum(place: Path) -> str:
    """The checksum of a file; of a pipeline, one of all its files, also those in folders beside them."""
    if place.is_file() and place.name != _CONFIG:
        return sha256_of(place)
    folder = place if place.is_dir() else place.parent
    files = (
        path for each in ("*", "*/*") for path in folder.glob(each) if path.is_file() and path.name.endswith(DECIDING_SUFFIXES)
    )
    return sha256_of_all({path.relative_to(folder).as_posix(): sha256_of(path) for path in files})


def _called(model: str) -> str:
    """The name of a pipeline or network: that of its folder, or the last part of the one on the hub."""
    path = Path(model)
    return path.absolute().parent.name if path.name == _CONFIG else path.name


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
        elsewhere = _elsewhere(hub, place)
        self._pipeline = _loaded(audio, hub, place)
        device = "cuda" if context.sessions.device_used == "cuda" else "cpu"
        self._pipeline.to(self._torch.device(device))
        for name, path in {**({model: place} if added is None else {}), **elsewhere}.items():
            context.sessions.record(WeightsUsed(f"pyannote {_called(name)}", _checksum(path), _LICENCE, device))
        fewest, most = options.bounds
        known = options.num_speakers is not None
        self._bounds = {"num_speakers": fewest} if known else {"min_speakers": fewest, "max_speakers": most}
        self._overlap = options.overlap
        self._fewest, self._warn = fewest, context.warn
        self._check_stop = context.check_stop
        self._sound = bytearray()  # grows in place, where joined blocks would take twice the memory

    def feed(self, samples: npt.NDArray[np.float32]) -> None:
        """Keep the next samples."""
        self._sound += samples.astype(np.float32, copy=False).tobytes()

    def finish(self) -> list[SpokenTurn]:
        """All turns; pyannote.audio gives no confidence.

        Raises:
            InferenceFailedException: the networks could not be run.
        """
        sound = np.frombuffer(self._sound, np.float32)
        self._sound = bytearray()
        if not len(sound):
            return []
        waveform = self._torch.from_numpy(sound)[None]
        try:
            found = self._pipeline({"waveform": waveform, "sample_rate": SAMPLE_RATE_HZ}, hook=self._watch, **self._bounds)
        except (RuntimeError, TypeError, ValueError) as error:
            raise InferenceFailedException(
                f"pyannote.audio could not be run: {error}",
                hint="Ask for fewer speakers where the recording is short, try again on the CPU, or give another pipeline.",
            ) from error
        return self._turns(found, len(sound))

    def _turns(self, found: Any, length: int) -> list[SpokenTurn]:
        """What pyannote.audio found, within the sound of this many samples."""
        annotation = found.speaker_diarization if self._overlap else found.exclusive_speaker_diarization
        numbers: dict[Any, int] = {}
        spoken = []
        for segment, _, speaker in annotation.itertracks(yield_label=True):
            start, end = max(0, round(segment.start * SAMPLE_RATE_HZ)), min(length, round(segment.end * SAMPLE_RATE_HZ))
            if start < end:
                spoken.append(SpokenTurn(start, end, numbers.setdefault(speaker, len(numbers)), None))
        if 0 < len(numbers) < self._fewest:
            self._warn(f"Only {len(numbers)} of the {self._fewest} speakers that were asked for could be told apart.")
        return spoken

    def _watch(self, *_: Any, **__: Any) -> None:
        """Called by pyannote.audio as it goes on."""
        self._check_stop()

"""The extra `pyannote`, with a pipeline that the test makes: untrained, so that only the way of its answers is tested."""

import hashlib
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import huggingface_hub
import lightning
import numpy as np
import numpy.typing as npt
import pyannote.audio
import pytest
import torch
import yaml
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import XVectorSincNet
from pyannote.audio.models.segmentation import PyanNet
from tests.model_hub import hub_of

from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.annotate import annotate
from videoannotator.engine.output import write_results
from videoannotator.errors import (
    InferenceFailedException,
    InvalidConfigException,
    RunStopped,
    VideoAnnotatorException,
    WeightsMissingException,
)
from videoannotator.inference.library import WeightsLibrary
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.clip_writer import write_clip
from videoannotator.media.synthetic import Sound
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.speaker_diarization import SpeakerDiarizationOptions
from videoannotator.pipelines.speaker_diarization.diarizer import SpokenTurn
from videoannotator.pipelines.speaker_diarization.pyannote import PyannoteDiarizer

RATE_HZ = 16000
WINDOW_S = 2.0
DIMENSION, OF_PLDA = 16, 8
Config = dict[str, Any]
Change = Callable[[Path, Config], None]


def saved(model: Any, path: Path, specifications: Specifications) -> None:
    """The network in the form in which pyannote.audio publishes its own: a checkpoint of Lightning."""
    model.specifications = specifications
    model.setup()
    if specifications.powerset:
        with torch.no_grad():  # classes change with the sound, and silence is none of them
            model.classifier.weight *= 100
            model.classifier.bias[:] = torch.tensor([-1000.0, *[0.0] * 6])
    path.parent.mkdir()
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False
    )
    trainer.strategy.connect(model)
    trainer.save_checkpoint(path)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pipeline that is laid out as community-1 is."""
    folder = tmp_path_factory.mktemp("pipelines") / "talk"
    folder.mkdir()
    pyannote.audio.telemetry.set_telemetry_metrics(False)
    torch.manual_seed(1)
    segmentation = PyanNet(lstm={"hidden_size": 8, "num_layers": 1}, linear={"hidden_size": 8, "num_layers": 1})
    classes = Specifications(
        Problem.MONO_LABEL_CLASSIFICATION, Resolution.FRAME, WINDOW_S, classes=["a", "b", "c"], powerset_max_classes=2
    )
    saved(segmentation, folder / "segmentation" / "pytorch_model.bin", classes)
    voices = Specifications(Problem.REPRESENTATION, Resolution.CHUNK, WINDOW_S)
    saved(XVectorSincNet(dimension=DIMENSION), folder / "embedding" / "pytorch_model.bin", voices)
    random = np.random.default_rng(1)
    (folder / "plda").mkdir()
    np.savez(
        folder / "plda" / "xvec_transform.npz",
        mean1=np.zeros(DIMENSION),
        mean2=np.zeros(OF_PLDA),
        lda=random.normal(size=(DIMENSION, OF_PLDA)),
    )
    noise = random.normal(0, 0.1, (OF_PLDA, OF_PLDA))
    np.savez(folder / "plda" / "plda.npz", mu=np.zeros(OF_PLDA), tr=np.eye(OF_PLDA) + noise, psi=np.linspace(3, 1, OF_PLDA))
    parts = {part: f"$model/{part}" for part in ("segmentation", "embedding", "plda")}
    params = {
        **parts,
        "segmentation_step": 0.5,
        "segmentation_batch_size": 4,
        "embedding_batch_size": 4,
        "embedding_exclude_overlap": True,
        "clustering": "VBxClustering",
    }
    config = {
        "dependencies": {"pyannote.audio": "4.0.0"},
        "pipeline": {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": params},
        "params": {"clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}, "segmentation": {"min_duration_off": 0.0}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What this process tried to reach over a network, all in vain."""
    tried: list[object] = []

    def refused(*arguments: Any, **_: Any) -> None:
        tried.append(arguments)
        raise OSError("no network here")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    return tried


def sound(seconds: float = 8.0) -> npt.NDArray[np.float32]:
    """Tones that change every second, in noise."""
    moments = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hertz = np.array([150, 400, 1200, 3000])[moments.astype(int) % 4]
    noise = np.random.default_rng(2).normal(0, 0.02, len(moments))
    return np.asarray(0.3 * np.sin(2 * np.pi * hertz * moments) + noise, np.float32)


class Opened:
    """The back-end, and what it says beside its answers."""

    def __init__(self, model: Path | str, weights: Path | None = None, **options: Any) -> None:
        self.warnings: list[str] = []
        self.asked = 0
        self.stop_after: int | None = None
        self.sessions = SessionPool("cpu", 1, WeightsStore([weights]) if weights else None)
        context = RunContext(self.sessions, self._should_stop, self.warnings.append, lambda _: ())
        self.diarizer = PyannoteDiarizer(SpeakerDiarizationOptions(backend="pyannote", model=str(model), **options), context)

    def turns(self, samples: npt.NDArray[np.float32]) -> list[SpokenTurn]:
        for at in range(0, len(samples), 7001):
            self.diarizer.feed(samples[at : at + 7001])
        return self.diarizer.finish()

    def _should_stop(self) -> bool:
        self.asked += 1
        return self.stop_after is not None and self.asked > self.stop_after


def expected(folder: Path, samples: npt.NDArray[np.float32], kind: str = "speaker_diarization", **options: Any) -> list[SpokenTurn]:
    """What the library gives, in samples, speakers numbered as they appear."""
    pipeline = pyannote.audio.Pipeline.from_pretrained(folder)
    found = pipeline({"waveform": torch.from_numpy(samples)[None], "sample_rate": RATE_HZ}, **options)
    numbers: dict[str, int] = {}
    return [
        SpokenTurn(round(segment.start * RATE_HZ), round(segment.end * RATE_HZ), numbers.setdefault(speaker, len(numbers)), None)
        for segment, _, speaker in getattr(found, kind).itertracks(yield_label=True)
    ]


def speakers(turns: list[SpokenTurn]) -> set[int]:
    return {turn.speaker for turn in turns}


def changed(talk: Path, folder: Path, change: Change) -> Path:
    """A copy of the pipeline in which something is different."""
    copy = Path(shutil.copytree(talk, folder / "changed"))
    config = yaml.safe_load((copy / "config.yaml").read_text(encoding="utf-8"))
    (copy / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    change(copy, config)
    if config:
        (copy / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return copy


def written(name: str, content: bytes) -> Change:
    def change(folder: Path, config: Config) -> None:
        config.clear()
        (folder / name).write_bytes(content)

    return change


def removed(name: str) -> Change:
    def change(folder: Path, config: Config) -> None:
        config.clear()
        (folder / name).unlink()

    return change


def with_params(**params: Any) -> Change:
    return lambda _, config: config["pipeline"]["params"].update(params)


def named(name: str) -> Change:
    return lambda _, config: config.update(pipeline={"name": name, "params": {}}, params={})


def command(*words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", **extra}  # noqa: TID251  a child's environment
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=280)


@pytest.mark.parametrize(
    ("bounds", "number"), [({}, 2), ({"num_speakers": 3}, 3), ({"min_speakers": 3}, 3), ({"max_speakers": 1}, 1)], ids=str
)
def test_turns_are_those_of_the_library(talk: Path, attempts: list[object], bounds: dict[str, Any], number: int) -> None:
    found = Opened(talk, **bounds).turns(sound())
    asked = bounds if "num_speakers" in bounds else {"min_speakers": 1, "max_speakers": 20, **bounds}
    assert found == expected(talk, sound(), **asked)
    assert len(speakers(found)) == number
    assert attempts == []


def test_without_overlap_one_speaker_has_each_moment(talk: Path) -> None:
    found = Opened(talk, overlap=False).turns(sound())
    assert found == expected(talk, sound(), "exclusive_speaker_diarization", max_speakers=20)
    assert found != expected(talk, sound(), max_speakers=20)
    assert all(first.end <= second.start for first, second in pairwise(found))


@pytest.mark.parametrize("seconds", [0.0, 1 / RATE_HZ, 0.02, 0.5, 2.0, 2.1])
def test_every_length_is_taken(talk: Path, seconds: float) -> None:
    found = Opened(talk).turns(sound(seconds))
    assert all(0 <= turn.start < turn.end <= seconds * RATE_HZ for turn in found)
    assert bool(found) == (seconds >= 0.5)


def test_a_file_a_name_and_what_was_downloaded_are_understood(
    talk: Path, tmp_path: Path, attempts: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path.relative_to(talk).as_posix(): path.read_bytes() for path in talk.rglob("*") if path.is_file()}
    videoannotator = (sys.executable, "-m", "videoannotator", "models", "pull")
    library, cache = tmp_path / "library", tmp_path / "cache"
    with hub_of("lab/talk", {**files, "README.md": b"# a page"}) as address:
        places = {"HF_ENDPOINT": address, "HF_HOME": str(cache), "VIDEOANNOTATOR_MODEL_CACHE_DIR": str(library)}
        for words in (
            (*videoannotator, "hf:lab/talk", "--licence", "CC-BY-4.0"),
            (*videoannotator, str(talk), "--name", "folder"),
            (str(Path(sys.executable).with_name("hf")), "download", "lab/talk"),
        ):
            done = command(*words, **places)
            assert done.returncode == 0, done.stderr
    assert {file.name for file in WeightsLibrary(library).entry("talk").files} == set(files)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache / "hub"))
    of_folder = Opened(talk)
    turns = of_folder.turns(sound(4))
    assert turns
    (used,) = of_folder.sessions.used()
    assert (used.name, used.licence) == ("pyannote talk", "as stated by whoever published them")
    for model in (talk / "config.yaml", "talk", "folder", "lab/talk"):
        opened = Opened(model, library)
        assert opened.turns(sound(4)) == turns
        (same,) = opened.sessions.used()
        if "/" in str(model):
            assert same == used
        else:
            assert (same.name, same.sha256) == (model, used.sha256)
            assert same.licence == ("CC-BY-4.0" if model == "talk" else "not stated")
    assert attempts == []


def test_networks_of_other_pipelines_are_found_and_recorded(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempts: list[object]
) -> None:
    """As in speaker-diarization-3.1, which brings nothing but its config.yaml."""
    snapshot = tmp_path / "hub" / "models--lab--voices" / "snapshots" / "abc"
    shutil.copytree(talk / "embedding", snapshot)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("abc")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    file = talk / "segmentation" / "pytorch_model.bin"
    place = changed(talk, tmp_path, with_params(embedding="lab/voices", segmentation=str(file)))
    opened = Opened(place)
    assert opened.turns(sound(4)) == Opened(talk).turns(sound(4))
    used = {each.name: each.sha256 for each in opened.sessions.used()}
    assert set(used) == {"pyannote changed", "pyannote voices", "pyannote pytorch_model.bin"}
    assert used["pyannote pytorch_model.bin"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert attempts == []


def test_a_whole_run(talk: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.wav", sounds=[Sound(sound(), RATE_HZ, codec="pcm_s16le")])
    options = {"speaker_diarization": {"backend": "pyannote", "model": str(talk), "num_speakers": 2}}
    with annotate(tmp_path / "clip.wav", ["speaker_diarization"], options, device="cpu") as found:
        outcome = found.outcomes["speaker_diarization"]
        assert outcome.status is PipelineStatus.COMPLETED, outcome.error
        turns = list(found.records(SpeakerTurn))
        assert {turn.speaker_id for turn in turns} == {"speaker_001", "speaker_002"}
        assert {turn.confidence for turn in turns} == {None}
        assert [used.name for used in found.provenance.weights] == ["pyannote talk"]
        names = {file.name for file in write_results(found, tmp_path / "out", ["rttm"]).files}
    assert "speaker_diarization.rttm" in names
    lines = (tmp_path / "out" / "speaker_diarization.rttm").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(turns)
    assert lines[0].split()[0] == "SPEAKER"


def test_audio_processing_uses_it_too(talk: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.wav", sounds=[Sound(sound(4), RATE_HZ, codec="pcm_s16le")])
    options = {"audio_processing": {"speaker_diarization": {"backend": "pyannote", "model": str(talk)}}}
    with annotate(tmp_path / "clip.wav", ["audio_processing"], options, device="cpu") as found:
        outcome = found.outcomes["audio_processing"]
        assert outcome.status is PipelineStatus.COMPLETED, outcome.error
        assert list(found.records(SpeakerTurn))
        assert "pyannote talk" in {used.name for used in found.provenance.weights}


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_stop_ends_it_in_the_middle(talk: Path, after: int) -> None:
    opened = Opened(talk)
    opened.stop_after = after
    with pytest.raises(RunStopped):
        opened.turns(sound())
    assert opened.asked == after + 1
    opened.stop_after = None
    assert opened.diarizer.finish() == [], "the sound was let go"


def test_fewer_speakers_than_were_asked_for_are_told(talk: Path, tmp_path: Path) -> None:
    def agglomerative(_: Path, config: Config) -> None:
        config["pipeline"]["params"]["clustering"] = "AgglomerativeClustering"
        config["params"]["clustering"] = {"method": "centroid", "min_cluster_size": 12, "threshold": 0.7}

    opened = Opened(changed(talk, tmp_path, agglomerative), min_speakers=20)
    with warnings.catch_warnings(action="ignore"):
        found = opened.turns(sound(4))
    assert 0 < len(speakers(found)) < 20
    assert opened.warnings == [f"Only {len(speakers(found))} of the 20 speakers that were asked for could be told apart."]
    with pytest.raises(InferenceFailedException, match="could not be run") as failed:
        Opened(talk, num_speakers=20).turns(sound(4))
    assert "fewer speakers" in str(failed.value.hint)


def test_the_answers_of_old_pipelines_are_understood(talk: Path, tmp_path: Path) -> None:
    assert Opened(changed(talk, tmp_path, with_params(legacy=True)), overlap=False).turns(sound(4))


def other_network(folder: Path, _: Config) -> None:
    shutil.copy(folder / "embedding" / "pytorch_model.bin", folder / "segmentation" / "pytorch_model.bin")


def other_checkpoint(folder: Path, _: Config) -> None:
    torch.save({"weights": torch.zeros(1)}, folder / "segmentation" / "pytorch_model.bin")


def cut_off(folder: Path, _: Config) -> None:
    path = folder / "embedding" / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:100_000])


def without_scoring(_: Path, config: Config) -> None:
    del config["pipeline"]["params"]["plda"]


SEGMENTATION, PLDA = "segmentation/pytorch_model.bin", "plda/plda.npz"
BROKEN: MappingProxyType[str, tuple[Change, type[VideoAnnotatorException], str]] = MappingProxyType(
    {
        "no config": (removed("config.yaml"), WeightsMissingException, r"has no config\.yaml that can be read"),
        "broken yaml": (written("config.yaml", b"a: [1,"), InvalidConfigException, "does not describe a pipeline"),
        "empty yaml": (written("config.yaml", b""), InvalidConfigException, "does not describe a pipeline"),
        "another yaml": (written("config.yaml", b"a: 1"), InvalidConfigException, "does not describe a pipeline"),
        "no text": (written("config.yaml", b"\xff\xfe\x00"), InvalidConfigException, "does not describe a pipeline"),
        "voice activity": (
            named("pyannote.audio.pipelines.VoiceActivityDetection"),
            InvalidConfigException,
            "not a pipeline for speaker diarization: its config.yaml names 'pyannote.audio.pipelines.VoiceActivityDetection'",
        ),
        "a service": (named("pyannote.audio.pipelines.pyannoteai.sdk.SDK"), InvalidConfigException, "pyannoteai.sdk.SDK"),
        "any class": (named("subprocess.Popen"), InvalidConfigException, "not a pipeline for speaker diarization"),
        "no network": (removed(SEGMENTATION), WeightsMissingException, "Not everything that the pyannote pipeline 'changed' needs"),
        "no scoring": (removed(PLDA), WeightsMissingException, "Not everything"),
        "a text": (written(SEGMENTATION, b"no network"), InvalidConfigException, "cannot be loaded .*UnpicklingError"),
        "a pointer": (written(SEGMENTATION, b"version https://git-lfs"), InvalidConfigException, "cannot be loaded"),
        "nothing": (written(SEGMENTATION, b""), InvalidConfigException, "cannot be loaded .*EOFError"),
        "a pickle": (written(SEGMENTATION, pickle.dumps({"a": 1})), InvalidConfigException, "cannot be loaded"),
        "cut off": (cut_off, InvalidConfigException, "cannot be loaded .*PytorchStreamReader"),
        "another checkpoint": (other_checkpoint, InvalidConfigException, "cannot be loaded .*KeyError"),
        "no arrays": (written(PLDA, b"PK\x03\x04" + bytes(100)), InvalidConfigException, "cannot be loaded .*BadZipFile"),
        "other arrays": (written(PLDA, b"no numbers"), InvalidConfigException, "cannot be loaded"),
        "network elsewhere": (
            with_params(segmentation="pyannote/segmentation-3.0"),
            WeightsMissingException,
            "takes its segmentation from 'pyannote/segmentation-3.0'",
        ),
        "subfolder elsewhere": (
            with_params(embedding={"checkpoint": "lab/nothing", "subfolder": "a"}),
            WeightsMissingException,
            "takes its embedding from 'lab/nothing'",
        ),
        "path elsewhere": (
            with_params(embedding="/no/such/pytorch_model.bin"),
            WeightsMissingException,
            "takes its embedding from '/no/such/pytorch_model.bin'",
        ),
        "scoring of community-1": (without_scoring, WeightsMissingException, "its plda from 'pyannote/speaker-diarization-comm"),
        "no such clustering": (with_params(clustering="Nothing"), InvalidConfigException, "clustering must be one of"),
        "no such setting": (with_params(colour=1), InvalidConfigException, "colour"),
        "no settings": (lambda _, config: config["pipeline"].update(params=3), InvalidConfigException, "not a pipeline for"),
        "wrong settings": (lambda _, config: config.update(params={"a": 1}), InvalidConfigException, "'a' does not exist"),
        "another release": (
            lambda _, config: config.update(dependencies={"pyannote.audio": "9.0.0"}),
            InvalidConfigException,
            r"requires pyannote\.audio ~ 9\.0\.0",
        ),
        "another library": (
            lambda _, config: config.update(dependencies={"no-such-library": "1.0"}),
            InvalidConfigException,
            "requires no-such-library",
        ),
    }
)


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_used_is_named(talk: Path, tmp_path: Path, attempts: list[object], kind: str) -> None:
    change, error, message = BROKEN[kind]
    with pytest.raises(error, match=f"(?s){message}") as raised:
        Opened(changed(talk, tmp_path, change))
    assert raised.value.hint
    assert attempts == []
    assert not huggingface_hub.constants.HF_HUB_OFFLINE, "as it was"


def test_networks_in_each_others_places_are_named_when_they_run(talk: Path, tmp_path: Path) -> None:
    with pytest.raises(InferenceFailedException, match="could not be run"):
        Opened(changed(talk, tmp_path, other_network)).turns(sound(4))


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (
            "pyannote/speaker-diarization-community-1",
            WeightsMissingException,
            "is not on this machine, and a run downloads nothing",
        ),
        ("no/such/folder", InvalidConfigException, "nor a name that the hub can have"),
        (__file__, InvalidConfigException, "neither a folder nor a file config.yaml"),
    ],
)
def test_what_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempts: list[object], model: str, error: type[Exception], message: str
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(error, match=message):
        Opened(model)
    assert attempts == []


def test_reading_files_is_not_needed(talk: Path) -> None:
    program = (
        "import sys; sys.modules['torchcodec'] = None\n"
        "import numpy as np\n"
        "from videoannotator.inference.sessions import SessionPool\n"
        "from videoannotator.pipelines.base import RunContext\n"
        "from videoannotator.pipelines.speaker_diarization import SpeakerDiarizationOptions\n"
        "from videoannotator.pipelines.speaker_diarization.pyannote import PyannoteDiarizer\n"
        "context = RunContext(SessionPool('cpu'), lambda: False, print, lambda _: ())\n"
        "diarizer = PyannoteDiarizer(SpeakerDiarizationOptions(backend='pyannote', model=sys.argv[1]), context)\n"
        "diarizer.feed(np.random.default_rng(1).normal(0, 0.1, 48000).astype(np.float32))\n"
        "print(len(diarizer.finish()))\n"
    )
    done = command(sys.executable, "-c", program, str(talk))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert "torchcodec" not in done.stderr


TOLD = """
import json, socket, sys
tried = []
def refused(*arguments, **_):
    tried.append(repr(arguments))
    raise OSError("no network here")
socket.socket.connect = socket.getaddrinfo = refused
import numpy as np
import pyannote.audio
from pyannote.audio.telemetry import metrics, set_telemetry_metrics
from tests.extras.test_pyannote import Opened, sound
metrics.provider.force_flush()
after_import = list(tried)
Opened(sys.argv[1]).turns(sound(3))
metrics.provider.force_flush()
ours = list(tried)
set_telemetry_metrics(True)
pyannote.audio.Pipeline.from_pretrained(sys.argv[1])
metrics.provider.force_flush()
print(json.dumps([after_import, ours, tried]))
"""


def test_nobody_is_told_of_its_use(talk: Path, tmp_path: Path) -> None:
    """In a process and a home of its own; the last step, with telemetry, shows that the first ones would have been seen."""
    settings = Path(pyannote.audio.telemetry.__file__).with_name("config.yaml")
    before = settings.read_bytes()
    done = command(sys.executable, "-c", TOLD, str(talk), HOME=str(tmp_path), PYANNOTE_METRICS_ENABLED="true")
    assert done.returncode == 0, done.stderr
    after_import, ours, theirs = json.loads(done.stdout.splitlines()[-1])
    assert (after_import, ours) == ([], [])
    assert any("otel.pyannote.ai" in attempt for attempt in theirs)
    assert settings.read_bytes() == before
    assert {path.name for path in tmp_path.rglob("*") if path.is_file() and "matplotlib" not in str(path)} == set()

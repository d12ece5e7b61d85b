"""The extra `voice_emotion_baseline`, with networks that the tests make: untrained, so that only the way of answers is tested."""

import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import transformers
from tests.contract.test_pipelines import TestVoiceEmotionBaseline  # noqa: F401  the contract, which is kept here with the extra
from tests.tiny_transformers import LABELS, added_folder, classifier, without

from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.annotations.time import MediaTime
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InvalidConfigException, RunStopped, WeightsDamagedException, WeightsMissingException
from videoannotator.exporters.emotion import Emotion
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Sound, write_clip
from videoannotator.pipelines.voice_emotion.baseline import TransformersClassifier
from videoannotator.registry.entries import Registry
from videoannotator.validation.emotion import check_emotion_file

NAME = "voice_emotion_baseline"
RATE_HZ = 16000


def noise(seconds: float, seed: int = 1) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


def opened(folder: Path, library: Path) -> TransformersClassifier:
    return TransformersClassifier(NAME, SessionPool("cpu", 1, WeightsStore([added_folder(library, NAME, folder)])))


def nothing() -> None:
    """Nobody asks for a stop."""


def expected(folder: Path, samples: npt.NDArray[np.float32]) -> dict[str, float]:
    """What the library itself says of a piece."""
    model = transformers.AutoModelForAudioClassification.from_pretrained(folder)
    prepared = transformers.AutoFeatureExtractor.from_pretrained(folder)(samples, sampling_rate=RATE_HZ, return_tensors="pt")
    with torch.no_grad():
        shares = model.eval()(**prepared).logits.softmax(-1)[0]
    return dict(zip(LABELS, shares.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_confidences_are_those_of_the_library(kind: str, tmp_path: Path) -> None:
    folder = classifier(tmp_path / "files", kind)
    sounds = [noise(2.0), noise(0.3, seed=2)]
    told = list(opened(folder, tmp_path / "weights").judge(sounds, nothing))
    assert len(told) == len(sounds)
    for sound, scores in zip(sounds, told, strict=True):
        assert scores is not None
        assert {score.label: score.confidence for score in scores} == pytest.approx(expected(folder, sound), abs=1e-4)
        assert [score.intensity for score in scores] == [None] * len(LABELS)
        assert sorted((score.value for score in scores), reverse=True) == [score.value for score in scores]


def test_long_sound_is_cut_into_equal_pieces_and_averaged(tmp_path: Path) -> None:
    folder = classifier(tmp_path / "files")
    sound = np.concatenate([noise(10.0), np.sin(np.arange(10 * RATE_HZ, dtype=np.float32) / 20)])
    (scores,) = opened(folder, tmp_path / "weights").judge([sound], nothing)
    assert scores is not None
    halves = [expected(folder, half) for half in (sound[: 10 * RATE_HZ], sound[10 * RATE_HZ :])]
    assert halves[0] != pytest.approx(halves[1], abs=1e-3)
    mean = {label: (halves[0][label] + halves[1][label]) / 2 for label in LABELS}
    assert {score.label: score.confidence for score in scores} == pytest.approx(mean, abs=1e-4)


def test_the_older_form_of_the_file_is_understood(tmp_path: Path) -> None:
    folder = classifier(tmp_path / "files")
    model = transformers.AutoModelForAudioClassification.from_pretrained(folder)
    older = without(folder, "model.safetensors", tmp_path / "older")
    torch.save(model.state_dict(), older / "pytorch_model.bin")
    (scores,) = opened(older, tmp_path / "weights").judge([noise(1.0)], nothing)
    assert scores is not None
    assert {score.label: score.confidence for score in scores} == pytest.approx(expected(folder, noise(1.0)), abs=1e-4)


def test_a_run_gives_emotions_and_a_valid_file_and_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = added_folder(tmp_path / "weights", NAME, classifier(tmp_path / "files"))
    assert Registry.discover(library).pipelines[NAME].available
    samples, rate_hz = speech_sample()
    write_clip(tmp_path / "speech.m4a", sounds=[Sound(samples[: 8 * rate_hz], rate_hz)])
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    options = {
        "min_pitch_hz": 70.0,
        "max_pitch_hz": 500.0,
        "min_segment_s": 0.3,
        "threshold": 0.6,
        "min_pause_s": 0.4,
        "weights": NAME,
    }
    with annotate(tmp_path / "speech.m4a", [NAME], {NAME: options}, device="cpu", weights_folder=library) as found:
        outcome = found.outcomes[NAME]
        assert outcome.status is PipelineStatus.COMPLETED, outcome.error
        assert outcome.options == options
        voices = list(found.records(VoiceSegment))
        assert any(voice.emotions for voice in voices)
        assert all(voice.pitch is not None for voice in voices if voice.emotions)
        assert all({score.label for score in voice.emotions} == set(LABELS) for voice in voices if voice.emotions)
        used = {weights.name: weights for weights in found.provenance.weights}
        assert set(used) == {"silero_vad", NAME}
        assert used[NAME].licence == "CC0-1.0"
        (file,) = Emotion().export(found, tmp_path)
    assert check_emotion_file(tmp_path / file.name) == []
    document = json.loads((tmp_path / file.name).read_bytes())
    assert document["labels"] == {"taxonomy": NAME, "names": sorted(LABELS)}
    assert document["metadata"]["weights"]["sha256"] == used[NAME].sha256
    assert all(emotion["confidence"] == emotion["labels"][0]["confidence"] for emotion in document["emotions"])


def _no_network(*_: Any) -> None:
    raise AssertionError("somebody wants to go to the network")


def test_it_stops_between_layers(tmp_path: Path) -> None:
    judge = opened(classifier(tmp_path / "files"), tmp_path / "weights")
    asked: list[MediaTime | None] = []

    def check_stop() -> None:
        asked.append(None)
        if len(asked) == 4:
            raise RunStopped("The run was stopped.")

    with pytest.raises(RunStopped):
        list(judge.judge([noise(1.0)], check_stop))
    (scores,) = judge.judge([noise(1.0)], nothing)  # and can go on afterwards
    assert scores is not None


def changed(folder: Path, file: str, **values: Any) -> Path:
    """The folder, after values of a JSON file were changed; None removes one."""
    path = folder / file
    content = {name: value for name, value in {**json.loads(path.read_text()), **values}.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def headless(folder: Path) -> Path:
    """A network that was never trained to classify."""
    model = transformers.AutoModelForAudioClassification.from_pretrained(classifier(folder))
    (folder / "model.safetensors").unlink()
    numbers = {name: value for name, value in model.state_dict().items() if not name.startswith(("classifier", "projector"))}
    torch.save(numbers, folder / "pytorch_model.bin")
    return folder


def cut(folder: Path) -> Path:
    (classifier(folder) / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:100])
    return folder


def no_pickle(folder: Path) -> Path:
    (classifier(folder) / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"this is no file of numbers")
    return folder


class Evil:
    """What would run a command when it is read."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (Path("evil"),)  # type: ignore[return-value]


def evil(folder: Path) -> Path:
    (classifier(folder) / "model.safetensors").unlink()
    torch.save({"classifier.weight": Evil()}, folder / "pytorch_model.bin")
    return folder


MISFITS: dict[str, tuple[Any, str]] = {
    "no config": (lambda f: without(classifier(f), "config.json", f.with_name("less")), "config.json is missing"),
    "no preparation": (lambda f: without(classifier(f), "preproc*", f.with_name("less")), "preprocessor_config.json is missing"),
    "no numbers": (
        lambda f: without(classifier(f), "model.*", f.with_name("less")),
        "model.safetensors or pytorch_model.bin is missing",
    ),
    "no names": (
        lambda f: changed(classifier(f), "config.json", id2label={str(n): f"LABEL_{n}" for n in range(4)}),
        "does not name the categories",
    ),
    "left out": (lambda f: changed(classifier(f, num_labels=2, id2label=None), "config.json", id2label=None), "does not name the"),
    "doubled": (
        lambda f: changed(classifier(f), "config.json", id2label={"0": "a", "1": "b", "2": "a", "3": "c"}),
        "names several categories a",
    ),
    "too few": (lambda f: changed(classifier(f), "config.json", id2label={"0": "a", "1": "b"}), "the network cannot be read"),
    "regression": (lambda f: changed(classifier(f), "config.json", problem_type="regression"), "is for regression"),
    "another kind": (lambda f: changed(classifier(f), "config.json", model_type="bert"), "the network cannot be read"),
    "nonsense": (lambda f: changed(classifier(f), "config.json", model_type="no-such-type"), "cannot be read"),
    "wrong type": (lambda f: changed(classifier(f), "config.json", hidden_size="many"), "the network cannot be read"),
    "another rate": (
        lambda f: changed(classifier(f), "preprocessor_config.json", sampling_rate=8000),
        "take 8000 samples per second",
    ),
    "pictures of sound": (
        lambda f: changed(classifier(f), "preprocessor_config.json", feature_extractor_type="WhisperFeatureExtractor", n_fft=400),
        "prepared by WhisperFeatureExtractor",
    ),
    "no classifier": (headless, "has no numbers for classifier.bias"),
    "cut off": (cut, "the network cannot be read"),
    "no pickle": (no_pickle, "the network cannot be read"),
    "code": (evil, "the network cannot be read"),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_what_is_no_such_folder_is_refused(misfit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make, message = MISFITS[misfit]
    with pytest.raises(InvalidConfigException, match=message) as refused:
        opened(make(tmp_path / "files"), tmp_path / "weights")
    assert "'voice_emotion_baseline'" in refused.value.message
    assert "added_weights.md" in str(refused.value.hint)
    assert not (tmp_path / "evil").exists()


def test_damaged_and_missing_weights_are_named(tmp_path: Path) -> None:
    library = added_folder(tmp_path / "weights", NAME, classifier(tmp_path / "files"))
    (library / NAME / "model.safetensors").write_bytes(b"0")
    with pytest.raises(WeightsDamagedException, match=r"model\.safetensors has sha256"):
        TransformersClassifier(NAME, SessionPool("cpu", 1, WeightsStore([library])))
    with pytest.raises(WeightsMissingException, match="'other'"):
        TransformersClassifier("other", SessionPool("cpu", 1, WeightsStore([library])))

"""The extra `laion_voice`, with networks that the tests make: untrained, so that only the way of answers is tested."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
import transformers
from tests.contract.test_pipelines import TestLaionVoice  # noqa: F401  the contract, which is kept here with the extra
from tests.tiny_transformers import ENCODER_LENGTH, ENCODER_WIDTH, added_folder, classifier, head, laion, whisper, without

from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.prosody import VoiceMeasure, VoiceSegment
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InvalidConfigException, RunStopped
from videoannotator.exporters.emotion import Emotion
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Sound, write_clip
from videoannotator.pipelines.voice_emotion.heads import EMOTIONS
from videoannotator.pipelines.voice_emotion.laion import EmpathicInsight
from videoannotator.registry.entries import Registry
from videoannotator.validation.emotion import check_emotion_file

NAME = "laion_voice"
RATE_HZ = 16000
HEADS = ("Anger", "Jealousy_&_Envy", "Hope_Enthusiasm_Optimism")
LABELS = ("Anger", "Jealousy & Envy", "Hope Enthusiasm Optimism")
INPUTS = ENCODER_WIDTH * ENCODER_LENGTH


def noise(seconds: float, seed: int = 1) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1 * seed, round(seconds * RATE_HZ)).astype(np.float32)


def opened(folder: Path, library: Path, **sizes: int) -> EmpathicInsight:
    return EmpathicInsight(NAME, SessionPool("cpu", 1, WeightsStore([added_folder(library, NAME, folder)])), **sizes)


def nothing() -> None:
    """Nobody asks for a stop."""


def expected(folder: Path, tmp_path: Path, samples: npt.NDArray[np.float32]) -> dict[str, float]:
    """What the libraries themselves say of a piece: as LAION's model card computes it."""
    model = transformers.WhisperForConditionalGeneration.from_pretrained(folder).eval()
    prepared = transformers.WhisperFeatureExtractor.from_pretrained(folder)(samples, sampling_rate=RATE_HZ, return_tensors="pt")
    heads = [head(tmp_path / "again.pth", seed=number) for number in range(len(HEADS))]
    with torch.no_grad():
        encoded = model.get_encoder()(prepared.input_features).last_hidden_state
        assert encoded.shape == (1, ENCODER_LENGTH, ENCODER_WIDTH)
        return {label: float(each(encoded)) for label, each in zip(LABELS, heads, strict=True)}


def test_intensities_are_those_of_the_libraries_strongest_first(tmp_path: Path) -> None:
    folder = laion(tmp_path / "files", HEADS)
    sounds = [noise(2.0), noise(0.3, seed=4), noise(30.0, seed=2)]
    told = list(opened(folder, tmp_path / "weights").judge(sounds, nothing))
    assert len(told) == len(sounds)
    found = []
    for sound, scores in zip(sounds, told, strict=True):
        assert scores is not None
        found.append({score.label: score.intensity for score in scores})
        assert found[-1] == pytest.approx(expected(folder, tmp_path, sound), abs=2e-4)
        assert [score.confidence for score in scores] == [None] * len(LABELS)
        assert sorted((score.value for score in scores), reverse=True) == [score.value for score in scores]
    assert found[0] != pytest.approx(found[1], abs=1e-3)


def test_intensities_are_given_as_they_come(tmp_path: Path) -> None:
    folder = laion(tmp_path / "files", HEADS)
    for number, (emotion, value) in enumerate(zip(HEADS, (-1.5, 7.25, 0.5), strict=True)):
        network = head(folder / f"model_{emotion}_best.pth", seed=number)
        with torch.no_grad():
            network.mlp[-1].weight.zero_()
            network.mlp[-1].bias.fill_(value)
        torch.save(network.state_dict(), folder / f"model_{emotion}_best.pth")
    (scores,) = opened(folder, tmp_path / "weights").judge([noise(1.0)], nothing)
    assert scores is not None
    assert [(score.label, score.intensity) for score in scores] == [
        ("Jealousy & Envy", 7.25),
        ("Hope Enthusiasm Optimism", 0.5),
        ("Anger", -1.5),
    ]


def test_what_is_no_number_is_not_told(tmp_path: Path) -> None:
    folder = laion(tmp_path / "files", HEADS[:1])
    network = head(folder / "model_Anger_best.pth")
    with torch.no_grad():
        network.mlp[-1].bias.fill_(float("nan"))
    torch.save(network.state_dict(), folder / "model_Anger_best.pth")
    assert list(opened(folder, tmp_path / "weights").judge([noise(1.0), noise(2.0)], nothing)) == [None, None]


def test_long_sound_is_cut_into_equal_pieces_and_averaged(tmp_path: Path) -> None:
    folder = laion(tmp_path / "files", HEADS)
    sound = np.concatenate([noise(22.0), np.sin(np.arange(22 * RATE_HZ, dtype=np.float32) / 20)])
    (scores,) = opened(folder, tmp_path / "weights").judge([sound], nothing)
    assert scores is not None
    halves = [expected(folder, tmp_path, half) for half in (sound[: 22 * RATE_HZ], sound[22 * RATE_HZ :])]
    assert halves[0] != pytest.approx(halves[1], abs=2e-3)
    mean = {label: (halves[0][label] + halves[1][label]) / 2 for label in LABELS}
    assert {score.label: score.intensity for score in scores} == pytest.approx(mean, abs=2e-4)


def test_more_pieces_than_wait_at_once_keep_their_order(tmp_path: Path) -> None:
    folder = laion(tmp_path / "files", HEADS)
    judge = opened(folder, tmp_path / "weights")
    sounds = [noise(seconds, seed) for seed, seconds in enumerate((0.5, 40.0, 1.0, 70.0, 0.25), start=1)]
    at_once = list(judge.judge(sounds, nothing))
    one_by_one = list(opened(folder, tmp_path / "again", at_once=2, together=1).judge(sounds, nothing))
    assert len(at_once) == len(one_by_one) == len(sounds)
    for first, second in zip(at_once, one_by_one, strict=True):
        assert first is not None
        assert second is not None
        assert {one.label: one.value for one in first} == pytest.approx({one.label: one.value for one in second}, abs=2e-4)
    assert list(judge.judge([], nothing)) == []


def test_a_run_gives_emotions_and_a_valid_file_and_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = added_folder(tmp_path / "weights", NAME, laion(tmp_path / "files", HEADS))
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
        for voice in voices:
            assert {score.label for score in voice.emotions} == (set() if VoiceMeasure.EMOTION in voice.missing else set(LABELS))
        used = {weights.name: weights for weights in found.provenance.weights}
        assert set(used) == {"silero_vad", NAME}
        assert used[NAME].licence == "CC0-1.0"
        (file,) = Emotion().export(found, tmp_path)
    assert check_emotion_file(tmp_path / file.name) == []
    document = json.loads((tmp_path / file.name).read_bytes())
    assert document["labels"] == {"taxonomy": NAME, "names": sorted(LABELS)}
    assert document["metadata"]["scale"] == {"measure": "intensity", "lowest": 0, "highest": 4}
    assert document["metadata"]["weights"]["sha256"] == used[NAME].sha256
    for emotion in document["emotions"]:
        assert emotion["confidence"] is None
        assert all(label["confidence"] is None and isinstance(label["intensity"], float) for label in emotion["labels"])


def _no_network(*_: Any) -> None:
    raise AssertionError("somebody wants to go to the network")


def test_it_stops_in_the_encoder_and_between_heads(tmp_path: Path) -> None:
    judge = opened(laion(tmp_path / "files", HEADS), tmp_path / "weights")
    asked: list[int] = []
    list(judge.judge([noise(1.0)], lambda: asked.append(1)))
    assert len(asked) > 10
    for last in (3, len(asked)):
        left = last

        def check_stop() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise RunStopped("The run was stopped.")

        with pytest.raises(RunStopped):
            list(judge.judge([noise(1.0)], check_stop))


def test_there_are_forty_emotions() -> None:
    assert len(EMOTIONS) == len(set(EMOTIONS)) == 40


def written(content: Any) -> Callable[[Path], Path]:
    """Make a folder whose only head has this content."""

    def make(folder: Path) -> Path:
        torch.save(content, laion(folder, ["Anger"]) / "model_Anger_best.pth")
        return folder

    return make


def numbers(**changes: Any) -> dict[str, Any]:
    """A small head, changed; None removes a name."""
    layers = {"proj": (3, INPUTS), "mlp.2": (2, 3), "mlp.5": (1, 2)}
    good = {f"{name}.weight": torch.zeros(shape) for name, shape in layers.items()}
    good |= {f"{name}.bias": torch.zeros(shape[0]) for name, shape in layers.items()}
    changed = {**good, **{name.replace("__", "."): value for name, value in changes.items()}}
    return {name: value for name, value in changed.items() if value is not None}


def no_head(folder: Path) -> Path:
    return without(laion(folder, ["Anger"]), "model_Anger_best.pth", folder.with_name("less"))


def text_as_head(folder: Path) -> Path:
    (laion(folder, ["Anger"]) / "model_Anger_best.pth").write_text("version https://git-lfs.github.com/spec/v1")
    return folder


def wider(folder: Path) -> Path:
    laion(folder, ["Anger"])
    whisper(folder, width=8)
    return folder


def other_preparation(folder: Path) -> Path:
    transformers.WhisperFeatureExtractor(chunk_length=10).save_pretrained(laion(folder))
    return folder


def no_encoder(folder: Path) -> Path:
    model = transformers.WhisperForConditionalGeneration.from_pretrained(laion(folder))
    (folder / "model.safetensors").unlink()
    torch.save(
        {name: value for name, value in model.state_dict().items() if "encoder.layers.0" not in name}, folder / "pytorch_model.bin"
    )
    return folder


def a_classifier(folder: Path) -> Path:
    head(classifier(folder) / "model_Anger_best.pth")
    return folder


MISFITS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "no encoder": (
        lambda f: without(laion(f), "model.safetensors", f.with_name("less")),
        "model.safetensors or pytorch_model.bin is",
    ),
    "part of an encoder": (no_encoder, "has no numbers for encoder.layers.0"),
    "no head of an emotion": (no_head, "there is no head of an emotion"),
    "a pointer": (text_as_head, "model_Anger_best.pth cannot be read"),
    "another encoder": (wider, "takes 6000 values, and the encoder gives 12000"),
    "other preparation": (other_preparation, r"takes sound prepared as \(80, 3000\), and preprocessor_config.json .* \(80, 1000\)"),
    "no whisper": (a_classifier, "prepared by Wav2Vec2FeatureExtractor"),
    "a list": (written([1, 2]), "it holds no table of numbers"),
    "texts": (written({"proj.weight": "a"}), "it holds no table of numbers"),
    "code": (written({"proj.weight": Path("somewhere")}), "model_Anger_best.pth cannot be read"),
    "nested": (written({"model": numbers()["proj.weight"]}), "it holds model, not proj and mlp"),
    "no projection": (written(numbers(proj__weight=None)), "not proj and mlp"),
    "no bias": (written(numbers(mlp__2__bias=None)), "not proj and mlp"),
    "no layers": (written({k: v for k, v in numbers().items() if k.startswith("proj")}), "not proj and mlp"),
    "other layers": (written(numbers(mlp__5__weight=torch.zeros(1, 7))), "layers do not fit"),
    "other shapes": (written(numbers(mlp__2__bias=torch.zeros(5))), "not those of layers"),
    "two values": (written(numbers(mlp__5__weight=torch.zeros(2, 2), mlp__5__bias=torch.zeros(2))), "it gives 2 values, not one"),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_what_is_no_such_folder_is_refused(misfit: str, tmp_path: Path) -> None:
    make, message = MISFITS[misfit]
    with pytest.raises(InvalidConfigException, match=message) as refused:
        opened(make(tmp_path / "files"), tmp_path / "weights")
    assert "'laion_voice'" in refused.value.message
    assert "added_weights.md" in str(refused.value.hint)

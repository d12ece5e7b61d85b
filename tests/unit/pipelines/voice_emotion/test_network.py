"""Networks for emotions that the user added: what they take, what they give, and whose categories these are."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_networks import added, speech_emotion

from videoannotator.errors import InvalidConfigException, WeightsMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.pipelines.voice_emotion.network import EmotionNetwork, open_network

LABELS = ("calm", "fröhlich", "angry")


def pool(tmp_path: Path, network: Path, beside: Mapping[str, str]) -> SessionPool:
    return SessionPool("cpu", 1, WeightsStore([added(tmp_path / "weights", "mine", network, beside)]))


def opened(tmp_path: Path, beside: Mapping[str, str] | None = None, labels: tuple[str, ...] = ()) -> EmotionNetwork:
    return open_network(pool(tmp_path, speech_emotion(tmp_path / "mine.onnx"), beside or {}), "mine", labels)


def nothing() -> None:
    """Nobody asks for a stop."""


def shares(*means: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Softmax of what the tiny network gives for sound of these loudnesses, averaged."""
    values = np.exp(np.outer(means, np.arange(3)))
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = (values / values.sum(axis=1, keepdims=True)).mean(axis=0)
    return found


def test_confidences_are_the_softmax_of_the_values_surest_first(tmp_path: Path) -> None:
    scores = opened(tmp_path, labels=LABELS).scores(np.full(16000, 0.5, np.float32), nothing)
    assert scores is not None
    assert [score.label for score in scores] == ["angry", "fröhlich", "calm"]
    assert [score.confidence for score in scores] == pytest.approx(shares(0.5)[::-1].tolist(), abs=1e-4)


def test_long_sound_is_cut_into_equal_pieces_and_averaged(tmp_path: Path) -> None:
    asked: list[int] = []
    sound = np.repeat(np.array([0.1, 0.9], np.float32), 16000 * 10)
    scores = opened(tmp_path, labels=LABELS).scores(sound, lambda: asked.append(1))
    assert scores is not None
    assert {score.label: score.confidence for score in scores} == pytest.approx(
        dict(zip(LABELS, shares(0.1, 0.9).tolist(), strict=True)), abs=1e-4
    )
    assert len(asked) == 2


@pytest.mark.parametrize(
    "beside",
    [
        {"labels.txt": "calm\nfröhlich\n\nangry\n"},
        {"config.json": '{"id2label": {"2": "angry", "0": "calm", "1": "fröhlich"}, "hidden_size": 8}'},
        {"labels.txt": "calm\nfröhlich\nangry", "config.json": '{"id2label": {"0": "LABEL_0"}}'},
    ],
    ids=["list", "config", "both"],
)
def test_labels_are_read_from_what_was_added_with_the_network(tmp_path: Path, beside: Mapping[str, str]) -> None:
    scores = opened(tmp_path, beside).scores(np.full(16000, 0.5, np.float32), nothing)
    assert scores is not None
    assert [score.label for score in scores] == ["angry", "fröhlich", "calm"]


def test_labels_of_the_option_win(tmp_path: Path) -> None:
    scores = opened(tmp_path, {"labels.txt": "x\ny\nz"}, LABELS).scores(np.full(16000, 0.5, np.float32), nothing)
    assert scores is not None
    assert {score.label for score in scores} == set(LABELS)


def test_sound_is_prepared_as_the_network_was_trained(tmp_path: Path) -> None:
    network = opened(tmp_path, {"preprocessor_config.json": '{"do_normalize": true}'}, LABELS)
    alternating = np.tile(np.array([0.3, 0.1], np.float32), 8000)
    scores = network.scores(alternating, nothing)
    assert scores is not None
    assert [score.confidence for score in scores] == pytest.approx(shares(1.0)[::-1].tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("beside", "labels", "message"),
    [
        ({}, (), "Nobody says what the categories"),
        ({"config.json": '{"id2label": {"0": "a", "5": "b", "2": "c"}}'}, (), "not numbered from 0 to 2"),
        ({"labels.txt": "a\na\nb"}, (), "Nobody says what the categories"),
        ({"config.json": "{"}, (), "'mine' cannot be read from config.json"),
        ({"preprocessor_config.json": "[]"}, LABELS, "it is not an object"),
        ({}, ("a", "b"), "tell 3 categories apart, but 2 are named: a, b"),
    ],
)
def test_labels_that_cannot_be_are_refused(
    tmp_path: Path, beside: Mapping[str, str], labels: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InvalidConfigException, match=message):
        opened(tmp_path, beside, labels)


def test_networks_for_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match=r"take input \[1, 1, None\] and not samples of the shape \(1, n\)"):
        open_network(pool(tmp_path / "a", speech_emotion(tmp_path / "a.onnx", rank=3), {}), "mine", LABELS)
    with pytest.raises(InvalidConfigException, match="take 400 samples, not any number"):
        open_network(pool(tmp_path / "b", speech_emotion(tmp_path / "b.onnx", samples=400), {}), "mine", LABELS)


def test_weights_that_nobody_added_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingException, match="'other'"):
        open_network(pool(tmp_path, speech_emotion(tmp_path / "mine.onnx"), {}), "other", LABELS)

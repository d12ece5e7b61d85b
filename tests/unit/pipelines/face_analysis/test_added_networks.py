"""An HSEmotion network that the user added in place of those that come along."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests import tiny_networks
from tests.tiny_networks import added

from videoannotator.annotations.faces import FaceObservation, Measure
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InvalidConfigException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.clip_writer import write_clip
from videoannotator.media.portraits import eileen_collins
from videoannotator.pipelines.face_analysis.hsemotion import HSEmotionNetwork

COLOUR = (30, 130, 230)
"""Blue, green, red."""
SEVEN = ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]
EIGHT = ["anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]


def network(tmp_path: Path, classes: int) -> HSEmotionNetwork:
    folder = added(tmp_path / "weights", "mine", tiny_networks.hsemotion(tmp_path / "mine.onnx", classes))
    return HSEmotionNetwork(SessionPool("cpu", 1, WeightsStore([folder])).added("mine"))


@pytest.mark.parametrize(("classes", "names"), [(7, SEVEN), (8, EIGHT), (10, EIGHT)], ids=str)
def test_probabilities_are_those_of_the_classes_in_their_order(tmp_path: Path, classes: int, names: list[str]) -> None:
    cutting: npt.NDArray[np.uint8] = np.full((112, 112, 3), COLOUR, np.uint8)
    red_green_blue = (np.array(COLOUR[::-1]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    values = np.array([red_green_blue[place % 3] * (place + 1) for place in range(len(names))])
    shares = np.exp(values - values.max())
    found = network(tmp_path, classes).probabilities(cutting)
    assert found is not None
    assert list(found) == names
    assert list(found.values()) == pytest.approx(shares / shares.sum(), abs=2e-3)


def test_weights_that_are_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="5 values and not 7, 8, 10"):
        network(tmp_path, 5)
    folder = added(tmp_path / "small", "mine", tiny_networks.hsemotion(tmp_path / "small.onnx", side=112))
    with pytest.raises(InvalidConfigException, match="112 x 112 pixels, not of 224 or 260"):
        HSEmotionNetwork(SessionPool("cpu", 1, WeightsStore([folder])).added("mine"))


@pytest.mark.parametrize("classes", [7, 8])
def test_a_face_has_the_expressions_that_the_network_knows(tmp_path: Path, classes: int) -> None:
    folder = added(tmp_path / "weights", "mine", tiny_networks.hsemotion(tmp_path / "mine.onnx", classes))
    write_clip(tmp_path / "clip.mp4", [(eileen_collins().picture, 0.2 * step) for step in range(2)])
    off = {measure.value: False for measure in Measure if measure is not Measure.EXPRESSION}
    options = {"face_analysis": {**off, "expression_weights": "mine"}}
    with annotate(tmp_path / "clip.mp4", ["face_analysis"], options, device="cpu", weights_folder=folder) as found:
        faces = list(found.records(FaceObservation))
        assert [used.name for used in found.provenance.weights] == ["mine", "yunet"]
    assert len(faces) == 2
    for face in faces:
        assert face.expression is not None
        assert list(face.expression) == (EIGHT if classes == 8 else SEVEN)
        assert sum(face.expression.values()) == pytest.approx(1, abs=1e-3)

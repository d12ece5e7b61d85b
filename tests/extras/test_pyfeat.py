"""The extra `pyfeat`, with an untrained network that the test makes."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from feat.multitask.inference import MultitaskModel
from feat.multitask.model_v2 import MEGraphAUv2, ModelV2Config
from feat.utils.image_operations import extract_face_square_pad_torch
from safetensors.torch import save_file
from tests.tiny_networks import added

from videoannotator.annotations.faces import ACTION_UNITS, OTHER_ACTION_UNITS, FaceObservation, Measure
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InferenceFailedException, InvalidConfigException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.clip_writer import write_clip
from videoannotator.media.portraits import eileen_collins
from videoannotator.pipelines.face_analysis.pyfeat import PyFeatActionUnits
from videoannotator.pipelines.face_analysis.validity import Sight

OFF = {measure.value: False for measure in Measure if measure is not Measure.ACTION_UNITS}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with the network under the name `multitask`."""
    folder = tmp_path_factory.mktemp("pyfeat")
    torch.manual_seed(1)
    settings = {"n_au": 20, "n_emotion": 7, "use_head_v3": True, "drop_mefl": True, "mesh_normalized": True}
    model = MEGraphAUv2(ModelV2Config(**settings, pretrained=False))
    state = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "multitask.safetensors", metadata={"config": json.dumps(settings)})
    return added(folder / "weights", "multitask", folder / "multitask.safetensors")


def opened(folder: Path) -> PyFeatActionUnits:
    return PyFeatActionUnits("multitask", SessionPool("cpu", 1, WeightsStore([folder])))


def test_probabilities_are_those_of_the_library_for_the_same_face(weights: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 6), np.uint8)
    box = np.array([200, 100, 380, 330], np.float32)
    found = opened(weights).units(Sight(picture, box, np.zeros((5, 2), np.float32)))
    frame = torch.from_numpy(np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None], np.float32)) / 255
    chips, _ = extract_face_square_pad_torch(frame, torch.from_numpy(box)[None], face_size=256, expand_bbox=1.2)
    expected = MultitaskModel("cpu", str(weights / "multitask" / "multitask.safetensors"))(chips)
    assert found is not None
    assert list(found) == sorted(expected.au_names)
    assert found == pytest.approx(dict(zip(expected.au_names, expected.au[0].tolist(), strict=True)), abs=0.02)


def test_faces_have_its_action_units_in_place_of_the_proxies(weights: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", [(eileen_collins().picture, 0.2 * step) for step in range(2)])
    options = {"face_analysis": {**OFF, "action_unit_weights": "multitask"}}
    with annotate(tmp_path / "clip.mp4", ["face_analysis"], options, device="cpu", weights_folder=weights) as found:
        faces = list(found.records(FaceObservation))
        assert [used.name for used in found.provenance.weights] == ["multitask", "yunet"]
    assert len(faces) == 2
    for face in faces:
        assert face.action_units is not None
        assert {"AU06", "AU09", "AU23"} <= set(face.action_units) <= {*ACTION_UNITS, *OTHER_ACTION_UNITS}


def test_files_that_are_something_else_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"no network")
    with pytest.raises(InferenceFailedException, match="cannot be loaded by Py-Feat"):
        opened(added(tmp_path / "a", "multitask", tmp_path / "a.safetensors"))
    (tmp_path / "b.onnx").write_bytes(b"no network")
    with pytest.raises(InvalidConfigException, match=r"not one \.safetensors file"):
        opened(added(tmp_path / "b", "multitask", tmp_path / "b.onnx"))

"""Blendshapes and what is derived from them."""

import numpy as np
import pytest
from tests.unit.pipelines.face_analysis.conftest import canvas

from videoannotator.annotations.faces import ACTION_UNITS, BLENDSHAPES
from videoannotator.inference.face_detector import FaceDetector
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.face_analysis.blendshapes import BlendshapeNetwork, action_units_of, blink_of
from videoannotator.pipelines.face_analysis.crops import upright_region
from videoannotator.pipelines.face_analysis.mesh import SCALE, Mesh, MeshNetwork

UPPER_LIDS = {"right": (246, 161, 160, 159, 158, 157, 173), "left": (466, 388, 387, 386, 385, 384, 398)}
LOWER_LIDS = {"right": (7, 163, 144, 145, 153, 154, 155), "left": (249, 390, 373, 374, 380, 381, 382)}


@pytest.fixture(scope="module")
def network(pool: SessionPool) -> BlendshapeNetwork:
    return BlendshapeNetwork(pool.get("face_blendshapes"))


@pytest.fixture(scope="module")
def mesh(pool: SessionPool) -> Mesh:
    picture = canvas((1, 320, 200, 200))
    found = FaceDetector(pool.get("yunet"), 0.6, 0.4).detect(picture)
    region = upright_region(found.boxes[0], found.points[0, 0], found.points[0, 1], SCALE)
    return MeshNetwork(pool.get("face_landmarks")).fit(picture, region)


def test_a_smile_is_seen(network: BlendshapeNetwork, mesh: Mesh) -> None:
    values = network.values(mesh.points)
    assert values is not None
    units = action_units_of(values)
    assert units["AU12"] > 0.3 > units["AU15"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_lid_that_goes_down_closes_the_eye_of_its_side(network: BlendshapeNetwork, mesh: Mesh, side: str) -> None:
    points = mesh.points.copy()
    for upper, lower in zip(UPPER_LIDS[side], LOWER_LIDS[side], strict=True):
        points[upper] = points[lower]
    before, after = network.values(mesh.points), network.values(points)
    assert before is not None
    assert after is not None
    other = {"left": "right", "right": "left"}[side]
    assert getattr(blink_of(after), side) > getattr(blink_of(before), side) + 0.2
    assert getattr(blink_of(after), side) > getattr(blink_of(after), other) + 0.2


def test_size_and_place_of_the_face_do_not_matter(network: BlendshapeNetwork, mesh: Mesh) -> None:
    assert network.values(mesh.points * 2 + 100) == pytest.approx(network.values(mesh.points), abs=0.01)


def test_numbers_that_are_none_are_not_passed_on(network: BlendshapeNetwork) -> None:
    assert network.values(np.full((478, 3), np.nan, np.float32)) is None


def test_every_unit_has_its_proxy() -> None:
    shown = dict.fromkeys(BLENDSHAPES, 0.0) | {"jawOpen": 0.8, "mouthClose": 0.3, "browInnerUp": 0.5, "mouthSmileLeft": 0.4}
    units = action_units_of(list(shown.values()))
    assert tuple(units) == tuple(ACTION_UNITS)
    assert {unit: value for unit, value in units.items() if value} == {"AU01": 0.5, "AU12": 0.2, "AU25": 0.5, "AU26": 0.8}

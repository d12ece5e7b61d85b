"""Head pose and gaze, on the canonical face as a camera would see it."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.errors import WeightsDamagedException
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.face_analysis.canonical import WEIGHTS, CanonicalFace, read_canonical_face
from videoannotator.pipelines.face_analysis.head import EYEBALL_CM, EYEBALL_DEPTH, EYES, fit_head, gaze_of

SIZE = (1280, 720)
FOCAL = 1280.0


@pytest.fixture(scope="module")
def face(pool: SessionPool) -> CanonicalFace:
    return read_canonical_face(pool.file(WEIGHTS))


def turned(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    """The turn of a head, by the convention of `HeadPose`: it rolls first, then nods, then looks aside."""
    steps = (np.array([0, -yaw, 0.0]), np.array([-pitch, 0, 0.0]), np.array([0, 0, roll]))
    first, second, third = (cv2.Rodrigues(np.radians(step))[0] for step in steps)
    return np.asarray(first @ second @ third)


def seen(
    face: CanonicalFace, rotation: npt.NDArray[np.float64], place: tuple[float, float, float], look: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """The mesh of a head at `place` (cm) whose eyes look along `look`, in pixels."""
    irises = [_iris(face, rotation, place, eye, look) for eye in EYES]
    spare = [irises[0]] * 5 + [irises[1]] * 5
    world = np.concatenate([face.vertices @ rotation.T + np.array(place), spare])
    plane = world[:, :2] / world[:, 2:] * FOCAL + np.array(SIZE) / 2
    return np.column_stack([plane, world[:, 2]]).astype(np.float32)


def _iris(
    face: CanonicalFace,
    rotation: npt.NDArray[np.float64],
    place: tuple[float, float, float],
    eye: tuple[int, int, int],
    look: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    middle = face.vertices[list(eye[1:])].mean(0) + np.array([0, 0, EYEBALL_DEPTH * EYEBALL_CM])
    return np.asarray(rotation @ middle + np.array(place) + EYEBALL_CM * look / np.linalg.norm(look))


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, 0, 0), (-40, 10, 0), (0, -20, 0), (10, 15, -30)])
def test_the_pose_of_a_head_before_the_camera_is_found(face: CanonicalFace, pose: tuple[float, float, float]) -> None:
    rotation = turned(*pose)
    head = fit_head(face, seen(face, rotation, (0, 0, 60), rotation @ np.array([0, 0, -1.0])), SIZE)
    assert head is not None
    found = head.pose()
    assert (found.yaw_deg, found.pitch_deg) == pytest.approx(pose[:2], abs=0.2)
    if pose[:2] == (0, 0) or pose[2] == 0:
        assert found.roll_deg == pytest.approx(pose[2], abs=4)
    np.testing.assert_allclose(head.rotation, rotation, atol=5e-3)


@pytest.mark.parametrize("place", [(-25.0, 0.0, 60.0), (20.0, -12.0, 50.0), (0.0, 15.0, 80.0)])
def test_who_faces_the_camera_has_no_yaw_and_no_pitch_anywhere(face: CanonicalFace, place: tuple[float, float, float]) -> None:
    ahead = np.array(place) / np.linalg.norm(place)
    axis = np.cross([0, 0, 1.0], ahead)
    rotation = np.asarray(cv2.Rodrigues(axis / np.linalg.norm(axis) * np.arccos(ahead[2]))[0])
    mesh = seen(face, rotation, place, -ahead)
    head = fit_head(face, mesh, SIZE)
    assert head is not None
    assert head.pose() == pytest.approx((0, 0, 0), abs=0.2)
    gaze = gaze_of(face, head, mesh, (True, True))
    assert gaze == pytest.approx((0, 0), abs=3)  # the head is nearer to the lens than its eyes


@pytest.mark.parametrize("look", [(0.0, 0.0), (20.0, 0.0), (-15.0, 10.0), (0.0, -20.0)])
def test_gaze_is_where_the_irises_point_whatever_the_head_does(face: CanonicalFace, look: tuple[float, float]) -> None:
    direction = turned(*look, 0) @ np.array([0, 0, -1.0])
    for rotation in (turned(0, 0, 0), turned(15, -10, 5)):
        mesh = seen(face, rotation, (0, 0, 60), direction)
        head = fit_head(face, mesh, SIZE)
        assert head is not None
        for eyes in ((True, True), (True, False), (False, True)):
            assert gaze_of(face, head, mesh, eyes) == pytest.approx(look, abs=1.5)
        assert gaze_of(face, head, mesh, (False, False)) is None


def test_points_that_all_coincide_are_no_head(face: CanonicalFace) -> None:
    assert fit_head(face, np.full((478, 3), 7, np.float32), SIZE) is None
    assert fit_head(face, np.full((478, 3), np.nan, np.float32), SIZE) is None


def test_a_damaged_file_is_said_to_be_so(tmp_path: Path, pool: SessionPool) -> None:
    path = tmp_path / "face.binarypb"
    path.write_bytes(pool.file(WEIGHTS).read_bytes()[:5000])
    with pytest.raises(WeightsDamagedException, match=r"face\.binarypb"):
        read_canonical_face(path)

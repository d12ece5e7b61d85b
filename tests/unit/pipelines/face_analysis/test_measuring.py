"""Measuring faces in pictures."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from tests.unit.pipelines.face_analysis.conftest import Found, Image, canvas

from videoannotator.annotations.faces import EXPRESSIONS, FaceFlag, FaceObservation, Measure
from videoannotator.pipelines.face_analysis import FaceAnalysisOptions

Analyse = Callable[..., Found]

MESH, HEAD, SHAPES = "face_landmarks", "face_geometry_landmarks", "face_blendshapes"
ALL_ON = {measure.value: True for measure in Measure if measure is not Measure.LANDMARKS}


def one(analyse: Analyse, picture: Image, **options: object) -> FaceObservation:
    (face,) = analyse([picture], **options).faces
    return face


@pytest.fixture(scope="module")
def clear(analyse: Analyse) -> FaceObservation:
    return one(analyse, canvas((1, 320, 200, 160)), **ALL_ON, landmarks=True, embeddings=True)


@pytest.mark.parametrize(
    ("measure", "weights"),
    [
        (Measure.LANDMARKS, {MESH}),
        (Measure.HEAD_POSE, {MESH, HEAD}),
        (Measure.GAZE, {MESH, HEAD, SHAPES}),
        (Measure.BLINK, {MESH, SHAPES}),
        (Measure.BLENDSHAPES, {MESH, SHAPES}),
        (Measure.ACTION_UNITS, {MESH, SHAPES}),
        (Measure.EXPRESSION, {"fer_minixception", "faceapi_expression"}),
        (Measure.AGE, {"faceres", "faceapi_agegender"}),
        (Measure.GENDER, {"faceres", "faceapi_agegender"}),
        (Measure.IDENTITY, {"mobileface"}),
    ],
)
def test_a_measure_loads_what_it_needs_and_gives_itself_alone(
    analyse: Analyse, clear: FaceObservation, measure: Measure, weights: set[str]
) -> None:
    found = analyse([canvas((1, 320, 200, 160))], embeddings=True, **{measure.value: True})
    assert found.weights == weights | {"yunet"}
    (face,) = found.faces
    assert {each for each in Measure if face.value_of(each) is not None} == {measure}
    assert face.missing == {}
    assert face.value_of(measure) == clear.value_of(measure)


def test_all_measures_are_on_but_the_bulky_ones() -> None:
    options = FaceAnalysisOptions()
    assert options.measures == set(Measure) - {Measure.LANDMARKS}
    assert not options.embeddings


def test_a_clear_face_is_measured_through_and_through(clear: FaceObservation) -> None:
    assert (clear.flags, clear.missing) == ((), {})
    assert clear.head_pose is not None
    assert clear.gaze is not None
    assert clear.blink is not None
    assert clear.expression is not None
    assert clear.age is not None
    assert clear.embedding is not None
    assert max(abs(clear.head_pose.yaw_deg), abs(clear.head_pose.roll_deg)) < 10
    assert abs(clear.gaze.yaw_deg) < 12  # she looks into the camera
    assert max(clear.blink) < 0.4
    assert max(EXPRESSIONS, key=clear.expression.__getitem__) == "happiness"
    assert sum(clear.expression.values()) == pytest.approx(1, abs=1e-3)
    assert 20 < clear.age.value < 55
    assert np.linalg.norm(clear.embedding) == pytest.approx(1, abs=1e-3)


def test_landmarks_lie_where_the_detector_sees_their_parts(clear: FaceObservation) -> None:
    assert clear.landmarks is not None
    for point, index in zip(clear.points, (468, 473, 1, 61, 291), strict=True):
        assert np.hypot(clear.landmarks[index][0] - point.x, clear.landmarks[index][1] - point.y) < 0.1 * clear.box.height


def test_a_tilted_picture_tilts_the_head(analyse: Analyse) -> None:
    level = one(analyse, canvas((1, 320, 220, 160)), head_pose=True).head_pose
    tilted = one(analyse, canvas((1, 320, 220, 160), turn_deg=-25), head_pose=True).head_pose
    assert level is not None
    assert tilted is not None
    assert tilted.roll_deg - level.roll_deg == pytest.approx(25, abs=3)


def test_a_mirror_exchanges_left_and_right(analyse: Analyse) -> None:
    picture = canvas((2, 320, 220, 180))
    face = one(analyse, picture, head_pose=True, gaze=True)
    other = one(analyse, np.ascontiguousarray(picture[:, ::-1]), head_pose=True, gaze=True)
    assert face.head_pose is not None
    assert other.head_pose is not None
    assert face.gaze is not None
    assert other.gaze is not None
    assert other.head_pose.yaw_deg == pytest.approx(-face.head_pose.yaw_deg, abs=3)
    assert other.head_pose.pitch_deg == pytest.approx(face.head_pose.pitch_deg, abs=3)
    assert other.gaze.yaw_deg == pytest.approx(-face.gaze.yaw_deg, abs=8)


def test_a_small_face_gives_what_it_allows(analyse: Analyse) -> None:
    face = one(analyse, canvas((1, 320, 200, 42)), **ALL_ON)
    assert face.head_pose is not None
    assert FaceFlag.TOO_SMALL in face.flags
    for measure in (Measure.GAZE, Measure.BLINK, Measure.AGE, Measure.IDENTITY):
        assert face.value_of(measure) is None
        assert FaceFlag.TOO_SMALL in face.missing[measure]


def test_a_blurred_face_gives_its_pose_alone(analyse: Analyse) -> None:
    face = one(analyse, cv2.GaussianBlur(canvas((1, 320, 200, 160)), (0, 0), 5).astype(np.uint8), **ALL_ON)
    assert face.flags == (FaceFlag.BLURRED,)
    assert {measure for measure in Measure if face.value_of(measure) is not None} == {Measure.HEAD_POSE}
    assert set(face.missing.values()) == {(FaceFlag.BLURRED,)}


def test_a_face_at_the_border_is_cut_off(analyse: Analyse) -> None:
    face = one(analyse, np.ascontiguousarray(canvas((1, 320, 200, 200))[175:]), expression=True, confidence_threshold=0.4)
    assert FaceFlag.CUT_OFF in face.flags
    assert FaceFlag.CUT_OFF in face.missing[Measure.EXPRESSION]


def test_age_gender_and_identity_are_taken_now_and_then(analyse: Analyse) -> None:
    picture = canvas((1, 320, 200, 160))
    found = analyse([picture] * 7, age=True, gender=True, identity=True, embeddings=True, sample_every_s=1.0)
    sampled = [face.age is not None for face in found.faces]
    assert sampled == [True, False, False, False, False, True, False]
    for face in found.faces[1:5]:
        assert face.missing == dict.fromkeys((Measure.AGE, Measure.GENDER, Measure.IDENTITY), (FaceFlag.NOT_SAMPLED,))
    (track,) = found.tracks
    assert (track.observations, track.samples) == (7, 2)
    assert track.age is not None
    assert track.age.value == found.faces[0].age.value  # type: ignore[union-attr]


def test_a_face_that_could_not_be_sampled_is_tried_again(analyse: Analyse) -> None:
    picture = canvas((1, 320, 200, 160))
    blurred = cv2.GaussianBlur(picture, (0, 0), 5).astype(np.uint8)
    found = analyse([blurred, picture], age=True)
    assert found.faces[0].missing == {Measure.AGE: (FaceFlag.BLURRED,)}
    assert found.faces[1].age is not None
    assert found.tracks[0].samples == 1


def test_identity_tells_people_apart(analyse: Analyse) -> None:
    pictures = [canvas((1, 160 + 10 * step, 200, 140), (2, 480, 220 + 5 * step, 150 - 6 * step)) for step in range(4)]
    found = analyse(pictures, identity=True, embeddings=True, sample_every_s=0)
    by_track = {number: np.array([face.embedding for face in found.faces if face.track_id == number]) for number in (1, 2)}
    assert (by_track[1] @ by_track[1].T).min() > 0.5
    assert (by_track[2] @ by_track[2].T).min() > 0.5
    assert (by_track[1] @ by_track[2].T).max() < 0.3
    for track in found.tracks:
        assert np.linalg.norm(track.embedding) == pytest.approx(1, abs=1e-3)  # type: ignore[arg-type]


def test_vectors_of_observations_are_given_on_request_only(analyse: Analyse) -> None:
    found = analyse([canvas((1, 320, 200, 160))], identity=True)
    assert (found.faces[0].embedding, found.faces[0].missing) == (None, {})
    assert found.tracks[0].embedding is not None


def test_what_was_measured_before_does_not_matter_much(analyse: Analyse) -> None:
    still = canvas((1, 320, 200, 160))
    pictures = [canvas((1, 300 + 5 * step, 200, 150 + 2 * step)) for step in range(4)] + [still]
    late, alone = (
        analyse(pictures, head_pose=True, blendshapes=True).faces[-1],
        one(analyse, still, head_pose=True, blendshapes=True),
    )
    assert late.head_pose == pytest.approx(alone.head_pose, abs=1.5)
    assert late.blendshapes == pytest.approx(alone.blendshapes, abs=0.15)

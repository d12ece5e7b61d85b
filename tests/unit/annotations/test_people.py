"""Records of people and faces refuse what cannot be; identities are found by track and time; rows say who it is."""

import dataclasses
from typing import Any

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.columns import Row, Table
from videoannotator.annotations.face_tables import FACE_TRACKS, FACES
from videoannotator.annotations.faces import FaceFlag, Measure
from videoannotator.annotations.identities import Identities
from videoannotator.annotations.person_tables import IDENTITIES, PERSONS
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.store import PipelineRecords
from videoannotator.testing.examples import at, face_tracks, faces, full, identities, persons


def as_dicts(annotations: AnnotationSet, table: Table, pipeline: str) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    rows: list[Row] = list(annotations.rows(table, pipeline))
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_boxes_know_how_much_they_share() -> None:
    first, second = Box(0, 0, 10, 10), Box(5, 0, 10, 10)
    assert (first.right, first.bottom, first.area) == (10, 10, 100)
    assert first.overlap(second) == 50
    assert first.iou(second) == pytest.approx(1 / 3)
    assert first.iou(Box(20, 20, 1, 1)) == 0
    with pytest.raises(ValueError, match="a box has a size"):
        Box(0, 0, 0, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"track_id": 0}, "counted from"),
        ({"score": 1.5}, "from 0 to 1"),
        ({"score": None}, "has a score"),
        ({"evidence": Evidence.INTERPOLATED}, "has a score"),
        ({"evidence": Evidence.INTERPOLATED, "score": None}, "never interpolated"),
        ({"keypoints": ()}, "has 17 keypoints"),
    ],
)
def test_impossible_observations_of_people(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(persons()[0], **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": ()}, "five points"),
        ({"score": None}, "has a score"),
        ({"landmarks": ()}, "478 points"),
        ({"blendshapes": (0.0,)}, "52 blendshapes"),
        ({"expression": {"neutral": 1.0}}, "has a probability"),
        ({"missing": {Measure.GAZE: ()}, "gaze": None}, "for a reason"),
        ({"missing": {Measure.GAZE: (FaceFlag.PROFILE,)}}, "gaze is given and said to be missing"),
        ({"missing": {Measure.GENDER: (FaceFlag.PROFILE,)}}, "gender is given and said to be missing"),
    ],
)
def test_impossible_observations_of_faces(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(faces()[0], **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": at(-1)}, "no earlier"),
        ({"label": "unknown"}, "label and its confidence"),
        ({"label": "unknown", "label_confidence": None}, "label and its method"),
        ({"identity_method": "face_identity"}, "join and its confidence"),
    ],
)
def test_impossible_identities(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(identities()[0], **changes)


def test_without_samples_nothing_is_known_of_a_face() -> None:
    with pytest.raises(ValueError, match="without samples"):
        dataclasses.replace(face_tracks()[0], samples=0)


def test_identities_are_found_by_track_and_time() -> None:
    early = PersonIdentity(1, at(0), at(2), "person_001", face_track_ids=(4,))
    late = PersonIdentity(1, at(3), at(5), "person_002", face_track_ids=(4, 5))
    known = Identities([late, early])
    found = {time: known.of_person(1, at(time)) for time in (-1, 0, 2, 2.5, 3, 5, 6)}
    assert found == {-1: None, 0: early, 2: early, 2.5: None, 3: late, 5: late, 6: None}
    assert (known.of_face(4, at(1)), known.of_face(5, at(1)), known.of_face(5, at(4))) == (early, None, late)
    assert (known.of_person(9, at(1)), known.of_face(9, at(1))) == (None, None)


def test_records_survive_the_way_over_the_disk() -> None:
    records = [*persons(), *identities(), *faces(), *face_tracks()]
    results = PipelineRecords()
    for _ in range(700):
        for record in records:
            results.add(record)
    for kind in results.types:
        expected = [record for record in records if type(record) is kind]
        assert list(results.of_type(kind)) == expected * 700
    results.close()


def test_people_as_rows() -> None:
    with full() as annotations:
        first, second, between, *_, last = as_dicts(annotations, PERSONS, "person_tracking")
    assert (first["track_id"], first["frame"], first["person_id"], first["person_label"]) == (1, 0, "person_001", "Großmutter")
    assert (first["bbox_x"], first["bbox_y"], first["bbox_width"], first["bbox_height"]) == (90.5, 40.25, 80.0, 280.0)
    assert (first["nose_x"], first["nose_y"], first["nose_score"], first["nose_visibility"]) == (100.25, 50.5, 0.9, 2)
    assert (first["right_ankle_x"], first["right_ankle_visibility"]) == (0.0, 0)
    assert (second["person_label"], second["label_confidence"], second["nose_x"]) == ("unknown", None, None)
    assert (between["evidence"], between["score"]) == ("interpolated", None)
    assert (last["track_id"], last["person_id"]) == (3, "person_001")


def test_who_tracks_are_as_rows() -> None:
    with full() as annotations:
        rows = as_dicts(annotations, IDENTITIES, "person_tracking")
    assert [row["face_track_ids"] for row in rows] == ["1", "1", None, "7"]
    assert rows[3]["identity_evidence"] == "face_similarity=0.625 relative_height=1"
    assert (rows[3]["identity_method"], rows[3]["identity_confidence"]) == ("face_identity", 0.625)


def test_faces_as_rows() -> None:
    with full() as annotations:
        whole, between, unmeasured, tracked = as_dicts(annotations, FACES, "face_analysis")
        one, other = as_dicts(annotations, FACE_TRACKS, "face_analysis")
    assert (whole["person_id"], whole["head_yaw_deg"], whole["gaze_pitch_deg"], whole["blink_right"]) == (
        "person_001",
        -12.5,
        -2.0,
        0.125,
    )
    assert (whole["expression_neutral"], whole["au12"], whole["blendshape_jaw_open"]) == (0.25, 0.5, 25 / 64)
    assert (whole["age_years"], whole["female_probability_spread"]) == (34.5, 0.0625)
    assert (between["score"], between["face_nose_x"]) == (None, None)
    assert (unmeasured["face_flags"], unmeasured["person_id"]) == ("too_small profile", None)
    assert unmeasured["missing_measures"].split()[2] == "gaze:too_small+profile"
    assert tracked["missing_measures"] == "age:not_sampled"
    assert (one["sample_count"], one["age_spread_years"], other["age_years"]) == (1, 4.25, None)

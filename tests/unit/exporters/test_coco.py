"""People and faces as COCO, held against `pycocotools` and what clients read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import coco
from pycocotools.cocoeval import COCOeval

from videoannotator.annotations.faces import BLENDSHAPES, EXPRESSIONS, LANDMARK_COUNT
from videoannotator.exporters.coco import COCO
from videoannotator.testing.examples import EXAMPLES, annotation_set, faces, frame_times, persons

PEOPLE, FACES = "person_tracking.coco.json", "face_analysis.coco.json"
REQUIRED = {
    *("id", "image_id", "category_id", "bbox", "area", "iscrowd", "score", "track_id", "timestamp", "frame_number"),
    *("person_label", "label_confidence", "labeling_method"),
}


def exported(example: str, folder: Path) -> dict[str, dict[str, Any]]:
    with EXAMPLES[example]() as annotations:
        files = list(COCO().export(annotations, folder))
    assert all(file.main for file in files)
    return {file.name: json.loads((folder / file.name).read_bytes()) for file in files}


def annotations_of(name: str, folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exported("full", folder)[name]["annotations"]
    return found


@pytest.mark.parametrize("example", ["full", "empty", "many"])
def test_every_annotation_has_what_clients_read(example: str, tmp_path: Path) -> None:
    documents = exported(example, tmp_path)
    assert set(documents) == {PEOPLE, FACES}
    for name, document in documents.items():
        assert list(document)[:2] == ["annotations", "images"], "a client looks for annotations at the start of the file"
        images = {image["id"]: image for image in document["images"]}
        assert len(images) == len(document["images"]), "every frame stands there once"
        for number, item in enumerate(document["annotations"], start=1):
            assert set(item) >= REQUIRED
            assert item["id"] == number
            assert isinstance(item["image_id"], str)
            assert 0 <= item["score"] <= 1
            assert 0 <= item["label_confidence"] <= 1
            assert item["iscrowd"] == 0
            assert len(item["bbox"]) == 4
            image = images[item["image_id"]]
            assert (image["timestamp"], image["frame_number"]) == (item["timestamp"], item["frame_number"])
            assert (image["width"], image["height"]) == (640, 360)
            if name == PEOPLE:
                assert item["category_id"] == 1
                assert len(item["keypoints"]) == 51
                assert set(item["keypoints"][2::3]) <= {0, 1, 2}
                assert item["num_keypoints"] == sum(visibility > 0 for visibility in item["keypoints"][2::3])
        assert '"start_time"' not in json.dumps(document), "a client takes such a file for scenes"


def test_values_are_those_of_the_records(tmp_path: Path) -> None:
    times = frame_times()
    for item, seen in zip(annotations_of(PEOPLE, tmp_path), persons(), strict=True):
        assert item["bbox"] == [seen.box.left, seen.box.top, seen.box.width, seen.box.height]
        assert item["area"] == pytest.approx(seen.box.area, abs=1e-3)
        assert (item["track_id"], item["frame_number"], item["image_id"]) == (seen.track_id, seen.frame, str(seen.frame))
        assert item["timestamp"] == times[seen.frame].seconds
        assert item["evidence"] == seen.evidence.value
        if seen.keypoints is not None:
            assert item["keypoints"] == [value for point in seen.keypoints for value in (point.x, point.y, point.visibility)]
            assert item["keypoint_scores"] == [point.score for point in seen.keypoints]
    assert [item["score"] for item in annotations_of(PEOPLE, tmp_path)] == [0.987654, 0.5, 0.0, 0.0, 1.0, 0.75]


def test_nothing_is_invented_where_nothing_was_measured(tmp_path: Path) -> None:
    people = annotations_of(PEOPLE, tmp_path)
    interpolated = next(item for item in people if item["evidence"] == "interpolated")
    assert interpolated["score"] == 0
    assert interpolated["keypoints"] == [0] * 51
    assert interpolated["num_keypoints"] == 0
    assert "keypoint_scores" not in interpolated


def test_who_somebody_is_holds_for_the_time_it_was_found_for(tmp_path: Path) -> None:
    who = [
        (item["person_id"], item["person_label"], item["label_confidence"], item["labeling_method"])
        for item in annotations_of(PEOPLE, tmp_path)
    ]
    grandmother, adult = ("person_001", "Großmutter", 1.0, "labels_file"), ("person_001", "adult", 0.75, "body_size")
    somebody = ("person_002", "unknown", 0.0, "none")
    assert who == [grandmother, somebody, grandmother, somebody, adult, adult]
    face = annotations_of(FACES, tmp_path)
    assert [item.get("person_id") for item in face] == ["person_001", "person_001", None, "person_001"]
    assert "person_id" not in face[2], "nobody's body was found around this face"


def test_a_face_carries_everything_that_was_measured(tmp_path: Path) -> None:
    face, seen = annotations_of(FACES, tmp_path)[0], faces()[0]
    assert face["category_id"] == 2
    assert face["points"] == [list(point) for point in seen.points]
    assert face["head_pose"] == {"yaw_deg": -12.5, "pitch_deg": 3.25, "roll_deg": 0.0}
    assert face["gaze"] == {"yaw_deg": 5.5, "pitch_deg": -2.0}
    assert face["blink"] == {"left": 0.0625, "right": 0.125}
    assert face["blendshapes"] == list(seen.blendshapes or ())
    assert face["action_units"] == seen.action_units
    assert face["expression"] == seen.expression
    assert face["age"] == {"years": 34.5, "spread_years": 4.25}
    assert face["female_probability"] == {"value": 0.875, "spread": 0.0625}
    assert face["embedding"] == [0.6, 0.0, -0.8]
    assert len(face["landmarks"]) == LANDMARK_COUNT
    assert face["landmarks"][16] == [111.0, 50.5, -0.25]
    assert (face["flags"], face["missing"]) == ([], {})


def test_a_measure_that_could_not_be_taken_is_null_and_one_that_was_not_asked_for_is_left_out(tmp_path: Path) -> None:
    _, between, hopeless, later = annotations_of(FACES, tmp_path)
    measures = {"head_pose", "gaze", "blink", "blendshapes", "action_units", "expression", "age", "female_probability", "embedding"}
    assert {name for name in measures | {"landmarks"} if name in hopeless and hopeless[name] is None} == measures | {"landmarks"}
    assert hopeless["missing"]["gender"] == hopeless["flags"] == ["too_small", "profile"]
    assert not measures & set(between)
    assert measures & set(later) == {"age"}
    assert later["missing"] == {"age": ["not_sampled"]}


def test_the_categories_name_what_the_numbers_mean(tmp_path: Path) -> None:
    documents = exported("empty", tmp_path)
    (person,), (face,) = documents[PEOPLE]["categories"], documents[FACES]["categories"]
    assert person["keypoints"][:2] == ["nose", "left_eye"]
    assert [1, 2] in person["skeleton"], "COCO counts keypoints from 1"
    assert {end for line in person["skeleton"] for end in line} == set(range(1, 18))
    assert face["blendshapes"] == list(BLENDSHAPES)
    assert face["expressions"] == list(EXPRESSIONS)
    assert face["action_units_not_available"] == ["AU06", "AU09", "AU23"]


@pytest.mark.parametrize("example", ["full", "empty", "many"])
def test_pycocotools_loads_every_file(example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, document in exported(example, tmp_path).items():
        reader = coco.COCO(str(tmp_path / name))
        assert len(reader.getAnnIds()) == len(document["annotations"])
        assert sorted(reader.getImgIds()) == sorted(image["id"] for image in document["images"])
        assert reader.loadCats(reader.getCatIds()) == document["categories"]
    assert "Done" in capsys.readouterr().out


def test_a_file_agrees_with_itself_by_the_measure_of_coco(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exported("full", tmp_path)
    truth = coco.COCO(str(tmp_path / PEOPLE))
    seen = [item for item in truth.loadAnns(truth.getAnnIds()) if item["num_keypoints"]]
    evaluation = COCOeval(truth, truth.loadRes([dict(item) for item in seen]), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert np.isfinite(evaluation.stats[5])
    assert "Average Precision" in capsys.readouterr().out


def test_frames_that_come_out_of_order_are_listed_once(tmp_path: Path) -> None:
    mixed = sorted(persons(), key=lambda seen: seen.track_id)
    with annotation_set({"person_tracking": mixed}) as annotations:
        list(COCO().export(annotations, tmp_path))
    document = json.loads((tmp_path / PEOPLE).read_bytes())
    assert [image["id"] for image in document["images"]] == ["0", "3", "6", "149"]

"""People and faces in the JSON format of COCO (https://cocodataset.org/#format-data)."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box
from videoannotator.annotations.faces import (
    BLENDSHAPES,
    EXPRESSIONS,
    FACE_POINTS,
    UNAVAILABLE_ACTION_UNITS,
    Estimate,
    FaceObservation,
    Measure,
)
from videoannotator.annotations.media_info import VideoInfo
from videoannotator.annotations.persons import KEYPOINTS, SKELETON, UNKNOWN, Keypoint, PersonIdentity, PersonObservation
from videoannotator.exporters.base import ExportedFile, Exporter, write_array, writing

Item = dict[str, Any]

NO_POSTURE = [0] * (3 * len(KEYPOINTS))

PERSON_CATEGORY: Item = {
    "id": 1,
    "name": "person",
    "supercategory": "person",
    "keypoints": list(KEYPOINTS),
    "skeleton": [[first + 1, second + 1] for first, second in SKELETON],
}
WITHOUT_PROXY = "action_units_not_available"
FACE_CATEGORY: Item = {
    "id": 2,
    "name": "face",
    "supercategory": "person",
    "points": list(FACE_POINTS),
    "blendshapes": list(BLENDSHAPES),
    "expressions": list(EXPRESSIONS),
    WITHOUT_PROXY: list(UNAVAILABLE_ACTION_UNITS),
}


class COCO(Exporter):
    """`<pipeline>.coco.json`: one annotation per person, or face, and frame; `pycocotools` loads it.

    Beside the fields of COCO, each annotation says when (`timestamp`, seconds; `frame_number`), who (`track_id`, `person_id`,
    `person_label` …) and how the place is known (`evidence`). Clients want numbers, so where there is none a 0 stands, and another
    field says why: an interpolated box has `score` 0 because nothing was measured in that frame, the label `unknown` has
    `label_confidence` 0 because nothing speaks for any, and without a posture all keypoints are 0 with visibility 0 and
    `num_keypoints` is 0. `person_id` is left out where nobody is known.

    A measure of a face that was switched off is left out; one that could not be taken is null, and `missing` says why. Values of
    `blendshapes` stand in the order of the category's list, `points` in that of its points; action units for which there is no
    proxy are named in the category. Lengths are pixels to the thousandth, other numbers have six digits after the point.

    `images` holds the frames in which somebody was found, with an `id` that is the frame's index as text; no pictures are written,
    and `file_name` is the name that a picture of the frame would have.
    """

    name = "coco"
    display_name = "People and faces (COCO)"
    description = "Boxes, postures and measures of faces in COCO's JSON, for the browser client and for tools of computer vision."
    media_type = "application/json"
    records = (PersonObservation, PersonIdentity, FaceObservation)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            made = {table.record_type for table in annotations.tables_of(pipeline)}
            kinds = [kind for kind in _KINDS if kind.record_type in made]
            if not kinds:
                continue
            path = folder / f"{pipeline}.coco.json"
            with writing(path), path.open("w", encoding="utf-8", newline="\n") as file:
                file.write('{\n"annotations": ')
                write_array(file, _annotations(annotations, pipeline, kinds))
                file.write(',\n"images": ')
                write_array(file, _images(annotations, pipeline, kinds))
                file.write(f',\n"categories": {json.dumps(_categories(annotations, pipeline, kinds))},\n"licenses": [],\n"info": ')
                json.dump(_info(annotations, pipeline), file, ensure_ascii=False)
                file.write("\n}\n")
            names = " and ".join(kind.plural for kind in kinds)
            yield ExportedFile(path.name, self.name, pipeline, f"Where {names} are in every frame, and who.", main=True)


def _categories(annotations: AnnotationSet, pipeline: str, kinds: "Iterable[_Kind]") -> list[Item]:
    """Of these kinds; with an added network for action units, nothing is said about what proxies cannot tell."""
    if annotations.outcomes[pipeline].options.get("action_unit_weights") is None:
        return [kind.category for kind in kinds]
    return [{name: value for name, value in kind.category.items() if name != WITHOUT_PROXY} for kind in kinds]


def _info(annotations: AnnotationSet, pipeline: str) -> Item:
    return {"description": f"{pipeline} of VideoAnnotator", "version": annotations.provenance.videoannotator}


def _observations(annotations: AnnotationSet, pipeline: str, kinds: "Iterable[_Kind]") -> "Iterator[tuple[_Kind, Any]]":
    made = annotations.results.get(pipeline)
    return iter(()) if made is None else ((kind, seen) for kind in kinds for seen in made.of_type(kind.record_type))


def _annotations(annotations: AnnotationSet, pipeline: str, kinds: "Iterable[_Kind]") -> Iterator[Item]:
    for number, (kind, seen) in enumerate(_observations(annotations, pipeline, kinds), start=1):
        yield {
            "id": number,
            "image_id": str(seen.frame),
            "category_id": kind.category["id"],
            **kind.own(seen),
            **_place(seen.box),
            "iscrowd": 0,
            "score": 0.0 if seen.score is None else _digits(seen.score),
            "evidence": seen.evidence.value,
            "track_id": seen.track_id,
            "timestamp": seen.time.seconds,
            "frame_number": seen.frame,
            **_person(kind.identity(annotations, seen)),
        }


def _images(annotations: AnnotationSet, pipeline: str, kinds: "Iterable[_Kind]") -> Iterator[Item]:
    """Each frame once; which ones were named costs a bit per frame of the recording."""
    named = bytearray()
    for _, seen in _observations(annotations, pipeline, kinds):
        place, bit = divmod(seen.frame, 8)
        named.extend(bytes(max(0, place + 1 - len(named))))
        if named[place] >> bit & 1:
            continue
        named[place] |= 1 << bit
        yield {
            "id": str(seen.frame),
            **_size(annotations.media.video),
            "file_name": f"frame-{seen.frame:08d}.jpg",
            "timestamp": seen.time.seconds,
            "frame_number": seen.frame,
        }


def _size(video: VideoInfo | None) -> Item:
    if video is None:
        raise ValueError("there are people or faces and no video track")
    return {"width": video.width, "height": video.height}


def _place(box: Box) -> Item:
    return {"bbox": [_pixels(value) for value in (box.left, box.top, box.width, box.height)], "area": _pixels(box.area)}


def _person(identity: PersonIdentity | None) -> Item:
    if identity is None:
        return {"person_label": UNKNOWN, "label_confidence": 0.0, "labeling_method": "none"}
    return {
        "person_id": identity.person_id,
        "person_label": identity.label,
        "label_confidence": _digits(identity.label_confidence or 0.0),
        "labeling_method": identity.labeling_method,
    }


def _posture(seen: PersonObservation) -> Item:
    if seen.keypoints is None:
        return {"keypoints": NO_POSTURE, "num_keypoints": 0}
    return {
        "keypoints": [value for point in seen.keypoints for value in _keypoint(point)],
        "num_keypoints": sum(point.visibility > 0 for point in seen.keypoints),
        "keypoint_scores": [_digits(point.score) for point in seen.keypoints],
    }


def _keypoint(point: Keypoint) -> tuple[float, float, int]:
    """A point that was not found is 0, 0 in COCO, wherever the network would have put it."""
    return (_pixels(point.x), _pixels(point.y), point.visibility) if point.visibility else (0, 0, 0)


def _face(seen: FaceObservation) -> Item:
    taken = {name: written(value) for measure, name, written in _MEASURES if (value := seen.value_of(measure)) is not None}
    return {
        "points": [[_pixels(point.x), _pixels(point.y)] for point in seen.points],
        "flags": [flag.value for flag in seen.flags],
        **{name: taken.get(name) for measure, name, _ in _MEASURES if name in taken or measure in seen.missing},
        "missing": {measure.value: [flag.value for flag in why] for measure, why in seen.missing.items()},
    }


def _pixels(value: float) -> float:
    return round(float(value), 3)


def _digits(value: float) -> float:
    return round(float(value), 6)


def _fields(value: Any) -> Item:
    return {name: _digits(number) for name, number in value._asdict().items()}


def _named(values: dict[str, float]) -> Item:
    return {name: _digits(number) for name, number in values.items()}


def _list(values: Iterable[float]) -> list[float]:
    return [_digits(number) for number in values]


def _age(estimate: Estimate) -> Item:
    return {"years": _digits(estimate.value), "spread_years": _digits(estimate.spread)}


def _landmarks(points: Iterable[tuple[float, float, float]]) -> list[list[float]]:
    return [[_pixels(value) for value in point] for point in points]


_MEASURES: tuple[tuple[Measure, str, Callable[[Any], Any]], ...] = (
    (Measure.HEAD_POSE, "head_pose", _fields),
    (Measure.GAZE, "gaze", _fields),
    (Measure.BLINK, "blink", _fields),
    (Measure.EXPRESSION, "expression", _named),
    (Measure.ACTION_UNITS, "action_units", _named),
    (Measure.BLENDSHAPES, "blendshapes", _list),
    (Measure.AGE, "age", _age),
    (Measure.GENDER, "female_probability", _fields),
    (Measure.LANDMARKS, "landmarks", _landmarks),
    (Measure.IDENTITY, "embedding", _list),
)
"""The measures of a face, the name of each in the file, and how its values are written."""


class _Kind(NamedTuple):
    """What differs between people and faces."""

    record_type: type[PersonObservation] | type[FaceObservation]
    plural: str
    category: Item
    own: Callable[[Any], Item]
    identity: Callable[[AnnotationSet, Any], PersonIdentity | None]


_KINDS = (
    _Kind(
        *(PersonObservation, "people", PERSON_CATEGORY, _posture),
        lambda annotations, seen: annotations.identities.of_person(seen.track_id, seen.time),
    ),
    _Kind(
        *(FaceObservation, "faces", FACE_CATEGORY, _face),
        lambda annotations, seen: annotations.identities.of_face(seen.track_id, seen.time),
    ),
)

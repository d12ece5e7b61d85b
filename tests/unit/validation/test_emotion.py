"""The rules of emotion files: every violation is named by its place."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from videoannotator.errors import InvalidRequestException
from videoannotator.validation.emotion import check_emotion_file, check_emotions

EMOTION: dict[str, Any] = {
    "start": 1.0,
    "end": 2.5,
    "labels": [{"label": "happy", "confidence": 0.75}, {"label": "calm", "confidence": 0.25}],
    "source": {"modality": "audio", "channels": [0, "left"]},
    "subject": None,
    "confidence": 0.75,
    "quality_flags": ["noisy"],
}
VALID: dict[str, Any] = {
    "schema_version": "1.0.0",
    "source_pipeline": "voice_emotion",
    "media": {"file_name": "visit.mp4"},
    "emotions": [deepcopy(EMOTION) for _ in range(4)],
    "labels": {"taxonomy": None},
    "metadata": {"more": [1]},
    "and_more": 1,
}


def problems(change: Callable[[dict[str, Any]], object]) -> list[str]:
    document = deepcopy(VALID)
    change(document)
    return [str(problem) for problem in check_emotions(document)]


def test_a_valid_document_has_no_problem() -> None:
    assert problems(lambda _: None) == []


def test_intensities_stand_in_place_of_confidences() -> None:
    labels = [{"label": "Pride", "confidence": None, "intensity": 4.5}, {"label": "Awe", "confidence": None, "intensity": -0.25}]
    assert problems(lambda d: d["emotions"][1].update(labels=labels, confidence=None)) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["emotions"][3]["labels"][0].update(confidence=1.4),
            "emotions[3].labels[0].confidence: 1.4 is not a number from 0 to 1",
        ),
        (lambda d: d["emotions"][0].update(confidence=True), "emotions[0].confidence: true is not a number from 0 to 1"),
        (lambda d: d["emotions"][0].update(confidence=float("nan")), "emotions[0].confidence: NaN is not a number from 0 to 1"),
        (lambda d: d["emotions"][1].update(end=1.0), "emotions[1].end: 1.0 is not after the start, 1.0"),
        (lambda d: d["emotions"][1].update(end=float("inf")), "emotions[1].end: Infinity is not a finite number of seconds from 0"),
        (lambda d: d["emotions"][1].update(start=-0.5), "emotions[1].start: -0.5 is not a finite number of seconds from 0"),
        (lambda d: d["emotions"][1].update(start="1"), 'emotions[1].start: "1" is not a finite number of seconds from 0'),
        (lambda d: d["emotions"][1].update(start=10**400), "emotions[1].start: 1000"),
        (lambda d: d["emotions"][2].pop("end"), "emotions[2].end: is missing"),
        (lambda d: d["emotions"][2].update(labels=[]), "emotions[2].labels: is empty"),
        (lambda d: d["emotions"][2].update(labels={}), "emotions[2].labels: {} is not an array"),
        (lambda d: d["emotions"][2]["labels"].append("sad"), 'emotions[2].labels[2]: "sad" is not an object'),
        (lambda d: d["emotions"][2]["labels"][1].update(label="happy"), 'emotions[2].labels[1].label: "happy" stands there twice'),
        (lambda d: d["emotions"][2]["labels"][1].update(label=" "), 'emotions[2].labels[1].label: " " is not a text'),
        (lambda d: d["emotions"][2]["source"].pop("modality"), "emotions[2].source.modality: is missing"),
        (
            lambda d: d["emotions"][2]["source"].update(channels=[-1]),
            "emotions[2].source.channels[0]: -1 is neither the number nor the name of a channel",
        ),
        (lambda d: d["emotions"][2].update(subject=7), "emotions[2].subject: 7 is not a text"),
        (lambda d: d["emotions"][2].update(quality_flags=[None]), "emotions[2].quality_flags[0]: null is not a text"),
        (lambda d: d["emotions"][2].update(quality_flags=["a", "a"]), 'emotions[2].quality_flags[1]: "a" stands there twice'),
        (lambda d: d["emotions"].append(None), "emotions[4]: null is not an object"),
        (
            lambda d: d["emotions"][1]["labels"][0].update(confidence=None),
            "emotions[1].labels[0].confidence: null is only right beside an intensity",
        ),
        (
            lambda d: d["emotions"][1]["labels"][0].update(intensity=2.5),
            "emotions[1].labels[0].intensity: stands beside a confidence, which has to be null then",
        ),
        (
            lambda d: d["emotions"][1]["labels"][0].update(confidence=None, intensity="much"),
            'emotions[1].labels[0].intensity: "much" is not a finite number',
        ),
        (
            lambda d: d["emotions"][1].update(confidence=None),
            "emotions[1].confidence: null is only right when all labels have intensities",
        ),
        (lambda d: d.update(emotions=None), "emotions: null is not an array"),
        (lambda d: d.update(schema_version="2.0"), 'schema_version: "2.0" is not a version 1.x'),
        (lambda d: d.pop("source_pipeline"), "source_pipeline: is missing"),
        (lambda d: d.update(media="visit.mp4"), 'media: "visit.mp4" is not an object'),
        (lambda d: d["labels"].pop("taxonomy"), "labels.taxonomy: is missing"),
        (lambda d: d.update(metadata=[]), "metadata: [] is not an object"),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",
)
def test_a_violation_is_named_by_its_place(change: Callable[[dict[str, Any]], object], message: str) -> None:
    (found,) = problems(change)
    assert found.startswith(message)


def test_all_violations_are_named_not_only_the_first() -> None:
    def change(document: dict[str, Any]) -> None:
        del document["media"]
        document["emotions"][0]["confidence"] = 2
        document["emotions"][0]["end"] = 0
        document["emotions"][3]["labels"][1] = {}

    assert [problem.split(":")[0] for problem in problems(change)] == [
        "media",
        "emotions[0].confidence",
        "emotions[0].end",
        "emotions[3].labels[1].label",
        "emotions[3].labels[1].confidence",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "$: is not JSON: Expecting value in line 1, column 1"),
        (b'{\n"emotions": [,]}', "$: is not JSON: Expecting value in line 2, column 14"),
        (b'{"a": "\xe4"}', "$: is not UTF-8 text: byte 7 is 0xe4"),
        ("{}".encode("utf-16"), "$: is not UTF-8 text: byte 0 is 0xff"),
        (b"\xef\xbb\xbf{}", "$: is not JSON: Unexpected UTF-8 BOM"),
        (b"[]", "$: [] is not an object"),
        (b"[" * 100_000, "$: is nested too deeply"),
    ],
    ids=["empty", "comma", "latin", "utf-16", "mark", "array", "deep"],
)
def test_what_is_no_document_is_said(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.emotion.json"
    path.write_bytes(content)
    (problem,) = check_emotion_file(path)
    assert str(problem).startswith(message)


def test_infinite_numbers_of_the_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "x.emotion.json"
    path.write_text(json.dumps(VALID).replace("2.5", "1e999", 1))
    assert [problem.path for problem in check_emotion_file(path)] == ["emotions[0].end"]


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestException, match="There is no file"):
        check_emotion_file(tmp_path / "none.json")
    with pytest.raises(InvalidRequestException, match="is a folder"):
        check_emotion_file(tmp_path)

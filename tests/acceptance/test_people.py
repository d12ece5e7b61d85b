"""People are found, kept apart and never invented: on the sample clip, on rendered sequences, on pictures without anybody."""

import csv
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.people_runs import FACES, PERSONS, in_shots, looked_at, true_faces, true_persons
from benchmarks.people_scores import MIN_IOU, TruthBox
from benchmarks.quality import MIN_EMPTY, MIN_IDF1, RenderedScores, emptiness, given_keypoints, rendered_scores
from tests.acceptance.conftest import Ended

from videoannotator import annotate, save
from videoannotator.annotations.boxes import Box
from videoannotator.media.demo_clip import RATE, SHOTS, demo_people
from videoannotator.media.synthetic import joins_of, regular_times
from videoannotator.testing.people_clips import SCENARIOS, PeopleTruth, people_clip
from videoannotator.testing.peopleless_pictures import peopleless

LEAST_FOUND = 0.95
LEAST_RECALL = 0.95
MOST_FALSE_FACES = 0.01
RATE_HZ = 5.0
EVERYDAY = ("crossing", "shots")
"""Sequences of the everyday test; the others are in the long one."""
PIPELINES = (PERSONS, FACES)


def frames_of_demo() -> list[int]:
    return looked_at(regular_times(sum(shot.frames + shot.transition_frames for shot in SHOTS), RATE), RATE_HZ)


@pytest.mark.parametrize(
    ("table", "true"),
    [("person_tracking.persons.csv", true_persons), ("face_analysis.faces.csv", true_faces)],
    ids=["people", "faces"],
)
def test_whoever_is_fully_visible_in_the_sample_clip_is_found_under_one_id(
    demo: tuple[Path, Ended],
    capsys: pytest.CaptureFixture[str],
    table: str,
    true: Callable[..., list[TruthBox]],
) -> None:
    looked = set(frames_of_demo())
    expected = [person for person in true(demo_people()) if person.frame in looked]
    found = boxes_in(demo[0] / table)
    shots = PeopleTruth((0, 0), (), (), cuts=tuple(join.first_frame for join in joins_of(SHOTS)))
    tracks: dict[int | str, set[str]] = defaultdict(set)
    hits = 0
    for person in in_shots(expected, shots):
        best = max(found[person.frame], key=lambda each: each[1].iou(person.box), default=None)
        if best is not None and best[1].iou(person.box) >= MIN_IOU:
            hits += 1
            tracks[person.who].add(best[0])
    with capsys.disabled():
        print(f"\nsample clip, {table}: {hits} of {len(expected)} found (target: at least {LEAST_FOUND:.0%})")
    assert hits >= LEAST_FOUND * len(expected)
    assert {who: len(ids) for who, ids in tracks.items() if len(ids) != 1} == {}
    assert len(tracks) == 8


def boxes_in(table: Path) -> dict[int, list[tuple[str, Box]]]:
    """By frame, the id of the track and the box of everything in a table."""
    boxes: dict[int, list[tuple[str, Box]]] = defaultdict(list)
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            box = Box(*(float(row[f"bbox_{side}"]) for side in ("x", "y", "width", "height")))
            boxes[int(row["frame"])].append((row["track_id"], box))
    return boxes


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RenderedScores:
    return rendered_scores(tmp_path_factory.mktemp("rendered"), EVERYDAY, PIPELINES)


def check_rendered(scores: RenderedScores, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nrendered sequences by track: {scores.tracks['all']}")
        print(f"postures of head and shoulders: {scores.postures}")
        print(f"faces: {scores.faces}, points {scores.point_error:.1%} of the distance between the eyes away")
    assert scores.tracks["all"].idf1 >= MIN_IDF1
    assert scores.recall >= LEAST_RECALL
    assert scores.mistaken == 0
    assert scores.postures.precision_50 >= LEAST_RECALL
    assert scores.faces.recall >= LEAST_RECALL
    assert scores.faces.false <= MOST_FALSE_FACES * scores.faces.boxes


def check_identity(scores: RenderedScores, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nrendered sequences by identity: {scores.persons['all']}")
    assert scores.persons["all"].idf1 >= MIN_IDF1


def test_people_who_cross_and_hide_keep_their_ids(rendered: RenderedScores, capsys: pytest.CaptureFixture[str]) -> None:
    check_rendered(rendered, capsys)


def test_people_are_known_again_after_a_cut(rendered: RenderedScores, capsys: pytest.CaptureFixture[str]) -> None:
    check_identity(rendered, capsys)


@pytest.mark.slow
def test_all_rendered_sequences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = rendered_scores(tmp_path, SCENARIOS, PIPELINES)
    check_rendered(scores, capsys)
    check_identity(scores, capsys)


def check_emptiness(folder: Path, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    seen = emptiness(folder, list(peopleless(None, count)), PIPELINES)
    with capsys.disabled():
        print(f"\nnobody there: {seen.without_person:.2%} of {seen.frames.total()} frames without a person, ", end="")
        print(f"{seen.without_face:.2%} without a face; {dict(seen.with_person)} {dict(seen.with_face)}")
    assert seen.without_person >= MIN_EMPTY
    assert seen.without_face == 1


def test_nobody_is_found_where_nobody_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_emptiness(tmp_path, 2, capsys)


@pytest.mark.slow
def test_nobody_is_found_in_many_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_emptiness(tmp_path, 40, capsys)


def annotation_files(folder: Path) -> dict[str, bytes]:
    """Every annotation file but the record of the run, which tells times."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "provenance.json"}


def test_two_identical_runs_give_the_same_bytes_and_coco_reads_them(tmp_path: Path) -> None:
    clip = tmp_path / "two.mp4"
    people_clip(clip, SCENARIOS["two"])
    results = []
    for run in ("first", "second"):
        with annotate(clip, PIPELINES) as annotations:
            save(annotations, tmp_path / run)
        results.append(annotation_files(tmp_path / run))
    assert results[0] == results[1]
    assert {f"{name}.coco.json" for name in PIPELINES} <= results[0].keys()
    itself = given_keypoints(tmp_path, tmp_path / "first" / f"{PERSONS}.coco.json", None, clip)
    assert itself.precision == pytest.approx(1, abs=0.01)


def test_faces_are_the_same_alone_and_beside_people(tmp_path: Path) -> None:
    """People alone carry no identity from faces, so only what does not rest on the other pipeline is compared."""
    clip = tmp_path / "two.mp4"
    people_clip(clip, SCENARIOS["two"])
    sets: dict[str, dict[str, list[object]]] = {}
    for name, pipelines in (("people", PIPELINES[:1]), ("faces", PIPELINES[1:]), ("both", PIPELINES)):
        with annotate(clip, pipelines) as annotations:
            sets[name] = {
                kind.__name__: list(annotations.results[pipeline].of_type(kind))
                for pipeline in pipelines
                for kind in annotations.results[pipeline].types
                if kind.__name__ != "PersonIdentity"
            }
    assert sets["both"] == {**sets["people"], **sets["faces"]}
    assert len(sets["both"]) >= 2

"""Who tracks are: joined by faces, labelled by evidence or by hand, unknown where nothing tells."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import FACE_POINTS, Estimate, FaceObservation, FaceTrack
from videoannotator.annotations.persons import KEYPOINTS, UNKNOWN, Keypoint, PersonIdentity, PersonObservation
from videoannotator.pipelines.person_tracking.heads import meetings
from videoannotator.pipelines.person_tracking.identity import identities
from videoannotator.pipelines.person_tracking.options import PersonTrackingOptions, TrackLabel
from videoannotator.testing.examples import at


def posture(x: float, top: float, height: float) -> tuple[Keypoint, ...]:
    """Somebody who stands in full view; the nose a tenth of the height below the top."""
    shares = {
        "nose": 0.1,
        "eye": 0.08,
        "ear": 0.1,
        "shoulder": 0.2,
        "elbow": 0.35,
        "wrist": 0.5,
        "hip": 0.5,
        "knee": 0.75,
        "ankle": 1.0,
    }
    return tuple(Keypoint(x, top + height * shares[name.rpartition("_")[2]], 0.9, 2) for name in KEYPOINTS)


def person(
    frame: int, number: int, x: float = 100.0, *, top: float = 100.0, height: float = 300.0, standing: bool = False
) -> PersonObservation:
    box = Box(x - height / 8, top, height / 4, height)
    points = posture(x, top, height) if standing else None
    return PersonObservation(at(frame / 5), frame, number, box, Evidence.DETECTED, 0.9, points)


def face(frame: int, number: int, x: float = 100.0, *, top: float = 105.0) -> FaceObservation:
    points = tuple(Point(x, top + 20) for _ in FACE_POINTS)
    return FaceObservation(at(frame / 5), frame, number, Box(x - 15, top, 30.0, 40.0), Evidence.DETECTED, 0.9, points)


def face_track(number: int, embedding: tuple[float, ...] | None = None, age: Estimate | None = None, samples: int = 5) -> FaceTrack:
    return FaceTrack(number, at(0), at(9), 20, samples, age, None, embedding)


def who(records: Iterable[object], *labels: TrackLabel, roles: bool = True) -> list[PersonIdentity]:
    kept = list(records)
    return list(identities(lambda kind: [one for one in kept if isinstance(one, kind)], labels, roles=roles))


def test_without_faces_every_track_is_a_person_of_its_own() -> None:
    found = who([person(n, 1) for n in range(3)] + [person(n, 2, 400.0) for n in range(2, 5)])
    assert [(one.track_id, one.person_id, one.label, one.identity_method) for one in found] == [
        (1, "person_001", UNKNOWN, "track"),
        (2, "person_002", UNKNOWN, "track"),
    ]
    assert (found[0].start, found[0].end) == (at(0), at(0.4))


def test_tracks_with_the_same_face_are_one_person_and_the_evidence_is_kept() -> None:
    records = (
        [person(n, 1) for n in range(5)]
        + [person(n, 2, 400.0) for n in range(20, 25)]
        + [person(n, 3, 600.0) for n in range(20, 25)]
    )
    records_of_faces = (
        [face(n, 7) for n in range(5)] + [face(n, 8, 400.0) for n in range(20, 25)] + [face(n, 9, 600.0) for n in range(20, 25)]
    )
    tracks = [face_track(7, (1.0, 0.0)), face_track(8, (0.8, 0.6)), face_track(9, (0.0, 1.0))]
    one, again, other = sorted(who([*records, *records_of_faces, *tracks]), key=lambda each: each.track_id)
    assert (one.person_id, again.person_id, other.person_id) == ("person_001", "person_001", "person_002")
    assert (again.identity_method, again.identity_confidence, again.face_track_ids) == ("face_identity", 0.8, (8,))
    assert again.evidence == {"face_similarity": 0.8, "joined_to_track": 1.0}
    assert (one.identity_method, other.identity_method) == ("track", "track")


def test_two_people_at_once_are_never_one_however_alike() -> None:
    records = [person(n, number, 100.0 * number) for n in range(5) for number in (1, 2)]
    faces = [face(n, number, 100.0 * number) for n in range(5) for number in (1, 2)]
    found = who([*records, *faces, face_track(1, (1.0, 0.0)), face_track(2, (1.0, 0.0))])
    assert [one.person_id for one in found] == ["person_001", "person_002"]


def test_a_track_like_two_others_at_once_joins_the_more_similar_one() -> None:
    records = [person(n, number, 100.0 * number) for n in range(5) for number in (1, 2)] + [person(n, 3) for n in range(10, 15)]
    faces = [face(n, number, 100.0 * number) for n in range(5) for number in (1, 2)] + [face(n, 3) for n in range(10, 15)]
    tracks = [face_track(1, (1.0, 0.0)), face_track(2, (0.8, 0.6)), face_track(3, (0.8, 0.6))]
    assert {one.track_id: one.person_id for one in who([*records, *faces, *tracks])} == {
        1: "person_001",
        2: "person_002",
        3: "person_002",
    }


def test_a_face_belongs_to_the_body_whose_head_it_is() -> None:
    parent = [person(n, 1, 100.0, height=300.0, standing=True) for n in range(5)]
    child = [person(n, 2, 110.0, top=220.0, height=180.0, standing=True) for n in range(5)]
    met = meetings(
        sorted(parent + child, key=lambda one: one.frame),
        [each for n in range(5) for each in (face(n, 1, 100.0), face(n, 2, 110.0, top=220.0))],
    )
    assert (met.faces_of(1), met.faces_of(2)) == ((1,), (2,))


def test_a_face_on_nobody_s_shoulders_belongs_to_nobody() -> None:
    met = meetings([person(n, 1) for n in range(5)], [face(n, 1, top=300.0) for n in range(5)] + [face(9, 2)])
    assert met.faces_of(1) == ()


def test_people_who_stand_side_by_side_are_told_apart_by_their_heights() -> None:
    records = [
        one for n in range(6) for one in (person(n, 1, standing=True), person(n, 2, 200.0, top=220.0, height=180.0, standing=True))
    ]
    adult, child = who(records)
    assert (adult.label, adult.labeling_method, child.label) == ("adult", "body_size", "child")
    assert child.evidence["relative_height"] == pytest.approx(0.6)
    assert who(records, roles=False)[0].label == UNKNOWN
    assert who(records[:8])[0].label == UNKNOWN, "a few frames are no evidence"
    farther = [one for n in range(6) for one in (person(n, 1, standing=True), person(n, 2, 200.0, height=180.0, standing=True))]
    assert {one.label for one in who(farther)} == {UNKNOWN}, "somebody may be small because of standing farther off"


@pytest.mark.parametrize(
    ("age", "samples", "label"),
    [
        (Estimate(8.0, 3.0), 5, "child"),
        (Estimate(34.0, 6.0), 5, "adult"),
        (Estimate(17.0, 3.0), 5, UNKNOWN),
        (Estimate(11.0, 4.0), 5, UNKNOWN),
        (Estimate(8.0, 3.0), 2, UNKNOWN),
    ],
)
def test_age_tells_a_role_when_all_of_its_spread_does(age: Estimate, samples: int, label: str) -> None:
    (found,) = who([*(person(n, 1) for n in range(5)), *(face(n, 1) for n in range(5)), face_track(1, None, age, samples)])
    assert (found.label, found.labeling_method) == (label, "none" if label == UNKNOWN else "face_age")
    assert found.evidence["face_age_years"] == age.value


def test_evidence_that_contradicts_itself_gives_no_role() -> None:
    records = [
        one for n in range(6) for one in (person(n, 1, standing=True), person(n, 2, 200.0, top=220.0, height=180.0, standing=True))
    ]
    grown_up = [*(face(n, 2, 200.0, top=222.0) for n in range(6)), face_track(2, None, Estimate(40.0, 3.0))]
    assert [one.label for one in who([*records, *grown_up])] == ["adult", UNKNOWN]


def test_what_the_user_says_wins_in_its_time() -> None:
    people = [person(n, 1) for n in range(50)]
    labels = (
        TrackLabel(track=1, label="parent", start_s=2.0, end_s=4.0),
        TrackLabel(track=1, label=" therapist ", start_s=3.5),
        TrackLabel(track=9, label="x"),
    )
    found = who(people, *labels)
    assert [(round(one.start.seconds, 3), round(one.end.seconds, 3), one.label, one.labeling_method) for one in found] == [
        (0.0, 2.0, UNKNOWN, "none"),
        (2.0, 3.5, "parent", "labels_file"),
        (3.5, 9.8, "therapist", "labels_file"),
    ]
    assert all(one.end < other.start for one, other in pairwise(found))


def test_labels_are_checked_like_all_options() -> None:
    options = PersonTrackingOptions.model_validate_json('{"labels": [{"track": 1, "label": "infant"}]}')
    assert options.labels[0].label == "infant"
    with pytest.raises(ValueError, match="word or two"):
        TrackLabel(track=1, label="a\nb")

"""Whose face a face is, and when bodies are seen."""

import numpy as np

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.pipelines.active_speaker.people import Bodies, owners_of
from videoannotator.testing.examples import at


def test_a_face_is_the_person_s_whom_it_shows_longest() -> None:
    identities = [
        PersonIdentity(1, at(0), at(4), "person_001", face_track_ids=(9, 8)),
        PersonIdentity(2, at(0), at(3), "person_002", face_track_ids=(9,)),
        PersonIdentity(2, at(3), at(6), "person_002", "adult", 0.9, "body_size", face_track_ids=(9,)),
        PersonIdentity(3, at(0), at(6), "person_003"),
    ]
    assert owners_of(identities) == {9: "person_002", 8: "person_001"}


def test_bodies_stay_until_they_are_not_seen_for_long() -> None:
    identities = [PersonIdentity(track, at(0), at(20), f"person_{track:03d}") for track in (1, 2)]
    bodies = Bodies(identities, {"person_001"})
    for seconds in (1.0, 1.2, 2.0, 9.0, 9.2):
        for track in (1, 2, 3):
            box = Box(0.0, 0.0, 10.0, 20.0)
            bodies.add(PersonObservation(at(seconds), round(5 * seconds), track, box, Evidence.DETECTED, 0.9))
    (stays,) = bodies.stays()["person_001"].values()
    assert np.array_equal(stays, [[1.0, 2.0], [9.0, 9.2]])
    assert bodies.stays().keys() == {"person_001"}

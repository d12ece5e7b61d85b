"""The time line of a recording, from its annotations."""

import json
from dataclasses import replace

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.conversation import FloorTransfer, Transfer
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.transcript import Utterance
from videoannotator.engine.timeline import numbered, timeline_of
from videoannotator.engine.track_spans import TrackSpans, together
from videoannotator.testing.examples import EXAMPLES, annotation_set, at, identities, persons

BOX = Box(10.0, 20.0, 30.0, 40.0)


def seen(track: int, *times_s: float) -> list[PersonObservation]:
    return [PersonObservation(at(time), round(25 * time), track, BOX, Evidence.DETECTED, 0.5) for time in times_s]


def of_persons(*records: object) -> AnnotationSet:
    return annotation_set({"person_tracking": records})


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "many"])
def test_the_time_line_is_plain_json_and_its_spans_suffice_to_make_it_again(name: str) -> None:
    with EXAMPLES[name]() as annotations:
        timeline = timeline_of(annotations)
        again = timeline_of(annotations, TrackSpans.of_document(json.loads(json.dumps(timeline, allow_nan=False))))
        assert again == timeline


def test_ids_name_the_record() -> None:
    with EXAMPLES["full"]() as annotations:
        scenes = dict(numbered(annotations, Scene))
        timeline = timeline_of(annotations)
        assert [item["id"] for item in timeline["scenes"]] == [f"scene_detection/Scene/{n}" for n in range(4)]
        for item in timeline["scenes"]:
            record = scenes[item["id"]]
            assert (item["start_s"], item["end_s"]) == (record.start.seconds, record.end.seconds)
            assert item["score"] == record.confidence
        assert timeline["scenes"][1]["environment"] == "Küche"
        assert timeline["scenes"][0]["environment"] is None


def test_every_utterance_and_word_stands_in_it() -> None:
    with EXAMPLES["full"]() as annotations:
        said = dict(numbered(annotations, Utterance))
        timeline = timeline_of(annotations)
        assert {item["id"] for item in timeline["utterances"]} == set(said)
        for item in timeline["utterances"]:
            assert item["text"] == said[item["id"]].text
            assert [word[2] for word in item["words"]] == [word.text for word in said[item["id"]].words]
        assert [item["start_s"] for item in timeline["utterances"]] == sorted(item["start_s"] for item in timeline["utterances"])


def test_speakers_have_their_names_and_how_long_they_talk() -> None:
    with EXAMPLES["full"]() as annotations:
        speakers = {item["id"]: item for item in timeline_of(annotations)["speakers"]}
    assert speakers["speaker_001"]["name"] == "Françoise"
    assert speakers["speaker_001"]["talking_s"] == 7.6
    assert speakers["speaker_002"]["name"] == "speaker_002"


def test_a_gap_of_more_than_a_second_breaks_a_stretch() -> None:
    with of_persons(*seen(1, 0.0, 1.0, 2.0, 3.25, 4.0)) as annotations:
        (person,) = timeline_of(annotations)["persons"]
    assert person["spans"] == [[0.0, 2.0], [3.25, 4.0]]


def test_a_track_of_whom_nobody_knows_is_a_person_of_its_own() -> None:
    with of_persons(*seen(7, 0.0, 0.5)) as annotations:
        (person,) = timeline_of(annotations)["persons"]
    assert (person["id"], person["label"], person["label_confidence"], person["tracks"]) == ("track/7", "unknown", None, [7])


def test_a_person_has_several_tracks_and_the_label_that_holds_longest() -> None:
    with of_persons(*persons(), *identities()) as annotations:
        people = {person["id"]: person for person in timeline_of(annotations)["persons"]}
    assert people["person_001"]["tracks"] == [1, 3]
    assert people["person_001"]["label"] == "Großmutter"
    assert people["person_002"]["label"] == "unknown"
    assert len(people["person_001"]["spans"]) == 2


def test_a_track_that_changes_hands_belongs_to_each_for_its_time() -> None:
    first, second = PersonIdentity(1, at(0), at(1), "person_001"), PersonIdentity(1, at(1.5), at(3), "person_002")
    with of_persons(*seen(1, 0, 0.5, 1, 1.5, 2, 2.5, 3), first, second) as annotations:
        people = {person["id"]: person["spans"] for person in timeline_of(annotations)["persons"]}
    assert people == {"person_001": [[0.0, 1.0]], "person_002": [[1.5, 3.0]]}


def test_faces_belong_to_the_person_who_has_them_longest() -> None:
    with EXAMPLES["full"]() as annotations:
        faces = {item["track"]: item for item in timeline_of(annotations)["faces"]}
    assert faces[1]["person"] == "person_001"
    assert faces[2]["person"] is None


def test_a_gap_between_speakers_and_an_overlap_last_from_one_end_to_the_other_beginning() -> None:
    gap = FloorTransfer(at(5), "speaker_001", "speaker_002", 1.5, Transfer.GAP)
    overlap = replace(gap, time=at(8), offset_s=-0.25, transfer=Transfer.OVERLAP)
    with annotation_set({"audio_processing": (gap, overlap)}) as annotations:
        events = [item for item in timeline_of(annotations)["events"] if item["layer"] == "turn_taking"]
    assert [(item["start_s"], item["end_s"]) for item in events] == [(3.5, 5.0), (8.0, 8.25)]


def test_events_of_every_layer() -> None:
    with EXAMPLES["full"]() as annotations:
        events = timeline_of(annotations)["events"]
    layers = {item["layer"] for item in events}
    assert layers == {
        *("audio_events", "audio_quality", "audio_quality_minutes", "active_speaker", "voice_emotion", "turn_taking"),
    }
    assert len({item["id"] for item in events}) == len(events)


def test_a_pipeline_that_failed_shows_nothing() -> None:
    with EXAMPLES["unfinished"]() as annotations:
        timeline = timeline_of(annotations)
    assert all(timeline[part] == [] for part in ("scenes", "turns", "utterances", "persons", "faces", "events"))


def test_stretches_of_several_tracks_are_joined() -> None:
    assert together([[3.0, 4.0], [0.0, 1.0], [2.0, 2.5], [10.0, 11.0], [2.0, 6.0]]) == [[0.0, 6.0], [10.0, 11.0]]

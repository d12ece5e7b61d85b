"""From pixels: faces that face analysis finds and measures in a clip in which mouths move in step with speech."""

from pathlib import Path
from typing import Any

import pytest
from tests.speakers import known_turns, talking_clip, turn

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen, WhyUnknown
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.pipelines.active_speaker import ActiveSpeaker, ActiveSpeakerOptions
from videoannotator.pipelines.face_analysis import FaceAnalysis, FaceAnalysisOptions
from videoannotator.pipelines.person_tracking import PersonTracking, PersonTrackingOptions

SAID = ((1, 0.8, 3.4), (2, 3.8, 6.4), (3, 6.8, 9.4), (1, 9.8, 12.0), (2, 12.4, 14.6), (3, 15.0, 17.0))
SECONDS = 17.5
TURNS = [turn(start, end, f"speaker_{who:03d}") for who, start, end in SAID]
MEASURES: dict[str, Any] = {
    "expression": False,
    "age": False,
    "gender": False,
    "identity": False,
    "gaze": False,
    "action_units": False,
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talking") / "talking.mp4"
    talking_clip(path, SAID, SECONDS)
    return path


def test_whose_mouth_moves_speaks(clip: Path) -> None:
    with run(clip, Selected(FaceAnalysis, FaceAnalysisOptions(rate_hz=10.0, **MEASURES))) as annotations:
        left, right = sides(annotations)
        own = {"speaker_001": left, "speaker_002": right, "speaker_003": None}
        found = [(each.speaker_id, each.face_track_id) for each in annotations.records(SpeakingOnScreen)]
        links = {link.speaker_id: link for link in annotations.records(SpeakerLink)}
    assert found == [(each.speaker_id, own[each.speaker_id]) for each in TURNS]
    assert links["speaker_001"].face_track_ids == (left,)
    assert links["speaker_002"].face_track_ids == (right,)
    assert links["speaker_003"].why_unknown is WhyUnknown.NOT_VISIBLE


def test_the_speaker_is_a_person_where_people_are_tracked_at_the_usual_rate(clip: Path) -> None:
    people = Selected(PersonTracking, PersonTrackingOptions(pictures=False))
    with run(clip, Selected(FaceAnalysis, FaceAnalysisOptions(**{**MEASURES, "identity": True})), people) as annotations:
        left, right = sides(annotations)
        persons = {face: each for each in annotations.records(PersonIdentity) for face in each.face_track_ids}
        spoken = list(annotations.records(SpeakingOnScreen))
    for stretch, each in zip(spoken, TURNS, strict=True):
        face = {"speaker_001": left, "speaker_002": right, "speaker_003": None}[each.speaker_id]
        who = None if face is None else persons[face]
        assert stretch.face_track_id == face
        assert stretch.person_id == (None if who is None else who.person_id)
        assert stretch.track_id == (None if who is None else who.track_id)


def run(clip: Path, *makers: Selected) -> AnnotationSet:
    selection = [Selected(ActiveSpeaker, ActiveSpeakerOptions()), known_turns(TURNS), *makers]
    return run_selection(clip, selection, shared_sessions("cpu", 1, None), lambda _: None, lambda: False)


def sides(annotations: AnnotationSet) -> tuple[int, int]:
    """The tracks of the face on the left and of the one on the right."""
    faces = list(annotations.records(FaceObservation))
    (left,) = {face.track_id for face in faces if face.box.left < 320}
    (right,) = {face.track_id for face in faces if face.box.left >= 320}
    return left, right

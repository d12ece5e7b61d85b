"""From pixels: faces that face analysis finds and measures in a clip in which mouths move in step with speech."""

from pathlib import Path
from typing import Any

import pytest
from tests.speakers import known_turns, talking_clip, turn

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen, WhyUnknown
from videoannotator.annotations.faces import FaceObservation
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.pipelines.active_speaker import ActiveSpeaker, ActiveSpeakerOptions
from videoannotator.pipelines.face_analysis import FaceAnalysis, FaceAnalysisOptions

SAID = ((1, 0.8, 3.4), (2, 3.8, 6.4), (3, 6.8, 9.4), (1, 9.8, 12.0), (2, 12.4, 14.6), (3, 15.0, 17.0))
SECONDS = 17.5
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


@pytest.mark.parametrize("rate_hz", [10.0, 5.0])
def test_whose_mouth_moves_speaks(clip: Path, rate_hz: float) -> None:
    options = FaceAnalysisOptions(rate_hz=rate_hz, **MEASURES)
    turns = [turn(start, end, f"speaker_{who:03d}") for who, start, end in SAID]
    selection = [Selected(ActiveSpeaker, ActiveSpeakerOptions()), Selected(FaceAnalysis, options), known_turns(turns)]
    with run_selection(clip, selection, shared_sessions("cpu", 1, None), lambda _: None, lambda: False) as annotations:
        faces = list(annotations.records(FaceObservation))
        stretches = list(annotations.records(SpeakingOnScreen))
        links = {link.speaker_id: link for link in annotations.records(SpeakerLink)}
    left = {face.track_id for face in faces if face.box.left < 320}
    right = {face.track_id for face in faces if face.box.left >= 320}
    assert len(left) == len(right) == 1
    own = {"speaker_001": left, "speaker_002": right, "speaker_003": {None}}
    assert [stretch.speaker_id for stretch in stretches] == [each.speaker_id for each in turns]
    for stretch in stretches:
        assert {stretch.face_track_id} == own[stretch.speaker_id]
    assert links["speaker_003"].why_unknown is WhyUnknown.NOT_VISIBLE
    assert set(links["speaker_001"].face_track_ids) == left

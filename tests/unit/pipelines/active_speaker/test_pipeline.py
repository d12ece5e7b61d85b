"""The pipeline in a run: after those whose records it works on, with people where they are tracked, skipped without its input."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.speakers import known_turns
from tests.unit.pipelines.active_speaker.conversations import SPEAKERS, Conversation, Face, as_turns, observations, of, taking_turns

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.errors import InvalidRequestException, RunStopped
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.synthetic import Shot, Sound, shots_clip, tone, write_clip
from videoannotator.media.types import FrameNeed
from videoannotator.pipelines.active_speaker import ActiveSpeaker, ActiveSpeakerOptions
from videoannotator.pipelines.active_speaker.pipeline import CHECK_EVERY
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions, RunContext
from videoannotator.testing.examples import at

SPOKEN = taking_turns(0, 40.0)
TALK = Conversation((Face(1, of(0, SPOKEN)), Face(2, of(1, SPOKEN))), as_turns(SPOKEN), 40.0)
ACTIVE = Selected(ActiveSpeaker, ActiveSpeakerOptions())
TURNS = known_turns(TALK.turns)


class KnownFaces(Pipeline[PipelineOptions]):
    """Gives the faces of the conversation."""

    name = "known_faces"
    display_name, description = "Known faces", "Gives faces that are known beforehand."
    family, variant, version = "test", "known", "1"
    tasks = ("face-tracking",)
    modalities = ("video",)
    Options = PipelineOptions
    produces: ClassVar[tuple[type, ...]] = (FaceObservation,)

    @classmethod
    def needs(cls, options: PipelineOptions) -> Needs:
        return Needs(frames={"all": FrameNeed(rate_hz=1.0)})

    def start(self, media: MediaInfo) -> None:
        """Nothing to get ready."""

    def feed(self, batch: Batch) -> Iterable[object]:
        return ()

    def finish(self) -> Iterable[object]:
        return observations(TALK, 10.0, 0)


class KnownPeople(KnownFaces):
    """Says whose the faces are."""

    name = "known_people"
    produces: ClassVar[tuple[type, ...]] = (PersonIdentity, PersonObservation)

    def finish(self) -> Iterable[object]:
        return (
            PersonIdentity(7, at(0), at(40), "person_001", face_track_ids=(1,)),
            PersonIdentity(8, at(0), at(40), "person_002", face_track_ids=(2,)),
        )


class FailingPeople(KnownPeople):
    """Fails at its end."""

    def finish(self) -> Iterable[object]:
        raise ValueError("a bug")


FACES, PEOPLE = Selected(KnownFaces, PipelineOptions()), Selected(KnownPeople, PipelineOptions())


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    sound = [Sound(tone(1.0), 16000)]
    shots_clip(folder / "both.mp4", [Shot(25)], size=(96, 64), sounds=sound)
    shots_clip(folder / "silent.mp4", [Shot(25)], size=(96, 64))
    write_clip(folder / "blind.m4a", sounds=sound)
    return {path.stem: path for path in folder.iterdir()}


def run(path: Path, *selection: Selected) -> AnnotationSet:
    return run_selection(path, selection, shared_sessions("cpu", 1, None), lambda _: None, lambda: False)


def links_of(annotations: AnnotationSet) -> list[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    return [(link.speaker_id, link.face_track_ids, link.person_ids) for link in annotations.records(SpeakerLink)]


def test_it_works_on_the_records_of_others(clips: dict[str, Path]) -> None:
    with run(clips["both"], ACTIVE, FACES, TURNS) as annotations:
        assert links_of(annotations) == [(SPEAKERS[0], (1,), ()), (SPEAKERS[1], (2,), ())]
        stretches = list(annotations.records(SpeakingOnScreen))
        assert [(stretch.start, stretch.end, stretch.speaker_id) for stretch in stretches] == [
            (each.start, each.end, each.speaker_id) for each in TALK.turns
        ]
        assert annotations.outcomes["active_speaker"].records == {"SpeakingOnScreen": len(TALK.turns), "SpeakerLink": 2}


def test_people_are_named_where_they_are_tracked(clips: dict[str, Path]) -> None:
    with run(clips["both"], ACTIVE, PEOPLE, FACES, TURNS) as annotations:
        assert links_of(annotations) == [(SPEAKERS[0], (1,), ("person_001",)), (SPEAKERS[1], (2,), ("person_002",))]


def test_it_does_without_people_whose_tracking_failed(clips: dict[str, Path]) -> None:
    with run(clips["both"], ACTIVE, Selected(FailingPeople, PipelineOptions()), FACES, TURNS) as annotations:
        outcome = annotations.outcomes["active_speaker"]
        assert outcome.status is PipelineStatus.COMPLETED
        assert "known_people failed" in outcome.warnings[0]
        assert links_of(annotations)[0] == (SPEAKERS[0], (1,), ())


def test_alone_it_says_what_to_select(clips: dict[str, Path]) -> None:
    with pytest.raises(InvalidRequestException, match="works on FaceObservation records") as caught:
        run(clips["both"], ACTIVE)
    assert "Select a pipeline that makes them" in str(caught.value.hint)
    with pytest.raises(InvalidRequestException, match="works on SpeakerTurn records"):
        run(clips["both"], ACTIVE, FACES)


@pytest.mark.parametrize(("clip", "reason"), [("silent", "known_turns was skipped"), ("blind", "known_faces was skipped")])
def test_without_pictures_or_sound_it_is_skipped(clips: dict[str, Path], clip: str, reason: str) -> None:
    with run(clips[clip], ACTIVE, FACES, TURNS) as annotations:
        outcome = annotations.outcomes["active_speaker"]
        assert outcome.status is PipelineStatus.SKIPPED
        assert str(outcome.reason).startswith(reason)


def test_it_stops_while_it_reads() -> None:
    given: list[Any] = []

    def faces(kind: type) -> Iterable[object]:
        for face in observations(TALK, 10.0, 0) if kind is FaceObservation else ():
            given.append(face)
            yield face

    pipeline = ActiveSpeaker(ActiveSpeakerOptions(), RunContext(SessionPool("cpu"), lambda: len(given) > 50, print, faces))
    with pytest.raises(RunStopped):
        list(pipeline.finish())
    assert len(given) <= CHECK_EVERY + 1

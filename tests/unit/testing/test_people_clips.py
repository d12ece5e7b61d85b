"""Clips of people whose places are exactly known."""

from pathlib import Path

import numpy as np
import pytest
from tests.unit.media.likeness import likeness

from videoannotator.annotations.boxes import Box
from videoannotator.media.probe import open_media
from videoannotator.testing.people_clips import SCENARIOS, Actor, Furniture, PeopleTruth, Stage, Stop, look, people_clip

WHOLE = Box(0, 0, 640, 360)


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PeopleTruth]:
    path = tmp_path_factory.mktemp("clips") / "crossing.mp4"
    return path, people_clip(path, SCENARIOS["crossing"])


def test_the_people_are_where_the_truth_says(crossing: tuple[Path, PeopleTruth]) -> None:
    path, truth = crossing
    frames = [frame for frame in open_media(path).frames() if frame.index % 5 == 0]
    assert [frame.time for frame in frames] == list(truth.frame_times[::5])
    compared = 0
    for frame in frames:
        for person in truth.at(frame.index):
            assert person.box.overlap(WHOLE) == pytest.approx(person.box.area)
            if person.face_visibility > 0.98:
                assert likeness(frame.image, person, look(person.person)) > 0.9
                compared += 1
    assert compared >= 16


def test_whoever_is_behind_is_hidden_for_a_while(crossing: tuple[Path, PeopleTruth]) -> None:
    _, truth = crossing
    behind = [person.visibility for person in truth.people if person.person == 2]
    assert all(person.visibility == 1 for person in truth.people if person.person == 1)
    assert behind[0] == behind[-1] == 1
    assert min(behind) < 0.4
    for person in truth.people:
        assert person.person == 2 or len(person.body_points) == 7
        if person.face_visibility < 0.2:
            assert "nose" not in person.body_points


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    stages = [Stage(0.5, 1, (Actor(1, (Stop(0, 0.3, 0.8),)),)), Stage(0.5, 2, (Actor(4, (Stop(0, 0.3, 0.8),)),))]
    truths = [people_clip(tmp_path / name, stages) for name in ("a.mp4", "b.mp4")]
    assert truths[0] == truths[1]
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert truths[0].cuts == (5,)
    assert [person.person for person in truths[0].people] == [1] * 5 + [4] * 5


def test_who_has_left_or_stands_behind_furniture_is_not_there(tmp_path: Path) -> None:
    walk = Actor(1, (Stop(0, 0.5, 0.8), Stop(1, -0.5, 0.8)))
    truth = people_clip(tmp_path / "left.mp4", [Stage(1.5, 1, (walk,))])
    assert {person.frame for person in truth.people} == set(range(max(person.frame for person in truth.people) + 1))
    assert truth.at(0)[0].visibility == 1
    assert truth.at(14) == ()
    leaving = [person for person in truth.people if person.visibility < 1]
    assert leaving
    assert all(person.box.left == 0 for person in leaving)

    cupboard = Furniture(0.2, 0.0, 0.8, 1.0, (90, 60, 40))
    hidden = people_clip(tmp_path / "hidden.mp4", [Stage(0.5, 1, (Actor(1, (Stop(0, 0.5, 0.8),)), cupboard))])
    assert hidden.people == ()


def test_the_camera_takes_the_people_along(tmp_path: Path) -> None:
    stage = Stage(1, 1, (Actor(2, (Stop(0, 0.5, 0.7),)),), drift=(0.2, 0.0))
    truth = people_clip(tmp_path / "drift.mp4", [stage])
    first, last = truth.at(0)[0], truth.at(9)[0]
    assert last.box.left - first.box.left == pytest.approx(-0.2 * 640 * 0.9, abs=6)
    frames = list(open_media(tmp_path / "drift.mp4").frames())
    assert likeness(frames[9].image, last, look(2)) > 0.9
    assert likeness(frames[9].image, first, look(2)) < 0.5


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_are_well_formed(name: str) -> None:
    for stage in SCENARIOS[name]:
        people = [layer.person for layer in stage.layers if isinstance(layer, Actor)]
        assert len(set(people)) == len(people)
        assert all(np.all(np.diff([stop.time_s for stop in layer.path]) > 0) for layer in stage.layers if isinstance(layer, Actor))


def test_there_are_four_people() -> None:
    with pytest.raises(ValueError, match="persons 1 to 4"):
        look(5)

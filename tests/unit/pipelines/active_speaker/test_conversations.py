"""Conversations with known truth: who is right is said, who cannot be known is not."""

from dataclasses import replace

import numpy as np
import pytest
from tests.speakers import turn
from tests.unit.pipelines.active_speaker.conversations import (
    SPEAKERS,
    Conversation,
    Face,
    answer,
    as_turns,
    ask,
    observations,
    observed,
    of,
    share,
    taking_turns,
)

from videoannotator.annotations.active_speaker import SpeakingMethod, WhyUnknown
from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.testing.examples import at

SECONDS = 60.0
SEEDS = range(6)
Truth = dict[str, tuple[int, ...]]
TWO: Truth = {SPEAKERS[0]: (1,), SPEAKERS[1]: (2,), SPEAKERS[2]: ()}
ONE: Truth = {**TWO, SPEAKERS[1]: ()}


def two(seed: int, seconds: float = SECONDS, speakers: int = 2) -> Conversation:
    spoken = taking_turns(seed, seconds, speakers)
    return Conversation((Face(1, of(0, spoken)), Face(2, of(1, spoken))), as_turns(spoken), seconds)


def with_faces(talk: Conversation, **changes: object) -> Conversation:
    """The same with something different about the first face."""
    return replace(talk, faces=(replace(talk.faces[0], **changes), *talk.faces[1:]))  # type: ignore[arg-type]


def mean_share(talks: list[Conversation], truth: Truth, rate_hz: float = 5.0) -> dict[str, float]:
    shares = [share(talk, ask(talk, rate_hz, seed), truth) for seed, talk in enumerate(talks)]
    return {key: float(np.mean([each[key] for each in shares])) for key in shares[0]}


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 25.0])
def test_two_people_who_talk_in_turns(rate_hz: float) -> None:
    found = mean_share([two(seed) for seed in SEEDS], TWO, rate_hz)
    assert found["right"] > 0.98
    assert found["wrong"] == 0


def test_a_short_talk_is_linked_more_surely_at_a_higher_rate() -> None:
    slow, fast = (mean_share([two(seed, 20.0) for seed in range(10)], TWO, rate_hz) for rate_hz in (5.0, 10.0))
    assert slow["wrong"] == fast["wrong"] == 0
    assert fast["right"] >= slow["right"] > 0.85


def test_who_is_never_seen_is_nobody_on_screen() -> None:
    talks = [replace(talk, faces=talk.faces[:1]) for talk in map(two, SEEDS)]
    found = mean_share(talks, ONE)
    assert found["wrong"] == 0
    assert found["unknown"] < 0.02
    assert ask(talks[0]).links[SPEAKERS[1]].why_unknown is WhyUnknown.NOT_VISIBLE
    three = mean_share([two(seed, speakers=3) for seed in SEEDS], TWO)
    assert three["wrong"] == 0
    assert three["unknown"] < 0.05


def test_a_listener_who_chews_all_the_time_is_not_the_speaker() -> None:
    talks = [replace(talk, faces=(talk.faces[0], Face(2, restless=1.0))) for talk in map(two, SEEDS)]
    found = mean_share(talks, ONE)
    assert found["wrong"] == 0
    assert found["unknown"] < 0.02


def test_a_picture_that_stands_still_speaks_never() -> None:
    talks = [replace(talk, faces=(Face(1), Face(2))) for talk in map(two, SEEDS)]
    assert mean_share(talks, dict.fromkeys(TWO, ()))["rightly unknown"] == 1
    frozen = [observed(index / 5, index, 1, 0.02) for index in range(300)]
    links = answer([*frozen, *talks[0].turns]).links
    assert {link.why_unknown for link in links.values()} == {WhyUnknown.NOT_VISIBLE}


def lively(seed: int, seconds: float, speakers: int) -> tuple[Conversation, tuple[SpeakerTurn, ...]]:
    """People who laugh and yawn now and then, react to every third turn of others, and whose voices are confused in every tenth
    turn; and the turns as they really are.
    """
    spoken, random = taking_turns(seed, seconds, speakers), np.random.default_rng(seed)
    mouths = [list(of(who, spoken)) for who in range(2)]
    for who, moving in enumerate(mouths):
        for start in random.uniform(0, seconds, round(seconds / 12)):
            moving.append((start, start + random.uniform(0.5, 2.0)))
        for _, end, other in spoken:
            if other != who and random.random() < 0.3:
                moving.append((end - random.uniform(0.3, 1.0), end + 0.3))
    heard = []
    for start, end, who in spoken:
        said = int(random.integers(0, speakers)) if random.random() < 0.1 else who
        heard.append((max(0.0, start + random.normal(0, 0.15)), end + abs(random.normal(0, 0.2)) + 0.05, said))
    really = tuple(replace(each, speaker_id=SPEAKERS[who]) for each, (_, _, who) in zip(as_turns(heard), spoken, strict=True))
    faces = tuple(Face(number, tuple(moving)) for number, moving in enumerate(mouths, start=1))
    return Conversation(faces, as_turns(heard), seconds), really


@pytest.mark.parametrize("speakers", [2, 3])
def test_a_lively_talk_with_confused_voices(speakers: int) -> None:
    """Confused turns are the errors: a tenth of all, of which most are given up because the lips contradict."""
    shares = []
    for seed in SEEDS:
        talk, really = lively(seed, 120.0, speakers)
        given = ask(talk, 10.0, seed)
        speaker_at = {each.start: each.speaker_id for each in really}
        true = [replace(stretch, speaker_id=speaker_at[stretch.start]) for stretch in given.stretches]
        assert len(true) == len(talk.turns)
        shares.append(share(talk, replace(given, stretches=true), TWO))
    found = {key: float(np.mean([each[key] for each in shares])) for key in shares[0]}
    assert found["wrong"] < 0.03
    assert found["right"] > 0.85 * (1 - found["rightly unknown"])


def test_who_speaks_into_somebody_else_s_words_is_known_too() -> None:
    talks = []
    for seed in SEEDS:
        spoken = [(start, end + 0.8, who) for start, end, who in taking_turns(seed, SECONDS)]
        talks.append(Conversation((Face(1, of(0, spoken)), Face(2, of(1, spoken))), as_turns(spoken), SECONDS))
    found = mean_share(talks, TWO)
    assert found["right"] > 0.98
    assert found["wrong"] == 0


def test_a_face_that_breaks_in_two_is_one_speaker() -> None:
    talks = []
    for talk in map(two, SEEDS):
        first, second = talk.faces
        halves = (replace(first, seen=((0.0, 30.0),)), replace(first, track=3, seen=((31.0, 1e9),)))
        talks.append(replace(talk, faces=(*halves, second)))
    found = mean_share(talks, {**TWO, SPEAKERS[0]: (1, 3)})
    assert found["right"] > 0.95
    assert found["wrong"] == 0
    assert ask(talks[0]).links[SPEAKERS[0]].face_track_ids == (1, 3)


def test_where_a_head_is_turned_away_the_link_alone_speaks() -> None:
    talk = two(0)
    away = tuple((float(start), start + 5.0) for start in range(0, 60, 10))
    given = ask(with_faces(talk, turned=away))
    assert share(talk, given, TWO)["right"] > 0.95
    sure = given.links[SPEAKERS[0]].confidence
    assert sure is not None
    assert all(
        stretch.confidence is None or stretch.confidence <= sure for stretch in given.stretches if stretch.face_track_id == 1
    )
    methods = {stretch.method for stretch in given.stretches if stretch.speaker_id == SPEAKERS[0]}
    assert methods == {SpeakingMethod.LIPS, SpeakingMethod.LINK}
    by_link = [stretch for stretch in given.stretches if stretch.method is SpeakingMethod.LINK]
    assert all("stretch_log_odds" not in stretch.evidence for stretch in by_link)


def test_lips_that_are_never_measured_are_said_to_be_missing() -> None:
    talk = with_faces(replace(two(0), faces=two(0).faces[:1]), turned=((0.0, 1e9),))
    given = ask(talk)
    assert {link.why_unknown for link in given.links.values()} == {WhyUnknown.NO_LIPS}
    assert {stretch.why_unknown for stretch in given.stretches} == {WhyUnknown.NO_LIPS}
    assert "The mouth of no face was measured" in given.warnings[0]


def test_a_turn_is_cut_where_the_face_leaves() -> None:
    talk = with_faces(two(0), seen=((0.0, 40.0), (50.0, 1e9)))
    long = [*observations(talk, 10.0, 0), *talk.turns, turn(36.0, 44.0, SPEAKERS[0])]
    pieces = [stretch for stretch in answer(long).stretches if stretch.start >= at(36.0) and stretch.end <= at(44.0)]
    own = [stretch for stretch in pieces if stretch.speaker_id == SPEAKERS[0]]
    assert own[0].start == at(36.0)
    assert own[-1].end == at(44.0)
    assert own[-1].why_unknown is WhyUnknown.NOT_VISIBLE
    assert own[-1].start.seconds == pytest.approx(40.0, abs=0.11)


def test_lips_that_keep_still_in_a_turn_outweigh_the_link() -> None:
    talk = two(1)
    start = talk.seconds
    more = replace(talk, turns=(*talk.turns, turn(start, start + 4, SPEAKERS[0])), seconds=start + 5)
    last = ask(more, 10.0).stretches[-1]
    assert (last.speaker_id, last.why_unknown) == (SPEAKERS[0], WhyUnknown.UNDECIDED)
    assert last.evidence["stretch_log_odds"] < -2


def test_nobody_speaks_and_nobody_is_seen() -> None:
    assert (answer([]).stretches, answer([]).links) == ([], {})
    alone = answer(list(two(0).turns))
    assert {stretch.why_unknown for stretch in alone.stretches} == {WhyUnknown.NOT_VISIBLE}
    seen = answer(list(observations(two(0), 5.0, 0)))
    assert (seen.stretches, seen.links, seen.warnings) == ([], {}, [])


def test_more_evidence_may_be_asked_for() -> None:
    assert ask(two(0), min_evidence_s=60.0).links[SPEAKERS[0]].face_track_ids == ()
    assert ask(two(0), min_confidence=1.0).links[SPEAKERS[0]].why_unknown is WhyUnknown.UNDECIDED


def test_too_few_looks_are_told() -> None:
    assert "every 0.5 s only" in ask(two(0), 2.0).warnings[0]


def body(seconds: float, track: int) -> PersonObservation:
    return PersonObservation(at(seconds), round(seconds * 5), track, Box(90.0, 40.0, 80.0, 280.0), Evidence.DETECTED, 0.9)


def test_where_people_are_tracked_the_speaker_is_a_person() -> None:
    """Two tracks of one face are one person from the start; from behind, the body goes on being seen."""
    talk = with_faces(two(0), seen=((0.0, 20.0), (40.0, 1e9)))
    halves = (replace(talk.faces[0], seen=((0.0, 20.0),)), replace(talk.faces[0], track=3, seen=((40.0, 1e9),)))
    people = (
        PersonIdentity(5, at(0), at(60), "person_001", face_track_ids=(1, 3)),
        PersonIdentity(6, at(0), at(60), "person_002", face_track_ids=(2,)),
        *(body(index / 5, track) for index in range(300) for track in (5, 6)),
    )
    given = ask(replace(talk, faces=(*halves, talk.faces[1]), people=people))
    assert (given.links[SPEAKERS[0]].person_ids, given.links[SPEAKERS[0]].face_track_ids) == (("person_001",), (1, 3))
    own = [stretch for stretch in given.stretches if stretch.speaker_id == SPEAKERS[0]]
    assert {(stretch.person_id, stretch.track_id) for stretch in own} == {("person_001", 5)}
    assert {stretch.face_track_id for stretch in own} == {1, None, 3}
    assert {stretch.face_track_id for stretch in own if at(21) < stretch.start < at(38)} == {None}

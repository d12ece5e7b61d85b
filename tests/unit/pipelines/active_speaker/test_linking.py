"""Evidence, and the assignment that follows from it."""

from collections.abc import Mapping

import numpy as np
import pytest

from videoannotator.pipelines.active_speaker.evidence import USUAL_SILENCE, Contrast, Speech, contrasts, log_odds_of, probability
from videoannotator.pipelines.active_speaker.linking import Candidate, confidence_of, links, overlap_s
from videoannotator.pipelines.active_speaker.lips import LipMotion

NOTHING = LipMotion(np.zeros(0), np.zeros(0), 0.0)


def somebody(face: int, log_odds: Mapping[str, float], seen: tuple[float, float] = (0.0, 60.0)) -> Candidate:
    known = {speaker: Contrast(0.0, 0.0, 0.1, 5.0, 5.0, odds) for speaker, odds in log_odds.items()}
    return Candidate(None, (face,), np.array([seen]), NOTHING, known)


def faces_of(candidates: list[Candidate], least: float = 0.8) -> dict[str, list[int]]:
    found = links(candidates, ["a", "b", "c"], least)
    return {speaker: [face for candidate in link.candidates for face in candidate.faces] for speaker, link in found.items()}


def test_who_speaks_when() -> None:
    speech = Speech([("b", 3.0, 5.0), ("a", 0.0, 2.0), ("a", 1.5, 4.0)])
    assert speech.speakers == ["a", "b"]
    assert (speech.seconds("a"), speech.seconds("b")) == (4.0, 2.0)
    times = np.array([-1.0, 0.0, 1.9, 3.5, 4.0, 4.5, 5.0])
    assert speech.of("a", times).tolist() == [False, True, True, True, False, False, False]
    assert speech.at_once(times).tolist() == [0, 1, 1, 2, 1, 1, 0]


def motion(speaking: float, silent: float, step_s: float = 0.2, seconds: float = 60.0) -> LipMotion:
    """Lips that move by `speaking` every other five seconds, from the start on, and by `silent` in between."""
    times = np.arange(0, seconds, step_s)
    return LipMotion(times, np.log(np.where(times % 10 < 5, speaking, silent)), step_s)


TURNS = Speech([("a", start, start + 5.0) for start in range(0, 60, 10)])


def test_who_moves_the_lips_in_the_turns_of_a_speaker_is_the_speaker() -> None:
    assert contrasts(motion(0.06, 0.01), TURNS, 1.0)["a"].log_odds > 5
    assert contrasts(motion(0.01, 0.06), TURNS, 1.0)["a"].log_odds < -5
    assert contrasts(motion(0.06, 0.06), TURNS, 1.0)["a"].log_odds < 0, "lips that move all the time speak against it"
    assert abs(contrasts(motion(0.0173, 0.01), TURNS, 1.0)["a"].log_odds) < 0.1, "the root of the ratio is undecided"


def test_evidence_counts_time_not_looks() -> None:
    slow, fast = (contrasts(motion(0.03, 0.01, step_s=step), TURNS, 1.0)["a"] for step in (0.2, 0.04))
    assert fast.log_odds == pytest.approx(slow.log_odds, rel=0.05)
    assert fast.speaking_s == pytest.approx(slow.speaking_s, rel=0.05)


def test_more_time_is_more_evidence_up_to_what_listeners_do() -> None:
    odds = [contrasts(motion(0.03, 0.01, seconds=seconds), TURNS, 1.0)["a"].log_odds for seconds in (10, 20, 60)]
    assert odds == sorted(odds)
    assert odds[-1] < np.log(3) ** 2 / 2 / 0.35**2


def test_too_little_of_speech_is_no_evidence() -> None:
    assert contrasts(motion(0.06, 0.01, seconds=0.8), TURNS, 1.0) == {}
    assert contrasts(motion(0.06, 0.01, seconds=1.2), TURNS, 1.0) != {}
    assert contrasts(NOTHING, TURNS, 1.0) == {}


def test_lips_never_seen_in_silence_are_taken_to_be_as_still_as_those_of_others() -> None:
    always = Speech([("a", 0.0, 60.0)])
    talks, keeps_still = contrasts(motion(0.065, 0.065), always, 1.0)["a"], contrasts(motion(0.01, 0.01), always, 1.0)["a"]
    assert talks.silent == pytest.approx(USUAL_SILENCE)
    assert log_odds_of(0.8) < talks.log_odds < log_odds_of(0.9)
    assert keeps_still.log_odds < 0


def test_little_silence_is_drawn_towards_what_is_usual() -> None:
    some, much = (contrasts(motion(0.06, 0.06, seconds=seconds), TURNS, 1.0)["a"].silent for seconds in (6.0, 60.0))
    assert USUAL_SILENCE < some < much < np.log(0.06)


def test_what_is_seen_of_silence_outweighs_what_is_usual() -> None:
    """A mouth that moves all the time is soon no speaker's: after two seconds of the speaker's silence."""
    odds = {silent_s: _of_the_restless(silent_s) for silent_s in (0.0, 2.0, 10.0)}
    assert odds[0.0] > log_odds_of(0.8) > 0.5 > odds[2.0] > odds[10.0]


def _of_the_restless(silent_s: float) -> float:
    """Lips that move by 0.06 through 20 s of speech and some silence, a little more or less from moment to moment."""
    times = np.arange(0, 20 + silent_s, 0.2)
    levels = np.log(0.06) + np.random.default_rng(1).normal(0, 0.45, len(times))
    return contrasts(LipMotion(times, levels, 0.2), Speech([("a", 0.0, 20.0)]), 1.0)["a"].log_odds


def test_speech_of_two_at_once_is_evidence_for_neither() -> None:
    both = Speech([("a", 0.0, 30.0), ("b", 0.0, 30.0)])
    assert contrasts(motion(0.06, 0.01), both, 1.0) == {}


def test_a_stretch_speaks_for_itself() -> None:
    known = contrasts(motion(0.06, 0.01), TURNS, 1.0)["a"]
    still, moving = np.full(10, np.log(0.01)), np.full(10, np.log(0.06))
    assert known.of_stretch(moving, 0.2) == pytest.approx(-known.of_stretch(still, 0.2), rel=0.01) != 0
    assert known.of_stretch(moving[:2], 0.2) < known.of_stretch(moving, 0.2)
    assert known.of_stretch(moving[:0], 0.2) == 0


def test_everybody_is_one_speaker_at_most() -> None:
    assert faces_of([somebody(1, {"a": 5.0, "b": 1.0}), somebody(2, {"a": 1.0, "b": -3.0})]) == {"a": [1], "b": [], "c": []}
    assert faces_of([somebody(1, {"a": 5.0, "b": 4.0}), somebody(2, {"a": 4.5, "b": -3.0})]) == {"a": [2], "b": [1], "c": []}


def test_nobody_is_given_to_a_second_speaker_later() -> None:
    assert faces_of([somebody(1, {"a": 5.0, "b": 3.0})]) == {"a": [1], "b": [], "c": []}


def test_two_who_may_both_be_the_speaker_are_undecided() -> None:
    assert faces_of([somebody(1, {"a": 5.0}), somebody(2, {"a": 4.5})])["a"] == []
    assert faces_of([somebody(1, {"a": 5.0}), somebody(2, {"a": 3.0})])["a"] == [1]


def test_little_evidence_is_not_enough() -> None:
    assert faces_of([somebody(1, {"a": 1.3})])["a"] == []
    assert faces_of([somebody(1, {"a": 1.5})])["a"] == [1]
    assert faces_of([somebody(1, {"a": 1.5})], least=0.9)["a"] == []
    assert faces_of([])["a"] == []


def test_a_face_that_breaks_off_and_comes_back_is_one_speaker() -> None:
    first, second = somebody(1, {"a": 3.0}, (0.0, 30.0)), somebody(2, {"a": 3.0}, (31.0, 60.0))
    other = somebody(3, {"a": -5.0, "b": 3.0})
    assert faces_of([first, second, other]) == {"a": [1, 2], "b": [3], "c": []}
    seen_at_once = somebody(2, {"a": 3.0}, (20.0, 60.0))
    assert faces_of([first, seen_at_once, other])["a"] == []


def test_confidence_is_what_is_lost_without_the_link() -> None:
    found = links([somebody(1, {"a": 5.0}), somebody(2, {"a": 3.0})], ["a"], 0.8)
    assert confidence_of(found["a"]) == pytest.approx(probability(2.0), abs=1e-4)
    assert confidence_of(links([], ["a"], 0.8)["a"]) is None


def test_probabilities_and_log_odds_are_two_sides_of_one_thing() -> None:
    assert probability(log_odds_of(0.8)) == pytest.approx(0.8)
    assert (log_odds_of(1.0), probability(-1e6)) == (float("inf"), 0.0)


def test_time_that_two_are_seen_at_once() -> None:
    one = np.array([[0.0, 2.0], [5.0, 8.0]])
    assert overlap_s(one, np.array([[1.0, 6.0]])) == 2.0
    assert overlap_s(one, np.array([[8.0, 9.0]])) == 0.0

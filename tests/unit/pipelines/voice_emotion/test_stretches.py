"""Which stretches are measured, who speaks into whom, and how much noise is around them."""

from fractions import Fraction

import numpy as np
import pytest

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.pipelines.voice_emotion.stretches import Surroundings, of_speech, of_turns
from videoannotator.pipelines.voice_emotion.tracks import STEP, Spool

ORIGIN = MediaTime(Fraction(1, 2))


def turn(start_s: float, end_s: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(MediaTime.from_seconds(start_s), MediaTime.from_seconds(end_s), speaker, 0.9)


def spool(speech: list[float], power: float | list[float] = 1.0) -> Spool:
    rows = np.zeros(len(speech), STEP)
    rows["speech"], rows["power"] = speech, power
    steps = Spool(STEP)
    steps.append(rows)
    return steps


def test_turns_become_steps_of_the_sound_in_the_order_of_time() -> None:
    second, first = of_turns([turn(4.0, 5.0, "b"), turn(1.5, 2.5, "a")], ORIGIN)[::-1]
    assert (first.begin, first.behind, first.subject) == (100, 200, "a")
    assert (second.begin, second.behind, second.subject) == (350, 450, "b")
    assert first.alone().all()
    assert second.alone().all()


def test_overlap_is_known_on_both_sides_and_only_where_it_is() -> None:
    long, inside, later = of_turns([turn(0.5, 4.5, "a"), turn(1.5, 2.0, "b"), turn(4.0, 5.5, "b")], ORIGIN)
    assert np.flatnonzero(~long.alone()).tolist() == [*range(100, 150), *range(350, 400)]
    assert not inside.alone().any()
    assert np.flatnonzero(~later.alone()).tolist() == list(range(50))


def test_a_long_turn_is_remembered_behind_short_ones() -> None:
    turns = [turn(0.5, 9.5, "a"), turn(1.0, 1.5, "b"), turn(8.0, 9.0, "c")]
    assert not of_turns(turns, ORIGIN)[2].alone().any()


def test_nobody_speaks_into_themselves() -> None:
    first, second = of_turns([turn(0.5, 2.0, "a"), turn(1.5, 3.0, "a")], ORIGIN)
    assert first.alone().all()
    assert second.alone().all()


def test_speech_begins_at_the_threshold_goes_on_below_it_and_is_joined_over_short_pauses() -> None:
    speech = [0.0] * 50 + [0.95] * 40 + [0.4] * 10 + [0.0] * 30 + [0.6] * 40 + [0.0] * 60 + [0.7] * 50 + [0.0] * 60 + [1.0] * 10
    (found,) = of_speech(spool(speech), ORIGIN, 0.5, 0.5, 0.25)
    assert (found.begin, found.behind, found.subject) == (50, 170, None)
    assert found.start == ORIGIN.shifted(Fraction(1, 2))


def test_what_the_border_between_two_pieces_of_the_file_cuts_is_one_stretch() -> None:
    (found,) = of_speech(spool([0.0] * 59_900 + [1.0] * 200 + [0.0] * 100), ORIGIN, 0.5, 0.1, 0.25)
    assert (found.begin, found.behind) == (59_900, 60_100)


def test_noise_is_measured_in_pauses_near_by() -> None:
    speech = [0.0] * 100 + [1.0] * 100 + [0.0] * 100 + [1.0] * 100
    power = [1e-4] * 100 + [1.0] * 100 + [2e-4] * 60 + [9.0] * 40 + [1.0] * 100
    first, second = of_turns([turn(1.5, 2.5, "a"), turn(3.1, 4.5, "b")], ORIGIN)
    surroundings = Surroundings(spool(speech, power), [first, second])
    assert surroundings.noise_power(first) == pytest.approx(1e-4)


def test_without_a_pause_noise_is_unknown() -> None:
    (only,) = of_turns([turn(0.5, 4.5, "a")], ORIGIN)
    assert Surroundings(spool([0.0] * 400), [only]).noise_power(only) is None

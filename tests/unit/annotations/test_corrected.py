"""Corrections: what each kind changes, what it leaves alone, what it refuses, and how they follow each other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.annotations.test_saved import exported

from videoannotator.annotations.active_speaker import SpeakingOnScreen
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.conversation import SpeakerMeasures
from videoannotator.annotations.corrected import apply, correct, outcome_of
from videoannotator.annotations.corrected_words import with_text
from videoannotator.annotations.corrections import BY_HAND, Correction, CorrectionKind
from videoannotator.annotations.draft import Draft
from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.annotations.prosody import VoiceProfile, VoiceSegment
from videoannotator.annotations.saved import FILE_NAME, load, save
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.sound import SoundEvent
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.errors import InvalidRequestException
from videoannotator.testing.examples import annotation_set, at, completed, full, scenes
from videoannotator.testing.speech_examples import utterance

SCENE, TURN = "scene_detection/Scene/", "audio_processing/SpeakerTurn/"
SAID, EVENT = "audio_processing/Utterance/", "audio_events/SoundEvent/"


def spoken(start_s: float, end_s: float, text: str, speaker: str | None) -> Utterance:
    plain = utterance(start_s, end_s, text)
    words = tuple(Word(word.text, word.start, word.end, 0.5, WordTiming.ALIGNED, speaker) for word in plain.words)
    return Utterance(plain.start, plain.end, text, "en", 0.75, words, speaker)


def turn(start_s: float, end_s: float, speaker: int, label: str | None = None) -> SpeakerTurn:
    return SpeakerTurn(at(start_s), at(end_s), f"speaker_{speaker:03d}", 0.9, label)


def conversation() -> AnnotationSet:
    """Three speakers, measured; scenes, people and events of the examples."""
    whole = full()
    measures = SpeakerMeasures("speaker_001", None, 2, 3.0, 0.0, 0.5, 3, 4, 60.0, 80.0, 0.25, 1, 0, 0)
    others = SpeakerMeasures("speaker_002", None, 1, 1.0, 0.0, 0.5, 2, 3, 60.0, 80.0, None, 0, 0, 0)
    said = (
        spoken(0.0, 2.0, "one two three", "speaker_001"),
        spoken(2.5, 3.5, "four five", "speaker_002"),
        spoken(4.0, 5.0, "six", "speaker_003"),
    )
    heard = (turn(0.0, 2.0, 1), turn(2.5, 3.5, 2), turn(3.25, 5.0, 3), turn(6.0, 7.0, 1))
    outcome, results = completed("audio_processing", (*said, *heard, measures, others))
    outcome = replace(outcome, records={**(outcome.records or {}), "FloorTransfer": 0})
    rest = {name: each for name, each in whole.results.items() if name not in ("speech_recognition", "speaker_diarization")}
    outcomes = {name: each for name, each in whole.outcomes.items() if name in rest}
    return replace(whole, outcomes=outcomes | {"audio_processing": outcome}, results=rest | {"audio_processing": results})


@pytest.fixture
def machine() -> Iterator[AnnotationSet]:
    with conversation() as annotations:
        yield annotations


def fix(number: int, kind: str, target: str, **after: Any) -> Correction:
    return Correction(number, CorrectionKind(kind), target, after)


def corrected(machine: AnnotationSet, *corrections: Correction) -> AnnotationSet:
    return apply(machine, corrections)


def one(machine: AnnotationSet, kind: str, target: str, **after: Any) -> tuple[AnnotationSet, dict[str, Any]]:
    draft = Draft(machine)
    before = correct(draft, fix(1, kind, target, **after))
    return outcome_of(draft, 1).annotations, before


def of(annotations: AnnotationSet, kind: type[Any]) -> list[Any]:
    return list(annotations.records(kind))


def test_a_person_is_renamed_everywhere_and_nothing_else_changes(machine: AnnotationSet, tmp_path: Path) -> None:
    result, before = one(machine, "rename_person", "person_001", name="Anna")
    assert before == {"name": "person_001"}
    assert {identity.person_id for identity in of(result, PersonIdentity)} == {"Anna", "person_002"}
    assert not [each for each in of(result, SpeakingOnScreen) if each.person_id == "person_001"]
    assert [each.label for each in of(result, PersonIdentity)] == [each.label for each in of(machine, PersonIdentity)]
    assert of(result, PersonObservation) == of(machine, PersonObservation)
    files = exported(result, tmp_path / "out")
    assert b'"person_id": "Anna"' in files["coco/person_tracking.coco.json"]
    assert b"Anna" in files["csv_table/person_tracking.persons.csv"]
    assert not [name for name, content in files.items() if b"person_001" in content and name.endswith((".json", ".csv"))]
    original = exported(machine, tmp_path / "machine")
    assert b'"person_id": "person_001"' in original["coco/person_tracking.coco.json"]


def test_a_speaker_is_renamed_in_every_format(machine: AnnotationSet, tmp_path: Path) -> None:
    result, before = one(machine, "rename_speaker", "speaker_001", name="  Zoë \t Müller ")
    assert before == {"name": "speaker_001"}
    assert {(each.speaker_id, each.label) for each in of(result, SpeakerTurn) if each.label} == {("Zoe_Muller", "Zoë Müller")}
    assert {each.speaker_label for each in of(result, Utterance) if each.speaker_id == "Zoe_Muller"} == {"Zoë Müller"}
    files = exported(result, tmp_path / "out")
    assert b" Zoe_Muller " in files["rttm/speaker_diarization.rttm"]
    assert "<v Zoë Müller>".encode() in files["webvtt/speech_recognition.vtt"]
    assert "Zoe_Muller,Zoë Müller".encode() in files["csv_table/audio_processing.turns.csv"]
    assert not [name for name, content in files.items() if b"speaker_001" in content and not name.endswith(".parquet")]
    measures = {each.speaker_id: each for each in of(result, SpeakerMeasures)}
    assert (measures["Zoe_Muller"].syllables, measures["Zoe_Muller"].label) == (4, "Zoë Müller"), "measures hold"


def test_a_name_without_plain_letters_is_a_label(machine: AnnotationSet) -> None:
    result, _ = one(machine, "rename_speaker", "speaker_001", name="小明")
    assert {(each.speaker_id, each.label) for each in of(result, SpeakerTurn) if each.label} == {("speaker_001", "小明")}


def test_merged_persons_are_one(machine: AnnotationSet) -> None:
    result, before = one(machine, "merge_persons", "person_002", into="person_001")
    assert before == {"name": "person_002", "tracks": [2]}
    joined = [each for each in of(result, PersonIdentity) if each.track_id == 2]
    assert [(each.person_id, each.identity_method, each.identity_confidence) for each in joined] == [("person_001", BY_HAND, None)]
    assert result.identities.of_person(2, at(0.04)) == joined[0]


def test_merges_of_merges_lead_to_the_last_one(machine: AnnotationSet) -> None:
    steps = [
        fix(1, "rename_speaker", "speaker_003", name="Carl"),
        fix(2, "merge_speakers", "speaker_001", into="speaker_002"),
        fix(3, "merge_speakers", "speaker_002", into="speaker_003"),
    ]
    result = corrected(machine, *steps)
    assert {each.speaker_id for each in of(result, SpeakerTurn)} == {each.speaker_id for each in of(result, Utterance)} == {"Carl"}
    subjects = {each.subject for each in (*of(result, VoiceSegment),) if each.subject is not None}
    assert subjects == {"Carl"}
    for target in ("speaker_001", "speaker_002"):
        with pytest.raises(InvalidRequestException, match="the same as 'speaker_003'"):
            corrected(machine, *steps, fix(4, "rename_speaker", target, name="Dora"))
        with pytest.raises(InvalidRequestException, match="the same as 'speaker_003'"):
            corrected(machine, *steps, fix(4, "assign_speaker", f"{SAID}0", speaker=target))


def test_merged_speakers_turns_that_overlap_become_one_and_measures_follow(machine: AnnotationSet) -> None:
    result, before = one(machine, "merge_speakers", "speaker_003", into="speaker_002")
    assert before == {"name": "speaker_003", "turns": 1}
    heard = [(each.start.seconds, each.end.seconds, each.speaker_id, each.confidence) for each in of(result, SpeakerTurn)]
    assert heard == [(0.0, 2.0, "speaker_001", 0.9), (2.5, 5.0, "speaker_002", None), (6.0, 7.0, "speaker_001", 0.9)]
    measures = {each.speaker_id: each for each in of(result, SpeakerMeasures)}
    assert set(measures) == {"speaker_001", "speaker_002"}
    assert (measures["speaker_002"].words, measures["speaker_002"].speaking_s) == (3, 2.5)
    assert measures["speaker_002"].syllables is None or measures["speaker_002"].syllables >= 3
    assert measures["speaker_001"].syllables == 4
    profiles = {each.subject for each in of(result, VoiceProfile)}
    assert "speaker_002" not in profiles
    assert any("profiles of speaker_002, speaker_003" in text for text in result.outcomes["voice_emotion"].warnings)


def test_words_that_stay_keep_their_times_and_new_ones_share_what_is_there(machine: AnnotationSet) -> None:
    result, before = one(machine, "edit_utterance", f"{SAID}0", text="one  hundred and two three!")
    assert before == {"text": "one two three"}
    said = of(result, Utterance)[0]
    assert (said.text, said.confidence) == ("one hundred and two three!", None)
    old = of(machine, Utterance)[0].words
    assert [word.text for word in said.words] == ["one", "hundred", "and", "two", "three!"]
    assert (said.words[0], said.words[3]) == (old[0], old[1])
    new = [word for word in said.words if word.timing is WordTiming.CORRECTED]
    assert [word.text for word in new] == ["hundred", "and", "three!"]
    assert all(word.confidence is None and word.speaker_id == "speaker_001" for word in new)
    assert (new[0].start, new[1].end) == (old[0].end, old[1].start)
    assert (new[2].start, new[2].end) == (old[2].start, old[2].end)


def test_writing_without_spaces_is_corrected_letter_by_letter() -> None:
    words = tuple(Word(sign, at(2 * i), at(2 * i + 2), 0.5, WordTiming.ATTENTION) for i, sign in enumerate("你好吗"))
    said = Utterance(at(0), at(6), "你好吗", "zh", 0.5, words)
    with annotation_set({"speech_recognition": (said,)}) as machine:
        draft = Draft(machine)
        correct(draft, fix(1, "edit_utterance", "speech_recognition/Utterance/0", text="你们好吗?"))
        fixed = of(outcome_of(draft, 1).annotations, Utterance)[0]
    assert [word.text for word in fixed.words] == ["你", "们", "好", "吗", "?"]
    assert [word.confidence for word in fixed.words] == [0.5, None, 0.5, 0.5, None]


written = st.text(st.sampled_from("ab cd\u00e9"), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=200)
@given(
    text=written,
    old=st.lists(st.sampled_from("abc"), min_size=1),
)
def test_any_text_gives_words_in_order_that_say_it(text: str, old: list[str]) -> None:
    said = with_text(spoken(1.0, 2.0, " ".join(old), "speaker_001"), text)
    assert [word.text for word in said.words] == text.split()
    assert all(word.confidence is None for word in said.words if word.timing is WordTiming.CORRECTED)


def test_an_utterance_is_given_to_somebody_else(machine: AnnotationSet) -> None:
    result, before = one(machine, "assign_speaker", f"{SAID}1", speaker="speaker_001")
    assert before == {"speaker": "speaker_002"}
    said = of(result, Utterance)[1]
    assert (said.speaker_id, {word.speaker_id for word in said.words}) == ("speaker_001", {"speaker_001"})
    assert of(result, SpeakerTurn) == of(machine, SpeakerTurn)
    measures = {each.speaker_id: each for each in of(result, SpeakerMeasures)}
    assert (measures["speaker_001"].words, measures["speaker_001"].syllables) == (5, None), "nobody counted these"
    nobody, _ = one(machine, "assign_speaker", f"{SAID}1", speaker=None)
    assert of(nobody, Utterance)[1].speaker_id is None


def test_a_turn_is_given_to_somebody_new(machine: AnnotationSet) -> None:
    result, before = one(machine, "assign_speaker", f"{TURN}1", speaker="visitor", new=True)
    assert before == {"speaker": "speaker_002"}
    assert (of(result, SpeakerTurn)[1].speaker_id, of(result, SpeakerTurn)[1].confidence) == ("visitor", None)


def test_a_boundary_between_scenes_moves_both(machine: AnnotationSet) -> None:
    times = machine.frame_times
    assert times is not None
    result, before = one(machine, "move_boundary", f"{SCENE}1", start_s=times[40].seconds + 0.001)
    assert before == {"start_s": scenes()[1].start.seconds}
    first, second = of(result, Scene)[:2]
    assert (first.end, first.last_frame, second.start, second.first_frame) == (times[40], 39, times[40], 40)
    assert (second.method, second.confidence, second.end) == (BY_HAND, None, scenes()[1].end)
    again, _ = one(machine, "move_boundary", f"{SCENE}0", end_s=times[40].seconds)
    assert of(again, Scene) == of(result, Scene)


def test_a_boundary_is_added_and_another_deleted(machine: AnnotationSet) -> None:
    times = machine.frame_times
    assert times is not None
    result, _ = one(machine, "add_segment", "Scene", start_s=times[100].seconds)
    added = of(result, Scene)[3]
    assert (added.first_frame, added.last_frame, added.boundary, added.method) == (100, 119, Boundary.CUT, BY_HAND)
    assert added.scene_type == "unknown"
    assert of(result, Scene)[2].last_frame == 99
    shorter, before = one(machine, "delete_segment", f"{SCENE}1")
    assert before == {"start_s": scenes()[1].start.seconds, "end_s": scenes()[1].end.seconds}
    assert [(each.first_frame, each.last_frame) for each in of(shorter, Scene)] == [(0, 69), (70, 119), (120, 149)]
    without_first, _ = one(machine, "delete_segment", f"{SCENE}0")
    assert (of(without_first, Scene)[0].boundary, of(without_first, Scene)[0].first_frame) == (Boundary.START, 0)


def test_turns_utterances_and_events_are_moved_added_and_deleted(machine: AnnotationSet) -> None:
    moved, before = one(machine, "move_boundary", f"{TURN}3", start_s=5.5, end_s=8.0)
    assert before == {"start_s": 6.0, "end_s": 7.0}
    assert [(each.start.seconds, each.end.seconds, each.confidence) for each in of(moved, SpeakerTurn)][-1] == (5.5, 8.0, None)
    added, _ = one(machine, "add_segment", "Utterance", start_s=8.0, end_s=9.0, text="late", speaker="speaker_002")
    late = of(added, Utterance)[-1]
    assert (late.text, late.language, late.confidence, late.words) == ("late", "en", None, ())
    event, _ = one(machine, "add_segment", "SoundEvent", start_s=0.25, end_s=0.5, label="Door")
    assert next((each.label, each.confidence) for each in of(event, SoundEvent)) == ("Door", None)
    assert event.outcomes["audio_events"].records == {"SoundEvent": 4}
    shifted, _ = one(machine, "move_boundary", f"{EVENT}0", end_s=2.0)
    assert (of(shifted, SoundEvent)[0].end, of(shifted, SoundEvent)[0].mean_confidence) == (at(2.0), None)
    gone, before = one(machine, "delete_segment", f"{SAID}2")
    assert before == {"start_s": 4.0, "end_s": 5.0, "text": "six", "speaker": "speaker_003"}
    assert len(of(gone, Utterance)) == 2


def test_words_outside_a_moved_utterance_are_kept_inside(machine: AnnotationSet) -> None:
    result, _ = one(machine, "move_boundary", f"{SAID}0", end_s=1.0)
    said = of(result, Utterance)[0]
    assert [word.text for word in said.words] == ["one", "two", "three"]
    assert (said.words[2].start, said.words[2].end, said.words[2].timing) == (at(1.0), at(1.0), WordTiming.CORRECTED)
    assert said.words[0].timing is WordTiming.ALIGNED


def test_corrections_change_what_corrections_made(machine: AnnotationSet) -> None:
    steps = [
        fix(1, "add_segment", "SpeakerTurn", start_s=8.0, end_s=9.0, speaker="speaker_002"),
        fix(2, "move_boundary", "correction/1", end_s=9.5),
        fix(3, "assign_speaker", "correction/1", speaker="speaker_001"),
    ]
    heard = of(corrected(machine, *steps), SpeakerTurn)[-1]
    assert (heard.end, heard.speaker_id) == (at(9.5), "speaker_001")
    assert of(corrected(machine, *steps, fix(4, "delete_segment", "correction/1")), SpeakerTurn) == of(machine, SpeakerTurn)
    with pytest.raises(InvalidRequestException, match="was deleted"):
        corrected(machine, *steps, fix(4, "delete_segment", "correction/1"), fix(5, "move_boundary", "correction/1", end_s=9.0))


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("rename_person", "person_009", {"name": "Anna"}, "no person"),
    ("rename_person", "person_001", {"name": "Zoë M"}, "only letters"),
    ("rename_person", "person_001", {"name": "../../etc"}, "only letters"),
    ("rename_person", "person_001", {"name": "PERSON_002"}, "somebody else"),
    ("rename_person", "person_001", {}, "missing"),
    ("rename_person", "person_001", {"name": 5}, "is a text"),
    ("rename_person", "person_001", {"name": "A", "label": "B"}, "means nothing"),
    ("rename_speaker", "speaker_001", {"name": " "}, "empty"),
    ("rename_speaker", "speaker_001", {"name": "a\0b"}, "cannot be shown"),
    ("rename_speaker", "speaker_001", {"name": "a\u202eb"}, "cannot be shown"),
    ("rename_speaker", "speaker_001", {"name": "\ud800"}, "cannot be shown"),
    ("rename_speaker", "speaker_001", {"name": "x" * 101}, "at most 100"),
    ("rename_speaker", "speaker_001", {"name": "Speaker 002"}, "somebody else"),
    ("merge_speakers", "speaker_001", {"into": "speaker_001"}, "itself"),
    ("merge_speakers", "speaker_001", {"into": "nobody"}, "no speaker"),
    ("merge_persons", "person_001", {"into": "nobody"}, "no person"),
    ("edit_utterance", f"{SAID}0", {"text": "x" * 5001}, "at most 5000"),
    ("edit_utterance", f"{SAID}9", {"text": "x"}, "not an utterance"),
    ("edit_utterance", f"{TURN}0", {"text": "x"}, "utterance"),
    ("assign_speaker", f"{TURN}0", {"speaker": None}, "somebody's"),
    ("assign_speaker", f"{TURN}0", {"speaker": "visitor"}, "Nobody who speaks"),
    ("assign_speaker", f"{TURN}0", {"speaker": "a visitor", "new": True}, "only letters"),
    ("assign_speaker", f"{SCENE}0", {"speaker": "speaker_001"}, "turn"),
    ("move_boundary", f"{TURN}0", {}, "nothing moves"),
    ("move_boundary", f"{TURN}0", {"start_s": 2.0}, "ends after it starts"),
    ("move_boundary", f"{TURN}0", {"end_s": 6.5}, "overlap"),
    ("move_boundary", f"{TURN}0", {"end_s": 10.001}, "outside the recording"),
    ("move_boundary", f"{TURN}0", {"start_s": -0.1}, "outside the recording"),
    ("move_boundary", f"{TURN}0", {"start_s": float("nan")}, "number of seconds"),
    ("move_boundary", f"{TURN}0", {"start_s": True}, "number of seconds"),
    ("move_boundary", f"{SCENE}0", {"start_s": 0.5}, "first scene"),
    ("move_boundary", f"{SCENE}3", {"end_s": 9.0}, "last scene"),
    ("move_boundary", f"{SCENE}1", {"start_s": 9.0}, "between its neighbours"),
    ("move_boundary", "voice_emotion/VoiceSegment/0", {"end_s": 1.0}, "not a scene or"),
    ("add_segment", "Word", {"start_s": 1.0}, "nothing that can be added"),
    ("add_segment", "Scene", {"start_s": 0.04}, "boundary already"),
    ("add_segment", "SpeakerTurn", {"start_s": 1.0, "end_s": 1.5, "speaker": "speaker_001"}, "overlap"),
    ("add_segment", "Utterance", {"start_s": 1.0, "end_s": 1.5}, "text is missing"),
    ("delete_segment", "correction/7", {}, "was deleted"),
    ("delete_segment", f"{TURN}0", {"really": True}, "means nothing"),
]


@pytest.mark.parametrize(("kind", "target", "after", "why"), REFUSED)
def test_what_makes_no_sense_is_refused(machine: AnnotationSet, kind: str, target: str, after: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidRequestException, match=why) as error:
        one(machine, kind, target, **after)
    assert error.value.field


def test_a_name_that_files_cannot_have_is_answered_with_one_that_they_can(machine: AnnotationSet) -> None:
    with pytest.raises(InvalidRequestException) as error:
        one(machine, "rename_person", "person_001", name="Zoë M")
    assert error.value.hint == "For example: Zoe_M."


def test_a_type_that_nobody_looked_for_has_no_place() -> None:
    with annotation_set({"speech_recognition": ()}) as machine, pytest.raises(InvalidRequestException, match="looked for a scene"):
        one(machine, "add_segment", "Scene", start_s=1.0)


def test_what_was_found_to_be_empty_can_be_filled() -> None:
    with annotation_set({"speaker_diarization": ()}) as machine:
        result, _ = one(machine, "add_segment", "SpeakerTurn", start_s=1.0, end_s=2.0, speaker="visitor", new=True)
        assert [each.speaker_id for each in of(result, SpeakerTurn)] == ["visitor"]


def test_hostile_texts_go_through_every_format_as_text(machine: AnnotationSet, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> --> & \"quoted\" 'single' =SUM(A1)"
    result = corrected(
        machine, fix(1, "edit_utterance", f"{SAID}0", text=evil), fix(2, "rename_speaker", "speaker_001", name="<img src=x>")
    )
    files = exported(result, tmp_path / "out")
    assert b"<script>" not in files["webvtt/speech_recognition.vtt"]
    assert b"<img" not in files["webvtt/speech_recognition.vtt"]
    assert b" img_src_x " in files["rttm/speaker_diarization.rttm"]


def test_the_ids_of_corrected_records_are_those_of_the_machine(machine: AnnotationSet) -> None:
    draft = Draft(machine)
    correct(draft, fix(1, "delete_segment", f"{TURN}1"))
    correct(draft, fix(2, "add_segment", "SpeakerTurn", start_s=5.25, end_s=5.75, speaker="speaker_002", new=True))
    result = outcome_of(draft, 2)
    assert result.ids["audio_processing", SpeakerTurn] == [f"{TURN}0", f"{TURN}2", "correction/2", f"{TURN}3"]


def test_provenance_says_how_many_and_the_machine_output_stays(machine: AnnotationSet, tmp_path: Path) -> None:
    before = exported(machine, tmp_path / "before")
    result, _ = one(machine, "delete_segment", f"{TURN}1")
    assert result.provenance.warnings[-1] == "Corrected by hand: 1 correction."
    assert exported(machine, tmp_path / "after") == before


def test_a_saved_set_can_be_corrected(machine: AnnotationSet, tmp_path: Path) -> None:
    save(machine, tmp_path / FILE_NAME)
    steps = [fix(1, "rename_person", "person_001", name="Anna"), fix(2, "merge_speakers", "speaker_003", into="speaker_002")]
    with load(tmp_path / FILE_NAME) as loaded:
        assert exported(apply(loaded, steps), tmp_path / "loaded") == exported(apply(machine, steps), tmp_path / "machine")


targets = st.sampled_from(
    [f"{SCENE}{n}" for n in range(4)]
    + [f"{TURN}{n}" for n in range(4)]
    + [f"{SAID}{n}" for n in range(3)]
    + [f"{EVENT}{n}" for n in range(3)]
    + ["correction/1", "correction/2", "speaker_001", "speaker_002", "person_001", "person_002", "Scene", "SpeakerTurn"]
)
seconds = st.floats(0, 10)
afters = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["Anna", "Bert", "speaker_002"])}),
    st.fixed_dictionaries({"into": st.sampled_from(["speaker_001", "speaker_002", "person_001"])}),
    st.fixed_dictionaries({"text": st.sampled_from(["one two", "three four five", "x"])}),
    st.fixed_dictionaries({"speaker": st.sampled_from(["speaker_001", "speaker_003", "visitor"]), "new": st.booleans()}),
    st.fixed_dictionaries({"start_s": seconds}),
    st.fixed_dictionaries({"end_s": seconds}),
    st.fixed_dictionaries({"start_s": seconds, "end_s": seconds, "speaker": st.just("speaker_001")}),
    st.just({}),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes=st.lists(st.tuples(st.sampled_from(CorrectionKind), targets, afters), max_size=25))
def test_whatever_is_wished_records_stay_sound_and_the_machine_output_stays(
    machine: AnnotationSet, wishes: list[tuple[CorrectionKind, str, dict[str, Any]]]
) -> None:
    """Each state is reached again from the start, so that undoing the last one is leaving it out."""
    kinds = (Scene, SpeakerTurn, Utterance, SoundEvent, PersonIdentity, SpeakerMeasures, VoiceProfile)
    original = [of(machine, kind) for kind in kinds]
    draft, made = Draft(machine), list[Correction]()
    for kind, target, after in wishes:
        trial, wish = draft.copy(), Correction(len(made) + 1, kind, target, after)
        try:
            correct(trial, wish)
        except InvalidRequestException:
            continue
        draft = trial
        made.append(wish)
    whole = outcome_of(draft, len(made)).annotations
    again = apply(machine, made)
    assert [of(whole, kind) for kind in kinds] == [of(again, kind) for kind in kinds]
    found = of(whole, Scene)
    assert [each.first_frame for each in found[1:]] == [each.last_frame + 1 for each in found[:-1]]
    for speaker in {each.speaker_id for each in of(whole, SpeakerTurn)}:
        own = [each for each in of(whole, SpeakerTurn) if each.speaker_id == speaker]
        assert all(one.end <= other.start for one, other in pairwise(own))
    assert [of(machine, kind) for kind in kinds] == original, "all undone is the machine's output"
    assert apply(machine, []) is machine

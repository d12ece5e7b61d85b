"""Numbers and names of speakers."""

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.pipelines.speaker_diarization.names import named, numbered
from videoannotator.pipelines.speaker_diarization.options import SpeakerLabel


def turn(start_s: float, end_s: float, speaker: str) -> SpeakerTurn:
    return SpeakerTurn(MediaTime.from_seconds(start_s), MediaTime.from_seconds(end_s), speaker, 0.5)


TURNS = [turn(0, 2, "speaker_001"), turn(1.5, 6, "speaker_002"), turn(7, 8, "speaker_001")]


def test_who_appears_first_is_first() -> None:
    assert numbered([7, 2, 7, 5, 2]) == {7: "speaker_001", 2: "speaker_002", 5: "speaker_003"}


def test_names_by_number_and_by_time() -> None:
    labels = [SpeakerLabel(label="Ada", speaker="speaker_001"), SpeakerLabel(label="Ben", start_s=1.0, end_s=7.5)]
    said: list[str] = []
    assert [each.label for each in named(TURNS, labels, said.append)] == ["Ada", "Ben", "Ada"]
    assert said == []


def test_a_label_that_fits_nobody_is_told() -> None:
    labels = [SpeakerLabel(label="Ada", speaker="speaker_009"), SpeakerLabel(label="Ben", start_s=100.0, end_s=101.0)]
    said: list[str] = []
    assert [each.label for each in named(TURNS, labels, said.append)] == [None, None, None]
    assert "no one speaks as speaker_009" in said[0]
    assert "between 100 and 101 s" in said[1]


def test_two_names_for_one_speaker_are_told() -> None:
    labels = [SpeakerLabel(label="Ada", speaker="speaker_001"), SpeakerLabel(label="Eve", start_s=7.0, end_s=8.0)]
    said: list[str] = []
    assert [each.label for each in named(TURNS, labels, said.append)] == ["Ada", None, "Ada"]
    assert "speaker_001 is labelled 'Ada' and 'Eve'" in said[0]

"""Records of who speaks on screen: what may be said together, and how it reads as rows."""

from dataclasses import replace

import pytest

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingMethod, SpeakingOnScreen, WhyUnknown
from videoannotator.annotations.active_speaker_tables import SPEAKER_LINKS, SPEAKING_ON_SCREEN
from videoannotator.annotations.store import PipelineRecords
from videoannotator.testing.active_speaker_examples import speaker_links, speaking_on_screen
from videoannotator.testing.examples import at, full

KNOWN, UNKNOWN = speaking_on_screen()[0], speaking_on_screen()[3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": at(0.5)}, "ends after it starts"),
        ({"speaker_id": "the first"}, "plain letters"),
        ({"person_id": "a b"}, "plain id"),
        ({"confidence": 1.5}, "0 to 1"),
        ({"confidence": None}, "confidence come together"),
        ({"method": None}, "method come together"),
        ({"why_unknown": WhyUnknown.NO_LIPS}, "reason why not"),
        ({"person_id": None}, "track of a person is that of somebody"),
    ],
)
def test_a_stretch_says_nothing_that_contradicts_itself(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(KNOWN, **change)  # type: ignore[arg-type]


def test_who_is_unknown_is_unknown_for_a_reason() -> None:
    with pytest.raises(ValueError, match="reason why not"):
        SpeakingOnScreen(at(0), at(1), "speaker_001")
    with pytest.raises(ValueError, match="has no id"):
        replace(UNKNOWN, person_id="person_001")
    with pytest.raises(ValueError, match="method come together"):
        replace(UNKNOWN, method=SpeakingMethod.LINK)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"face_track_ids": ()}, "reason why not"),
        ({"confidence": None}, "confidence come together"),
        ({"speaker_id": ""}, "plain letters"),
        ({"why_unknown": WhyUnknown.UNDECIDED, "face_track_ids": (), "confidence": None}, "linked by a face"),
        ({"evidence_s": -1.0}, "not negative"),
    ],
)
def test_a_link_says_nothing_that_contradicts_itself(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(speaker_links()[0], **change)  # type: ignore[arg-type]


def test_records_survive_the_way_over_the_disk() -> None:
    results = PipelineRecords()
    for _ in range(700):
        for record in (*speaking_on_screen(), *speaker_links()):
            results.add(record)
    assert list(results.of_type(SpeakingOnScreen)) == [*speaking_on_screen()] * 700
    assert list(results.of_type(SpeakerLink)) == [*speaker_links()] * 700
    results.close()


def test_who_speaks_as_rows() -> None:
    with full() as annotations:
        spoken = [
            dict(zip([column.name for column in SPEAKING_ON_SCREEN.columns], row, strict=True))
            for row in annotations.rows(SPEAKING_ON_SCREEN, "active_speaker")
        ]
        links = [
            dict(zip([column.name for column in SPEAKER_LINKS.columns], row, strict=True))
            for row in annotations.rows(SPEAKER_LINKS, "active_speaker")
        ]
    assert (spoken[0]["face_track_id"], spoken[0]["person_id"], spoken[0]["track_id"]) == (1, "person_001", 1)
    assert (spoken[1]["face_track_id"], spoken[1]["speaking_method"]) == (None, "link")
    assert [row["why_unknown"] for row in spoken] == [None, None, None, "not_visible", "no_lips", "undecided"]
    assert spoken[1]["link_evidence"] == "link_log_odds=4.25"
    assert (links[0]["person_ids"], links[0]["face_track_ids"], links[0]["evidence_s"]) == ("person_001 person_004", "1 7", 1.75)
    assert (links[2]["person_ids"], links[2]["confidence"], links[2]["link_evidence"]) == (None, None, None)

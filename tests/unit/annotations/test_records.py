"""Annotation values refuse, when they are born, what cannot be."""

from typing import Any

import pytest

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.testing.examples import at, scenes
from videoannotator.testing.speech_examples import utterance, utterances

CUT: dict[str, Any] = {
    "start": at(1),
    "end": at(2),
    "first_frame": 25,
    "last_frame": 49,
    "boundary": Boundary.CUT,
    "confidence": 0.5,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": at(1)}, "ends after it starts"),
        ({"first_frame": -1}, "no range"),
        ({"last_frame": 24}, "no range"),
        ({"confidence": None}, "has a confidence"),
        ({"boundary": Boundary.START}, "has a confidence"),
        ({"confidence": 1.01}, "from 0 to 1"),
        ({"confidence": float("nan")}, "from 0 to 1"),
        ({"transition_start": at(0.5)}, "or neither"),
        ({"transition_end": at(0.5)}, "or neither"),
        ({"transition_start": at(1), "transition_end": at(0.5)}, "transition ends after"),
        ({"keyframe": "a.jpg"}, "come together"),
        ({"keyframe_time": at(1.5)}, "come together"),
        ({"scene_type": "kitchen"}, "has a score"),
        ({"scene_type_scores": {"kitchen": 2.0}}, "score of 'kitchen'"),
    ],
)
def test_a_scene_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    assert Scene(**CUT).duration_s == 1.0
    with pytest.raises(ValueError, match=message):
        Scene(**CUT | changes)


@pytest.mark.parametrize(
    ("text", "start_s", "end_s", "confidence", "message"),
    [
        ("", 0, 1, None, "no space inside"),
        ("two words", 0, 1, None, "no space inside"),
        ("line\n", 0, 1, None, "no space inside"),
        ("word", 1, 0.5, None, "ends before it starts"),
        ("word", 0, 1, -0.1, "from 0 to 1"),
    ],
)
def test_a_word_that_cannot_be(text: str, start_s: float, end_s: float, confidence: float | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Word(text, at(start_s), at(end_s), confidence, WordTiming.ALIGNED)


def word(start_s: float, end_s: float) -> Word:
    return Word("word", at(start_s), at(end_s), None, WordTiming.ALIGNED)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"end": at(1)}, "ends after it starts"),
        ({"text": " \t"}, "has text"),
        ({"confidence": 2.0}, "from 0 to 1"),
        ({"words": (word(0.9, 1.5),)}, "outside or out of order"),
        ({"words": (word(1.5, 2.1),)}, "outside or out of order"),
        ({"words": (word(1.5, 1.6), word(1.4, 1.9))}, "outside or out of order"),
    ],
)
def test_an_utterance_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    whole: dict[str, Any] = {"start": at(1), "end": at(2), "text": "said", "language": "en", "confidence": None, "words": ()}
    assert Utterance(**whole).words == ()
    with pytest.raises(ValueError, match=message):
        Utterance(**whole | changes)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".jpg",
        "..",
        "../a.jpg",
        "/a.jpg",
        "a/b.jpg",
        "a\\b.jpg",
        "C:a.jpg",
        "a.jpg/",
        "a.tar.gz",
        "a b.jpg",
        "é.jpg",
        "a.jpg\n",
        "a",
    ],
)
def test_an_attachment_is_never_a_path(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain file name"):
        Attachment(name, b"")


def test_a_plain_attachment() -> None:
    assert Attachment("scene-0001.jpg", b"picture").data == b"picture"


@pytest.mark.parametrize("status", PipelineStatus)
def test_an_error_belongs_to_failure_and_a_reason_to_skipping(status: PipelineStatus) -> None:
    error = PipelineError("INFERENCE_FAILED", "It failed.", None, transient=False)
    for given_error in (None, error):
        for reason in (None, "No audio track."):
            fits = (given_error is not None) == (status is PipelineStatus.FAILED)
            fits = fits and (reason is not None) == (status is PipelineStatus.SKIPPED)
            if fits:
                assert PipelineOutcome("p", status, {}, reason=reason, error=given_error).status is status
            else:
                with pytest.raises(ValueError, match="and no other"):
                    PipelineOutcome("p", status, {}, reason=reason, error=given_error)


def test_the_examples_are_in_order_and_cover_every_kind() -> None:
    starts = [said.start for said in utterances()]
    assert starts == sorted(starts)
    assert {scene.boundary for scene in scenes()} == set(Boundary)
    assert {each.timing for said in utterances() for each in said.words} == set(WordTiming)
    assert utterance(0, 1, "a b").words[1].end == at(1)

"""Records come back in order and unchanged, whether they waited on disk or not."""

import errno
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.disk import full_disk_named
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.store import CHUNK_RECORDS, PipelineRecords
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.errors import InvalidRequestException, StorageFullException
from videoannotator.testing.examples import at, scenes
from videoannotator.testing.speech_examples import utterances

probabilities = st.none() | st.floats(0, 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda text: bool(text.strip()))


@st.composite
def some_utterance(draw: st.DrawFn) -> Utterance:
    edges = sorted(draw(st.lists(st.fractions(-5, 5000, max_denominator=90_000), min_size=2, max_size=8, unique=True)))
    words = tuple(
        Word(
            "".join(draw(texts).split()),
            MediaTime(begin),
            MediaTime(end),
            draw(probabilities),
            draw(st.sampled_from(WordTiming)),
        )
        for begin, end in pairwise(edges)
    )
    return Utterance(MediaTime(edges[0]), MediaTime(edges[-1]), draw(texts), "en", draw(probabilities), words)


@st.composite
def some_scene(draw: st.DrawFn) -> Scene:
    start, end = sorted(draw(st.lists(st.fractions(-5, 5000), min_size=2, max_size=2, unique=True)))
    scores = draw(st.dictionaries(texts, st.floats(0, 1), max_size=3))
    kind = draw(st.sampled_from(["unknown", *scores]))
    return Scene(
        MediaTime(start),
        MediaTime(end),
        draw(st.integers(0, 5)),
        draw(st.integers(5, 9)),
        Boundary.CUT,
        draw(st.floats(0, 1)),
        scene_type=kind,
        scene_type_scores=scores,
    )


@settings(max_examples=40, deadline=None)
@given(records=st.lists(some_utterance() | some_scene(), max_size=12), copies=st.sampled_from([1, CHUNK_RECORDS]))
def test_order_and_values_survive_waiting_on_disk(records: list[Utterance | Scene], copies: int) -> None:
    store = PipelineRecords()
    made = (records * (copies // max(len(records), 1) + 1))[: CHUNK_RECORDS + len(records)]
    for record in made:
        store.add(record)
    for kind in (Utterance, Scene):
        expected = [record for record in made if type(record) is kind]
        assert len(store.of_type(kind)) == len(expected)
        assert list(store.of_type(kind)) == expected
        assert list(store.of_type(kind)) == expected, "they can be read more than once"
    assert store.counts() == {
        kind.__name__: sum(type(record) is kind for record in made) for kind in dict.fromkeys(type(record) for record in made)
    }
    store.close()


@pytest.mark.parametrize("count", [CHUNK_RECORDS - 1, CHUNK_RECORDS, CHUNK_RECORDS + 1, 2 * CHUNK_RECORDS + 1])
def test_chunks_meet_without_gap_or_overlap(count: int) -> None:
    store = PipelineRecords()
    times = [MediaTime(Fraction(number, 3)) for number in range(count)]
    for time in times:
        store.add(time)
    assert len(store.of_type(MediaTime)) == count
    assert list(store.of_type(MediaTime)) == times
    store.close()


def test_every_edge_case_of_the_examples_survives_waiting_on_disk() -> None:
    store = PipelineRecords()
    rounds = CHUNK_RECORDS // len(scenes()) + 1
    for record in (*scenes(), *utterances()) * rounds:
        store.add(record)
    assert list(store.of_type(Scene)) == list(scenes()) * rounds
    assert list(store.of_type(Utterance)) == list(utterances()) * rounds
    store.close()


def test_types_of_the_same_name_are_kept_apart() -> None:
    def a_type() -> Any:
        @dataclass(frozen=True)
        class Same:
            number: int

        return Same

    one, other = a_type(), a_type()
    store = PipelineRecords()
    for number in range(CHUNK_RECORDS):
        store.add(one(number))
        store.add(other(-number))
    assert [record.number for record in store.of_type(one)] == list(range(CHUNK_RECORDS))
    assert [record.number for record in store.of_type(other)] == [-number for number in range(CHUNK_RECORDS)]
    assert store.types == (one, other)
    store.close()


def test_nothing_of_a_type_is_empty_and_does_not_count() -> None:
    store = PipelineRecords()
    assert list(store.of_type(Scene)) == []
    assert store.types == ()
    assert store.counts() == {}
    store.close()


def test_attachments_are_kept_by_name() -> None:
    store = PipelineRecords()
    store.add(Attachment("a.jpg", b"one"))
    store.add(Attachment("0.jpg", b"two"))
    assert {name: path.read_bytes() for name, path in store.attachments.items()} == {"a.jpg": b"one", "0.jpg": b"two"}
    with pytest.raises(ValueError, match="two attachments"):
        store.add(Attachment("A.jpg", b"three"))
    store.close()


def test_after_close_the_folder_is_gone_and_reading_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = PipelineRecords()
    for _ in range(CHUNK_RECORDS + 1):
        store.add(at(1))
    times = store.of_type(MediaTime)
    assert list(tmp_path.iterdir()) != []
    store.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidRequestException, match="closed"):
        list(times)
    with pytest.raises(InvalidRequestException, match="closed"):
        store.of_type(Scene)
    with pytest.raises(InvalidRequestException, match="closed"):
        store.add(Attachment("a.jpg", b""))
    store.close()


def test_forgotten_records_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = PipelineRecords()
    store.add(at(1))
    assert len(list(tmp_path.iterdir())) == 1
    del store
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named(number: int) -> None:
    with pytest.raises(StorageFullException, match="results could not be written") as caught, full_disk_named("results"):
        raise OSError(number, "full")
    assert not caught.value.transient


def test_other_errors_of_the_disk_pass() -> None:
    with pytest.raises(PermissionError), full_disk_named("results"):
        raise PermissionError(errno.EACCES, "no")

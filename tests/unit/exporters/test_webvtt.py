"""WebVTT, read by a parser as strict as the standard asks authors to be, and by FFmpeg's."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.exporters.webvtt import LONGEST_MS, WebVTT
from videoannotator.testing.examples import EXAMPLES, annotation_set, at, full
from videoannotator.testing.speech_examples import TEXTS, utterance, utterances

TIME = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
CUE_TIMES = re.compile(f"{TIME} --> {TIME}")
STAMP = re.compile(f"<{TIME}>")
CUE_TEXT = re.compile(rf"(?:[^<>&]|&(?:amp|lt|gt);|<{TIME}>)+")


@dataclass(frozen=True)
class Cue:
    start_ms: int
    end_ms: int
    text: str
    stamps_ms: tuple[int, ...]


def milliseconds(groups: Iterable[str]) -> int:
    hours, minutes, seconds, rest = map(int, groups)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def parse(content: bytes) -> tuple[list[Cue], list[str]]:
    """Cues and comments of a file that breaks no rule of https://www.w3.org/TR/webvtt1/#syntax; AssertionError otherwise."""
    lines = content.decode("utf-8").split("\n")
    assert lines[0] == "WEBVTT"
    assert lines[-1] == ""
    blocks = "\n".join(lines[1:]).strip("\n").split("\n\n")
    cues: list[Cue] = []
    notes: list[str] = []
    for block in filter(None, blocks):
        if re.match(r"NOTE( |$)", block):
            assert "-->" not in block
            notes.append(block)
            continue
        timing, text = block.split("\n")
        times = CUE_TIMES.fullmatch(timing)
        assert times is not None, timing
        assert CUE_TEXT.fullmatch(text), text
        start, end = milliseconds(times.groups()[:4]), milliseconds(times.groups()[4:])
        stamps = tuple(milliseconds(stamp) for stamp in STAMP.findall(text))
        assert all(before < after for before, after in pairwise((start, *stamps, end))), block
        assert not cues or cues[-1].start_ms <= start, "cues stand in the order of their start"
        cues.append(Cue(start, end, html.unescape(STAMP.sub("", text)), stamps))
    return cues, notes


def export(said: Iterable[Utterance], folder: Path) -> tuple[list[Cue], list[str]]:
    with annotation_set({"speech_recognition": said}) as annotations:
        file, _ = WebVTT().export(annotations, folder)
    assert (file.name, file.main) == ("speech_recognition.vtt", True)
    return parse((folder / file.name).read_bytes())


def plain(texts: Iterable[str]) -> str:
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("name", ["full", "empty", "audio_only", "before_zero", "many"])
def test_every_example_keeps_to_the_standard(name: str, tmp_path: Path) -> None:
    with EXAMPLES[name]() as annotations:
        list(WebVTT().export(annotations, tmp_path))
    cues, _ = parse((tmp_path / "speech_recognition.vtt").read_bytes())
    assert bool(cues) == (name != "empty")
    assert all(cue.end_ms - cue.start_ms <= LONGEST_MS for cue in cues)


def test_an_empty_transcript_is_just_the_header(tmp_path: Path) -> None:
    with EXAMPLES["empty"]() as annotations:
        list(WebVTT().export(annotations, tmp_path))
    assert (tmp_path / "speech_recognition.vtt").read_bytes() == b"WEBVTT\n"


def test_ffmpeg_reads_the_same_cues(tmp_path: Path) -> None:
    with full() as annotations:
        list(WebVTT().export(annotations, tmp_path))
    path = tmp_path / "speech_recognition.vtt"
    cues, _ = parse(path.read_bytes())
    with av.open(str(path)) as container:
        read = [packet for packet in container.demux() if packet.size]
        assert [(packet.pts, packet.duration) for packet in read] == [(cue.start_ms, cue.end_ms - cue.start_ms) for cue in cues]
        texts = [html.unescape(STAMP.sub("", bytes(packet).decode("utf-8"))) for packet in read]
    assert texts == [cue.text for cue in cues]


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_on_one_line(text: str, tmp_path: Path) -> None:
    cues, notes = export([utterance(1, 3, text)], tmp_path)
    assert [cue.text for cue in cues] == [plain([text])]
    assert notes == []


def test_each_word_after_the_first_has_its_time(tmp_path: Path) -> None:
    ((cue,), _) = export([utterance(1, 3, "one two three four")], tmp_path)
    assert (cue.start_ms, cue.end_ms, cue.stamps_ms) == (1000, 3000, (1500, 2000, 2500))
    assert b"one <00:00:01.500>two <00:00:02.000>three" in (tmp_path / "speech_recognition.vtt").read_bytes()


def test_writing_without_spaces_gets_none(tmp_path: Path) -> None:
    words = tuple(Word(sign, at(i), at(i + 1), None, WordTiming.ATTENTION) for i, sign in enumerate("你好吗"))
    ((cue,), _) = export([Utterance(at(0), at(3), "你好吗?", "zh", None, words)], tmp_path)
    assert (cue.text, cue.stamps_ms) == ("你好吗?", (1000, 2000))


def test_words_spelled_otherwise_than_the_text_stand_as_they_are(tmp_path: Path) -> None:
    words = tuple(Word(word, at(i), at(i + 1), None, WordTiming.ALIGNED) for i, word in enumerate(["twenty", "three"]))
    ((cue,), _) = export([Utterance(at(0), at(2), "23", "en", None, words)], tmp_path)
    assert (cue.text, cue.stamps_ms) == ("twenty three", (1000,))


def test_a_long_utterance_is_split_evenly(tmp_path: Path) -> None:
    cues, notes = export([utterance(0, 15, " ".join(f"w{i}" for i in range(30)))], tmp_path)
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(0, 5000), (5000, 10000), (10000, 15000)]
    assert notes == []


def test_a_split_prefers_the_end_of_a_phrase_to_a_slightly_better_balance(tmp_path: Path) -> None:
    cues, _ = export([utterance(0, 10, "one two three four five six, seven eight nine ten")], tmp_path)
    assert [cue.text for cue in cues] == ["one two three four five six,", "seven eight nine ten"]


def test_a_pause_inside_an_utterance_is_no_part_of_a_cue(tmp_path: Path) -> None:
    words = (Word("before", at(0), at(1), None, WordTiming.ALIGNED), Word("after", at(9), at(10), None, WordTiming.ALIGNED))
    cues, _ = export([Utterance(at(0), at(10), "before after", "en", None, words)], tmp_path)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in cues] == [(0, 1000, "before"), (9000, 10000, "after")]


def test_a_word_longer_than_a_cue_is_shown_as_long_as_a_cue_may_last(tmp_path: Path) -> None:
    cues, _ = export([utterance(1, 20, "Aaaah!")], tmp_path)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in cues] == [(1000, 8000, "Aaaah!")]


def test_without_word_times_a_long_utterance_shares_its_time_and_says_so(tmp_path: Path) -> None:
    text = "A long stretch of speech whose recogniser gave no word times at all."
    cues, notes = export([Utterance(at(45), at(63), text, "en", None, ())], tmp_path)
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(45000, 51000), (51000, 57000), (57000, 63000)]
    assert plain(cue.text for cue in cues) == text
    assert max(len(cue.text) for cue in cues) <= len(text) / 2
    assert len(notes) == 3
    assert all("no word times" in note for note in notes)


def test_a_short_utterance_without_word_times_is_one_cue(tmp_path: Path) -> None:
    cues, notes = export([Utterance(at(1), at(8), "All of it.", "en", None, ())], tmp_path)
    assert cues == [Cue(1000, 8000, "All of it.", ())]
    assert notes == []


def test_before_time_zero_nothing_can_be_shown_and_that_is_said(tmp_path: Path) -> None:
    cues, notes = export([utterance(-1.5, -0.5, "never seen"), utterance(-0.3, 0.9, "half of this one")], tmp_path)
    assert cues == [Cue(0, 900, "half of this one", (300, 600))]
    assert notes == ["NOTE Cues left out because they lie before time 0: 1"]


def test_overlapping_utterances_stand_in_the_order_of_their_start(tmp_path: Path) -> None:
    said = [utterance(0, 14, " ".join("abcdefghijklmn")), utterance(2, 3, "in between"), utterance(7.5, 8, "again")]
    cues, _ = export(said, tmp_path)
    assert [cue.text for cue in cues] == ["a b c d e f g", "in between", "h i j k l m n", "again"]


def test_hours_beyond_ninety_nine(tmp_path: Path) -> None:
    cues, _ = export([utterance(360_000, 360_001, "late")], tmp_path)
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(360_000_000, 360_001_000)]


@st.composite
def spoken(draw: st.DrawFn) -> list[Utterance]:
    """Utterances in the order of their start, with words of any length at any distance, down to fractions of a millisecond."""
    start = Fraction(0)
    said = []
    for _ in range(draw(st.integers(1, 4))):
        start += draw(st.fractions(0, 9, max_denominator=7000))
        count = draw(st.integers(0, 25))
        edges = sorted(start + draw(st.fractions(0, 30, max_denominator=7000)) for _ in range(2 * count + 2))
        texts = [draw(st.sampled_from(["a", "it's", "long-word", "<b>", "&amp;", "-->", "end.", "ja,", "é"])) for _ in range(count)]
        words = tuple(
            Word(text, MediaTime(edges[1 + 2 * i]), MediaTime(edges[2 + 2 * i]), None, WordTiming.ALIGNED)
            for i, text in enumerate(texts)
        )
        end = MediaTime(edges[-1] + Fraction(1, 7000))
        said.append(Utterance(MediaTime(start), end, " ".join(texts) or "no word times", "en", None, words))
    return said


@settings(max_examples=50, deadline=None)
@given(said=spoken())
def test_whatever_is_said_keeps_to_the_standard_and_every_word_its_time(
    said: list[Utterance], tmp_path_factory: pytest.TempPathFactory
) -> None:
    cues, _ = export(said, tmp_path_factory.mktemp("vtt"))
    assert all(cue.end_ms - cue.start_ms <= LONGEST_MS for cue in cues)
    assert sorted(plain(cue.text for cue in cues).split()) == sorted(plain(each.text for each in said).split())
    shown = sorted(time for cue in cues for time in (cue.start_ms, *cue.stamps_ms))
    assert set(shown) >= {round(word.start.exact * 1000) for each in said for word in each.words[:1]}
    starts = {round(word.start.exact * 1000) for each in said for word in each.words}
    assert {time for cue in cues for time in cue.stamps_ms} <= starts


def test_the_examples_hold_every_kind_of_utterance_that_matters() -> None:
    said = utterances()
    assert any(each.end.since(each.start) > LONGEST_MS / 1000 and not each.words for each in said)
    assert any(each.end.since(each.start) > LONGEST_MS / 1000 and len(each.words) == 1 for each in said)
    assert any(before.end > after.start for before, after in pairwise(said))


def test_voices_stand_in_the_full_file_and_not_in_the_plain_one(tmp_path: Path) -> None:
    said = replace(utterance(1.0, 2.0, "one two"), speaker_label="Anna & <Ben>")
    nobody = utterance(3.0, 4.0, "three")
    with annotation_set({"speech_recognition": [said, nobody]}) as annotations:
        files = list(WebVTT().export(annotations, tmp_path))
    assert [(file.name, file.main) for file in files] == [("speech_recognition.vtt", True), ("speech_recognition.plain.vtt", False)]
    full, plain = ((tmp_path / file.name).read_text(encoding="utf-8") for file in files)
    assert "<v Anna &amp; &lt;Ben&gt;>one <00:00:01.500>two" in full
    assert "\nthree\n" in full
    assert plain == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\none two\n\n00:00:03.000 --> 00:00:04.000\nthree\n"

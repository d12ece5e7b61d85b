"""The scores of voices, on cases that can be counted by hand."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.voice_scores import WordErrors, diarization_error, read_rttm, read_words, word_errors, word_start_errors


def test_word_errors_do_not_count_case_and_punctuation() -> None:
    assert word_errors("And so, my fellow Americans: don't ask!", "and so my fellow americans don\u2019t ask") == WordErrors(0, 7)
    assert word_errors("one two three four", "one too three four five") == WordErrors(2, 4)
    assert (WordErrors(1, 4) + WordErrors(2, 6)).rate == pytest.approx(0.3)


def test_diarization_error_has_its_parts() -> None:
    truth = [("a", 0.0, 4.0), ("b", 4.0, 8.0)]
    heard = [("x", 0.0, 5.0), ("y", 5.0, 7.0), ("y", 9.0, 10.0)]
    found = diarization_error(truth, heard, 10.0)
    assert found["confusion"] == pytest.approx(1.0)
    assert found["missed detection"] == pytest.approx(1.0)
    assert found["false alarm"] == pytest.approx(1.0)
    assert found["diarization error rate"] == pytest.approx(3 / 8)
    assert diarization_error(truth, [("x", 0.2, 3.8), ("y", 4.2, 7.8)], 10.0, 0.25)["diarization error rate"] == 0


def test_overlap_is_scored() -> None:
    found = diarization_error([("a", 0.0, 4.0), ("b", 2.0, 4.0)], [("x", 0.0, 4.0)], 4.0)
    assert found["diarization error rate"] == pytest.approx(2 / 6)


def test_starts_are_compared_where_words_are_right() -> None:
    truth = [("one", 0.0, 0.5), ("two", 1.0, 1.5), ("three", 2.0, 2.5)]
    heard = [("One,", 0.1, 0.5), ("too", 1.5, 1.6), ("three.", 1.9, 2.5)]
    assert np.allclose(word_start_errors(truth, heard), [0.1, -0.1])


def test_references_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.rttm").write_text("SPEAKER f 1 0.5 1.5 <NA> <NA> ann <NA> <NA>\nSPEAKER g 1 0 1 <NA> <NA> bob <NA> <NA>\n")
    assert read_rttm(tmp_path / "a.rttm") == [("ann", 0.5, 2.0)]
    (tmp_path / "a.csv").write_text("word,start_s,end_s\nyes,0.25,0.5\n")
    assert read_words(tmp_path / "a.csv") == [("yes", 0.25, 0.5)]

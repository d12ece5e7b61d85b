"""Turns as RTTM and as JSON."""

import json
from pathlib import Path

from pyannote.database.util import load_rttm

from videoannotator.exporters.rttm import RTTM
from videoannotator.exporters.turns import Turns
from videoannotator.testing.examples import before_zero, empty, full


def test_every_turn_is_a_line_that_others_read(tmp_path: Path) -> None:
    with full() as annotations:
        (file,) = RTTM().export(annotations, tmp_path)
    assert file.name == "speaker_diarization.rttm"
    assert (tmp_path / file.name).read_text(encoding="ascii").splitlines() == [
        "SPEAKER recording 1 0.100 0.100 <NA> <NA> speaker_001 0.9877 <NA>",
        "SPEAKER recording 1 1.000 7.500 <NA> <NA> speaker_001 1.0000 <NA>",
        "SPEAKER recording 1 8.250 1.750 <NA> <NA> speaker_002 <NA> <NA>",
        "SPEAKER recording 1 360000.000 1.000 <NA> <NA> speaker_003 0.5000 <NA>",
    ]
    read = load_rttm(tmp_path / file.name)["recording"]  # type: ignore[no-untyped-call]
    assert read.labels() == ["speaker_001", "speaker_002", "speaker_003"]
    assert round(read.label_duration("speaker_001"), 3) == 7.6


def test_nobody_means_no_file(tmp_path: Path) -> None:
    with empty() as annotations:
        assert list(RTTM().export(annotations, tmp_path)) == []
    assert not list(tmp_path.iterdir())


def test_what_lies_before_time_zero_is_cut(tmp_path: Path) -> None:
    with before_zero() as annotations:
        (file,) = RTTM().export(annotations, tmp_path)
    assert (tmp_path / file.name).read_text(encoding="ascii").splitlines() == [
        "SPEAKER recording 1 0.000 0.900 <NA> <NA> speaker_002 0.5000 <NA>"
    ]


def test_json_has_confidence_and_names(tmp_path: Path) -> None:
    with full() as annotations:
        (file,) = Turns().export(annotations, tmp_path)
    turns = json.loads((tmp_path / file.name).read_text(encoding="utf-8"))
    assert turns[0] == {"start": 0.1, "end": 0.2, "speaker": "speaker_001", "label": "Françoise", "confidence": 0.987654321}
    assert turns[3] == {"start": 8.25, "end": 9.999999, "speaker": "speaker_002", "label": None, "confidence": None}
    with empty() as annotations:
        (file,) = Turns().export(annotations, tmp_path)
    assert json.loads((tmp_path / file.name).read_text(encoding="utf-8")) == []

"""Labels from a CSV file: what people and spreadsheets write, and errors that name the line."""

from pathlib import Path

import pytest

from videoannotator.cli.labels import read_labels, with_labels
from videoannotator.errors import InvalidRequestException


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_labels_as_people_and_spreadsheets_write_them(tmp_path: Path) -> None:
    text = 'Track, start_s ,end_s,label\r\n1,0,12.5,parent\r\n2,,,"infant, girl"\r\n1,12.5,,Großmutter\r\n'
    assert read_labels(written(tmp_path, text, "utf-8-sig")) == [
        {"track": 1, "label": "parent", "start_s": 0.0, "end_s": 12.5},
        {"track": 2, "label": "infant, girl"},
        {"track": 1, "label": "Großmutter", "start_s": 12.5},
    ]
    assert read_labels(written(tmp_path, "label,track\nchild,3\n")) == [{"track": 3, "label": "child"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "its first line is 'empty'"),
        ("1,0,5,parent\n", "its first line is"),
        ("track,label,colour\n1,a,b\n", "its first line is"),
        ("track,label\n1\n", "line 2 has not as many fields"),
        ("track,label\n1,a,b\n", "line 2 has not as many fields"),
        ("track,label\n1,a\none,b\n", "track in line 3 is 'one', not a whole number"),
        ("track,start_s,end_s,label\n1,now,,a\n", "start_s in line 2 is 'now', not a number of seconds"),
        ("track,label\n1, \n", "line 2 has no label"),
        ('track,label\n1,"a\n', "unexpected end of data"),
    ],
)
def test_what_cannot_be_used_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidRequestException, match=message) as wrong:
        read_labels(written(tmp_path, text))
    assert "track,start_s,end_s,label" in str(wrong.value.hint)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestException, match="cannot be read"):
        read_labels(tmp_path / "nothing.csv")
    with pytest.raises(InvalidRequestException, match="UTF-8"):
        read_labels(written(tmp_path, "track,label\n1,Großmutter\n", "latin-1"))


def test_labels_stand_beside_other_options(tmp_path: Path) -> None:
    config = {"person_tracking": {"pose": "off"}, "scene_detection": {}}
    path = written(tmp_path, "track,label\n1,child\n")
    assert with_labels(config, None, None) is config
    assert with_labels(config, path, None) == {
        "person_tracking": {"pose": "off", "labels": [{"track": 1, "label": "child"}]},
        "scene_detection": {},
    }


def test_names_of_speakers_go_to_whoever_tells_them_apart(tmp_path: Path) -> None:
    path = written(tmp_path, "track,speaker,start_s,end_s,label\n1,,,,child\n,speaker_002,,,Anna\n,,10,12.5,Ben\n")
    names = [{"speaker": "speaker_002", "label": "Anna"}, {"label": "Ben", "start_s": 10.0, "end_s": 12.5}]
    assert with_labels({}, path, None) == {
        "person_tracking": {"labels": [{"track": 1, "label": "child"}]},
        "audio_processing": {"speaker_diarization": {"labels": names}},
    }
    assert with_labels({}, path, ("speaker_diarization",))["speaker_diarization"] == {"labels": names}
    with pytest.raises(InvalidRequestException, match="both a track and a speaker"):
        read_labels(written(tmp_path, "track,speaker,label\n1,speaker_001,a\n"))

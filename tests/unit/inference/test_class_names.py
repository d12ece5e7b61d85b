"""Names of classes, from the files that people publish beside networks."""

import json
from pathlib import Path

import pytest

from videoannotator.errors import InvalidConfigException
from videoannotator.inference.class_names import ClassName, read_class_names

AUDIO_SET = 'index,mid,display_name\n0,/m/09x0r,Speech\n1,/m/0ytgt,"Child speech, kid speaking"\n'


def read(folder: Path, **files: str) -> tuple[ClassName, ...] | None:
    paths = []
    for name, text in files.items():
        path = folder / ".".join(name.rsplit("_", 1))
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return read_class_names("mine", [folder / "net.onnx", *paths])


def names(found: tuple[ClassName, ...] | None) -> list[str]:
    assert found is not None
    return [each.name for each in found]


def test_the_class_map_of_audio_set(tmp_path: Path) -> None:
    expected = (ClassName("Speech", "/m/09x0r"), ClassName("Child speech, kid speaking", "/m/0ytgt"))
    assert read(tmp_path, yamnet_class_map_csv=AUDIO_SET) == expected
    header, first, second = AUDIO_SET.splitlines()
    assert read(tmp_path, class_labels_indices_csv="\n".join([header, second, first])) == expected


@pytest.mark.parametrize(
    "value",
    [["sad", "glad"], {"labels": ["sad", "glad"]}, {"1": "glad", "0": "sad"}, {"id2label": {"0": "sad", "1": "glad"}, "a": 1}],
)
def test_names_in_json(tmp_path: Path, value: object) -> None:
    assert names(read(tmp_path, labels_json=json.dumps(value))) == ["sad", "glad"]


def test_one_name_a_line(tmp_path: Path) -> None:
    assert names(read(tmp_path, labels_txt="\ufeffsad\n\n glad \n")) == ["sad", "glad"]


def test_a_configuration_tells_them_where_nothing_else_does(tmp_path: Path) -> None:
    config = json.dumps({"id2label": {"0": "sad"}})
    assert names(read(tmp_path, config_json=config, preprocessor_config_json="{}")) == ["sad"]
    assert names(read(tmp_path, config_json=config, labels_txt="glad")) == ["glad"]
    assert read(tmp_path, config_json='{"sampling_rate": 16000}') is None
    assert read(tmp_path, notes_txt="not names") is None


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("labels_csv", "a,b\n1,2\n", "no columns index and display_name"),
        ("labels_csv", "index,display_name\n0,a\n2,b\n", "not numbered from 0 to 1"),
        ("labels_csv", "index,display_name\n0,\n", "a class has a name"),
        ("labels_json", "{}", "neither a list"),
        ("labels_json", "[1, 2]", "neither a list"),
        ("labels_json", "[", "Expecting value"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_cure(tmp_path: Path, file: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidConfigException, match=reason) as caught:
        read(tmp_path, **{file: text})
    assert "index and display_name" in (caught.value.hint or "")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidConfigException, match=r"cannot be read from labels\.txt"):
        read_class_names("mine", [path])


def test_two_files_of_names_leave_it_open(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match=r"several files of class names: labels\.txt, class_map\.csv"):
        read(tmp_path, labels_txt="a", class_map_csv=AUDIO_SET)

"""Added weights: whole or an error, carried to other machines in a bundle, opened like those that ship."""

import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_networks import added, speech_emotion

from videoannotator.errors import (
    InvalidConfigException,
    InvalidRequestException,
    WeightsDamagedException,
    WeightsMissingException,
)
from videoannotator.inference.bundle import export_bundle, import_bundle
from videoannotator.inference.library import RECORD, WeightsLibrary
from videoannotator.inference.pull import add_folder
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import PACKAGE_FOLDER, WeightsStore, manifest


def filled(folder: Path, **weights: dict[str, bytes]) -> WeightsLibrary:
    library = WeightsLibrary(folder)
    for name, files in weights.items():
        with library.staging() as staged:
            for file, content in files.items():
                (staged / file).write_bytes(content)
            library.add(name, staged, source=f"https://example.org/{name}", licence="MIT")
    return library


def test_an_empty_library_has_nothing_and_says_how_to_add(tmp_path: Path) -> None:
    library = WeightsLibrary(tmp_path / "none")
    assert library.names() == ()
    with pytest.raises(WeightsMissingException, match="under the name 'pose'") as missing:
        library.path("pose")
    assert "videoannotator models pull" in str(missing.value.hint)
    with pytest.raises(WeightsMissingException):
        library.remove("../none")


def test_one_file_is_a_path_and_several_are_a_folder(tmp_path: Path) -> None:
    library = filled(tmp_path, one={"a.onnx": b"1"}, two={"b.bin": b"22", "c.json": b"{}"})
    assert library.path("one") == tmp_path / "one" / "a.onnx"
    assert library.path("two") == tmp_path / "two"
    assert library.entry("two").sha256 == next(file.sha256 for file in library.entry("two").files if file.name == "b.bin")
    library.remove("one")
    assert library.names() == ("two",)


def test_damage_is_found(tmp_path: Path) -> None:
    library = filled(tmp_path, one={"a.onnx": b"1"}, two={"b.bin": b"2"}, three={"c.bin": b"3"})
    (tmp_path / "one" / "a.onnx").write_bytes(b"other")
    (tmp_path / "two" / "b.bin").unlink()
    (tmp_path / "three" / RECORD).write_text("[]")
    with pytest.raises(WeightsDamagedException, match=r"'one' are damaged: a.onnx has sha256"):
        library.path("one")
    with pytest.raises(WeightsMissingException, match=r"b.bin of the weights 'two'"):
        library.path("two")
    with pytest.raises(WeightsDamagedException, match=r"weights.json cannot be read"):
        library.path("three")
    states = {status.name: status.state for status in WeightsStore([tmp_path]).verify() if status.name not in manifest()}
    assert states == {"one": "damaged", "two": "missing", "three": "damaged"}


def test_a_session_of_added_weights_is_recorded_with_their_licence(tmp_path: Path) -> None:
    content = (PACKAGE_FOLDER / manifest()["fer_minixception"].file).read_bytes()
    filled(tmp_path, mine={"mine.onnx": content}, several={"a.bin": b"1", "b.bin": b"2"})
    with SessionPool("cpu", weights=WeightsStore([tmp_path])) as pool, pool.recording() as networks:
        session = networks.added("mine")
        (name,) = session.input_names
        assert session.run({name: np.zeros((1, 64, 64, 1), np.float32)})
        assert networks.added("mine") is session
        assert networks.added_path("several") == tmp_path / "several"
        assert networks.added_path("nothing") is None
        assert [(used.name, used.licence) for used in networks.used()] == [("mine", "MIT"), ("several", "MIT")]
        with pytest.raises(InvalidConfigException, match="not one ONNX file"):
            networks.added("several")


def test_a_bundle_carries_weights_to_another_machine(tmp_path: Path) -> None:
    here = filled(tmp_path / "here", one={"a.onnx": b"1"}, two={"b.bin": b"22", "c.json": b"{}"})
    there = filled(tmp_path / "there", one={"a.onnx": b"1"})
    assert [entry.name for entry in export_bundle(here, [], tmp_path / "all.tar")] == ["one", "two"]
    export_bundle(here, ["two"], tmp_path / "two.tar")
    added, present = import_bundle(there, tmp_path / "all.tar")
    assert ([entry.name for entry in added], present) == (["two"], ("one",))
    assert there.entries() == here.entries()
    assert (there.path("two") / "b.bin").read_bytes() == b"22"
    assert import_bundle(there, tmp_path / "two.tar") == ((), ("two",))
    with pytest.raises(InvalidRequestException, match="exists"):
        export_bundle(here, [], tmp_path / "all.tar")
    with pytest.raises(InvalidRequestException, match="No weights were added"):
        export_bundle(WeightsLibrary(tmp_path / "empty"), [], tmp_path / "none.tar")


def test_other_weights_of_the_same_name_are_not_replaced(tmp_path: Path) -> None:
    export_bundle(filled(tmp_path / "here", one={"a.onnx": b"1"}, two={"b": b"2"}), [], tmp_path / "all.tar")
    there = filled(tmp_path / "there", one={"a.onnx": b"other"})
    with pytest.raises(InvalidRequestException, match="Other weights of the name 'one'"):
        import_bundle(there, tmp_path / "all.tar")
    assert there.names() == ("one",)


def rewritten(source: Path, target: Path, name: str, content: bytes | None, add: tarfile.TarInfo | None = None) -> Path:
    """The bundle with one member changed, left out, or one more."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            data = old.extractfile(member)
            assert data is not None
            inside = data.read()
            if member.name == name:
                if content is None:
                    continue
                inside = content
                member.size = len(content)
            new.addfile(member, io.BytesIO(inside))
        if add is not None:
            new.addfile(add, io.BytesIO(b"x" * add.size))
    return target


def test_a_bundle_that_was_tampered_with_adds_nothing(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar"
    export_bundle(filled(tmp_path / "here", one={"a.onnx": b"1"}), [], whole)
    link = tarfile.TarInfo("one/b.onnx")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    up, more = tarfile.TarInfo("../up"), tarfile.TarInfo("one/more.bin")
    up.size = more.size = 1
    there = WeightsLibrary(tmp_path / "there")
    for number, (bundle, kind, message) in enumerate(
        [
            (rewritten(whole, tmp_path / "1.tar", "one/a.onnx", b"2"), WeightsDamagedException, "has sha256"),
            (rewritten(whole, tmp_path / "2.tar", "one/a.onnx", None), WeightsMissingException, r"a\.onnx"),
            (rewritten(whole, tmp_path / "3.tar", f"one/{RECORD}", None), InvalidRequestException, "has no weights.json"),
            (rewritten(whole, tmp_path / "4.tar", "", None, link), InvalidRequestException, "does not belong"),
            (rewritten(whole, tmp_path / "5.tar", "", None, up), InvalidRequestException, "does not belong"),
            (rewritten(whole, tmp_path / "6.tar", "", None, more), WeightsDamagedException, "do not name"),
            (Path(shutil.copy(__file__, tmp_path / "7.tar")), InvalidRequestException, "is not a bundle"),
            (tmp_path / "nothing.tar", InvalidRequestException, "is not a bundle"),
        ]
    ):
        with pytest.raises(kind, match=message):
            import_bundle(there, bundle)
        assert there.names() == (), number
    assert not (tmp_path / "up").exists()


def test_a_network_may_be_added_with_small_files_beside_it(tmp_path: Path) -> None:
    source = tmp_path / "emotions"
    (source / "onnx").mkdir(parents=True)
    speech_emotion(source / "model.onnx")
    (source / "labels.txt").write_text("a\nb\nc\n")
    (source / ".hidden").write_text("x")
    library = WeightsLibrary(tmp_path / "weights")
    entry = add_folder(library, source, None)
    assert (entry.name, [file.name for file in entry.files]) == ("emotions", ["labels.txt", "model.onnx"])
    pool = SessionPool("cpu", 1, WeightsStore([tmp_path / "weights"]))
    assert pool.added("emotions").output_names == ("logits",)
    beside = pool.added_beside("emotions", "labels.txt")
    assert beside is not None
    assert beside.read_text() == "a\nb\nc\n"
    assert pool.added_beside("emotions", "config.json") is None


def test_files_beside_a_network_are_checked_too(tmp_path: Path) -> None:
    folder = added(tmp_path / "weights", "mine", speech_emotion(tmp_path / "mine.onnx"), {"labels.txt": "a\nb\nc"})
    (folder / "mine" / "labels.txt").write_text("c\nb\na")
    with pytest.raises(WeightsDamagedException, match=r"labels\.txt"):
        SessionPool("cpu", 1, WeightsStore([folder])).added_beside("mine", "labels.txt")


def test_which_of_several_networks_is_meant_is_not_guessed(tmp_path: Path) -> None:
    source = tmp_path / "two"
    source.mkdir()
    for name in ("a.onnx", "b.onnx"):
        speech_emotion(source / name)
    add_folder(WeightsLibrary(tmp_path / "weights"), source, None)
    with pytest.raises(InvalidConfigException, match="2 ONNX files, not one"):
        SessionPool("cpu", 1, WeightsStore([tmp_path / "weights"])).added("two")


def test_a_folder_without_files_is_no_weights(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidRequestException, match="There is no file in"):
        add_folder(WeightsLibrary(tmp_path / "weights"), tmp_path / "empty", None)

"""Added weights: whole or an error, carried to other machines in a bundle, opened like those that ship."""

import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from videoannotator.errors import (
    InvalidConfigException,
    InvalidRequestException,
    WeightsDamagedException,
    WeightsMissingException,
)
from videoannotator.inference.bundle import export_bundle, import_bundle
from videoannotator.inference.library import RECORD, WeightsLibrary
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import PACKAGE_FOLDER, WeightsStore, manifest


def filled(folder: Path, **weights: dict[str, bytes]) -> WeightsLibrary:
    library = WeightsLibrary(folder)
    for name, files in weights.items():
        with library.staging() as staged:
            for file, content in files.items():
                (staged / file).parent.mkdir(exist_ok=True)
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


def test_the_checksum_of_weights_is_that_of_all_files_with_numbers(tmp_path: Path) -> None:
    files = {"a.safetensors": b"1", "model_Jealousy_&_Envy_best.pth": b"2", "config.json": b"{   }"}
    library = filled(tmp_path, three=files, other={**files, "a.safetensors": b"3"}, same={**files, "config.json": b"{}"})
    of_all = library.entry("three").sha256
    assert library.path("three").is_dir()
    assert of_all not in {file.sha256 for file in library.entry("three").files}
    assert of_all == library.entry("same").sha256 != library.entry("other").sha256


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
        with pytest.raises(InvalidConfigException, match=r"not one ONNX file: they are a\.bin, b\.bin"):
            networks.added("several")


def test_a_network_may_have_small_files_beside_it(tmp_path: Path) -> None:
    content = (PACKAGE_FOLDER / manifest()["fer_minixception"].file).read_bytes()
    library = filled(tmp_path, mine={"a.txt": b"anger", "net.onnx": content}, two={"a.onnx": content, "b.onnx": content})
    with SessionPool("cpu", weights=WeightsStore([tmp_path])) as pool, pool.recording() as networks:
        assert networks.added("mine").output_names
        assert networks.added_files("mine") == (tmp_path / "mine" / "a.txt", tmp_path / "mine" / "net.onnx")
        (used,) = networks.used()
        assert used.sha256 == next(file.sha256 for file in library.entry("mine").files if file.name == "net.onnx")
        with pytest.raises(InvalidConfigException, match="not one ONNX file"):
            networks.added("two")
        (tmp_path / "mine" / "a.txt").write_bytes(b"other")
        with pytest.raises(WeightsDamagedException, match=r"a\.txt has sha256"):
            networks.added_files("mine")


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


def test_a_pipeline_has_its_networks_in_folders(tmp_path: Path) -> None:
    files = {"config.yaml": b"pipeline: {}", "embedding/pytorch_model.bin": b"22", "plda/plda.npz": b"333"}
    here = filled(tmp_path / "here", talk=files)
    assert [file.name for file in here.entry("talk").files] == list(files)
    export_bundle(here, [], tmp_path / "all.tar")
    there = WeightsLibrary(tmp_path / "there")
    import_bundle(there, tmp_path / "all.tar")
    assert {name: (there.path("talk") / name).read_bytes() for name in files} == files
    (there.path("talk") / "plda" / "plda.npz").write_bytes(b"4")
    with pytest.raises(WeightsDamagedException, match=r"plda/plda\.npz has sha256"):
        there.path("talk")


def test_the_one_network_may_lie_in_a_folder(tmp_path: Path) -> None:
    content = (PACKAGE_FOLDER / manifest()["fer_minixception"].file).read_bytes()
    filled(tmp_path, mine={"config.yaml": b"a: 1", "onnx/net.onnx": content})
    with SessionPool("cpu", weights=WeightsStore([tmp_path])) as pool:
        assert pool.added("mine").output_names


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
    up, more, deep = tarfile.TarInfo("../up"), tarfile.TarInfo("one/more.bin"), tarfile.TarInfo("one/more/more.bin")
    away, below = tarfile.TarInfo(f"/{tmp_path.name}-away"), tarfile.TarInfo("one/a/b/c.bin")
    up.size = more.size = deep.size = away.size = below.size = 1
    there = WeightsLibrary(tmp_path / "there")
    for number, (bundle, kind, message) in enumerate(
        [
            (rewritten(whole, tmp_path / "1.tar", "one/a.onnx", b"2"), WeightsDamagedException, "has sha256"),
            (rewritten(whole, tmp_path / "2.tar", "one/a.onnx", None), WeightsMissingException, r"a\.onnx"),
            (rewritten(whole, tmp_path / "3.tar", f"one/{RECORD}", None), InvalidRequestException, "has no weights.json"),
            (rewritten(whole, tmp_path / "4.tar", "", None, link), InvalidRequestException, "does not belong"),
            (rewritten(whole, tmp_path / "5.tar", "", None, up), InvalidRequestException, "does not belong"),
            (rewritten(whole, tmp_path / "6.tar", "", None, more), WeightsDamagedException, "do not name"),
            (rewritten(whole, tmp_path / "8.tar", "", None, deep), WeightsDamagedException, "do not name"),
            (rewritten(whole, tmp_path / "9.tar", "", None, away), InvalidRequestException, "does not belong"),
            (rewritten(whole, tmp_path / "10.tar", "", None, below), InvalidRequestException, "does not belong"),
            (Path(shutil.copy(__file__, tmp_path / "7.tar")), InvalidRequestException, "is not a bundle"),
            (tmp_path / "nothing.tar", InvalidRequestException, "is not a bundle"),
        ]
    ):
        with pytest.raises(kind, match=message):
            import_bundle(there, bundle)
        assert there.names() == (), number
    assert not (tmp_path / "up").exists()
    assert not Path(away.name).exists()

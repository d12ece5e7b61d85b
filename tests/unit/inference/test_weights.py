import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import videoannotator
from videoannotator.errors import InvalidRequestException, WeightsDamagedException, WeightsMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import MANIFEST, PACKAGE_FOLDER, WeightsStore, manifest
from videoannotator.inference.weights_table import licences_page
from videoannotator.version import __version__

LICENCES = Path(__file__).resolve().parents[3] / "LICENSES"
SMALL = "fer_minixception"
DTYPES = {
    "float32": "tensor(float)",
    "int64": "tensor(int64)",
    "int32": "tensor(int32)",
    "uint8": "tensor(uint8)",
    "bool": "tensor(bool)",
}


def copied(folder: Path, name: str = SMALL) -> Path:
    return Path(shutil.copy(PACKAGE_FOLDER / manifest()[name].file, folder))


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def test_every_file_has_one_entry_and_every_entry_a_file() -> None:
    files = sorted(path.name for path in PACKAGE_FOLDER.iterdir() if path.name != MANIFEST)
    assert files == sorted(entry.file for entry in manifest().values())
    assert all(entry.file.rsplit(".", 1)[0] == name == entry.name for name, entry in manifest().items())


def test_every_file_has_the_size_and_hash_of_its_entry() -> None:
    statuses = WeightsStore().verify()
    assert [status.name for status in statuses] == list(manifest())
    assert {(status.state, status.problem, status.hint) for status in statuses} == {("ok", None, None)}
    assert {status.path.stat().st_size - manifest()[status.name].size_bytes for status in statuses} == {0}


@pytest.mark.parametrize("name", manifest())
def test_an_entry_leaves_nothing_open(name: str) -> None:
    entry = manifest()[name]
    texts = [entry.task, entry.licence, entry.conversion, entry.citation, entry.intended_use, entry.limits, *vars_of(entry.source)]
    assert all(text.strip() for text in texts)
    assert entry.data_terms is None or entry.data_terms.strip()
    assert entry.source.ecosystem in {"pypi", "npm"}
    assert bool(entry.inputs) == bool(entry.outputs) == (Path(entry.file).suffix in {".onnx", ".ort"})


def vars_of(source: object) -> list[str]:
    return [getattr(source, name) for name in ("ecosystem", "package", "version", "member")]


def test_every_licence_has_its_text_and_no_text_is_left_over() -> None:
    used = {entry.licence_file for entry in manifest().values()}
    assert used == {path.name for path in LICENCES.iterdir() if path.suffix == ".txt"}
    for entry in manifest().values():
        text = (LICENCES / entry.licence_file).read_text(encoding="utf-8")
        expected = {
            "MIT": "Permission is hereby granted",
            "Apache-2.0": "Apache License",
            "CC-BY-4.0": "Attribution 4.0 International",
        }
        assert expected[entry.licence] in text
    assert "pyannote/speaker-diarization-community-1" in (LICENCES / "CC-BY-4.0.txt").read_text(encoding="utf-8")


def test_weights_from_research_data_say_so() -> None:
    assert {name for name, entry in manifest().items() if entry.data_terms} >= {"fer_minixception", "faceres", "faceapi_agegender"}


def test_the_licences_page_is_fresh() -> None:
    assert (LICENCES / "README.md").read_text(encoding="utf-8") == licences_page()


@pytest.mark.parametrize("name", [name for name, entry in manifest().items() if entry.inputs])
def test_the_contract_is_what_the_network_says(name: str) -> None:
    session = SessionPool("cpu").get(name)
    for stated, real in (
        (manifest()[name].inputs, session._session.get_inputs()),
        (manifest()[name].outputs, session._session.get_outputs()),
    ):
        assert [(tensor.name, DTYPES[tensor.dtype], len(tensor.shape)) for tensor in stated] == [
            (tensor.name, tensor.type, len(tensor.shape)) for tensor in real
        ]
        for tensor, fact in zip(stated, real, strict=True):
            fixed = [(mine, theirs) for mine, theirs in zip(tensor.shape, fact.shape, strict=True) if isinstance(theirs, int)]
            assert all(mine == theirs for mine, theirs in fixed), tensor


def test_a_file_in_a_given_folder_comes_before_the_package(tmp_path: Path) -> None:
    path = copied(tmp_path)
    assert WeightsStore([tmp_path]).path(SMALL) == path
    (tmp_path / "empty").mkdir()
    assert WeightsStore([tmp_path / "empty"]).path(SMALL) == PACKAGE_FOLDER / path.name
    with pytest.raises(InvalidRequestException, match="does not exist"):
        WeightsStore([tmp_path / "absent"])


@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty"])
def test_damaged_weights_are_an_error_that_names_weights_file_hashes_and_cure(tmp_path: Path, damage: str) -> None:
    path = copied(tmp_path)
    if damage == "flipped":
        flip_a_byte(path)
    else:
        os.truncate(path, 0 if damage == "empty" else path.stat().st_size // 2)
    store = WeightsStore([tmp_path])
    with pytest.raises(WeightsDamagedException) as caught:
        store.path(SMALL)
    error, entry = caught.value, manifest()[SMALL]
    assert all(fact in error.message for fact in (SMALL, entry.file, entry.sha256, error.detail["found_sha256"]))
    assert error.detail["found_sha256"] != entry.sha256
    assert error.hint is not None
    assert str(path) in error.hint
    status = next(status for status in store.verify() if status.name == SMALL)
    assert (status.state, status.path, status.problem, status.hint) == ("damaged", path, error.message, error.hint)


def test_a_repaired_file_is_read_again(tmp_path: Path) -> None:
    path = copied(tmp_path)
    whole = path.read_bytes()
    flip_a_byte(path)
    store = WeightsStore([tmp_path])
    with pytest.raises(WeightsDamagedException):
        store.path(SMALL)
    path.write_bytes(whole)
    os.utime(path, ns=(0, 0))
    assert store.path(SMALL) == path


def test_a_file_is_read_once_as_long_as_its_state_stays(tmp_path: Path) -> None:
    path = copied(tmp_path)
    state = path.stat()
    assert WeightsStore([tmp_path]).path(SMALL) == path
    flip_a_byte(path)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert WeightsStore([tmp_path]).path(SMALL) == path
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1_000_000_000))
    with pytest.raises(WeightsDamagedException):
        WeightsStore([tmp_path]).path(SMALL)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(WeightsMissingException, match="'silero'") as caught:
        WeightsStore().path("silero")
    assert "silero_vad" in str(caught.value.hint)


def installation_without_weights(folder: Path, *, with_manifest: bool) -> Path:
    """A copy of the package that lost its weights, as a broken installation would."""
    package = Path(str(videoannotator.__path__[0]))
    shutil.copytree(package, folder / "videoannotator", ignore=shutil.ignore_patterns("weights", "samples", "__pycache__"))
    if with_manifest:
        weights = folder / "videoannotator" / "inference" / "weights"
        weights.mkdir()
        shutil.copy(PACKAGE_FOLDER / MANIFEST, weights)
    return folder


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from videoannotator.errors import WeightsMissingException
from videoannotator.inference.weights import WeightsStore
try:
    WeightsStore().path("silero_vad")
except WeightsMissingException as error:
    print(error.message, error.hint, error.detail["path"], sep="\\n")
    print({status.state for status in WeightsStore().verify()})
"""


@pytest.mark.parametrize("with_manifest", [True, False])
def test_missing_weights_are_an_error_that_names_the_file_and_the_cure(tmp_path: Path, with_manifest: bool) -> None:
    folder = installation_without_weights(tmp_path, with_manifest=with_manifest)
    result = subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], capture_output=True, text=True, check=False, timeout=60)
    message, hint, path, *states = result.stdout.splitlines()
    assert f"pip install --force-reinstall --no-deps videoannotator=={__version__}" in hint
    if with_manifest:
        assert "'silero_vad' (silero_vad.onnx) are not there" in message
        assert path.startswith(str(folder))
        assert states == ["{'missing'}"]
    else:
        assert "manifest.json" in message
        assert "WeightsMissingException" in result.stderr

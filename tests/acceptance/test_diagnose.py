"""`videoannotator diagnose`, as somebody runs it whose installation is new, in use, or broken."""

import json
import socket
from pathlib import Path

import pytest
from tests.acceptance.conftest import RunCommand
from tests.acceptance.server import Installation

PARTS = ["system", "gpu", "storage", "database"]


def test_a_new_installation_passes_and_nothing_is_made(run_command: RunCommand, tmp_path: Path) -> None:
    ended = run_command("diagnose", VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path / "storage"), VIDEOANNOTATOR_PORT="0")
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert [line.rstrip(":") for line in ended.out.splitlines() if not line.startswith(" ")] == PARTS
    assert ended.out.isascii()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", PARTS)
def test_one_part_alone_as_json(run_command: RunCommand, tmp_path: Path, part: str) -> None:
    ended = run_command("diagnose", part, "--json", VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path / "storage"), VIDEOANNOTATOR_PORT="0")
    said = json.loads(ended.out)
    assert (ended.code, list(said["parts"])) == (0, [part])
    assert {*said["parts"][part][0]} == {"severity", "what", "why", "cure"}


def test_a_server_that_runs_is_known_and_a_foreign_one_is_in_the_way(tmp_path: Path) -> None:
    house = Installation(tmp_path / "house")
    with house.server() as server:
        port = server.address.rsplit(":", 1)[1]
        ended = house.run("diagnose", VIDEOANNOTATOR_PORT=port)
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
        assert f"[ok] VideoAnnotator 1.3.0 answers on port {port}." in ended.stdout
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        ended = house.run("diagnose", "system", VIDEOANNOTATOR_PORT=port)
    assert ended.returncode == 1
    assert f"[error] Port {port} is taken by another program." in ended.stdout
    assert f"Cure: videoannotator server --port {int(port) + 1}" in ended.stdout


def test_damaged_weights_are_told_with_their_cure(copy_of_package: Path, run_command: RunCommand, tmp_path: Path) -> None:
    network = copy_of_package / "inference" / "weights" / "yunet.onnx"
    content = network.read_bytes()
    network.unlink()
    network.write_bytes(content[:-1])
    ended = run_command(
        "diagnose",
        "system",
        PYTHONPATH=str(copy_of_package.parent),
        VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path),
        VIDEOANNOTATOR_PORT="0",
    )
    assert ended.code == 1
    assert "[error] The weights 'yunet' (yunet.onnx) are damaged" in ended.out
    assert "Cure: Install the package again: python -m pip install --force-reinstall" in ended.out


def test_a_database_that_does_not_answer_is_told_with_its_cure(run_command: RunCommand, tmp_path: Path) -> None:
    place = {"VIDEOANNOTATOR_STORAGE_DIR": str(tmp_path), "DATABASE_URL": "postgresql://ada:secret@127.0.0.1:1/lab"}
    ended = run_command("diagnose", "database", **place)
    assert ended.code == 1
    assert "[error] The database does not answer." in ended.out
    assert "Cure:" in ended.out
    assert "secret" not in ended.out

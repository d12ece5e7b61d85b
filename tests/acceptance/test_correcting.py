"""A real job, computed by a real worker, is corrected and exported over HTTP."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import Installation, Server, until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Installation(tmp_path_factory.mktemp("house") / "house").server() as started:
        yield started


def exported(server: Server, job: str, **more: Any) -> dict[str, bytes]:
    """The files of an export, without the folder of the job."""
    asked = server.client.post("exports", json={"job_ids": [job], "formats": ["csv_table", "scenes"], **more})
    address = f"exports/{asked.json()['export_id']}"
    until(lambda: server.client.get(address).json()["status"] not in ("waiting", "running"), "the export")
    document = server.client.get(address).json()
    assert (document["status"], document["problems"]) == ("ready", [])
    with zipfile.ZipFile(io.BytesIO(server.client.get(f"{address}/download").content)) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def boundaries(table: bytes) -> list[tuple[float, str]]:
    return [(float(row["start_s"]), row["method"]) for row in csv.DictReader(io.StringIO(table.decode()))]


def test_a_boundary_is_added_by_hand_exported_and_taken_back(server: Server, second: Path) -> None:
    job = str(server.submit(second, {"scene_detection": {"mode": "fast"}})["id"])
    server.wait_for(job, "completed")
    machine = server.client.get(f"jobs/{job}/results/files/scene_detection?format=csv").content
    assert exported(server, job, corrected=False)["scene_detection.csv"] == machine
    original = server.client.get(f"jobs/{job}/timeline").json()
    assert original == server.client.get(f"jobs/{job}/view/timeline.json").json()
    added = {"kind": "add_segment", "target": "Scene", "after": {"start_s": 0.3}, "revision": 0}
    assert server.client.post(f"jobs/{job}/corrections", json=added).status_code == 201
    files = exported(server, job)
    assert len(boundaries(files["scene_detection.csv"])) == len(boundaries(machine)) + 1
    (by_hand,) = [start_s for start_s, method in boundaries(files["scene_detection.csv"]) if method == "by_hand"]
    assert by_hand == pytest.approx(0.3, abs=0.05)
    assert "corrections.json" in files
    corrected = server.client.get(f"jobs/{job}/timeline").json()
    assert "correction/1" in [scene["id"] for scene in corrected["scenes"]]
    assert server.client.request("DELETE", f"jobs/{job}/corrections").json() == {"revision": 0, "undone": [1]}
    assert server.client.get(f"jobs/{job}/timeline").json() == original
    assert exported(server, job)["scene_detection.csv"] == machine
    assert server.client.get(f"jobs/{job}/results/files/scene_detection?format=csv").content == machine

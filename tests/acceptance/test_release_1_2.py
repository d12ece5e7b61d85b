"""A laboratory that used release 1.2 starts this one in the same folder."""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from tests.acceptance.server import Installation, Server
from tests.release_1_2 import KEY, SHAPES, Former, build, job_id

COMPLETED, PENDING = job_id(0), job_id(7)
SCENES = {"scene_detection": {"mode": "fast"}}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "house")
    yield made
    made.kill_everything()


def with_a_job_that_can_run(former: Former, shape: str, clip: Path) -> None:
    """One of the waiting jobs gets a real recording."""
    shutil.copyfile(clip, former.sources[PENDING])
    key = "job_id" if shape == "a" else "id"
    with closing(sqlite3.connect(former.file)) as database:
        database.execute(f"UPDATE jobs SET config = ? WHERE {key} = ?", (json.dumps(SCENES), PENDING))  # noqa: S608
        if shape != "a":
            database.execute("UPDATE jobs SET selected_pipelines = ? WHERE id = ?", (json.dumps(list(SCENES)), PENDING))
        database.commit()


def downloaded(server: Server) -> dict[str, bytes]:
    """The recording and every result of an old job."""
    results = server.results(COMPLETED)
    files = [file for run in results["pipeline_results"].values() for file in run["artifacts"]] + results["artifacts"]
    found = {file["name"]: server.client.get(server.address + file["download_url"]).raise_for_status().content for file in files}
    for file in files:
        assert file["sha256"] in (None, hashlib.sha256(found[file["name"]]).hexdigest())
    return {**found, "video": server.client.get(f"jobs/{COMPLETED}/video").raise_for_status().content}


@pytest.mark.parametrize("shape", SHAPES)
def test_old_jobs_results_and_keys_go_on(shape: str, house: Installation, second: Path) -> None:
    former = build(shape, house.folder / "work", 24)
    with_a_job_that_can_run(former, shape, second)
    old_file = former.file.read_bytes()
    house.key = KEY if shape == "c" else None
    with house.server() as server:
        assert "release 1.2" in server.said
        assert bool(server.keys) == (shape != "c")
        listed = server.client.get("jobs", params={"per_page": 100}).raise_for_status().json()
        assert {job["id"] for job in listed["jobs"]} == former.statuses.keys()
        assert listed["jobs"][0]["id"] == job_id(23)

        wrong = httpx.get(f"{server.address}/api/v1/jobs", headers={"X-API-Key": KEY + "x"}, trust_env=False)
        assert wrong.status_code == 401

        before = downloaded(server)
        assert before["video"] == former.sources[COMPLETED].read_bytes()
        assert len(before) == len(former.results.get(COMPLETED, [])) + 1
        brought = house.run("migrate", "--files")
        assert brought.returncode == 0, brought.stderr
        assert downloaded(server) == before

        done = server.wait_for(PENDING, "completed")
        assert "scene_detection" in done["selected_pipelines"]
        run = server.results(PENDING)["pipeline_results"]["scene_detection"]
        assert (run["status"], run["options"]["mode"]) == ("completed", "fast")
    assert former.file.read_bytes() == old_file


def test_the_commands_say_what_they_did(tmp_path: Path, house: Installation) -> None:
    former = build("b", house.folder / "work", 24)
    told = house.run("migrate", "--dry-run")
    assert (told.returncode, "copy" in told.stdout) == (0, True), told
    assert not house.storage.exists() or not list(house.storage.rglob("*.db"))

    migrated = house.run("migrate", "--files", "--dry-run")
    assert (migrated.returncode, "copy" in migrated.stdout) == (0, True), migrated
    made = house.run("setup-db")
    assert made.returncode == 0, made.stderr
    assert "1.3.0" in made.stdout
    assert "24 jobs" in made.stderr

    lost = former.sources[job_id(3)]
    lost.unlink()
    foreseen = house.run("migrate", "--files", "--dry-run")
    done = house.run("migrate", "--files")
    assert (foreseen.returncode, done.returncode) == (0, 0), done.stderr
    assert "would be" in foreseen.stdout
    assert os.fspath(lost) in done.stderr
    assert "35 files as links" in done.stdout
    again = house.run("migrate", "--files")
    assert "0 files as links" in again.stdout

    saved = house.run("backup", tmp_path / "copy.db")
    assert saved.returncode == 0, saved.stderr
    assert os.fspath(house.storage) in saved.stdout
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM jobs").fetchone()[0] == 24
    refused = house.run("backup", tmp_path / "copy.db")
    assert refused.returncode == 1
    assert "exists" in refused.stderr


def test_a_newer_database_stops_the_server_with_the_cure(house: Installation) -> None:
    assert house.run("setup-db").returncode == 0
    with closing(sqlite3.connect(house.storage / "videoannotator.db")) as database:
        database.execute("UPDATE schema_metadata SET value = '99.0' WHERE key = 'version'")
        database.commit()
    for command in (["setup-db"], ["server", "--port", "0"], ["worker"]):
        stopped = house.run(*command)
        assert stopped.returncode == 1, stopped
        assert "99.0" in stopped.stdout + stopped.stderr
        assert "pip install" in stopped.stdout + stopped.stderr

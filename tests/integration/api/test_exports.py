"""Exports over HTTP: what can be exported, the archive itself, and what becomes of it."""

import csv
import io
import json
import os
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.finished_jobs import Bench, changed_files, completed
from tests.integration.api.test_corrections import EDIT, NAME_ANNA, job_on, of, post
from tests.integration.api.test_uploads import refused
from tests.integration.jobs.test_annotations import saved
from tests.servers import Live, serving
from tests.unit.annotations.test_corrected import conversation
from tests.unit.annotations.test_saved import EXPORTERS, exported

from videoannotator.auth.keys import Scope
from videoannotator.jobs import exports as exports_module
from videoannotator.jobs.exports import Exports
from videoannotator.storage.config import Storage
from videoannotator.testing.examples import annotation_set, many, scenes

EXPORTS = "/api/v1/exports"
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("server") / "storage", storage_free_floor_gb=0) as live:
        yield live


@pytest.fixture
def job(server: Live, tmp_path: Path) -> str:
    return job_on(server, tmp_path)


def ended(live: Live, export_id: str) -> dict[str, Any]:
    """How an export stands when it has ended."""
    give_up = time.monotonic() + PATIENCE_S
    while (document := live.get(f"{EXPORTS}/{export_id}").json())["status"] in ("waiting", "running"):
        assert time.monotonic() < give_up
        time.sleep(0.05)  # there is no event to await over HTTP
    found: dict[str, Any] = document
    return found


def ask(live: Live, jobs: list[str], formats: list[str], **more: Any) -> dict[str, Any]:
    response = live.request("POST", EXPORTS, json={"job_ids": jobs, "formats": formats, **more})
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"{EXPORTS}/{response.json()['export_id']}"
    return ended(live, response.json()["export_id"])


def content(live: Live, document: dict[str, Any]) -> dict[str, bytes]:
    """The files of an archive, taken by its signed address."""
    response = live.get(document["download_url"], key="")
    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) == len(response.content) == document["size_bytes"]
    assert response.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert len(files) == document["files"]
    return files


def test_an_export_without_corrections_is_what_every_format_writes(live: Live, tmp_path: Path) -> None:
    job = job_on(live, tmp_path)
    post(live, job, NAME_ANNA)
    document = ask(live, [job], sorted(EXPORTERS), corrected=False)
    assert (document["status"], document["progress"], document["error"]) == ("ready", 1.0, None)
    files = content(live, document)
    with conversation() as machine:
        expected = {
            name.partition("/")[2]: data
            for name, data in exported(machine, tmp_path / "expected").items()
            if not name.startswith("provenance/")
        }
    folder = f"My_holiday-{job[:8]}"
    assert {name for name in files if not name.startswith(f"{folder}/")} == set()
    inside = {name.removeprefix(f"{folder}/"): data for name, data in files.items()}
    record = json.loads(inside.pop("provenance.json"))
    assert inside == expected
    assert {file["name"] for file in record["files"]} == set(expected)
    assert not any(b"Anna" in data for data in inside.values())


def test_a_corrected_export_has_the_names_everywhere_and_the_output_stays(live: Live, tmp_path: Path) -> None:
    job = job_on(live, tmp_path)
    for body in (NAME_ANNA, EDIT, {"kind": "rename_speaker", "target": "speaker_001", "after": {"name": "Zoë"}}):
        assert post(live, job, body).status_code == 201
    live.request("POST", of(job, "corrections/3/undo"))
    assert post(live, job, {"kind": "rename_speaker", "target": "speaker_001", "after": {"name": "Béa"}}).status_code == 201
    files = content(live, ask(live, [job], ["csv_table", "coco", "rttm", "webvtt"]))
    inside = {name.partition("/")[2]: data.decode() for name, data in files.items()}
    assert '"person_id": "Anna"' in inside["person_tracking.coco.json"]
    assert "Anna" in {row["person_id"] for row in csv.DictReader(io.StringIO(inside["person_tracking.identities.csv"]))}
    assert " Bea " in inside["speaker_diarization.rttm"]
    assert "<v Béa>" in inside["speech_recognition.vtt"]
    assert "&lt;b&gt;" in inside["speech_recognition.vtt"]
    record = json.loads(inside["corrections.json"])
    assert (record["job_id"], record["revision"]) == (job, 4)
    assert [(each["number"], each["in_force"], each["created_by"]) for each in record["corrections"]] == [
        (1, True, "test"),
        (2, True, "test"),
        (3, False, "test"),
        (4, True, "test"),
    ]
    assert record["corrections"][0]["before"] == {"name": "person_001"}
    assert changed_files(live.here.database, live.here.storage, job) == set()


def test_jobs_that_cannot_be_exported_do_not_stop_the_others(server: Live, job: str, tmp_path: Path) -> None:
    bench = Bench(server.here.database, server.here.storage)
    waiting, gone = bench.add(), str(uuid.uuid4())
    old = bench.run(bench.add(), [completed("scene_detection")])
    damaged = job_on(server, tmp_path)
    broken = bench.storage.results_folder(damaged, 1) / "annotations.zip"
    broken.write_bytes(broken.read_bytes()[:-40])
    document = ask(server, [waiting, gone, old, damaged, job], ["scenes", "mot"])
    assert {each["job_id"]: each["code"] for each in document["problems"]} == {
        waiting: "JOB_NOT_READY",
        gone: "JOB_NOT_FOUND",
        old: "NOT_FOUND",
        damaged: "STORAGE_FAILED",
    }
    assert all(each["message"] and "/tmp" not in str(each) for each in document["problems"])  # noqa: S108
    assert {name.partition("/")[0] for name in content(server, document)} == {f"My_holiday-{job[:8]}"}


def test_nothing_that_can_be_exported_is_a_failure_with_reasons(server: Live) -> None:
    document = ask(server, [str(uuid.uuid4())], ["scenes"])
    assert (document["status"], document["error"]["code"], document["download_url"]) == ("failed", "NOT_FOUND", None)
    refused(server.get(f"{EXPORTS}/{document['export_id']}/download"), 404, "NOT_FOUND")


def test_a_format_that_does_not_apply_says_why(server: Live, tmp_path: Path) -> None:
    bench = Bench(server.here.database, server.here.storage)
    only_scenes = bench.run(
        bench.add(), [completed("scene_detection")], [saved(annotation_set({"scene_detection": scenes()}), tmp_path)]
    )
    document = ask(server, [only_scenes], ["scenes", "rttm"])
    (problem,) = document["problems"]
    assert (document["status"], problem["format"], problem["code"]) == ("ready", "rttm", "NOTHING_TO_WRITE")
    listed = {each["format"]: each for each in server.get(f"/api/v1/jobs/{only_scenes}/exports").json()["formats"]}
    assert set(listed) >= set(EXPORTERS)
    assert (listed["scenes"]["applies"], listed["scenes"]["reason"]) == (True, None)
    assert (listed["rttm"]["applies"], listed["provenance"]["applies"]) == (False, True)
    assert "speaker_diarization" in listed["rttm"]["hint"]
    waiting = bench.add()
    listed = {each["format"]: each for each in server.get(f"/api/v1/jobs/{waiting}/exports").json()["formats"]}
    assert not any(each["applies"] for each in listed.values())
    assert "pending" in listed["scenes"]["reason"]
    refused(server.get(f"/api/v1/jobs/{uuid.uuid4()}/exports"), 404, "JOB_NOT_FOUND")


def test_folders_are_named_safely_and_apart(server: Live, tmp_path: Path) -> None:
    bench = Bench(server.here.database, server.here.storage)
    ids = [f"0a0a0a0a-0000-4000-8000-{number:012d}" for number in range(3)]
    for job_id, name in zip(ids, ("../../etc/passwd\0.mp4", "..\\..\\etc PASSWD.mp4", "小明.mp4"), strict=True):
        bench.add(job_id=job_id, video_filename=name)
        bench.run(job_id, [completed("scene_detection")], [saved(annotation_set({"scene_detection": scenes()}), tmp_path)])
    folders = {name.partition("/")[0] for name in content(server, ask(server, ids, ["scenes"]))}
    assert folders == {"etc_passwd-0a0a0a0a", "etc_PASSWD-0a0a0a0a-2", "recording-0a0a0a0a"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"formats": ["papyrus"]}, 400, "INVALID_REQUEST"),
        ({"formats": []}, 422, "VALIDATION_ERROR"),
        ({"job_ids": []}, 422, "VALIDATION_ERROR"),
        ({"job_ids": ["../x"]}, 422, "VALIDATION_ERROR"),
        ({"job_ids": [str(uuid.UUID(int=n)) for n in range(101)]}, 422, "VALIDATION_ERROR"),
        ({"corrected": "yes"}, 422, "VALIDATION_ERROR"),
    ],
)
def test_what_cannot_be_asked_for(server: Live, body: dict[str, Any], status: int, code: str) -> None:
    asked = {"job_ids": [str(uuid.UUID(int=1))], "formats": ["scenes"], **body}
    refused(server.request("POST", EXPORTS, json=asked), status, code)


def test_only_who_may_read_gets_it(server: Live, job: str) -> None:
    document = ask(server, [job], ["scenes"])
    address = f"{EXPORTS}/{document['export_id']}"
    refused(server.get(address, key=""), 401, "UNAUTHORIZED")
    refused(server.get(f"{address}/download", key=""), 401, "UNAUTHORIZED")
    refused(server.get(document["download_url"] + "0", key=""), 401, "UNAUTHORIZED")
    video = server.get(f"/api/v1/jobs/{job}/media-url").json()["url"].partition("?")[2]
    refused(server.get(f"{address}/download?{video}", key=""), 401, "UNAUTHORIZED")
    writer = server.here.keys.issue("writer", frozenset({Scope.WRITE})).secret
    refused(server.get(address, key=writer), 403, "FORBIDDEN")
    part = server.get(f"{address}/download", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"PK\x03\x04")


def test_an_export_is_removed_and_not_there_after_a_restart(server: Live, job: str) -> None:
    document = ask(server, [job], ["scenes"])
    address = f"{EXPORTS}/{document['export_id']}"
    assert server.request("DELETE", address).status_code == 204
    for method, path in [("GET", address), ("GET", f"{address}/download"), ("DELETE", address)]:
        error = refused(server.request(method, path), 404, "NOT_FOUND")
        assert "Ask for it again" in error["hint"]
    assert not list((server.here.storage.root / "temp").glob(f"*/{document['export_id']}"))


def big_job(live: Live, folder: Path) -> str:
    bench = Bench(live.here.database, live.here.storage)
    annotations = many(8000)
    reports = [completed(name) for name in annotations.outcomes]
    return bench.run(bench.add(pipelines=list(annotations.outcomes)), reports, [saved(annotations, folder)])


def until(true: Callable[[], object], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.02)


def child_of(live: Live, export_id: str) -> int:
    """The pid of the process that makes an export."""
    children = live.here.exports._children
    until(lambda: export_id in children, "the process")
    return children[export_id]._process.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_running_export_is_stopped_and_others_wait_for_their_turn(server: Live, tmp_path: Path) -> None:
    job = big_job(server, tmp_path)
    body = {"job_ids": [job], "formats": ["turns", "csv_table", "webvtt", "emotion"]}
    ids = [server.request("POST", EXPORTS, json=body).json()["export_id"] for _ in range(3)]
    pids = [child_of(server, each) for each in ids[:2]]
    assert server.get(f"{EXPORTS}/{ids[2]}").json()["status"] == "waiting"
    until(lambda: server.get(f"{EXPORTS}/{ids[0]}").json()["progress"] > 0, "progress")
    for each in (ids[2], *ids[:2]):
        assert server.request("DELETE", f"{EXPORTS}/{each}").status_code == 204
    until(lambda: not any(map(alive, pids)), "the end of the processes")
    until(lambda: not server.here.exports._children, "the end of the exports")
    assert not [path for each in ids for path in (server.here.storage.root / "temp").glob(f"*/{each}")]


def test_a_process_that_is_killed_fails_the_export(server: Live, tmp_path: Path) -> None:
    job = big_job(server, tmp_path)
    response = server.request("POST", EXPORTS, json={"job_ids": [job], "formats": ["csv_table", "webvtt"]})
    export_id = response.json()["export_id"]
    os.kill(child_of(server, export_id), 9)
    document = ended(server, export_id)
    assert (document["status"], document["error"]["code"]) == ("failed", "INTERNAL_SERVER_ERROR")
    assert not list((server.here.storage.root / "temp").glob(f"*/{export_id}"))


def test_a_disk_that_fills_up_ends_the_export(server: Live, tmp_path: Path) -> None:
    storage = server.here.storage
    job = big_job(server, tmp_path)
    response = server.request("POST", EXPORTS, json={"job_ids": [job], "formats": ["csv_table", "webvtt", "turns"]})
    child_of(server, response.json()["export_id"])
    try:
        storage.free_floor_bytes = 10**18
        document = ended(server, response.json()["export_id"])
        refused(server.request("POST", EXPORTS, json={"job_ids": [job], "formats": ["scenes"]}), 507, "STORAGE_FULL")
    finally:
        storage.free_floor_bytes = 0
    assert (document["status"], document["error"]["code"]) == ("failed", "STORAGE_FULL")


def test_too_many_exports_are_refused(server: Live, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports_module, "MOST_WAITING", 0)
    response = server.request("POST", EXPORTS, json={"job_ids": [job], "formats": ["scenes"]})
    refused(response, 429, "RATE_LIMITED")
    assert response.headers["Retry-After"]


def test_what_a_dead_server_left_is_swept_and_what_a_live_one_has_is_not(server: Live, job: str) -> None:
    document = ask(server, [job], ["scenes"])
    temp = server.here.storage.root / "temp"
    left = temp / "exports-0000"
    left.mkdir()
    (left / ".owner").touch()
    (left / "export.zip").write_bytes(b"old")
    other = Exports(server.here.database, server.here.storage)
    other.start()
    other.close()
    assert not left.exists()
    assert content(server, document)


def test_old_exports_are_forgotten(server: Live, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = ask(server, [job], ["scenes"])
    server.here.exports.sweep()
    assert content(server, document)
    monkeypatch.setattr(exports_module, "KEPT_S", -1)
    server.here.exports.sweep()
    refused(server.get(f"{EXPORTS}/{document['export_id']}"), 404, "NOT_FOUND")


def test_a_server_that_stops_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", storage_free_floor_gb=0) as live:
        job = big_job(live, tmp_path)
        response = live.request("POST", EXPORTS, json={"job_ids": [job], "formats": ["csv_table", "webvtt", "turns"]})
        pid = child_of(live, response.json()["export_id"])
    assert not alive(pid)
    assert list((Storage(tmp_path / "storage").root / "temp").iterdir()) == []

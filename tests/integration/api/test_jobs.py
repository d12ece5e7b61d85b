"""The routes of jobs, over real sockets."""

import hashlib
import io
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.finished_jobs import WORKER, Bench, Written, completed
from tests.integration.api.test_uploads import refused
from tests.servers import Live, serving

from videoannotator.auth.keys import Scope
from videoannotator.database.queue import Failure, RunReport
from videoannotator.media.synthetic import Shot, shots_clip

SCENES = Written("scene_detection.json", b'[{"start_time": 0}]', "scene_detection", "scenes", main=True)
PICTURE = Written("scene_detection/1 a.jpg", b"jpeg", "scene_detection", "scenes", "image/jpeg")
TABLE = Written("scene_detection.csv", b"a,b\r\n", "scene_detection", "csv_table", "text/csv")
RECORD = Written("provenance.json", b"{}", None, "provenance")
BROKEN = RunReport(
    "speech_recognition", "failed", error_code="GPU_OUT_OF_MEMORY", error_message="Too little memory.", error_hint="Wait."
)
FAILURE = Failure("INFERENCE_FAILED", "It failed.", "Look.")
RECORDING = bytes(range(256)) * 100
VIDEO = Written("overlay.mp4", RECORDING, None, "overlay", "video/mp4")
UNKNOWN = str(uuid.UUID(int=7))
PATIENCE_S = 120.0


@pytest.fixture
def bench(live: Live) -> Bench:
    """Jobs on the server's own database and storage."""
    return Bench(live.here.database, live.here.storage)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server on SQLite for many tests, with a folder whose recordings may be submitted by path."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "media").mkdir()
    shots_clip(folder / "media" / "play.mp4", [Shot(6), Shot(6)], size=(64, 48))
    with serving(folder / "storage", storage_free_floor_gb=0, media_roots=(folder / "media",)) as live:
        yield live


@pytest.fixture
def some(server: Live) -> Bench:
    return Bench(server.here.database, server.here.storage)


@pytest.fixture
def done(some: Bench) -> str:
    """A job that completed without one of its two pipelines."""
    job_id = some.add(pipelines=["scene_detection", "speech_recognition"], recording=RECORDING)
    return some.run(job_id, [completed("scene_detection"), BROKEN], [SCENES, PICTURE, TABLE, RECORD])


def test_a_job_from_its_cradle_to_its_grave(live: Live, bench: Bench) -> None:
    job_id = bench.add(pipelines=["scene_detection"], options={"scene_detection": {}}, recording=RECORDING)
    address = f"/api/v1/jobs/{job_id}"
    assert (live.get(address).json()["status"], live.get(address).json()["queue_position"]) == ("pending", 1)
    refused(live.get(f"{address}/results"), 409, "JOB_NOT_READY")
    refused(live.request("POST", f"{address}/retry"), 409, "JOB_NOT_READY")
    claim = bench.queue.claim(WORKER)
    assert claim is not None
    bench.queue.progress(claim, 0.5, "reading", 12.5)
    job = live.get(address).json()
    assert (job["status"], job["progress"], job["stage"], job["eta_seconds"]) == ("running", 0.5, "reading", 12.5)
    assert bench.queue.requeue(claim)
    bench.run(job_id, [completed("scene_detection", 3)], [SCENES, RECORD])
    job = live.get(address).json()
    assert (job["status"], job["success_rate"], job["progress"]) == ("completed", 1.0, 1.0)
    refused(live.request("POST", f"{address}/cancel"), 409, "JOB_ALREADY_COMPLETED")
    refused(live.request("POST", f"{address}/retry"), 409, "JOB_ALREADY_COMPLETED")
    assert live.request("DELETE", address).status_code == 204
    for method, path in [("GET", address), ("DELETE", address), ("POST", f"{address}/cancel"), ("POST", f"{address}/retry")]:
        refused(live.request(method, path), 404, "JOB_NOT_FOUND")


def test_a_job_is_cancelled_and_tried_again(live: Live, bench: Bench) -> None:
    job_id = bench.add(options={"scene_detection": {}})
    for _ in range(2):
        response = live.request("POST", f"/api/v1/jobs/{job_id}/cancel", json={"reason": "wrong one"})
        job = response.json()
        assert (response.status_code, job["status"], job["job_id"]) == (200, "cancelled", job_id)
        assert None not in (job["cancelled_at"], job["completed_at"])
        assert "no process" in job["message"]
    again = live.request("POST", f"/api/v1/jobs/{job_id}/retry")
    assert (again.status_code, again.json()["retry_of"], again.json()["status"]) == (201, job_id, "pending")
    assert again.headers["Location"] == f"/api/v1/jobs/{again.json()['id']}"


def test_lists_have_pages_and_a_filter(live: Live, bench: Bench) -> None:
    ids = [bench.add() for _ in range(5)]
    bench.queue.request_cancel(ids[0])
    whole = live.get("/api/v1/jobs").json()
    assert ([job["id"] for job in whole["jobs"]], whole["total"], whole["page"], whole["per_page"]) == (ids[::-1], 5, 1, 20)
    page = live.get("/api/v1/jobs", params={"page": 2, "per_page": 2, "status_filter": "pending"}).json()
    assert ([job["id"] for job in page["jobs"]], page["total"]) == ([ids[2], ids[1]], 4)
    assert [job["queue_position"] for job in page["jobs"]] == [2, 1]


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", f"page={10**30}", "per_page=0", "per_page=101", "status_filter=queued", "status_filter=%00"],
)
def test_lists_that_cannot_be(server: Live, query: str) -> None:
    refused(server.get(f"/api/v1/jobs?{query}"), 422, "VALIDATION_ERROR")


@pytest.mark.parametrize("job_id", [UNKNOWN, "unknown", "A" * 64, "jobs", "..."])
@pytest.mark.parametrize(
    "what", ["", "/results", "/results/files/scene_detection", "/artifacts", "/video", "/view/index.json", "/media-url", "/log"]
)
def test_jobs_that_are_not_there(server: Live, job_id: str, what: str) -> None:
    refused(server.get(f"/api/v1/jobs/{job_id}{what}"), 404, "JOB_NOT_FOUND")


@pytest.mark.parametrize("job_id", ["%00", "a%00b", "a b", "%2e%2e%2fx", "A" * 65, "%ff", "ä"])
def test_ids_that_no_job_can_have(server: Live, job_id: str) -> None:
    response = server.get(f"/api/v1/jobs/{job_id}")
    assert response.status_code in (404, 422)
    assert response.json()["error"]["code"] in ("VALIDATION_ERROR", "NOT_FOUND")


def test_results_lead_to_their_files(server: Live, done: str) -> None:
    document = server.get(f"/api/v1/jobs/{done}/results").json()
    part, broken = document["pipeline_results"]["scene_detection"], document["pipeline_results"]["speech_recognition"]
    assert (part["status"], broken["status"], broken["error"]["code"]) == ("completed", "failed", "GPU_OUT_OF_MEMORY")
    main = server.get(part["download_url"])
    assert (main.content, main.headers["Content-Type"]) == (SCENES.content, "application/json")
    assert main.headers["ETag"] == f'"{hashlib.sha256(SCENES.content).hexdigest()}"'
    assert main.headers["Content-Disposition"] == 'attachment; filename="scene_detection.json"'
    assert server.get(part["download_url"], params={"format": "csv_table"}).content == TABLE.content
    for file in [*part["artifacts"], *document["artifacts"]]:
        content = server.get(file["download_url"]).content
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size_bytes"], file["sha256"])
    refused(server.get(part["download_url"], params={"format": "elan"}), 404, "NOT_FOUND")
    for name in ("no_such", "../../videoannotator.db", "..%2f..%2fvideoannotator.db", "speech_recognition", "%00"):
        assert server.get(f"/api/v1/jobs/{done}/results/files/{name}").status_code == 404


def test_the_archive_has_its_length_and_everything_in_it(server: Live, done: str) -> None:
    response = server.get(f"/api/v1/jobs/{done}/artifacts")
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert {"complete_results.json", "provenance.json", "recording.mp4"} <= set(archive.namelist())


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        (None, 200, slice(None)),
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=25500-", 206, slice(25500, None)),
        ("bytes=-100", 206, slice(-100, None)),
        ("bytes=0-999999999", 206, slice(None)),
    ],
)
def test_a_player_gets_the_part_it_asks_for(server: Live, done: str, wanted: str | None, status: int, part: slice) -> None:
    response = server.get(f"/api/v1/jobs/{done}/video", headers={"Range": wanted} if wanted else {})
    assert (response.status_code, response.content) == (status, RECORDING[part])
    assert (response.headers["Accept-Ranges"], response.headers["Content-Type"]) == ("bytes", "video/mp4")
    assert response.headers["Content-Disposition"].startswith("inline")


def test_a_range_outside_the_recording(server: Live, done: str) -> None:
    response = server.get(f"/api/v1/jobs/{done}/video", headers={"Range": "bytes=999999-"})
    refused(response, 416, "RANGE_NOT_SATISFIABLE")
    assert response.headers["Content-Range"] == f"bytes */{len(RECORDING)}"


def test_a_signed_address_works_without_a_key_for_this_recording_alone(server: Live, some: Bench, done: str) -> None:
    given = server.get(f"/api/v1/jobs/{done}/media-url").json()
    assert given["expires_at"].endswith("Z")
    assert server.get(given["url"], key="").content == RECORDING
    assert server.get(given["url"], key="", headers={"Range": "bytes=0-9"}).content == RECORDING[:10]
    query = given["url"].partition("?")[2]
    other = some.add()
    for path in (f"/api/v1/jobs/{other}/video?{query}", f"{given['url']}0", f"/api/v1/jobs/{done}/results?{query}"):
        refused(server.get(path, key=""), 401, "UNAUTHORIZED")
    refused(server.get(f"/api/v1/jobs/{done}/media-url", key=""), 401, "UNAUTHORIZED")


def test_the_log_and_its_end(server: Live, done: str) -> None:
    refused(server.get(f"/api/v1/jobs/{done}/log"), 404, "NOT_FOUND")
    lines = [f"line {number} ä" for number in range(200_000)]
    server.here.storage.log_file(done).write_text("\n".join(lines) + "\n", encoding="utf-8")
    address = f"/api/v1/jobs/{done}/log"
    whole = server.get(address)
    assert whole.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert whole.text.splitlines() == lines
    assert server.get(address, params={"tail": 3}).text == "line 199997 ä\nline 199998 ä\nline 199999 ä\n"
    assert server.get(address, params={"tail": 90_000}).text.splitlines() == lines[-90_000:]
    refused(server.get(address, params={"tail": 0}), 422, "VALIDATION_ERROR")
    server.here.storage.log_file(done).write_text("one\ntwo")
    assert server.get(address, params={"tail": 1}).text == "two"
    assert server.get(address, params={"tail": 9}).text == "one\ntwo"


def test_the_annotated_video_is_listed_and_can_be_played_in_parts(server: Live, some: Bench) -> None:
    job_id = some.add(overlay=True)
    some.run(job_id, [completed("scene_detection")], [SCENES, RECORD, VIDEO])
    assert server.get(f"/api/v1/jobs/{job_id}").json()["overlay"] is True
    (found,) = (file for file in server.get(f"/api/v1/jobs/{job_id}/results").json()["artifacts"] if file["format"] == "overlay")
    assert (found["name"], found["media_type"], found["size_bytes"]) == ("overlay.mp4", "video/mp4", len(RECORDING))
    assert server.get(found["download_url"]).content == RECORDING
    part = server.get(found["download_url"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["Content-Type"]) == (206, RECORDING[10:20], "video/mp4")


def test_a_recording_by_path(server: Live) -> None:
    path = server.here.storage.root.parent / "media" / "play.mp4"
    body: dict[str, Any] = {"path": str(path), "selected_pipelines": ["scene_detection"], "tags": ["a"], "overlay": True}
    response = server.request("POST", "/api/v1/jobs/from-path", json=body)
    job = response.json()
    assert (response.status_code, job["video_path"], job["video_filename"], job["tags"]) == (201, None, "play.mp4", ["a"])
    assert job["overlay"] is True
    assert str(path.parent) not in response.text
    assert server.get(f"/api/v1/jobs/{job['id']}/video").content == path.read_bytes()
    keyed = [server.request("POST", "/api/v1/jobs/from-path", json=body, headers={"Idempotency-Key": "p"}) for _ in range(2)]
    assert [one.status_code for one in keyed] == [201, 200]
    assert server.request("DELETE", f"/api/v1/jobs/{job['id']}").status_code == 204
    assert path.exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"path": "/etc/passwd"}, 403, "FORBIDDEN"),
        ({"path": "play.mp4"}, 403, "FORBIDDEN"),
        ({"path": "a\0b"}, 403, "FORBIDDEN"),
        ({"path": ""}, 422, "VALIDATION_ERROR"),
        ({"path": "/x" * 4000}, 422, "VALIDATION_ERROR"),
        ({"selected_pipelines": ["no_such"]}, 400, "INVALID_CONFIG"),
        ({"config": {"scene_detection": {"mode": "wrong"}}}, 400, "INVALID_CONFIG"),
        ({"pipelines": ["scene_detection"]}, 422, "VALIDATION_ERROR"),
        ({"overlay": "perhaps"}, 422, "VALIDATION_ERROR"),
        ({"tags": ["x" * 200]}, 422, "VALIDATION_ERROR"),
    ],
)
def test_paths_that_are_refused(server: Live, change: dict[str, Any], status: int, code: str) -> None:
    before = server.get("/api/v1/jobs").json()["total"]
    body = {
        "path": str(server.here.storage.root.parent / "media" / "play.mp4"),
        "selected_pipelines": ["scene_detection"],
        **change,
    }
    refused(server.request("POST", "/api/v1/jobs/from-path", json=body), status, code)
    assert server.get("/api/v1/jobs").json()["total"] == before


def test_bodies_that_are_optional_may_be_missing_and_must_be_right(server: Live, some: Bench) -> None:
    wrong: list[Any] = [{"reason": 3}, {"reason": "x" * 2000}, {"because": "x"}, [], "x"]
    for body in wrong:
        refused(server.request("POST", f"/api/v1/jobs/{some.add()}/cancel", json=body), 422, "VALIDATION_ERROR")
    refused(server.request("POST", f"/api/v1/jobs/{some.add()}/retry", json={"only_failed": "perhaps"}), 422, "VALIDATION_ERROR")
    assert server.request("POST", f"/api/v1/jobs/{some.add()}/cancel").status_code == 200


def test_only_what_failed_is_tried_again(server: Live, done: str) -> None:
    job = server.request("POST", f"/api/v1/jobs/{done}/retry", json={"only_failed": True}).json()
    assert (job["selected_pipelines"], job["retry_of"]) == (["speech_recognition"], done)


def test_a_key_that_may_only_read_changes_nothing(server: Live, done: str) -> None:
    key = server.here.keys.issue("reader", frozenset({Scope.READ})).secret
    assert server.get(f"/api/v1/jobs/{done}", key=key).status_code == 200
    changes = [("POST", "/api/v1/jobs"), ("POST", "/api/v1/jobs/from-path"), ("DELETE", f"/api/v1/jobs/{done}")]
    changes += [("POST", f"/api/v1/jobs/{done}/{what}") for what in ("cancel", "retry")]
    for method, path in changes:
        refused(server.request(method, path, key=key, json={"path": "/x"} if "path" in path else None), 403, "FORBIDDEN")


def test_waiting_for_a_worker_holds_nothing_up(server: Live, some: Bench) -> None:
    """Twenty callers wait for a worker that says nothing; others are served meanwhile, and the answer comes when it speaks."""
    import threading

    ids = [some.add() for _ in range(20)]
    claims = {job_id: some.queue.claim(WORKER, job_id=job_id) for job_id in ids}
    answers: list[httpx.Response] = []
    callers = [
        threading.Thread(target=lambda job_id=job_id: answers.append(server.request("POST", f"/api/v1/jobs/{job_id}/cancel")))
        for job_id in ids
    ]
    for caller in callers:
        caller.start()
    give_up_at = time.monotonic() + PATIENCE_S
    while server.get("/api/v1/jobs", params={"status_filter": "cancelling"}).json()["total"] < len(ids):
        assert time.monotonic() < give_up_at
    assert server.get(f"/api/v1/jobs/{ids[0]}").json()["status"] == "cancelling"
    for claim in claims.values():
        assert claim is not None
        some.queue.confirm_cancelled(claim)
    for caller in callers:
        caller.join()
    assert [answer.status_code for answer in answers] == [200] * len(ids)


@pytest.mark.parametrize("folder", ["storage", "jobs"])
def test_no_answer_names_a_folder_of_the_server(server: Live, done: str, folder: str) -> None:
    root = server.here.storage.root
    for path in ("", f"/{done}", f"/{done}/results", f"/{done}/media-url"):
        assert str(root if folder == "storage" else root / "jobs") not in server.get(f"/api/v1/jobs{path}").text


def test_failures_stand_in_the_job(server: Live, some: Bench) -> None:
    job = server.get(f"/api/v1/jobs/{some.run(some.add(), failure=FAILURE)}").json()
    assert (job["status"], job["error_message"]) == ("failed", "It failed.")
    assert job["error"] == {"code": "INFERENCE_FAILED", "message": "It failed.", "hint": "Look."}


def test_a_recording_that_is_gone(server: Live, done: str) -> None:
    path: Path = next(server.here.storage.job_folder(done).glob("source.*"))
    path.unlink()
    refused(server.get(f"/api/v1/jobs/{done}/video"), 404, "NOT_FOUND")
    refused(server.request("POST", f"/api/v1/jobs/{done}/retry"), 404, "NOT_FOUND")

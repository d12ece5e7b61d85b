"""The routes from which the Result page fetches what it shows."""

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from tests.finished_jobs import Bench, Written, completed
from tests.integration.api.test_uploads import refused
from tests.servers import Live, serving

from videoannotator.auth.keys import Scope

DATA = bytes(range(256)) * 40
INDEX = Written("view/index.json", json.dumps({"token": 1, "frames": None}).encode(), None, "view")
LAYER = Written("view/persons-1.bin", DATA, None, "view", "application/octet-stream")
SHEET = Written("view/thumbnails-1-0000.jpg", b"\xff\xd8jpeg", None, "view", "image/jpeg")
SCENES = Written("scene_detection.json", b"[]", "scene_detection", "scenes", main=True)
UNKNOWN = str(uuid.UUID(int=7))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("server") / "storage", storage_free_floor_gb=0) as live:
        yield live


@pytest.fixture
def some(server: Live) -> Bench:
    return Bench(server.here.database, server.here.storage)


@pytest.fixture
def done(some: Bench) -> str:
    return some.run(some.add(), [completed("scene_detection")], [SCENES, INDEX, LAYER, SHEET])


def signed(server: Live, job_id: str, name: str) -> str:
    """The signed address of a file, made as the page makes it."""
    view: str = server.get(f"/api/v1/jobs/{job_id}/media-url").json()["view_url"]["view"]
    assert view.count("{name}") == 1
    return view.replace("{name}", name)


@pytest.mark.parametrize("prefix", ["", "view/"])
@pytest.mark.parametrize("file", [INDEX, LAYER, SHEET], ids=lambda file: file.name)
def test_files_have_the_names_that_the_index_gives_them(server: Live, done: str, file: Written, prefix: str) -> None:
    name = prefix + file.name.removeprefix("view/")
    answer = server.get(f"/api/v1/jobs/{done}/view/{name}")
    assert (answer.status_code, answer.content) == (200, file.content)
    assert answer.headers["Content-Type"] == file.media_type
    assert answer.headers["ETag"] == f'"{hashlib.sha256(file.content).hexdigest()}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline")
    kept = "private, no-cache" if file is INDEX else "private, max-age=86400"
    assert answer.headers["Cache-Control"] == kept


@pytest.mark.parametrize(
    ("wanted", "part"), [("bytes=100-199", slice(100, 200)), ("bytes=10000-", slice(10_000, None)), ("bytes=-7", slice(-7, None))]
)
def test_a_window_is_a_part_of_a_file(server: Live, done: str, wanted: str, part: slice) -> None:
    address = signed(server, done, LAYER.name)
    answer = server.get(address, key="", headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, DATA[part])
    assert answer.headers["Content-Range"].endswith(f"/{len(DATA)}")
    refused(server.get(address, key="", headers={"Range": "bytes=999999-"}), 416, "RANGE_NOT_SATISFIABLE")


def test_a_signed_address_is_for_every_file_of_one_job(server: Live, some: Bench, done: str) -> None:
    assert server.get(signed(server, done, "index.json"), key="").content == INDEX.content
    assert server.get(signed(server, done, SHEET.name), key="").content == SHEET.content
    query = signed(server, done, "index.json").partition("?")[2]
    other = some.run(some.add(), [completed("scene_detection")], [SCENES, INDEX])
    wrong = [
        f"/api/v1/jobs/{other}/view/index.json?{query}",
        f"/api/v1/jobs/{done}/view/index.json?{query}0",
        f"/api/v1/jobs/{done}/view/index.json?expires=99999999999&signature=6c1f",
        f"/api/v1/jobs/{done}/view/index.json?expires=99999999999&signature={query[-64:]}",
        f"/api/v1/jobs/{done}/view/index.json",
        f"/api/v1/jobs/{done}/results?{query}",
    ]
    for address in wrong:
        refused(server.get(address, key=""), 401, "UNAUTHORIZED")


def test_a_key_that_may_not_read_sees_nothing(server: Live, done: str) -> None:
    key = server.here.keys.issue("writer", frozenset({Scope.WRITE})).secret
    refused(server.get(f"/api/v1/jobs/{done}/view/index.json", key=key), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    "name",
    [
        *("nothing.bin", "../index.json", "..%2f..%2f..%2fvideoannotator.db", "%2e%2e/%2e%2e/job.log", "view/view/index.json"),
        *("scene_detection.json", "/etc/passwd", "%2fetc%2fpasswd", "index.json%00", "C:%5Cx", "%ff", "view"),
    ],
)
def test_no_other_name_leads_anywhere(server: Live, done: str, name: str) -> None:
    answer = server.get(f"/api/v1/jobs/{done}/view/{name}")
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["code"] in ("NOT_FOUND", "VALIDATION_ERROR")
    assert str(server.here.storage.root) not in answer.text


def test_it_is_not_among_the_results(server: Live, done: str) -> None:
    document: dict[str, Any] = server.get(f"/api/v1/jobs/{done}/results").json()
    assert "view/" not in json.dumps(document)
    refused(server.get(f"/api/v1/jobs/{done}/results/files/view/index.json"), 404, "NOT_FOUND")
    with zipfile.ZipFile(io.BytesIO(server.get(f"/api/v1/jobs/{done}/artifacts").content)) as archive:
        assert not any("view" in name or "thumbnails" in name or "persons" in name for name in archive.namelist())
        assert "full/scene_detection.json.gz" in archive.namelist()


def test_a_job_of_before_says_to_run_it_again(server: Live, some: Bench) -> None:
    job_id = some.run(some.add(), [completed("scene_detection")], [SCENES])
    answer = server.get(f"/api/v1/jobs/{job_id}/view/index.json")
    refused(answer, 404, "NOT_FOUND")
    assert "run it again" in answer.json()["error"]["hint"]


def test_a_job_that_waits_and_one_that_nobody_knows(server: Live, some: Bench) -> None:
    refused(server.get(f"/api/v1/jobs/{some.add()}/view/index.json"), 409, "JOB_NOT_READY")
    refused(server.get(f"/api/v1/jobs/{UNKNOWN}/view/index.json"), 404, "JOB_NOT_FOUND")


def test_a_file_that_is_gone_is_told(server: Live, done: str) -> None:
    (server.here.storage.results_folder(done, 1) / LAYER.name).unlink()
    refused(server.get(f"/api/v1/jobs/{done}/view/{LAYER.name}"), 404, "NOT_FOUND")

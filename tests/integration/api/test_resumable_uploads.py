"""Uploads in pieces over real sockets: broken, silent, at once, foreign, hostile. What has come is kept, and nothing else."""

import base64
import http.client
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from tests.integration.api.test_uploads import PATIENCE_S, Slow, jobs_of, left_over, part, refused, send
from tests.integration.api.test_uploads import form as form_of
from tests.servers import Live, serving

from videoannotator.auth.keys import Scope
from videoannotator.database.clock import now
from videoannotator.database.models import Upload
from videoannotator.media.synthetic import Shot, shots_clip

UPLOADS = "/api/v1/uploads"
FROM_UPLOAD = "/api/v1/jobs/from-upload"
TUS = {"Tus-Resumable": "1.0.0"}
KIND = "application/offset+octet-stream"
NOBODY = "00000000-0000-4000-8000-000000000000"
GB = 1_000_000_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording of three million bytes, most of which no player looks at."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    shots_clip(path, [Shot(6), Shot(6)], size=(64, 48))
    content = path.read_bytes()
    rest = bytes(range(256)) * 12_000
    return content + (len(rest) + 8).to_bytes(4, "big") + b"free" + rest


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A strict server: uploads of 5 MB, two at once, silent for a second at most; the storage keeps nothing free."""
    limits: dict[str, Any] = {"max_upload_size_gb": 0.005, "max_concurrent_uploads": 2, "upload_idle_timeout_s": 1.0}
    with serving(tmp_path_factory.mktemp("server") / "storage", storage_free_floor_gb=0, **limits) as live:
        yield live


def b64(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def begin(server: Live, length: int, name: bytes | str | None = "play.mp4", **arguments: Any) -> httpx.Response:
    headers = {**TUS, "Upload-Length": str(length), **arguments.pop("headers", {})}
    if name is not None:
        headers["Upload-Metadata"] = f"filename {b64(name)}"
    return server.request("POST", UPLOADS, headers=headers, **arguments)


def begun(server: Live, length: int, **arguments: Any) -> str:
    """The path of a new upload."""
    response = begin(server, length, **arguments)
    assert response.status_code == 201, response.text
    return response.headers["Location"]


def patch(server: Live, path: str, offset: int, piece: Any, **arguments: Any) -> httpx.Response:
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": KIND, **arguments.pop("headers", {})}
    return server.request("PATCH", path, content=piece, headers=headers, **arguments)


def offset_of(server: Live, path: str) -> int:
    response = server.request("HEAD", path, headers=TUS)
    assert response.status_code == 200
    assert (response.content, response.headers["Cache-Control"]) == (b"", "no-store")
    return int(response.headers["Upload-Offset"])


def submit(server: Live, path: str, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": body.pop("idempotency_key")} if "idempotency_key" in body else {}
    key = body.pop("key", None)
    asked = {"upload_id": path[-36:], "selected_pipelines": ["scene_detection"], **body}
    return server.request("POST", FROM_UPLOAD, json=asked, headers=headers, key=key)


def delete(server: Live, path: str, **arguments: Any) -> httpx.Response:
    return server.request("DELETE", path, headers=TUS, **arguments)


def slow_patch(server: Live, path: str, offset: int, length: int) -> Slow:
    return Slow(server, length, KIND, f"PATCH {path}", **TUS, **{"Upload-Offset": str(offset)})


def arriving(server: Live, path: str) -> Any:
    """Wait until a piece of that upload arrives; gives its arrival."""
    give_up_at = time.monotonic() + PATIENCE_S
    while path[-36:] not in server.here.uploads.pieces:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    return server.here.uploads.pieces[path[-36:]]


def until_nothing_arrives(server: Live) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while server.here.uploads.pieces:
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def file_of(server: Live, path: str) -> Path:
    return server.here.storage.upload_path(path[-36:], "a.mp4")


def test_the_whole_story(live: Live, clip: bytes) -> None:
    path = begun(live, len(clip), headers={"Upload-Offset": "7"})
    third = len(clip) // 3
    for start, end in ((0, third), (third, third), (third, len(clip))):
        response = patch(live, path, start, clip[start:end])
        assert (response.status_code, response.content) == (204, b"")
        assert (response.headers["Upload-Offset"], response.headers["Tus-Resumable"]) == (str(end), "1.0.0")
        assert "GMT" in response.headers["Upload-Expires"]
        head = live.request("HEAD", path, headers=TUS)
        said = (head.headers["Upload-Offset"], head.headers["Upload-Length"], head.headers["Upload-Metadata"])
        assert said == (str(end), str(len(clip)), f"filename {b64('play.mp4')}")
    (listed,) = live.get(UPLOADS).json()["uploads"]
    assert (listed["id"], listed["url"], listed["filename"], listed["complete"]) == (path[-36:], path, "play.mp4", True)
    assert (listed["size_bytes"], listed["offset_bytes"]) == (len(clip), len(clip))
    assert live.get(path).json() == listed
    refused(submit(live, path, config={"scene_detection": {"mode": "wrong"}}), 400, "INVALID_CONFIG")
    refused(submit(live, path, tags=["x" * 101]), 422, "VALIDATION_ERROR")
    assert offset_of(live, path) == len(clip)
    response = submit(live, path, config={"scene_detection": {"mode": "fast"}}, tags=["a"], overlay=True)
    job = response.json()
    assert (response.status_code, response.headers["Location"]) == (201, f"/api/v1/jobs/{path[-36:]}")
    assert (job["id"], job["status"], job["tags"], job["overlay"]) == (path[-36:], "pending", ["a"], True)
    assert (job["video_filename"], job["video_size_bytes"], job["created_by"]) == ("play.mp4", len(clip), "test")
    again = submit(live, path, config={"scene_detection": {"mode": "fast"}}, tags=["a"], overlay=True)
    assert (again.status_code, again.json()) == (200, job)
    refused(submit(live, path), 422, "VALIDATION_ERROR")
    assert live.get(UPLOADS).json() == {"uploads": []}
    refused(live.get(path), 404, "NOT_FOUND")
    assert live.get(f"/api/v1/jobs/{job['id']}/video").content == clip
    assert (jobs_of(live), left_over(live)) == ({job["id"]}, set())


def test_what_the_server_can(server: Live) -> None:
    response = server.request("OPTIONS", UPLOADS)
    assert (response.status_code, response.headers["Tus-Version"], response.headers["Tus-Max-Size"]) == (204, "1.0.0", "5000000")
    assert set(response.headers["Tus-Extension"].split(",")) == {"creation", "creation-with-upload", "expiration", "termination"}


def test_the_version_is_checked_and_always_said(server: Live) -> None:
    path = begun(server, 10)
    for method, where in (("POST", UPLOADS), ("PATCH", path), ("DELETE", path), ("HEAD", path)):
        for spoken in ({}, {"Tus-Resumable": "0.2.2"}):
            if (method, spoken) == ("HEAD", {}):
                continue
            headers = {"Upload-Length": "3", "Upload-Offset": "0", "Content-Type": KIND, **spoken}
            response = server.request(method, where, headers=headers)
            assert (response.status_code, response.headers["Tus-Version"]) == (412, "1.0.0"), (method, spoken)
            if method != "HEAD":
                refused(response, 412, "UPLOAD_PROTOCOL")
    assert (server.get(path).status_code, server.get(UPLOADS).status_code) == (200, 200), "a page need not speak it"
    others = [
        server.get(UPLOADS, key="wrong"),
        server.get(f"{UPLOADS}/x"),
        server.request("PUT", path),
        server.get(f"{UPLOADS}/{NOBODY}"),
    ]
    assert [(one.status_code, one.headers["Tus-Resumable"]) for one in others] == [(code, "1.0.0") for code in (401, 422, 405, 404)]
    assert "PATCH" in others[2].headers["Allow"]
    assert "Tus-Resumable" not in server.get("/health").headers
    delete(server, path)


def test_a_cut_connection_keeps_what_came(live: Live, clip: bytes) -> None:
    path = begun(live, len(clip))
    with slow_patch(live, path, 0, len(clip)) as slow:
        slow.send(clip[: len(clip) // 2])
        arriving(live, path)
    until_nothing_arrives(live)
    give_up_at = time.monotonic() + PATIENCE_S
    while not (offset := offset_of(live, path)):
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    assert 0 < offset <= len(clip) // 2
    assert file_of(live, path).read_bytes() == clip[:offset]
    assert patch(live, path, offset, clip[offset:]).status_code == 204
    job = submit(live, path).json()
    assert live.get(f"/api/v1/jobs/{job['id']}/video").content == clip


def test_a_silent_client_is_told_and_what_came_is_kept(server: Live, clip: bytes) -> None:
    path = begun(server, len(clip))
    with slow_patch(server, path, 0, len(clip)) as slow:
        slow.send(clip[:100_000])
        status, answer = slow.answer()
        assert (status, answer["error"]["code"]) == (408, "REQUEST_TIMEOUT")
        assert slow.socket.recv(1) == b"", "the connection is closed"
    assert offset_of(server, path) == 100_000
    assert patch(server, path, 100_000, clip[100_000:]).headers["Upload-Offset"] == str(len(clip))
    delete(server, path)


def test_of_two_at_once_one_writes(live: Live, clip: bytes) -> None:
    path = begun(live, len(clip))
    half = len(clip) // 2
    with slow_patch(live, path, 0, half) as slow:
        slow.send(clip[: half - 1])
        arriving(live, path)
        busy = patch(live, path, 0, clip)
        refused(busy, 423, "UPLOAD_LOCKED")
        assert int(busy.headers["Retry-After"]) > 0
        refused(delete(live, path), 423, "UPLOAD_LOCKED")
        refused(submit(live, path), 423, "UPLOAD_LOCKED")
        assert offset_of(live, path) <= half
        slow.send(clip[half - 1 : half])
        assert slow.answer()[0] == 204
    refused(patch(live, path, 0, clip), 409, "UPLOAD_OFFSET")
    refused(patch(live, path, half + 1, clip[half + 1 :]), 409, "UPLOAD_OFFSET")
    assert patch(live, path, half, clip[half:]).status_code == 204
    assert file_of(live, path).read_bytes() == clip


def test_a_connection_that_fell_silent_yields_to_a_new_one(live_sqlite: Live, clip: bytes) -> None:
    """As when a network goes away without a word: the server would wait for a minute."""
    path = begun(live_sqlite, len(clip))
    with slow_patch(live_sqlite, path, 0, len(clip)) as slow:
        slow.send(clip[:50_000])
        arriving(live_sqlite, path)
        began = time.monotonic()
        while (response := patch(live_sqlite, path, 50_000, clip[50_000:])).status_code != 204:
            assert time.monotonic() < began + PATIENCE_S
            assert response.status_code in (409, 423), response.text
        assert time.monotonic() > began + 1
        status, answer = slow.answer()
        assert (status, answer["error"]["code"]) == (400, "INVALID_REQUEST")
    assert file_of(live_sqlite, path).read_bytes() == clip


def test_pieces_count_among_the_uploads_at_once(server: Live, clip: bytes) -> None:
    paths = [begun(server, 1000) for _ in range(3)]
    with ExitStack() as stack:
        slows = [stack.enter_context(slow_patch(server, path, 0, 1000)) for path in paths[:2]]
        for path in paths[:2]:
            arriving(server, path)
        response = patch(server, paths[2], 0, bytes(1000))
        refused(response, 429, "RATE_LIMITED")
        refused(send(server, form_of(part("video", clip, b"a.mp4"))), 429, "RATE_LIMITED")
        for slow in slows:
            slow.send(bytes(1000))
            assert slow.answer()[0] == 204
    assert patch(server, paths[2], 0, bytes(1000)).status_code == 204
    for path in paths:
        assert delete(server, path).status_code == 204


def test_sizes(server: Live) -> None:
    refused(begin(server, 5_000_001), 413, "PAYLOAD_TOO_LARGE")
    path = begun(server, 5_000_000)
    delete(server, path)
    empty = begun(server, 0)
    assert server.get(empty).json()["complete"]
    refused(submit(server, empty), 422, "MEDIA_UNREADABLE")
    assert delete(server, empty).status_code == 204
    assert left_over(server) == set()


def test_a_piece_that_is_too_long(server: Live) -> None:
    path = begun(server, 1_500_000)
    with slow_patch(server, path, 0, 1_500_001) as slow:  # refused before it comes
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert offset_of(server, path) == 0
    refused(patch(server, path, 0, iter([bytes(700_000)] * 3)), 413, "PAYLOAD_TOO_LARGE")
    offset = offset_of(server, path)
    assert offset <= 1_500_000
    assert patch(server, path, offset, iter([bytes(1_500_000 - offset)])).headers["Upload-Offset"] == "1500000"
    assert file_of(server, path).stat().st_size == 1_500_000
    delete(server, path)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Offset": ""}, 400, "INVALID_REQUEST"),
        ({"Upload-Offset": "-1"}, 400, "INVALID_REQUEST"),
        ({"Upload-Offset": "1e1"}, 400, "INVALID_REQUEST"),
        ({"Upload-Offset": "9" * 30}, 400, "INVALID_REQUEST"),
        ({"Upload-Offset": "9" * 18}, 409, "UPLOAD_OFFSET"),
        ({"Content-Type": "application/octet-stream"}, 415, "UNSUPPORTED_CONTENT_TYPE"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415, "UNSUPPORTED_CONTENT_TYPE"),
    ],
)
def test_pieces_of_the_wrong_shape(server: Live, headers: dict[str, str], status: int, code: str) -> None:
    path = begun(server, 10)
    refused(patch(server, path, 0, b"12345", headers=headers), status, code)
    assert offset_of(server, path) == 0
    assert delete(server, path).status_code == 204


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Upload-Length": ""}, "Upload-Length"),
        ({"Upload-Length": "x"}, "Upload-Length"),
        ({"Upload-Length": "-5"}, "Upload-Length"),
        ({"Upload-Defer-Length": "1"}, "Upload-Defer-Length"),
        ({"Upload-Concat": "final;/a /b"}, "Upload-Concat"),
        ({"Upload-Metadata": "filename no-base64!"}, "Base64"),
        ({"Upload-Metadata": f"filename {b64('x' * 10_000)}"}, "longer"),
        ({"Upload-Metadata": ",,,"}, "keys"),
        ({"Upload-Metadata": f"a {b64('1')},a {b64('2')}"}, "twice"),
    ],
)
def test_beginnings_of_the_wrong_shape(server: Live, headers: dict[str, str], said: str) -> None:
    before = left_over(server)
    assert said in refused(begin(server, 10, None, headers=headers), 400, "INVALID_REQUEST")["message"]
    assert left_over(server) == before
    assert server.get(UPLOADS).json() == {"uploads": []}


@pytest.mark.parametrize(
    ("name", "shown", "ending"),
    [
        (b"../../../etc/cron.d/x.mp4", "x.mp4", ".mp4"),
        (b"..\\..\\x.mp4", "x.mp4", ".mp4"),
        (b"/etc/passwd", "passwd", ""),
        (b"a\0b.mp4", "ab.mp4", ".mp4"),
        (b"x" * 5000 + b".mp4", "x" * 251 + ".mp4", ".mp4"),
        ("\u202egpj.\u05d0.mp4".encode(), "gpj.\u05d0.mp4", ".mp4"),
        (b"\xff\xfe.mp4", "\ufffd\ufffd.mp4", ".mp4"),
        (b"a.m\0p4/..", None, ""),
        (b"a.mp4;x=.sh -rf", "a.mp4;x=.sh -rf", ""),
        (b"<script>.mp4", "<script>.mp4", ".mp4"),
        (b"..", None, ""),
    ],
)
def test_a_hostile_name_is_only_text(server: Live, clip: bytes, name: bytes, shown: str | None, ending: str) -> None:
    root = server.here.storage.root
    outside = set(root.parent.rglob("*"))
    path = begun(server, len(clip), name=name)
    assert server.get(path).json()["filename"] == shown
    new = {one for one in set(root.parent.rglob("*")) - outside if "videoannotator.db" not in one.name}
    assert new == {root / "uploads" / f"{path[-36:]}{ending}"}
    assert patch(server, path, 0, clip).status_code == 204
    job = submit(server, path).json()
    assert job["video_filename"] == shown
    assert [one.name for one in (root / "jobs" / job["id"]).iterdir()] == [f"source{ending}"]
    assert server.request("DELETE", f"/api/v1/jobs/{job['id']}").status_code == 204
    assert left_over(server) == set()


def test_what_is_no_recording_can_be_given_up(server: Live) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    path = begun(server, len(page))
    patch(server, path, 0, page)
    refused(submit(server, path), 422, "UNSUPPORTED_MEDIA")
    assert offset_of(server, path) == len(page)
    assert delete(server, path).status_code == 204
    refused(delete(server, path), 404, "NOT_FOUND")
    assert left_over(server) == set()


def test_one_that_has_not_come_completely(server: Live, clip: bytes) -> None:
    path = begun(server, len(clip))
    patch(server, path, 0, clip[:1000])
    error = refused(submit(server, path), 409, "UPLOAD_INCOMPLETE")
    assert (error["detail"]["upload_offset"], error["detail"]["upload_length"]) == (1000, len(clip))
    delete(server, path)


def test_the_first_piece_may_come_with_the_beginning(server: Live, clip: bytes) -> None:
    response = begin(server, len(clip), content=clip[:2_000_000], headers={"Content-Type": KIND})
    assert (response.status_code, response.headers["Upload-Offset"]) == (201, "2000000")
    path = response.headers["Location"]
    assert patch(server, path, 2_000_000, clip[2_000_000:]).status_code == 204
    assert file_of(server, path).read_bytes() == clip
    delete(server, path)
    refused(begin(server, 10, content=b"12345"), 415, "UNSUPPORTED_CONTENT_TYPE")
    refused(begin(server, 10, content=b"{}", headers={"Content-Type": "application/json"}), 415, "UNSUPPORTED_CONTENT_TYPE")
    assert left_over(server) == set()


def test_a_post_may_stand_for_other_methods(server: Live) -> None:
    path = begun(server, 5)
    headers = {**TUS, "Upload-Offset": "0", "Content-Type": KIND, "X-HTTP-Method-Override": "PATCH"}
    assert server.request("POST", path, content=b"12345", headers=headers).headers["Upload-Offset"] == "5"
    override = {**TUS, "X-HTTP-Method-Override": "DELETE"}
    assert server.request("POST", path, headers=override).status_code == 204
    refused(server.request("POST", "/api/v1/jobs/x", headers=override), 405, "METHOD_NOT_ALLOWED")


def test_uploads_of_others(live: Live, clip: bytes) -> None:
    keys = live.here.keys
    own, other = (keys.issue(name, (Scope.READ, Scope.WRITE)).secret for name in ("own", "other"))
    reading = keys.issue("reading", (Scope.READ,)).secret
    path = begun(live, len(clip), key=own)
    refused(patch(live, path, 0, clip, key=other), 404, "NOT_FOUND")
    assert patch(live, path, 0, clip, key=own).status_code == 204
    refused(live.get(path, key=other), 404, "NOT_FOUND")
    refused(delete(live, path, key=other), 404, "NOT_FOUND")
    refused(submit(live, path, key=other), 404, "NOT_FOUND")
    assert [len(live.get(UPLOADS, key=key).json()["uploads"]) for key in (own, other, live.key)] == [1, 0, 0]
    for response in (
        begin(live, 5, key=reading),
        patch(live, path, 0, b"", key=reading),
        delete(live, path, key=reading),
        submit(live, path, key=reading),
    ):
        refused(response, 403, "FORBIDDEN")
    refused(begin(live, 5, key="wrong"), 401, "UNAUTHORIZED")
    assert live.get(path).status_code == 200, "an administrator sees it"
    assert submit(live, path, key=own).status_code == 201
    refused(submit(live, path, key=other), 404, "NOT_FOUND")
    assert submit(live, path, key=own).status_code == 200


@pytest.mark.parametrize("wrong", ["x", NOBODY.upper().replace("0", "A"), "..%2f..%2fetc", NOBODY + "0", "610062"])
def test_ids_that_are_none(server: Live, wrong: str) -> None:
    response = server.get(f"{UPLOADS}/{wrong}")
    assert response.status_code in (404, 422)
    assert submit(server, "x" * 36).status_code == 422


def test_one_whose_time_is_over(live: Live, clip: bytes) -> None:
    path, young = begun(live, len(clip)), begun(live, len(clip))
    patch(live, path, 0, clip)
    with live.here.database.writing() as session:
        session.execute(update(Upload).where(Upload.id == path[-36:]).values(expires_at=now(-1)))
    assert live.request("HEAD", path, headers=TUS).status_code == 410
    for response in (live.get(path), patch(live, path, 0, clip), submit(live, path)):
        refused(response, 410, "UPLOAD_EXPIRED")
    assert [one["url"] for one in live.get(UPLOADS).json()["uploads"]] == [young]
    assert file_of(live, path).exists()
    assert delete(live, path).status_code == 204
    assert not file_of(live, path).exists()


def test_a_start_of_the_server_sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "storage", storage_free_floor_gb=0) as first:
        old, young = begun(first, 10), begun(first, 10)
        patch(first, young, 0, b"123")
        with first.here.database.writing() as session:
            session.execute(update(Upload).where(Upload.id == old[-36:]).values(expires_at=now(-1)))
        key = first.key
    with serving(tmp_path / "storage", storage_free_floor_gb=0) as second:
        assert not file_of(second, old).exists()
        refused(second.get(old, key=key), 404, "NOT_FOUND")
        assert second.get(young, key=key).json()["offset_bytes"] == 3
        assert patch(second, young, 3, b"4567890", key=key).status_code == 204


def test_when_the_server_stops_what_came_is_kept(tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as clients:
        with serving(tmp_path / "storage", storage_free_floor_gb=0) as first:
            path, key = begun(first, len(clip)), first.key
            slow = clients.enter_context(slow_patch(first, path, 0, len(clip)))
            slow.send(clip[:2_500_000])
            arriving(first, path)
            give_up_at = time.monotonic() + PATIENCE_S
            while file_of(first, path).stat().st_size < 1_000_000:
                assert time.monotonic() < give_up_at
                time.sleep(0.01)
        with serving(tmp_path / "storage", storage_free_floor_gb=0) as second:
            offset = second.get(path, key=key).json()["offset_bytes"]
            assert 1_000_000 <= offset <= 2_500_000
            assert file_of(second, path).read_bytes() == clip[:offset]


def test_an_upload_of_the_other_kind_does_not_get_the_room_of_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    floor = (shutil.disk_usage(tmp_path).free - GB) / GB
    with serving(tmp_path / "storage", storage_free_floor_gb=floor, upload_idle_timeout_s=0.5) as server:
        path = begun(server, 6 * GB // 10)
        refused(begin(server, 6 * GB // 10), 507, "STORAGE_FULL")
        for status in (507, 408):  # there is room again when the other one is given up
            with Slow(server, 6 * GB // 10) as slow:
                assert slow.answer()[0] == status
            if status == 507:
                assert delete(server, path).status_code == 204


def test_its_address_behind_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "storage", storage_free_floor_gb=0, root_path="/lab/annotator") as server:
        for prefix in ("/lab/annotator", ""):  # proxies take it away, or do not
            response = server.request("POST", prefix + UPLOADS, headers={**TUS, "Upload-Length": "3"})
            path = response.headers["Location"]
            assert path.startswith(f"/lab/annotator{UPLOADS}/")
            assert response.json()["url"] == path
            assert response.headers["Tus-Resumable"] == "1.0.0"
            own = path.removeprefix("/lab/annotator") if not prefix else path
            assert patch(server, own, 0, b"123").headers["Upload-Offset"] == "3"


def test_a_body_without_a_length_is_a_piece_too(server: Live) -> None:
    path = begun(server, 6)
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=PATIENCE_S)
    headers = {**server.headers, **TUS, "Upload-Offset": "0", "Content-Type": KIND}
    connection.request("PATCH", path, body=iter([b"123", b"456"]), headers=headers, encode_chunked=True)
    assert connection.getresponse().headers["Upload-Offset"] == "6"
    connection.close()
    delete(server, path)

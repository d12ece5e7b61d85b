"""Uploads over real sockets: good, wrong, hostile, slow. After every refusal nothing is left, neither a row nor a file."""

import json
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.servers import Live, serving
from tests.unit.media.clips import regular
from tests.unit.validation.test_validator import every_option, nested, wrong_values

from videoannotator.media.synthetic import Picture, Shot, shots_clip, write_clip

BOUNDARY = "the-boundary"
HEAD = f"multipart/form-data; boundary={BOUNDARY}"
GB = 1_000_000_000
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    shots_clip(path, [Shot(6), Shot(6)], size=(64, 48))
    return path.read_bytes()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A strict server: uploads of 5 MB, two at once, silent for a second at most; the storage keeps nothing free."""
    folder = tmp_path_factory.mktemp("server")
    limits: dict[str, Any] = {"max_upload_size_gb": 0.005, "max_concurrent_uploads": 2, "upload_idle_timeout_s": 1.0}
    with serving(folder / "storage", storage_free_floor_gb=0, **limits) as live:
        yield live


@pytest.fixture
def clean(server: Live) -> Iterator[Live]:
    """The same; at the end, everything that lies there belongs to a job, and every job has what belongs to it."""
    before = jobs_of(server)
    yield server
    assert jobs_of(server) == before
    assert left_over(server) == set()


def jobs_of(server: Live) -> set[str]:
    return {job["id"] for job in server.get("/api/v1/jobs", params={"per_page": 100}).json()["jobs"]}


def left_over(server: Live) -> set[str]:
    """Files and folders of the storage that no job explains."""
    jobs, root = jobs_of(server), server.here.storage.root
    explained = {"jobs", *(f"jobs/{job_id}" for job_id in jobs), *(f"jobs/{job_id}/source.mp4" for job_id in jobs)}
    found = {
        path.relative_to(root).as_posix() for name in ("jobs", "uploads", "temp", "results") for path in (root / name).rglob("*")
    }
    return found - explained


def until_clean(server: Live) -> None:
    """For clients that are gone: wait until the server has noticed."""
    give_up_at = time.monotonic() + PATIENCE_S
    while left_over(server):
        assert time.monotonic() < give_up_at, left_over(server)
        time.sleep(0.01)


def upload(server: Live, content: bytes, name: str = "play.mp4", **fields: str) -> httpx.Response:
    headers = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
    return server.request("POST", "/api/v1/jobs", files={"video": (name, content, "video/mp4")}, data=fields, headers=headers)


def part(name: str, content: bytes, file_name: bytes | None = None) -> bytes:
    file = b"" if file_name is None else b'; filename="' + file_name + b'"'
    head = b'--%s\r\nContent-Disposition: form-data; name="%s"' % (BOUNDARY.encode(), name.encode())
    return head + file + b"\r\n\r\n" + content + b"\r\n"


def send(server: Live, body: bytes, kind: str | None = HEAD) -> httpx.Response:
    return server.request("POST", "/api/v1/jobs", content=body, headers={"Content-Type": kind} if kind else {})


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error in an answer, which must be that one, and say nothing of the server's folders."""
    assert response.status_code == status, response.text
    error: dict[str, Any] = response.json()["error"]
    assert error["code"] == code
    assert response.json()["detail"] == error["message"]
    assert error["hint"]
    assert "/tmp" not in response.text  # noqa: S108
    assert "source.mp4" not in response.text
    return error


class Slow:
    """A client that sends a request by hand, piece by piece."""

    def __init__(self, server: Live, length: int, kind: str = HEAD, line: str = "POST /api/v1/jobs", **headers: str) -> None:
        address = urlsplit(server.url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S)
        given = {"Host": address.netloc, **server.headers, "Content-Type": kind, "Content-Length": str(length), **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.send(f"{line} HTTP/1.1\r\n{lines}\r\n".encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, Any]]:
        """The status, and the document; an empty one where there is none."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.socket.recv(65536) or self._gone(received)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        while len(body) < length:
            body += self.socket.recv(65536) or self._gone(received)
        return int(head.split()[1]), json.loads(body or b"{}")

    def has_answer(self, within_s: float) -> bool:
        """Whether an answer begins within that time."""
        return bool(select.select([self.socket], [], [], within_s)[0])

    def _gone(self, received: bytes) -> bytes:
        raise AssertionError(f"the server left after {received!r}")

    def __enter__(self) -> "Slow":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def test_an_upload_becomes_a_job(live: Live, clip: bytes) -> None:
    config = json.dumps({"scene_detection": {"mode": "fast", "mood": 1}})
    response = upload(live, clip, selected_pipelines=" scene_detection ", config=config, tags="a, b,", remark="x")
    job = response.json()
    assert (response.status_code, response.headers["Location"]) == (201, f"/api/v1/jobs/{job['id']}")
    assert (job["status"], job["queue_position"], job["selected_pipelines"], job["tags"]) == (
        "pending",
        1,
        ["scene_detection"],
        ["a", "b"],
    )
    assert (job["video_filename"], job["video_size_bytes"], job["created_by"]) == ("play.mp4", len(clip), "test")
    assert {(warning["code"], warning["field"]) for warning in job["warnings"]} == {
        ("UNKNOWN_FIELD", "mood"),
        ("UNKNOWN_FIELD", "remark"),
    }
    assert live.get(f"/api/v1/jobs/{job['id']}").json() == job
    assert live.get(f"/api/v1/jobs/{job['id']}/video").content == clip
    assert (live.here.storage.root / job["video_path"]).read_bytes() == clip
    again = upload(live, clip, name="play.mp4")
    assert again.status_code == 201
    assert again.json()["id"] != job["id"]
    assert left_over(live) == set()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [({}, False), *(({"overlay": word}, word in ("true", "on", "1")) for word in ("true", "on", "1", "false", "off", "0", ""))],
)
def test_an_annotated_video_is_made_for_who_asks(live: Live, clip: bytes, said: dict[str, str], wanted: bool) -> None:
    job = upload(live, clip, selected_pipelines="scene_detection", **said).json()
    assert job["overlay"] is wanted
    assert live.get(f"/api/v1/jobs/{job['id']}").json()["overlay"] is wanted
    assert job["warnings"] == []


def test_a_word_that_is_neither_yes_nor_no_is_refused(live: Live, clip: bytes) -> None:
    error = refused(upload(live, clip, overlay="perhaps"), 422, "VALIDATION_ERROR")
    assert "overlay" in error["message"]
    assert jobs_of(live) == set()
    assert left_over(live) == set()


def test_a_repeated_request_finds_its_job(live: Live, clip: bytes) -> None:
    fields = {"selected_pipelines": "scene_detection", "key": "k-1"}
    first, again = upload(live, clip, **fields), upload(live, clip, **fields)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    refused(upload(live, clip, **{**fields, "tags": "other"}), 422, "VALIDATION_ERROR")
    refused(upload(live, clip, **{**fields, "key": "x" * 300}), 422, "VALIDATION_ERROR")
    assert jobs_of(live) == {first.json()["id"]}
    assert left_over(live) == set()


def test_without_a_key_nothing_is_read(clean: Live, clip: bytes) -> None:
    with Slow(clean, 10 * GB, Authorization="Bearer wrong") as slow:
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (401, "UNAUTHORIZED")


def test_what_is_announced_too_large_is_refused_before_it_comes(clean: Live) -> None:
    with Slow(clean, 10 * GB) as slow:
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_what_turns_out_too_large_is_refused(clean: Live) -> None:
    def body() -> Iterator[bytes]:
        yield part("video", b"", b"a.mp4")[:-2]
        for _ in range(60):
            yield b"x" * 100_000

    headers = {"Content-Type": HEAD}
    refused(clean.request("POST", "/api/v1/jobs", content=body(), headers=headers), 413, "PAYLOAD_TOO_LARGE")


def test_what_nobody_reads_may_not_come_without_end(clean: Live, clip: bytes) -> None:
    video = part("video", clip, b"a.mp4")
    for body in (form(part("remark", b"x" * 10_000_000), video), form(video) + b"x" * 10_000_000):
        refused(
            clean.request("POST", "/api/v1/jobs", content=iter([body]), headers={"Content-Type": HEAD}), 413, "PAYLOAD_TOO_LARGE"
        )


@pytest.mark.parametrize(
    "kind", [None, "application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=a"]
)
def test_other_kinds_of_bodies(clean: Live, kind: str | None) -> None:
    refused(send(clean, b'{"video": 1}', kind), 415, "UNSUPPORTED_CONTENT_TYPE")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form",
        form(part("video", b"x", b"a.mp4"))[:-20],
        part("video", b"x", b"a.mp4"),
        b"--the-boundary\r\nno header\r\n\r\n\r\n--the-boundary--",
        form(part("n" * 30_000, b"x")),
        form(*[part(f"a{number}", b"x") for number in range(100)]),
    ],
)
def test_broken_forms(clean: Live, body: bytes) -> None:
    refused(send(clean, body), 400, "INVALID_REQUEST")


@pytest.mark.parametrize("kind", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 400}"])
def test_forms_without_a_boundary(clean: Live, kind: str) -> None:
    refused(send(clean, form(part("video", b"x", b"a.mp4")), kind), 400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "missing"),
        ([part("config", b"{}")], "missing"),
        ([part("file", b"x", b"a.mp4")], "'file'"),
        ([part("video", b"x")], "holds no file"),
        ([part("video", b"x", b"a.mp4"), part("video", b"y", b"b.mp4")], "twice"),
        ([part("tags", b"a"), part("tags", b"b"), part("video", b"x", b"a.mp4")], "twice"),
        ([part("tags", b"\xff"), part("video", b"x", b"a.mp4")], "UTF-8"),
        ([part("tags", b"a" * 101), part("video", b"x", b"a.mp4")], "tags"),
    ],
)
def test_forms_of_the_wrong_shape(clean: Live, parts: list[bytes], said: str) -> None:
    assert said in refused(send(clean, form(*parts)), 422, "VALIDATION_ERROR")["message"]


def test_fields_without_end(clean: Live) -> None:
    refused(send(clean, form(part("config", b" " * 1_100_000), part("video", b"x", b"a.mp4"))), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("config", "said"),
    [
        (b"{", "line 1, column 2"),
        (b'{"scene_detection":\n {"mode" "fast"}}', "line 2, column 10"),
        (b"[]", "no JSON object"),
        (b'{"scene_detection": {"mode": NaN}}', "NaN"),
        (b"[" * 200_000, "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"9" * 10_000, "no JSON"),
    ],
)
def test_a_config_that_is_no_json(clean: Live, clip: bytes, config: bytes, said: str, *, first: bool) -> None:
    parts = [part("config", config), part("video", clip, b"a.mp4")]
    error = refused(send(clean, form(*(parts if first else reversed(parts)))), 400, "INVALID_CONFIG")
    assert said in error["message"]
    assert error["field"] == "config"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("pipelines", "config", "code", "field"),
    [
        ("scene_detection", {"scene_detection": {"mode": "wrong"}}, "INVALID_CHOICE", "mode"),
        ("scene_detection", {"scene_detection": {"mode": 3}}, "INVALID_CHOICE", "mode"),
        ("scene_detection,no_such", {}, "PIPELINE_NOT_FOUND", ""),
        ("scene_detection", {"no_such": {}}, "PIPELINE_NOT_FOUND", ""),
        ("scene_detection", {"scene_detection": 3}, "INVALID_TYPE", ""),
    ],
)
def test_wrong_options_are_told_field_by_field(
    clean: Live, clip: bytes, pipelines: str, config: dict[str, Any], code: str, field: str, *, first: bool
) -> None:
    fields = [part("selected_pipelines", pipelines.encode()), part("config", json.dumps(config).encode())]
    video = part("video", clip, b"a.mp4")
    error = refused(send(clean, form(*fields, video) if first else form(video, *fields)), 400, "INVALID_CONFIG")
    (item,) = error["detail"]["errors"]
    assert (item["code"], item["error_code"], item["field"], item["severity"]) == (code, code, field, "error")
    assert item["hint"]


@pytest.mark.parametrize("pipeline", sorted({name for name, _ in every_option()}))
def test_each_option_wrong_in_each_way_is_told_and_leaves_nothing(clean: Live, clip: bytes, pipeline: str) -> None:
    tried, parameters = 0, [parameter for name, parameter in every_option() if name == pipeline]
    for parameter in parameters:
        for value, code in wrong_values(parameter):
            config = json.dumps({pipeline: nested(parameter.name, value)})
            error = refused(upload(clean, clip, selected_pipelines=pipeline, config=config), 400, "INVALID_CONFIG")
            assert [(item["field"], item["code"]) for item in error["detail"]["errors"]] == [(parameter.name, code)], value
            assert f"{pipeline}.{parameter.name}" in error["message"]
            tried += 1
    assert tried >= 2 * len(parameters) > 0


def test_what_is_known_to_be_wrong_is_told_before_the_recording_has_come(clean: Live) -> None:
    begin = part("selected_pipelines", b"no_such") + part("video", b"x", b"a.mp4")
    with Slow(clean, 4_000_000) as slow:
        slow.send(begin)
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (400, "INVALID_CONFIG")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.mp4", b"<!doctype html><script>alert(1)</script>"),
        ("noise.mp4", bytes(range(256)) * 40),
        ("zip.mp4", b"PK\x03\x04" + b"x" * 99),
    ],
)
def test_what_is_no_recording(clean: Live, name: str, content: bytes) -> None:
    assert "The recording" in refused(upload(clean, content, name), 422, "UNSUPPORTED_MEDIA")["message"]


def test_an_empty_file(clean: Live) -> None:
    refused(upload(clean, b""), 422, "MEDIA_UNREADABLE")


def test_a_picture_of_absurd_size(clean: Live, tmp_path: Path) -> None:
    path = tmp_path / "huge.avi"
    write_clip(path, regular(3), picture=Picture(codec="rawvideo", pixel_format="yuyv422"))
    data = bytearray(path.read_bytes())
    at = data.index(b"strf") + 8
    data[at + 4 : at + 12] = (60000).to_bytes(4, "little") * 2
    assert "million pixels" in refused(upload(clean, bytes(data), "huge.avi"), 422, "UNSUPPORTED_MEDIA")["message"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"../../../etc/cron.d/x.mp4", "x.mp4"),
        (b"/etc/passwd", "passwd"),
        (b"..\\..\\x.mp4", "x.mp4"),
        (b"a\0b.mp4", "ab.mp4"),
        (b"x" * 4096 + b".mp4", "x" * 251 + ".mp4"),
        (b"CON", "CON"),
        (b"COM1.mp4", "COM1.mp4"),
        ("\u202egpj.\u05d0.mp4".encode(), "gpj.\u05d0.mp4"),
        (b"\xff\xfe.mp4", "\ufffd\ufffd.mp4"),
        (b"", None),
        (b"..", None),
    ],
)
def test_a_hostile_name_is_only_text(server: Live, clip: bytes, name: bytes, shown: str | None) -> None:
    outside = set(server.here.storage.root.parent.rglob("*"))
    response = send(server, form(part("video", clip, name)))
    assert response.status_code == 201, response.text
    job = response.json()
    folder = server.here.storage.root / "jobs" / job["id"]
    assert job["video_filename"] == shown
    assert [path.name for path in folder.iterdir()] == ["source.mp4" if shown and shown.endswith(".mp4") else "source"]
    assert {path for path in set(server.here.storage.root.parent.rglob("*")) - outside if not path.is_relative_to(folder)} == set()
    video = server.get(f"/api/v1/jobs/{job['id']}/video")
    assert (video.content, video.headers["X-Content-Type-Options"]) == (clip, "nosniff")
    assert server.request("DELETE", f"/api/v1/jobs/{job['id']}").status_code == 204
    assert not folder.exists()


def test_an_upload_that_stops_half_way(clean: Live, clip: bytes) -> None:
    body = form(part("video", clip, b"a.mp4"))
    with Slow(clean, len(body)) as slow:
        slow.send(body[: len(body) // 2])
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (408, "REQUEST_TIMEOUT")


def test_an_upload_that_is_slow_and_steady_arrives(server: Live, clip: bytes) -> None:
    body = form(part("video", clip + bytes(350_000), b"a.mp4"))
    step = len(body) // 5 + 1
    with Slow(server, len(body)) as slow:
        for start in range(0, len(body), step):
            slow.send(body[start : start + step])
            time.sleep(0.4)  # a slow line
        status, job = slow.answer()
    assert status == 201
    server.request("DELETE", f"/api/v1/jobs/{job['id']}")


def test_an_upload_that_only_drips_gives_its_place_up(clean: Live, clip: bytes) -> None:
    body = form(part("video", clip, b"a.mp4"))
    with Slow(clean, len(body)) as slow:
        for number in range(40):
            slow.send(body[number : number + 1])
            if slow.has_answer(0.1):
                break
        status, answer = slow.answer()
    assert (status, answer["error"]["code"]) == (408, "REQUEST_TIMEOUT")


def test_a_client_that_leaves(clean: Live, clip: bytes) -> None:
    body = form(part("video", clip * 600, b"a.mp4"))
    with Slow(clean, len(body)) as slow:
        slow.send(body[: len(body) // 2])
    until_clean(clean)


def test_more_uploads_at_once_than_allowed(clean: Live, clip: bytes) -> None:
    body = form(part("video", clip, b"a.mp4"))
    waiting = [Slow(clean, len(body)) for _ in range(2)]
    for one in waiting:
        one.send(body[:200])
    give_up_at = time.monotonic() + PATIENCE_S
    while (response := upload(clean, b"")).status_code == 422:  # until both have begun
        assert time.monotonic() < give_up_at
    assert int(response.headers["Retry-After"]) > 0
    refused(response, 429, "RATE_LIMITED")
    for one in waiting:
        with one:
            assert one.answer()[0] == 408  # they were silent for too long
    assert upload(clean, b"").status_code == 422


def test_many_uploads_side_by_side(live: Live, clip: bytes) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(live, clip, "same.mp4"), range(16)))
    assert [answer.status_code for answer in answers] == [201] * 16
    jobs = [answer.json() for answer in answers]
    assert len({job["id"] for job in jobs}) == 16
    assert {job["video_filename"] for job in jobs} == {"same.mp4"}
    assert {(live.here.storage.root / job["video_path"]).read_bytes() for job in jobs} == {clip}
    assert left_over(live) == set()


def test_a_disk_without_room_takes_nothing(tmp_path: Path, clip: bytes) -> None:
    with serving(tmp_path / "storage", storage_free_floor_gb=1_000_000) as server:
        refused(upload(server, clip), 507, "STORAGE_FULL")
        with Slow(server, 5 * GB) as slow:
            status, answer = slow.answer()
        assert (status, answer["error"]["code"]) == (507, "STORAGE_FULL")
        assert (jobs_of(server), left_over(server)) == (set(), set())


def test_a_full_queue_takes_nothing(tmp_path: Path, clip: bytes) -> None:
    with serving(tmp_path / "storage", storage_free_floor_gb=0, max_queued_jobs=1) as server:
        first = upload(server, clip, key="k")
        response = upload(server, clip)
        refused(response, 429, "RATE_LIMITED")
        assert int(response.headers["Retry-After"]) > 0
        assert upload(server, clip, key="k").json()["id"] == first.json()["id"]
        assert jobs_of(server) == {first.json()["id"]}
        assert left_over(server) == set()


def test_when_the_server_stops_an_upload_leaves_nothing(tmp_path: Path, clip: bytes) -> None:
    with ExitStack() as clients:
        with serving(tmp_path / "storage", storage_free_floor_gb=0) as server:
            clients.enter_context(Slow(server, 1_000_000)).send(part("video", clip * 100, b"a.mp4"))
            give_up_at = time.monotonic() + PATIENCE_S
            while not left_over(server):
                assert time.monotonic() < give_up_at
                time.sleep(0.01)
        assert list((tmp_path / "storage" / "jobs").iterdir()) == []

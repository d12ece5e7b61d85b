"""What the command line says and hears over HTTP."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.cli.scripted import Answer, Asked, scripted_server

from videoannotator import errors
from videoannotator.cli import upload, watch
from videoannotator.cli.client import ERRORS, Client, NoServer, ServerUnreachable
from videoannotator.cli.download import check_archive, fetch, unpack
from videoannotator.cli.upload import Order, check_order, submit
from videoannotator.cli.watch import ServerEvent, events_in, follow
from videoannotator.errors import (
    APIError,
    InvalidConfigException,
    InvalidRequestException,
    JobNotFoundException,
    MediaUnreadableException,
    StorageFailedException,
    StorageFullException,
    UnauthorizedException,
    VideoAnnotatorException,
)


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def refusal(status: int, code: str, **headers: str) -> Answer:
    told: dict[str, object] = {"code": code, "message": "It is so.", "detail": {}, "hint": "Do that.", "field": None}
    return as_json({"error": told, "detail": "It is so."}, status, **headers)


@contextmanager
def talking(answer: Callable[[Asked], Answer], key: str | None = None) -> Iterator[tuple[Client, list[Asked]]]:
    """A client of a scripted server, and what that one is asked."""
    with scripted_server(answer) as (address, asked), Client(address, key) as client:
        yield client, asked


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock stands still; gives what was waited for."""
    waited: list[float] = []
    for module in (upload, watch):
        monkeypatch.setattr(module.time, "sleep", waited.append)
    return waited


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(404, "JOB_NOT_FOUND", JobNotFoundException), (507, "STORAGE_FULL", StorageFullException), (400, "NEW_ONE", APIError)],
)
def test_what_the_server_refuses_is_raised_as_there(status: int, code: str, expected: type[VideoAnnotatorException]) -> None:
    with talking(lambda _: refusal(status, code), "key") as (client, _), pytest.raises(expected, match="It is so") as caught:
        client.get("jobs/1")
    assert type(caught.value) is expected
    assert caught.value.hint == "Do that."


def test_every_code_has_its_class() -> None:
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, VideoAnnotatorException)]
    assert set(ERRORS) == {cls.code for cls in classes}
    assert all(ERRORS[code].code == code for code in ERRORS)


def test_the_key_is_sent_and_a_wrong_one_is_explained() -> None:
    with (
        talking(lambda _: refusal(401, "UNAUTHORIZED"), "va_api_x") as (client, asked),
        pytest.raises(UnauthorizedException) as caught,
    ):
        client.get("jobs")
    assert asked[0].headers["authorization"] == "Bearer va_api_x"
    assert "token create" in (caught.value.hint or "")


@pytest.mark.parametrize("address", ["ftp://host", "host:1", "http://", "http://host/?a=b", "nonsense"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidRequestException, match="not the address"):
        Client(address, None)


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequestException, match="key"):
        Client("http://127.0.0.1:1", key)


def test_nobody_there_and_somebody_else_there() -> None:
    with Client("http://127.0.0.1:9", None) as client, pytest.raises(NoServer) as caught:
        client.get("jobs")
    assert "videoannotator server" in (caught.value.hint or "")
    with talking(lambda _: Answer(200, b"<html>")) as (client, _), pytest.raises(APIError, match="not a VideoAnnotator server"):
        client.get("jobs")


def test_an_upload_is_sent_again_with_the_same_key_until_an_answer_comes(tmp_path: Path, no_waiting: list[float]) -> None:
    (tmp_path / "visit \udcff.mp4").write_bytes(b"0123456789" * 20_000)
    replies = [
        Answer(201, b"{", announced=100),
        refusal(503, "SERVICE_UNAVAILABLE", **{"Retry-After": "7"}),
        as_json({"id": "j"}, 201),
    ]
    sent: list[tuple[int, int]] = []
    said: list[str] = []
    with talking(lambda _: replies.pop(0), "key") as (client, asked):
        order = Order(("a", "b"), {"a": {"x": 1}}, ("t",), overlay=True)
        job = submit(client, tmp_path / "visit \udcff.mp4", order, lambda done, total: sent.append((done, total)), said.append)
    assert job == {"id": "j"}
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert [request.method for request in asked] == ["POST"] * 3
    assert all(b"0123456789" * 20_000 in request.body for request in asked)
    assert b'name="selected_pipelines"\r\n\r\na,b' in asked[0].body
    assert b'name="overlay"\r\n\r\ntrue' in asked[0].body
    assert asked[0].body.index(b'name="config"') < asked[0].body.index(b'name="video"')
    assert max(sent) == (200_000, 200_000)
    assert no_waiting == [1.0, 7.0]
    assert len(said) == 2


def test_an_upload_that_is_refused_is_not_sent_again(tmp_path: Path, no_waiting: list[float]) -> None:
    (tmp_path / "visit.mp4").write_bytes(b"0")
    with talking(lambda _: refusal(507, "STORAGE_FULL")) as (client, asked):
        with pytest.raises(StorageFullException):
            submit(client, tmp_path / "visit.mp4", Order(), lambda *_: None, print)
        assert len(asked) == 1
        with pytest.raises(MediaUnreadableException, match=r"nowhere\.mp4"):
            submit(client, tmp_path / "nowhere.mp4", Order(), lambda *_: None, print)
    with Client("http://127.0.0.1:9", None) as client, pytest.raises(NoServer):
        submit(client, tmp_path / "visit.mp4", Order(), lambda *_: None, print)
    assert no_waiting == []


def test_wrong_options_are_found_before_anything_travels() -> None:
    item = {"message": "a.x is 7; it is from 0 to 1.", "hint": "Give 1."}
    found = {"valid": False, "message": "a.x is wrong.", "errors": [item], "warnings": []}
    with (
        talking(lambda _: as_json(found)) as (client, asked),
        pytest.raises(InvalidConfigException, match=r"a\.x is wrong") as caught,
    ):
        check_order(client, Order(None, {"a": {"x": 7}}))
    assert caught.value.hint == "a.x is 7; it is from 0 to 1. Give 1."
    assert json.loads(asked[0].body) == {"config": {"a": {"x": 7}}}


STREAM = (
    b'retry: 1000\n\n: heartbeat\n\nid: 4\nevent: job.update\ndata: {"status": "running",\ndata: "progress": 0.5}\n\n'
    b"id: 5\nevent: job.log\ndata: {}\n\n"
)


def test_events_are_read_as_the_standard_has_them() -> None:
    lines = iter(STREAM.decode().split("\n"))
    assert list(events_in(lines)) == [
        ServerEvent("4", "job.update", '{"status": "running",\n"progress": 0.5}'),
        ServerEvent("5", "job.log", "{}"),
    ]


def watched(states: list[str], stream: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """A server whose job has these states, one for each time that it is asked, the last one for ever."""

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/api/v1/events/stream"):
            return stream(asked)
        return as_json({"id": "j", "status": states.pop(0) if len(states) > 1 else states[0]})

    return answer


def test_a_watch_goes_on_after_the_last_event_that_came(no_waiting: list[float]) -> None:
    streams = [STREAM, b"", b"id: 6\nevent: job.complete\ndata: {}\n\n"]
    event_stream = {"Content-Type": "text/event-stream"}
    states = ["running", "running", "running", *["running"] * 10, "completed"]
    seen: list[dict[str, object]] = []
    with talking(watched(states, lambda _: Answer(200, streams.pop(0), event_stream)), "key") as (client, asked):
        job = follow(client, "j", seen.append, print)
    assert job["status"] == "completed"
    resumed = [request.headers.get("last-event-id") for request in asked if "stream" in request.path]
    assert resumed[0] is None
    assert resumed[1:] == ["5"] * len(resumed[1:])
    assert {"status": "running", "progress": 0.5} in seen


def test_without_events_a_watch_asks(no_waiting: list[float]) -> None:
    states = ["pending", "running", "failed"]
    troubles: list[str] = []
    with talking(watched(states, lambda _: Answer(200, b"<html>", {"Content-Type": "text/html"}))) as (client, asked):
        job = follow(client, "j", lambda _: None, troubles.append)
    assert job["status"] == "failed"
    assert len(troubles) == 1
    assert len([request for request in asked if "stream" not in request.path]) == 3


def test_a_job_that_has_ended_is_not_waited_for(no_waiting: list[float]) -> None:
    with talking(watched(["completed"], lambda _: Answer(500))) as (client, asked):
        assert follow(client, "j", lambda _: None, print)["status"] == "completed"
    assert len(asked) == 1


def archive_of(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_download_that_breaks_off_is_fetched_again_and_shows_only_whole(tmp_path: Path) -> None:
    content = archive_of(**{"a/b.txt": b"hello" * 1000})
    replies = [Answer(200, content[:100], announced=len(content)), Answer(200, content)]
    with talking(lambda _: replies.pop(0)) as (client, _):
        fetch(client, "jobs/j/artifacts", tmp_path / "deep" / "all.zip", lambda *_: None)
    assert hashlib.sha256((tmp_path / "deep" / "all.zip").read_bytes()).digest() == hashlib.sha256(content).digest()
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["all.zip"]
    check_archive(tmp_path / "deep" / "all.zip")
    assert unpack(tmp_path / "deep" / "all.zip", tmp_path / "out") == [tmp_path / "out" / "a" / "b.txt"]
    assert (tmp_path / "out" / "a" / "b.txt").read_bytes() == b"hello" * 1000
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["a"]


def test_a_download_that_never_comes_leaves_nothing(tmp_path: Path) -> None:
    with talking(lambda _: Answer(200, b"x", announced=9)) as (client, asked), pytest.raises(ServerUnreachable):
        fetch(client, "jobs/j/artifacts", tmp_path / "all.zip", lambda *_: None)
    assert len(asked) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../out.txt", "/etc/x", "a/../../x", "C:x", "a\\b", ".."])
def test_nothing_is_unpacked_outside_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "all.zip").write_bytes(archive_of(**{"fine.txt": b"1", name: b"2"}))
    with pytest.raises(InvalidRequestException, match="leads elsewhere"):
        unpack(tmp_path / "all.zip", tmp_path / "out")
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["all.zip"]


def test_a_link_in_the_folder_is_not_followed_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tables").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "all.zip").write_bytes(archive_of(**{"tables/a.csv": b"1"}))
    with pytest.raises(InvalidRequestException, match="leads out"):
        unpack(tmp_path / "all.zip", tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    whole = archive_of(**{"a.txt": b"hello" * 1000})
    (tmp_path / "flipped.zip").write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    (tmp_path / "cut.zip").write_bytes(whole[:-30])
    for name in ("flipped.zip", "cut.zip"):
        with pytest.raises(StorageFailedException, match="damaged"):
            check_archive(tmp_path / name)
        with pytest.raises(StorageFailedException, match="damaged"):
            unpack(tmp_path / name, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())

"""Whatever goes wrong, the answer has one shape."""

import http.client
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from tests.acceptance.server import until
from tests.servers import Live, serving

from videoannotator import errors
from videoannotator.api.bodies import MAX_BODY_BYTES
from videoannotator.api.v1.errors import ErrorEnvelope
from videoannotator.api.v1.exceptions import STATUS_BY_CODE
from videoannotator.errors import VideoAnnotatorException

CLASSES = {name: one for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, VideoAnnotatorException)}
ORIGIN = {"Origin": "http://localhost:3000"}


def add_failing_routes(app: FastAPI) -> None:
    """Routes that fail in every way."""

    @app.get("/api/v1/fail/{name}")
    async def known(request: Request, name: str) -> None:
        root = request.app.state.services.storage.root
        raise CLASSES[name](
            f"It failed at {root}/jobs/x.", hint=f"Look at {root}.", detail={"file": f"{root}/y", "list": [str(root)]}
        )

    @app.get("/api/v1/crash")
    async def crash() -> None:
        raise RuntimeError("a secret in /home/somebody")

    @app.get("/api/v1/http/{status}")
    async def http_error(status: int) -> None:
        raise HTTPException(status, "said by a library")

    @app.get("/api/v1/plain/{status}")
    async def plain(status: int) -> PlainTextResponse:
        return PlainTextResponse("plain words", status_code=status, headers={"Content-Range": "bytes */5", "Retry-After": "3"})

    @app.get("/api/v1/html")
    async def html() -> HTMLResponse:
        return HTMLResponse("<h1>bad</h1>", status_code=502)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("storage"), add_failing_routes) as server:
        yield server


def envelope_of(response: httpx.Response) -> dict[str, Any]:
    """The envelope of a failure, checked."""
    assert response.status_code >= 400
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    envelope = ErrorEnvelope.model_validate(body)
    assert body["detail"] == envelope.error.message != ""
    assert envelope.error.request_id == response.headers["X-Request-ID"]
    assert envelope.error.timestamp.tzinfo is not None
    assert STATUS_BY_CODE[envelope.error.code] == response.status_code or response.status_code in (418, 502)
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_of_ours(failing: Live, name: str) -> None:
    response = failing.get(f"/api/v1/fail/{name}", headers=ORIGIN)
    error = envelope_of(response)
    assert error["code"] == CLASSES[name].code
    assert response.status_code == STATUS_BY_CODE[error["code"]]
    assert str(failing.here.storage.root) not in response.text
    assert error["message"] == "It failed at (storage)/jobs/x."
    assert error["detail"] == {"file": "(storage)/y", "list": ["(storage)"]} | (
        {"allowed": error["detail"]["allowed"]} if "allowed" in error["detail"] else {}
    )
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


def test_a_crash_says_nothing_about_the_server(failing: Live, caplog: pytest.LogCaptureFixture) -> None:
    response = failing.get("/api/v1/crash", headers=ORIGIN)
    error = envelope_of(response)
    assert (response.status_code, error["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    (record,) = [one for one in caplog.records if one.name == "videoannotator.api.failures"]
    assert error["request_id"] in record.getMessage()
    assert record.exc_info is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 415, 416, 418, 429, 500, 502, 503])
def test_failures_that_a_library_raises(failing: Live, status: int) -> None:
    error = envelope_of(failing.get(f"/api/v1/http/{status}"))
    assert error["code"]
    if status in (404, 413, 415, 416):
        assert STATUS_BY_CODE[error["code"]] == status


@pytest.mark.parametrize("path", ["/api/v1/plain/400", "/api/v1/plain/416", "/api/v1/plain/500", "/api/v1/html"])
def test_failures_that_a_library_answers_itself(failing: Live, path: str) -> None:
    response = failing.get(path)
    envelope_of(response)
    assert "plain words" not in response.text
    assert "<h1>" not in response.text
    if "plain" in path:
        assert response.headers["Content-Range"] == "bytes */5"
        assert response.headers["Retry-After"] == "3"


@pytest.mark.parametrize(
    "path", ["/nope", "/api/v1/nope", "/api/v1/pipelines/scene_detection/nope", "/%00", "/api/v1//jobs", "/viewer/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_unknown_addresses(failing: Live, method: str, path: str) -> None:
    assert envelope_of(failing.request(method, path))["code"] == "NOT_FOUND"


def test_a_head_request_for_nothing_has_the_status_without_a_body(failing: Live) -> None:
    response = failing.request("HEAD", "/nope")
    assert (response.status_code, response.content) == (404, b"")
    assert response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/pipelines", "GET, HEAD"),
        ("DELETE", "/api/v1/pipelines/", "GET, HEAD"),
        ("GET", "/api/v1/config/validate", "POST"),
        ("OPTIONS", "/api/v1/config/validate", "POST"),
        ("PUT", "/api/v1/pipelines/validate", "POST"),
        ("PUT", "/api/v1/pipelines/toy", "GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("PATCH", "/viewer-connect", "GET, HEAD, POST"),
        ("BREW", "/metrics", "GET, HEAD"),
        ("POST", "/docs", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("POST", "/pages/style.css", "GET, HEAD"),
    ],
)
def test_another_method_names_those_that_are_taken(failing: Live, method: str, path: str, allowed: str) -> None:
    response = failing.request(method, path)
    assert envelope_of(response)["code"] == "METHOD_NOT_ALLOWED"
    assert response.headers["Allow"] == allowed


BAD_BODIES = [
    (b"{", "VALIDATION_ERROR"),
    (b"", "VALIDATION_ERROR"),
    (b"[]", "VALIDATION_ERROR"),
    (b"null", "VALIDATION_ERROR"),
    (b'{"config": 3}', "VALIDATION_ERROR"),
    (b'{"config": {}, "selected_pipelines": [1]}', "VALIDATION_ERROR"),
    (b'{"config": "\xff"}', "INVALID_REQUEST"),
    (b"[" * 100_000, "INVALID_REQUEST"),
    (b'{"config": {}} trailing', "VALIDATION_ERROR"),
]


@pytest.mark.parametrize(("body", "code"), BAD_BODIES, ids=lambda value: repr(value)[:20])
def test_bodies_of_the_wrong_shape(failing: Live, body: bytes, code: str) -> None:
    response = failing.request("POST", "/api/v1/config/validate", content=body, headers={"Content-Type": "application/json"})
    error = envelope_of(response)
    assert error["code"] == code
    if code == "VALIDATION_ERROR":
        assert error["field"].startswith("body")
        assert all(problem["field"] and problem["message"] and problem["code"] for problem in error["detail"]["errors"])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense", None]
)
def test_another_kind_of_body(failing: Live, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = failing.request("POST", "/api/v1/config/validate", content=b'{"config": {}}', headers=headers)
    assert envelope_of(response)["code"] == "UNSUPPORTED_CONTENT_TYPE"


def test_a_body_that_is_too_large_is_refused_announced_or_not(failing: Live) -> None:
    body = b'{"config": {"x": "' + b"x" * MAX_BODY_BYTES + b'"}}'
    headers = {"Content-Type": "application/json"}
    announced = failing.request("POST", "/api/v1/config/validate", content=body, headers=headers)
    chunked = failing.request(
        "POST", "/api/v1/config/validate", content=(body[at : at + 65536] for at in range(0, len(body), 65536)), headers=headers
    )
    for response in (announced, chunked):
        assert envelope_of(response)["code"] == "PAYLOAD_TOO_LARGE"
        assert response.status_code == 413


def test_a_body_as_large_as_allowed_is_taken(failing: Live) -> None:
    body = json.dumps({"config": {"scene_detection": {}}}).encode()
    body += b" " * (MAX_BODY_BYTES - len(body))
    response = failing.request("POST", "/api/v1/config/validate", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200


def test_queries_of_the_wrong_shape(failing: Live) -> None:
    error = envelope_of(failing.get("/api/v1/health?detailed=perhaps"))
    assert (error["code"], error["field"]) == ("VALIDATION_ERROR", "query.detailed")


def test_a_sane_request_id_is_kept_and_another_is_replaced(failing: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="videoannotator.access")
    assert failing.get("/health", headers={"X-Request-ID": "mine-1.2_3"}).headers["X-Request-ID"] == "mine-1.2_3"
    for strange in ("", "a b", "x" * 65, "a\tb", "<script>"):
        made = failing.get("/health", headers={"X-Request-ID": strange}).headers["X-Request-ID"]
        assert len(made) == 32
    until(lambda: any("mine-1.2_3" in record.getMessage() for record in caplog.records), "the line of the log")


def test_the_access_log_holds_no_query_and_no_key(failing: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    failing.get(f"/api/v1/pipelines?token={failing.key}&x=secret-query")
    failing.get(f"/nope?token={failing.key}", key="va_api_wrong-key-in-a-header")
    failing.get("/api/v1/pipelines", key="va_api_wrong-key-in-a-header")
    text = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("videoannotator"))
    assert "/api/v1/pipelines 200" in text
    assert "A wrong key from 127.0.0.1" in text
    for secret in (failing.key, "secret-query", "wrong-key"):
        assert secret not in text


def test_a_path_cannot_forge_a_line_of_the_log(failing: Live, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="videoannotator.access")
    failing.get("/a%0d%0aGET%20/forged%20200")
    (line,) = until(  # the server writes it down after it has answered
        lambda: [record.getMessage() for record in caplog.records if "forged" in record.getMessage()], "the line of the log"
    )
    assert "\n" not in line
    assert "\r" not in line
    assert line.split(" ")[2] == "404"


def test_browsers_are_told_to_be_careful(failing: Live) -> None:
    for path in ("/", "/health", "/docs", "/nope"):
        headers = failing.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"]


def test_times_are_utc_with_a_zone(failing: Live) -> None:
    error = envelope_of(failing.get("/nope"))
    offset = datetime.fromisoformat(error["timestamp"].replace("Z", "+00:00")).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0


@pytest.mark.parametrize("length", ["-5", "abc", "99999999999999999999999999"])
def test_a_senseless_content_length(failing: Live, length: str) -> None:
    """The HTTP parser refuses some of them itself; whatever it lets through gets the envelope."""
    host = failing.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.putrequest("POST", "/api/v1/config/validate")
        connection.putheader("Content-Length", length)
        connection.putheader("Content-Type", "application/json")
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status in (400, 413)
        assert answer.read()
    finally:
        connection.close()


def test_storage_paths_are_hidden_wherever_they_stand(failing: Live) -> None:
    assert Path(failing.here.storage.root).is_absolute()
    assert str(failing.here.storage.root) not in failing.get("/api/v1/fail/StorageFailedException").text

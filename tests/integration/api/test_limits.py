"""Wrong keys are counted; right ones never suffer. Who sends nothing is not waited for without end."""

import json
import socket
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.servers import serving

from videoannotator.api import bodies
from videoannotator.api.v1 import events

ALLOWED = 5


def test_too_many_wrong_keys_are_refused_and_a_right_one_still_works(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path / "storage", auth_failures_per_minute=ALLOWED) as server:
        statuses = [server.get("/api/v1/pipelines", key=f"va_api_wrong-{number}").status_code for number in range(ALLOWED + 3)]
        assert statuses == [401] * ALLOWED + [429] * 3
        refused = server.get("/api/v1/pipelines", key="va_api_wrong")
        assert envelope_of(refused)["code"] == "RATE_LIMITED"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.json()["error"]["detail"] == {"retry_after_s": int(refused.headers["Retry-After"])}
        for _ in range(ALLOWED * 3):
            assert server.get("/api/v1/pipelines").status_code == 200
        new = server.here.keys.issue("issued after the limit was reached").secret
        assert server.get("/api/v1/pipelines", key=new).status_code == 200
        assert server.get("/api/v1/pipelines", key="").status_code == 401, "no key is no attempt"
        metrics = server.get("/metrics").text
        assert f"videoannotator_auth_failures_total {ALLOWED + 4}.0" in metrics
    assert "va_api_wrong" not in caplog.text


def test_one_time_codes_are_limited_too(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", auth_failures_per_minute=ALLOWED) as server:
        codes = [
            server.request("POST", "/viewer-connect", key="", json={"code": str(number)}).status_code
            for number in range(ALLOWED + 1)
        ]
        assert codes == [401] * ALLOWED + [429]


@pytest.mark.parametrize("path", ["/api/v1/config/validate", "/api/v1/pipelines/scene_detection/validate", "/viewer-connect"])
def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.5)
    with serving(tmp_path / "storage") as server:
        place = urlsplit(server.url)
        with socket.create_connection((place.hostname, place.port), timeout=30) as client:
            head = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
            client.sendall(head.encode() + b"{")
            answer = HTTPResponse(client)
            answer.begin()
            assert (answer.status, json.loads(answer.read())["error"]["code"]) == (408, "REQUEST_TIMEOUT")


def test_a_stream_of_events_outlives_the_time_for_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.2)
    monkeypatch.setattr(events, "HEARTBEAT_S", 1)
    with (
        serving(tmp_path / "storage") as server,
        httpx.stream("GET", f"{server.url}/api/v1/events/stream", headers=server.headers, timeout=30, trust_env=False) as stream,
    ):
        assert next(stream.iter_lines()) == ": heartbeat"

"""Pages, the viewer, facts about the server, and proxies in front of it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.servers import Live, serving

from videoannotator.api import site
from videoannotator.auth.keys import Scope
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.version import __version__

REFERENCE = re.compile(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("viewer")
    (folder / "index.html").write_text("<p>the viewer</p>", encoding="utf-8")
    (folder / "assets").mkdir()
    (folder / "assets" / "app.js").write_text("1;", encoding="utf-8")
    with serving(tmp_path_factory.mktemp("storage"), viewer_dir=folder, secret_key="much-too-secret") as live:  # noqa: S106
        yield live


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/viewer-connect", "/docs/", "/viewer-connect/"])
def test_pages_work_offline(server: Live, path: str) -> None:
    """Whatever a page loads comes from this server."""
    page = server.get(path, key="")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    references = REFERENCE.findall(page.text)
    assert references
    for reference in references:
        address = urljoin(f"{server.url}/", reference)
        assert address.startswith(f"{server.url}/"), reference
        assert server.get(address.removeprefix(server.url), key="").status_code == 200, reference


def test_the_web_app_runs_nothing_that_is_not_its_own(server: Live) -> None:
    page = server.get("/", key="")
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "http" not in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", page.text)
    assert page.headers["Cache-Control"] == "no-cache"
    (script,) = re.findall(r'src="\./(assets/[^"]+\.js)"', page.text)
    assert "immutable" in server.get(f"/{script}", key="").headers["Cache-Control"]
    assert envelope_of(server.get("/assets/missing.js", key=""))["code"] == "NOT_FOUND"


def test_an_installation_without_the_web_app_says_how_to_get_it(
    server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "WEB_APP", tmp_path)
    page = server.get("/", key="").text
    assert "pip install" in page
    assert 'href="/docs"' in page


def test_the_viewer_answers_deep_links_with_its_start_page(server: Live) -> None:
    for path in ("/viewer/", "/viewer", "/viewer/jobs/17", "/viewer/create/new"):
        page = server.get(path, key="", follow_redirects=True)
        assert (page.status_code, page.text) == (200, "<p>the viewer</p>"), path
    assert server.get("/viewer/assets/app.js", key="").text == "1;"
    assert envelope_of(server.get("/viewer/assets/missing.js", key=""))["code"] == "NOT_FOUND"
    assert server.get("/viewer/..%2f..%2fetc/passwd", key="").text == "<p>the viewer</p>"


def test_a_login_is_handed_over_once(server: Live) -> None:
    reading = server.here.keys.issue("reader", [Scope.READ]).secret
    offer = server.request("POST", "/api/v1/system/viewer-code", key=reading)
    assert offer.status_code == 200
    code = offer.json()["code"]
    assert offer.json()["address"].endswith(f"/viewer-connect#code={code}")
    granted = server.request("POST", "/viewer-connect", key="", json={"code": code})
    assert granted.status_code == 200
    assert granted.headers["Cache-Control"] == "no-store"
    assert granted.headers["Referrer-Policy"] == "no-referrer"
    key = granted.json()["api_key"]
    assert server.get("/api/v1/pipelines", key=key).status_code == 200
    assert server.get("/api/v1/system/config", key=key).status_code == 403, "it allows what the other key allowed, and no more"
    again = server.request("POST", "/viewer-connect", key="", json={"code": code})
    assert envelope_of(again)["code"] == "UNAUTHORIZED"


def test_the_hand_over_page_keeps_its_secrets(server: Live) -> None:
    page = server.get("/viewer-connect", key="")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<script src=" in page.text
    assert "<script>" not in page.text


def test_head_answers_as_get_without_a_body(server: Live) -> None:
    for path in ("/", "/health", "/api/v1/pipelines", "/docs", "/pages/style.css", "/metrics"):
        got, head = server.get(path), server.request("HEAD", path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]


def test_every_address_answers_with_and_without_a_slash(server: Live) -> None:
    paths = [path for path, methods in server.get("/openapi.json").json()["paths"].items() if "get" in methods and "{" not in path]
    assert "/api/v1/pipelines" in paths
    assert not [path for path in paths if path.endswith("/")]
    for path in paths:
        if "stream" not in path:
            assert server.get(path).status_code == server.get(path + "/").status_code == 200, path


def test_settings_are_shown_without_secrets(server: Live) -> None:
    response = server.get("/api/v1/system/config")
    assert response.json()["settings"]["secret_key"] == "********"  # noqa: S105
    assert response.json()["settings"]["max_concurrent_jobs"] == 2
    assert response.json()["settings"]["umask"] == "077"
    assert "much-too-secret" not in response.text


def test_a_password_in_an_address_is_masked(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", server="http://ada:lovelace@lab.example") as live:
        settings = live.get("/api/v1/system/config").json()["settings"]
        assert settings["server"] == "http://********@lab.example"


def test_versions(server: Live) -> None:
    body = server.get("/api/v1/system/version").json()
    assert body["version"] == __version__


def add_job(live: Live, job_id: str) -> None:
    with live.here.database.writing() as session:
        crud.add_job(session, Job(id=job_id))


def test_metrics_count_what_happened(live: Live) -> None:
    add_job(live, "00000000-0000-0000-0000-000000000001")
    with (
        httpx.Client(trust_env=False) as client,
        client.stream("GET", f"{live.url}/api/v1/events/stream?token={live.key}") as stream,
    ):
        add_job(live, "00000000-0000-0000-0000-000000000002")
        next(line for line in stream.iter_lines() if line.startswith("event: job.update"))
    live.get("/api/v1/pipelines/scene_detection")
    live.get("/api/v1/pipelines/scene_detection/")
    live.get("/api/v1/pipelines/nope")
    live.get("/nope")
    live.get("/api/v1/pipelines", key="va_api_wrong")
    text = live.get("/metrics").text
    assert 'videoannotator_requests_total{method="GET",route="/api/v1/pipelines/{name}",status="200"} 2.0' in text
    assert 'videoannotator_requests_total{method="GET",route="/api/v1/pipelines/{name}",status="404"} 1.0' in text
    assert 'videoannotator_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert "videoannotator_auth_failures_total 1.0" in text
    assert 'videoannotator_jobs{status="pending"} 2.0' in text
    assert 'videoannotator_events_total{type="job.update"} 1.0' in text
    samples = live.get("/api/v1/system/metrics").json()["metrics"]
    assert {"name": "videoannotator_jobs", "labels": {"status": "pending"}, "value": 2.0} in samples
    assert live.get("/api/v1/system/database").json()["jobs"]["pending"] == 2


def test_metrics_may_be_public(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", metrics_public=True) as live:
        assert live.get("/metrics", key="").status_code == 200
        assert "security" not in live.get("/openapi.json").json()["paths"]["/metrics"]["get"]


def test_a_proxy_may_put_a_path_in_front(tmp_path: Path) -> None:
    """It works whether or not the proxy takes the path away again."""
    with serving(tmp_path / "storage", root_path="/annotator") as live:
        for prefix in ("", "/annotator"):
            assert live.get(f"{prefix}/health").status_code == 200
            assert live.get(f"{prefix}/api/v1/pipelines/").status_code == 200
            assert envelope_of(live.get(f"{prefix}/nope"))["code"] == "NOT_FOUND"
            page = live.get(f"{prefix}/").text
            assert '<base href="/annotator/">' in page
            (script,) = re.findall(r'src="\./([^"]+)"', page)
            assert live.get(f"{prefix}/{script}").status_code == 200
            assert "/annotator/openapi.json" in live.get(f"{prefix}/docs").text
            assert envelope_of(live.request("PUT", f"{prefix}/health"))["detail"]["allowed"] == ["GET", "HEAD"]
        assert live.get("/openapi.json").json()["servers"] == [{"url": "/annotator"}]


def test_only_trusted_proxies_speak_for_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for trusted, client in (("127.0.0.1",), "203.0.113.9"), ((), "127.0.0.1"):
        caplog.clear()
        with serving(tmp_path / "storage", trusted_proxies=trusted) as live:
            live.get("/api/v1/pipelines", key="va_api_wrong", headers=forwarded)
        assert f"A wrong key from {client}." in caplog.text


def test_a_key_for_the_viewer_works_no_longer_than_the_one_it_was_made_with(server: Live) -> None:
    short = server.here.keys.issue("visitor", expires_in_days=0.5)
    code = server.request("POST", "/api/v1/system/viewer-code", key=short.secret).json()["code"]
    assert server.request("POST", "/viewer-connect", key="", json={"code": code}).status_code == 200
    (made,) = [key for key in server.here.keys.list() if key.name == "viewer of visitor"]
    assert made.expires_at is not None
    assert short.expires_at is not None
    assert made.expires_at <= short.expires_at + timedelta(seconds=1)


def viewer_key(server: Live, key: str) -> str:
    """A key that the viewer gets in the name of another one."""
    code = server.request("POST", "/api/v1/system/viewer-code", key=key).json()["code"]
    return str(server.request("POST", "/viewer-connect", key="", json={"code": code}).json()["api_key"])


def test_a_key_for_the_viewer_is_revoked_with_the_one_it_was_made_with(server: Live) -> None:
    first, other = server.here.keys.issue("somebody who leaves"), server.here.keys.issue("somebody who stays")
    made, stays = viewer_key(server, first.secret), viewer_key(server, other.secret)
    made_by_that = viewer_key(server, made)
    server.here.keys.revoke(first.id)
    answers = [server.get("/api/v1/jobs", key=key).status_code for key in (first.secret, made, made_by_that, other.secret, stays)]
    assert answers == [401, 401, 401, 200, 200]


def test_a_code_is_worth_nothing_once_its_key_is_revoked(server: Live) -> None:
    first = server.here.keys.issue("somebody who leaves soon")
    code = server.request("POST", "/api/v1/system/viewer-code", key=first.secret).json()["code"]
    server.here.keys.revoke(first.id)
    refused = server.request("POST", "/viewer-connect", key="", json={"code": code})
    assert envelope_of(refused)["code"] == "UNAUTHORIZED"

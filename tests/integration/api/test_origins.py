"""Which pages and which host names may call."""

import http.client
from collections.abc import Iterator

import httpx
import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.servers import Live, serving

from videoannotator.errors import InvalidRequestException
from videoannotator.settings import load_settings

DEFAULT = ["http://localhost:3000", "http://localhost:19011", "http://127.0.0.1:19011"]
FOREIGN = [
    "https://evil.example",
    "http://localhost:3001",
    "http://localhost.evil.example:3000",
    "http://evil.example:3000",
    "null",
    "",
    "*",
]
MALFORMED = ["localhost:3000", "http://localhost:3000/", "http://", "//localhost:3000", "http://localhost:3000,http://x"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("storage"), trusted_hosts=("lab.example.org", "*.uni.example")) as live:
        yield live


UPLOADS = "/api/v1/uploads"
OF_TUS = "authorization,content-type,tus-resumable,upload-length,upload-metadata,upload-offset"


def preflight(
    server: Live,
    origin: str,
    method: str = "GET",
    headers: str = "Authorization, X-API-Key, Content-Type",
    path: str = "/api/v1/pipelines",
) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return server.request("OPTIONS", path, key="", headers=asked)


@pytest.mark.parametrize("origin", DEFAULT)
def test_origins_that_are_allowed_from_the_start(server: Live, origin: str) -> None:
    answer = preflight(server, origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, X-API-Key, Content-Type"
    assert "Origin" in answer.headers["Vary"]
    for path in ("/health", "/api/v1/pipelines", "/nope"):
        plain = server.get(path, key="", headers={"Origin": origin})
        assert plain.headers["Access-Control-Allow-Origin"] == origin
        assert "X-Request-ID" in plain.headers["Access-Control-Expose-Headers"]
        assert "Origin" in plain.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_its_own_origin_is_allowed_by_both_names(server: Live) -> None:
    port = server.url.rpartition(":")[2]
    for origin in (f"http://localhost:{port}", f"http://127.0.0.1:{port}"):
        assert preflight(server, origin).headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("origin", FOREIGN + MALFORMED)
def test_other_origins_are_refused(server: Live, origin: str) -> None:
    answer = preflight(server, origin)
    assert (answer.status_code, envelope_of(answer)["code"]) == (403, "FORBIDDEN")
    assert "Access-Control-Allow-Origin" not in answer.headers
    plain = server.get("/health", headers={"Origin": origin})
    assert plain.status_code == 200
    assert "Access-Control-Allow-Origin" not in plain.headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "get", "BREW", ""])
def test_other_methods_are_refused(server: Live, method: str) -> None:
    assert envelope_of(preflight(server, DEFAULT[0], method))["code"] == "FORBIDDEN"


def test_other_headers_are_refused(server: Live) -> None:
    answer = preflight(server, DEFAULT[0], headers="X-API-Key, X-Evil")
    assert "x-evil" in envelope_of(answer)["message"]
    assert preflight(server, DEFAULT[0], headers="accept,x-api-key").status_code == 200
    assert preflight(server, DEFAULT[0], headers="").status_code == 200


@pytest.mark.parametrize("path", [UPLOADS, f"{UPLOADS}/", f"{UPLOADS}/5f0c6f5e-0c5e-4b59-9a3c-6f1a52b0b8d4"])
def test_resumable_uploads_need_more(server: Live, path: str) -> None:
    for method in ("POST", "HEAD", "PATCH", "DELETE"):
        answer = preflight(server, DEFAULT[0], method, OF_TUS, path)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, DEFAULT[0])
        assert {"HEAD", "PATCH"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
        assert "Upload-Offset" in answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert preflight(server, FOREIGN[0], method, OF_TUS, path).status_code == 403
    plain = server.request("OPTIONS", UPLOADS, headers={"Origin": DEFAULT[0]})
    exposed = plain.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Location", "Upload-Offset", "Upload-Length", "Tus-Resumable", "Upload-Expires", "X-Request-ID"} <= set(exposed)
    assert plain.status_code == 204
    assert preflight(server, DEFAULT[0], "PUT", OF_TUS, path).status_code == 403
    assert preflight(server, DEFAULT[0], "PATCH", "X-Evil", path).status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/api/v1/uploadsx", "/api/v1/jobs/api/v1/uploads"])
def test_no_other_address_takes_what_they_need(server: Live, path: str) -> None:
    assert preflight(server, DEFAULT[0], "PATCH", path=path).status_code == 403
    assert preflight(server, DEFAULT[0], "POST", OF_TUS, path).status_code == 403


def test_options_without_a_preflight_is_just_a_method(server: Live) -> None:
    answer = server.request("OPTIONS", "/api/v1/pipelines", headers={"Origin": DEFAULT[0]})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.headers["Access-Control-Allow-Origin"] == DEFAULT[0]


def test_configured_origins_take_the_place_of_the_default(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORS_ORIGINS", " https://lab.example , https://other.example:8443 ")
    assert load_settings().cors_origins == ("https://lab.example", "https://other.example:8443")


@pytest.mark.parametrize(
    "wrong", ["localhost:3000", "http://a.example/path", "ftp://a.example", "https://*.example", "http://a.example, nonsense"]
)
def test_a_malformed_origin_stops_the_start(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", wrong)
    with pytest.raises(InvalidRequestException, match="CORS_ORIGINS"):
        load_settings()


def test_any_origin_may_be_allowed_and_is_warned_of(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path_factory.mktemp("storage"), cors_origins=("*",)) as live:
        assert preflight(live, "https://anywhere.example").headers["Access-Control-Allow-Origin"] == "*"
    assert any("every origin" in record.getMessage() for record in caplog.records)


def raw(server: Live, *hosts: str) -> tuple[int, bytes]:
    """Ask with exactly these Host headers."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    try:
        connection.putrequest("GET", "/health", skip_host=True)
        for host in hosts:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80", "lab.example.org", "lab.example.org.:80", "a.b.uni.example"]
)
def test_hosts_that_are_its_own(server: Live, host: str) -> None:
    assert raw(server, host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "uni.example", "10.0.0.1", "", "a b", "0.0.0.0"],  # noqa: S104
)
def test_foreign_hosts_are_refused(server: Live, host: str) -> None:
    status, body = raw(server, host)
    assert status == 400
    assert b"evil" not in body
    if host != "a b":
        assert b'"INVALID_REQUEST"' in body


def test_two_hosts_or_none_are_refused(server: Live) -> None:
    assert raw(server, "localhost", "evil.example")[0] == 400
    assert raw(server)[0] == 400


def test_a_foreign_host_is_refused_before_anything_else(server: Live) -> None:
    for method, path in (("GET", "/"), ("OPTIONS", "/api/v1/pipelines"), ("GET", "/docs"), ("POST", "/viewer-connect")):
        answer = server.request(
            method, path, headers={"Host": "evil.example", "Origin": DEFAULT[0], "Access-Control-Request-Method": "GET"}
        )
        assert answer.status_code == 400
        assert envelope_of(answer)["field"] == "Host"

"""Every route and every kind of key."""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from tests.databases import postgres_database
from tests.integration.api.test_envelope import envelope_of
from tests.servers import Live, serving

from videoannotator.auth.keys import ALL_SCOPES, Scope
from videoannotator.database.models import APIKey

PUBLIC = {("GET", "/health"), ("GET", "/api/v1/health"), ("GET", "/api/v1/system/health"), ("POST", "/api/v1/system/sign-in")}
PAGES = ("/", "/docs", "/redoc", "/openapi.json", "/viewer-connect", "/pages/style.css")
NAMES = {"name": "scene_detection", "pipeline": "scene_detection"}
BUILT_IN = ("dev-token", "test-token", "admin", "va_api_dev", "Bearer")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("storage")
    if request.param == "sqlite":
        with serving(folder, auth_failures_per_minute=0) as live:
            yield live
    else:
        with postgres_database() as url, serving(folder, database_url=url, auth_failures_per_minute=0) as live:
            yield live


def operations(server: Live) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation that OpenAPI names, with an address that stands for all of its kind."""
    paths = server.get("/openapi.json", key="").json()["paths"]
    return [
        (method.upper(), re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], str(uuid.UUID(int=7))), path), operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


def protected(server: Live) -> list[tuple[str, str]]:
    found = [(method, path) for method, path, _ in operations(server) if (method, path) not in PUBLIC]
    assert len(found) >= 10
    return found


def status_of(server: Live, method: str, path: str, key: str, **arguments: Any) -> httpx.Response:
    """The head of the answer; a stream of events would never end."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= arguments.pop("headers", {})
    with httpx.Client(trust_env=False, timeout=30) as client, client.stream(method, server.url + path, headers=headers) as response:
        if response.status_code >= 400:
            response.read()
        return response


def test_no_key(server: Live) -> None:
    for method, path in protected(server):
        response = status_of(server, method, path, "")
        assert (response.status_code, envelope_of(response)["code"]) == (401, "UNAUTHORIZED"), (method, path)
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_key(server: Live) -> None:
    for method, path in protected(server):
        assert envelope_of(status_of(server, method, path, "va_api_" + "x" * 43))["code"] == "UNAUTHORIZED", (method, path)


def test_built_in_keys_of_earlier_releases(server: Live) -> None:
    for secret in BUILT_IN:
        assert status_of(server, "GET", "/api/v1/pipelines", secret).status_code == 401
        assert status_of(server, "GET", "/api/v1/pipelines", "", headers={"X-API-Key": secret}).status_code == 401


def test_a_revoked_key(server: Live) -> None:
    key = server.here.keys.issue("revoked")
    assert status_of(server, "GET", "/api/v1/pipelines", key.secret).status_code == 200
    server.here.keys.revoke(key.id)
    for method, path in protected(server):
        assert envelope_of(status_of(server, method, path, key.secret))["code"] == "UNAUTHORIZED", (method, path)


def test_an_expired_key(server: Live) -> None:
    key = server.here.keys.issue("expired", expires_in_days=1)
    with server.here.database.writing() as session:
        past = datetime(2020, 1, 1, tzinfo=timezone.utc)
        session.execute(update(APIKey).where(APIKey.id == key.id).values(expires_at=past))
    for method, path in protected(server):
        assert envelope_of(status_of(server, method, path, key.secret))["code"] == "UNAUTHORIZED", (method, path)


def test_the_right_key(server: Live) -> None:
    for method, path in protected(server):
        assert status_of(server, method, path, server.key).status_code not in (401, 403), (method, path)
        assert status_of(server, method, path, "", headers={"X-API-Key": server.key}).status_code not in (401, 403), (method, path)


def test_a_key_without_the_scope(server: Live) -> None:
    """Each route needs one scope: of keys that lack one each, one is refused."""
    lacking = {scope: server.here.keys.issue(f"no {scope.value}", ALL_SCOPES - {scope}).secret for scope in Scope}
    needed: dict[tuple[str, str], list[Scope]] = {}
    for method, path in protected(server):
        for scope, secret in lacking.items():
            response = status_of(server, method, path, secret)
            if response.status_code == 403 and response.json()["error"]["detail"].get("required_scope"):
                assert envelope_of(response)["detail"]["required_scope"] == scope.value
                needed.setdefault((method, path), []).append(scope)
    assert {place: scopes for place, scopes in needed.items() if len(scopes) != 1} == {}
    assert set(needed) == set(protected(server))
    assert needed["GET", "/api/v1/system/config"] == [Scope.ADMIN]
    assert needed["GET", "/api/v1/pipelines"] == [Scope.READ]


def test_public_addresses_need_no_key(server: Live) -> None:
    for path in (*PAGES, *(path for method, path in PUBLIC if method == "GET")):
        assert status_of(server, "GET", path, "").status_code == 200, path
        assert status_of(server, "GET", path, "va_api_wrong").status_code == 200, path


def test_openapi_says_what_needs_a_key(server: Live) -> None:
    for method, path, operation in operations(server):
        wanted: list[dict[str, list[str]]] = [] if (method, path) in PUBLIC else [{"Bearer": []}, {"X-API-Key": []}]
        assert operation.get("security", []) == wanted, (method, path)


def test_details_of_health_need_a_key(server: Live) -> None:
    assert envelope_of(status_of(server, "GET", "/api/v1/health?detailed=true", ""))["code"] == "UNAUTHORIZED"
    assert status_of(server, "GET", "/api/v1/health?detailed=true", server.key).status_code == 200


def test_the_scheme_is_read_as_browsers_and_people_write_it(server: Live) -> None:
    for value in (f"Bearer {server.key}", f"bearer {server.key}", f"BEARER   {server.key}"):
        assert status_of(server, "GET", "/api/v1/pipelines", "", headers={"Authorization": value}).status_code == 200
    for value in (server.key, f"Basic {server.key}", "Bearer"):
        assert status_of(server, "GET", "/api/v1/pipelines", "", headers={"Authorization": value}).status_code == 401

"""Keys over HTTP: list, make, revoke; signing in by a one-time link, and signing out."""

from collections.abc import Iterator

import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.servers import Live, serving

from videoannotator.auth.keys import Scope


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("storage"), auth_failures_per_minute=0) as live:
        yield live


def test_a_key_is_made_shown_once_and_revoked(server: Live) -> None:
    made = server.request("POST", "/api/v1/keys", json={"name": "laptop <b>of</b> Ada", "scopes": ["read"], "expires_in_days": 2})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    key = made.json()
    assert server.get("/api/v1/jobs", key=key["api_key"]).status_code == 200
    assert envelope_of(server.request("POST", f"/api/v1/jobs/{'0' * 8}/cancel", key=key["api_key"]))["code"] == "FORBIDDEN"
    listed = server.get("/api/v1/keys")
    assert key["api_key"] not in listed.text
    (shown,) = (one for one in listed.json()["keys"] if one["id"] == key["id"])
    assert (shown["name"], shown["scopes"], shown["revoked_at"]) == ("laptop <b>of</b> Ada", ["read"], None)
    assert key["api_key"].startswith(shown["prefix"])
    assert server.request("DELETE", f"/api/v1/keys/{key['id']}").status_code == 204
    assert envelope_of(server.get("/api/v1/jobs", key=key["api_key"]))["code"] == "UNAUTHORIZED"
    assert envelope_of(server.request("DELETE", f"/api/v1/keys/{key['id']}"))["code"] == "NOT_FOUND"


def test_only_an_admin_sees_and_makes_keys_but_everybody_may_revoke_their_own(server: Live) -> None:
    own, other = (server.here.keys.issue(name, [Scope.READ, Scope.WRITE]) for name in ("own", "other"))
    for method, path, body in (
        ("GET", "/api/v1/keys", None),
        ("POST", "/api/v1/keys", {"name": "more"}),
        ("DELETE", f"/api/v1/keys/{other.id}", None),
    ):
        assert envelope_of(server.request(method, path, key=own.secret, json=body))["code"] == "FORBIDDEN"
    assert server.request("DELETE", f"/api/v1/keys/{own.id}", key=own.secret).status_code == 204
    assert server.get("/api/v1/jobs", key=own.secret).status_code == 401
    assert server.get("/api/v1/jobs", key=other.secret).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "body.name"),
        ({"name": "x" * 201}, "body.name"),
        ({"name": "x", "scopes": []}, "body.scopes"),
        ({"name": "x", "scopes": ["root"]}, "body.scopes.0"),
        ({"name": "x", "expires_in_days": 0}, "body.expires_in_days"),
        ({"name": "x", "colour": "red"}, "body.colour"),
    ],
)
def test_a_wrong_request_names_its_field(server: Live, body: dict[str, object], field: str) -> None:
    before = len(server.get("/api/v1/keys").json()["keys"])
    error = envelope_of(server.request("POST", "/api/v1/keys", json=body))
    assert (error["code"], error["field"]) == ("VALIDATION_ERROR", field)
    assert len(server.get("/api/v1/keys").json()["keys"]) == before


def test_a_link_signs_a_browser_in_once_with_what_its_key_allowed(server: Live) -> None:
    reader = server.here.keys.issue("reader", [Scope.READ])
    offer = server.request("POST", "/api/v1/system/sign-in-code", key=reader.secret).json()
    assert offer["address"] == f"/#/sign-in?code={offer['code']}"
    granted = server.request("POST", "/api/v1/system/sign-in", key="", json={"code": offer["code"]})
    assert granted.status_code == 200
    assert granted.headers["Cache-Control"] == "no-store"
    key = granted.json()
    assert server.get("/api/v1/jobs", key=key["api_key"]).status_code == 200
    assert server.get("/api/v1/keys", key=key["api_key"]).status_code == 403
    again = server.request("POST", "/api/v1/system/sign-in", key="", json={"code": offer["code"]})
    assert envelope_of(again)["code"] == "UNAUTHORIZED"
    assert server.request("DELETE", f"/api/v1/keys/{key['key_id']}", key=key["api_key"]).status_code == 204, "signing out"
    assert server.get("/api/v1/jobs", key=key["api_key"]).status_code == 401
    assert server.get("/api/v1/jobs", key=reader.secret).status_code == 200


def test_the_key_of_a_browser_ends_with_the_key_that_its_link_came_from(server: Live) -> None:
    parent = server.here.keys.issue("parent")
    code = server.request("POST", "/api/v1/system/sign-in-code", key=parent.secret).json()["code"]
    child = server.request("POST", "/api/v1/system/sign-in", key="", json={"code": code}).json()
    server.here.keys.revoke(parent.id)
    assert server.get("/api/v1/jobs", key=child["api_key"]).status_code == 401

"""Signing in and out: with a key, by a link, with a wrong key, and again in the middle of work."""

import re
from typing import Any

import pytest
from tests.acceptance.server import Installation, Server

from videoannotator.auth.keys import Scope


def test_a_wrong_key_is_explained_and_the_right_one_lets_in(server: Server, visit: Any) -> None:
    with visit(signed_in=False) as visitor:
        visitor.open()
        page = visitor.page
        page.get_by_label("Key of this server").fill("va_api_wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("This key does not work here.").wait_for()
        assert "videoannotator token show" in page.get_by_role("alert").inner_text()
        page.get_by_label("Key of this server").fill(str(server.home.key))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Jobs", exact=True).wait_for()
        page.reload()
        page.get_by_role("heading", name="Jobs", exact=True).wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Key of this server").wait_for()
        page.reload()
        page.get_by_label("Key of this server").wait_for()
        assert page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)]") == []


@pytest.mark.parametrize("remember", [False, True])
def test_a_key_is_kept_for_this_session_or_remembered(server: Server, visit: Any, remember: bool) -> None:
    with visit(signed_in=False) as visitor:
        visitor.open()
        page = visitor.page
        page.get_by_label("Key of this server").fill(str(server.home.key))
        if remember:
            page.get_by_label("Stay signed in on this computer").check()
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Jobs", exact=True).wait_for()
        other = page.context.new_page()  # another tab has no session storage of this one
        other.goto(visitor.address)
        heading = "Jobs" if remember else "VideoAnnotator"
        other.get_by_role("heading", name=heading, exact=True).wait_for()


def test_the_link_that_the_server_prints_signs_in_once(server: Server, visit: Any) -> None:
    (link,) = re.findall(r"sign in +(\S+)", server.said)
    with visit(signed_in=False) as visitor:
        visitor.page.goto(link)
        visitor.page.get_by_role("heading", name="Jobs", exact=True).wait_for()
        assert "code" not in visitor.page.url
        visitor.page.get_by_role("button", name="Sign out").click()
        visitor.page.get_by_label("Key of this server").wait_for()
        (made,) = [key for key in server.client.get("keys").json()["keys"] if key["name"].startswith("browser of")]
        assert made["revoked_at"] is not None, "signing out revokes the key that the link made"
    with visit(signed_in=False) as visitor:
        visitor.page.goto(link)
        visitor.page.get_by_text("This code was used already, or it is too old.").wait_for()
        visitor.page.get_by_label("Key of this server").wait_for()


def test_a_key_that_ends_in_the_middle_of_work_loses_nothing_that_was_typed(server: Server, visit: Any) -> None:
    key = server.client.post("keys", json={"name": "short", "scopes": [scope.value for scope in Scope]}).json()
    with visit(signed_in=False) as visitor:
        visitor.sign_in(key["api_key"])
        visitor.open("#/system")
        page = visitor.page
        page.get_by_label("Who or what will use it").fill("made after signing in again")
        server.client.delete(f"keys/{key['id']}")
        page.get_by_role("button", name="Make the key").click()
        dialog = page.get_by_role("dialog", name="Sign in again")
        dialog.get_by_text("was revoked or has expired").wait_for()
        dialog.get_by_label("Key of this server").fill(str(server.home.key))
        dialog.get_by_role("button", name="Sign in", exact=True).click()
        made = page.get_by_role("dialog", name="The key “made after signing in again”")
        assert made.get_by_label("Key", exact=True).input_value().startswith("va_api_")


def test_a_server_without_authentication_lets_in_and_says_so(tmp_path: Any, visit: Any) -> None:
    with (
        Installation(tmp_path / "house", REQUIRE_AUTH="false").server() as open_server,
        visit(signed_in=False, address=open_server.address) as visitor,
    ):
        visitor.open()
        visitor.page.get_by_role("heading", name="Jobs", exact=True).wait_for()
        assert visitor.page.get_by_text("No key needed").is_visible()
        assert visitor.page.get_by_role("button", name="Sign out").count() == 0

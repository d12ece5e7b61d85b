"""Reading Host headers."""

import pytest

from videoannotator.api.hosts import host_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:18011", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:18011", "::1"),
        ("lab.example.org.", "lab.example.org"),
        ("", None),
        (":18011", None),
        ("localhost:99999", None),
        ("localhost:abc", None),
        ("localhost/evil", None),
        ("user@localhost", None),
        ("localhost?x", None),
        ("[::1", None),
        (".", None),
    ],
)
def test_the_name_in_a_host_header(header: str, name: str | None) -> None:
    assert host_name(header) == name

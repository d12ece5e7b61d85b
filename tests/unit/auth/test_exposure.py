"""Nobody opens a server to a network without a key by accident."""

import pytest

from videoannotator.auth.exposure import is_loopback, require_safe_exposure
from videoannotator.errors import InvalidRequestException

LOOPBACK = ["127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "::1", "[::1]"]
OPEN = ["0.0.0.0", "::", "", "192.168.1.5", "lab-server", "localhost.example.org", "127.0.0.1.example.org"]  # noqa: S104


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_needs_no_key(host: str) -> None:
    assert is_loopback(host)
    require_safe_exposure(host, require_auth=False)


@pytest.mark.parametrize("host", OPEN)
def test_a_network_needs_a_key_or_somebody_who_insists(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidRequestException, match="Authentication is off") as caught:
        require_safe_exposure(host, require_auth=False)
    assert "--allow-insecure" in str(caught.value.hint)
    require_safe_exposure(host, require_auth=True)
    require_safe_exposure(host, require_auth=False, allow_insecure=True)

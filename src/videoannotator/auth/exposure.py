"""What must hold before a server listens: nobody opens it to a network without a key by accident."""

import ipaddress
import logging

from videoannotator.errors import InvalidRequestException

WARNING = (
    "WARNING: AUTHENTICATION IS OFF. Anybody who can reach this server can read, submit and delete every job.\n"
    "         Remove VIDEOANNOTATOR_REQUIRE_AUTH=false to switch it on again."
)

logger = logging.getLogger(__name__)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def require_safe_exposure(host: str, *, require_auth: bool, allow_insecure: bool = False) -> None:
    """Go on only when keys are needed, or only this machine can reach the server, or somebody insists.

    Raises:
        InvalidRequestException: a network could reach the server, and it would let everybody in.
    """
    if require_auth or allow_insecure or is_loopback(host):
        return
    raise InvalidRequestException(
        f"Authentication is off, so the server does not listen on {host or 'every address'}, where other machines could reach it.",
        hint="Switch authentication on, listen on 127.0.0.1, or insist with --allow-insecure.",
        field="HOST",
    )

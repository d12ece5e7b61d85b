"""Requests must name this server by a name of its own: a foreign page cannot reach it by pointing its own name here."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from videoannotator.api.v1.envelope import error_response
from videoannotator.errors import InvalidRequestException

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  names that mean every address, not one to bind


class HostCheck:
    """Refuses requests whose Host header is not on the list.

    Loopback names, the name that the server is bound to, and the very address that the connection came to are always on it.

    Args:
        app: what comes next.
        bound: the host that the server listens on.
        trusted: more names; `*.example.org` stands for every name below, `*` for any.
    """

    def __init__(self, app: ASGIApp, bound: str, trusted: Iterable[str]) -> None:
        self._app = app
        names = {name.lower().strip("[]") for name in trusted}
        self._any = "*" in names
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._names = LOOPBACK_NAMES | names | ({bound.lower().strip("[]")} - EVERYWHERE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._allows(scope):
            await self._app(scope, receive, send)
            return
        error = InvalidRequestException(
            "The request names a host that this server does not go by.",
            hint="Use the server's own name or address, or add the name to VIDEOANNOTATOR_TRUSTED_HOSTS.",
            field="Host",
        )
        await error_response(scope, error)(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        if self._any:
            return True
        hosts = Headers(scope=scope).getlist("host")
        name = host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None:
            return False
        return name in self._names or name.endswith(self._below) or _is_own_address(name, scope)


def host_name(header: str) -> str | None:
    """The name in a Host header, in lower case and without the port; None when there is none in it."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
    return parts.hostname.rstrip(".") or None if plain and parts.hostname else None


def _is_own_address(name: str, scope: Scope) -> bool:
    server = scope.get("server") or ("",)
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(server[0])
    except ValueError:
        return False

"""Which web pages of other origins may call this server (CORS)."""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.api.v1.envelope import error_response
from videoannotator.errors import ForbiddenException

METHODS = ("GET", "POST", "DELETE", "OPTIONS")
HEADERS = ("Authorization", "X-API-Key", "Content-Type")
ALWAYS_ALLOWED = {"accept", "accept-language", "content-language"}
EXPOSED = "X-Request-ID, Content-Disposition, Content-Range, Retry-After"
UPLOADS = "/api/v1/uploads"
UPLOAD_METHODS = (*METHODS, "HEAD", "PATCH")
UPLOAD_HEADERS = (
    *HEADERS,
    *("Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata", "X-HTTP-Method-Override", "X-Request-ID"),
)
UPLOAD_EXPOSED = (
    f"{EXPOSED}, Location, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, "
    "Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires"
)
"""What resumable uploads need besides, at their addresses alone."""
MAX_AGE_S = 600
PORT_OF_SCHEME = {"http": 80, "https": 443}


class Origins:
    """Answers preflights, and tells browsers which pages may read an answer; failures are told too.

    Args:
        app: what comes next.
        allowed: origins besides this server's own; `*` for any.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(origin.lower() for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is None:
            await self._app(scope, receive, send)
            return
        allowed = self._allows(origin, scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed:
                    headers["Access-Control-Allow-Origin"] = "*" if "*" in self._allowed else origin
                    headers["Access-Control-Expose-Headers"] = UPLOAD_EXPOSED if _is_of_uploads(scope) else EXPOSED
            await send(message)

        wanted_method = Headers(scope=scope).get("access-control-request-method")
        if scope["method"] == "OPTIONS" and wanted_method is not None:
            await self._preflight(scope, receive, send_with_headers, wanted_method, allowed=allowed)
        else:
            await self._app(scope, receive, send_with_headers)

    async def _preflight(self, scope: Scope, receive: Receive, send: Send, method: str, *, allowed: bool) -> None:
        asked = Headers(scope=scope)
        wanted = [name.strip().lower() for name in asked.get("access-control-request-headers", "").split(",") if name.strip()]
        methods, names = (UPLOAD_METHODS, UPLOAD_HEADERS) if _is_of_uploads(scope) else (METHODS, HEADERS)
        foreign = sorted(set(wanted) - ALWAYS_ALLOWED - {name.lower() for name in names})
        refused = None
        if not allowed:
            refused = "This page's origin may not call this server."
        elif method not in methods:
            refused = f"Pages of other origins may not use {method[:20]}."
        elif foreign:
            refused = f"Pages of other origins may not send the header {foreign[0][:60]}."
        if refused:
            hint = (
                "Add the origin to VIDEOANNOTATOR_CORS_ORIGINS."
                if not allowed
                else f"They may use {', '.join(methods)}; {', '.join(names)}."
            )
            await error_response(scope, ForbiddenException(refused, hint=hint, field="Origin"))(scope, receive, send)
            return
        headers = {
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": ", ".join(names),
            "Access-Control-Max-Age": str(MAX_AGE_S),
        }
        if asked.get("access-control-request-private-network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        await PlainTextResponse("OK", headers=headers)(scope, receive, send)

    def _allows(self, origin: str, scope: Scope) -> bool:
        return "*" in self._allowed or origin.lower() in self._allowed or origin.lower() in _own_origins(scope)


def _is_of_uploads(scope: Scope) -> bool:
    """Whether it is the address of resumable uploads, or of one; a proxy's prefix may stand before it."""
    above, found, below = scope["path"].partition(UPLOADS)
    return bool(found) and below[:1] in ("", "/") and "/api/" not in above


def _own_origins(scope: Scope) -> set[str]:
    """The origins of pages that this server itself serves, as a browser on this machine names them, and as this request does."""
    scheme = scope.get("scheme", "http")
    port = (scope.get("server") or ("", None))[1]
    suffix = "" if port in (None, PORT_OF_SCHEME.get(scheme)) else f":{port}"
    own = {f"{scheme}://{name}{suffix}" for name in ("localhost", "127.0.0.1", "[::1]")}
    return own | {f"{scheme}://{Headers(scope=scope).get('host', '').lower()}"}

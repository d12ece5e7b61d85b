"""Talks to a server over HTTP; what the server refuses is raised as the same error that it raised there."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from videoannotator import errors
from videoannotator.auth.exposure import is_loopback
from videoannotator.errors import APIError, InvalidRequestException, ServiceUnavailableException, VideoAnnotatorException

CONNECT_TIMEOUT_S = 10.0
TIMEOUT_S = 60.0
"""For an answer; sending an upload and waiting for a cancellation take less than this between two bytes."""

ERRORS = {
    cls.code: cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, VideoAnnotatorException) and "code" in vars(cls)
}


class ServerUnreachable(ServiceUnavailableException):
    """No answer came from the server, or none that was complete."""


class NoServer(ServerUnreachable):
    """Nothing takes connections at the address."""


class _Key(httpx.Auth):
    """Sends the key, and nothing that a .netrc file may hold for this host."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class Client:
    """A server, and the key for it.

    Args:
        server: its address, `http://HOST:PORT`, with a path in front of the routes when a proxy wants one.
        key: the key; None where the server asks for none.

    Raises:
        InvalidRequestException: the address or the key cannot be sent.
    """

    def __init__(self, server: str, key: str | None) -> None:
        self.server = server.rstrip("/")
        try:
            url = httpx.URL(self.server)
        except httpx.InvalidURL as error:
            raise _bad_address(server) from error
        if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
            raise _bad_address(server)
        if key is not None and not (key.isascii() and key.isprintable()):
            message = "The API key holds characters that no key has."
            raise InvalidRequestException(message, hint="Copy it again, without quotes or line ends.", field="api_key")
        self._http = httpx.Client(
            base_url=f"{self.server}/api/v1/",
            auth=_Key(key),
            timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            trust_env=not is_loopback(url.host),  # a proxy knows nothing of this machine's own addresses
            headers={"Accept": "application/json"},
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path below `/api/v1/`.

        Raises:
            VideoAnnotatorException: the server refused, or did not answer.
        """
        return self.request("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON, and give the JSON that comes back.

        Raises:
            VideoAnnotatorException: the server refused, or did not answer.
        """
        return self.request("POST", path, json=body)

    def delete(self, path: str) -> None:
        """Have something deleted.

        Raises:
            VideoAnnotatorException: the server refused, or did not answer.
        """
        self.request("DELETE", path)

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request whose answer is JSON, or nothing.

        Raises:
            VideoAnnotatorException: the server refused, or did not answer.
        """
        with self.stream(method, path, **arguments) as response:
            content = response.read()
        if not content:
            return None
        try:
            return response.json()
        except ValueError as error:
            raise self._no_server_of_ours() from error

    @contextmanager
    def stream(self, method: str, path: str, **arguments: Any) -> Iterator[httpx.Response]:
        """Send a request, and read its answer inside the block as it comes.

        Raises:
            VideoAnnotatorException: the server refused, or did not answer; also when the connection breaks inside the block.
        """
        try:
            with self._http.stream(method, path, **arguments) as response:
                if not response.is_success:
                    response.read()
                    raise self._refusal(response)
                yield response
        except httpx.ConnectError as error:
            hint = "Start one with `videoannotator server`, or name another with --server or VIDEOANNOTATOR_SERVER."
            raise NoServer(f"No server answers at {self.server}.", hint=hint) from error
        except httpx.TimeoutException as error:
            message = f"The server at {self.server} does not answer in time."
            raise ServerUnreachable(message, hint="See its log, or try again when it has less to do.") from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            message = f"The connection to the server at {self.server} broke: {error or type(error).__name__}."
            raise ServerUnreachable(message, hint="Try again; nothing that the server has confirmed is lost.") from error

    def _refusal(self, response: httpx.Response) -> VideoAnnotatorException:
        """The error that an answer tells of."""
        try:
            told = response.json()["error"]
            code, message = str(told["code"]), str(told["message"])
        except (ValueError, KeyError, TypeError):
            return self._no_server_of_ours(f" (HTTP {response.status_code})")
        hint = told.get("hint")
        if code == "UNAUTHORIZED":
            hint = (
                "Give a key with --api-key or VIDEOANNOTATOR_API_KEY; `videoannotator token create NAME` makes one on the server."
            )
        detail = told.get("detail") if isinstance(told.get("detail"), dict) else {}
        if (wait := response.headers.get("Retry-After", "")).isdecimal():
            detail = {**detail, "retry_after_s": int(wait)}
        return ERRORS.get(code, APIError)(message, hint=hint, detail=detail, field=told.get("field"))

    def _no_server_of_ours(self, status: str = "") -> APIError:
        message = f"What answers at {self.server} is not a VideoAnnotator server{status}."
        return APIError(message, hint="Check the address given with --server or VIDEOANNOTATOR_SERVER.")


def _bad_address(server: str) -> InvalidRequestException:
    message = f"{server!r} is not the address of a server."
    return InvalidRequestException(message, hint="Write it as http://HOST:PORT.", field="server")

"""`videoannotator server`: the HTTP server and a worker, kept alive together."""

import errno
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.console import say, tell

if TYPE_CHECKING:
    import socket

    from videoannotator.auth.local import LocalKey
    from videoannotator.cli.household import Member
    from videoannotator.settings import Settings

SHUTDOWN_S = 4.5
"""How long everything may take to stop, unless running jobs were given a longer grace."""
BACKLOG = 2048
READY_TIMEOUT_S = 0.5
LINK_TIMEOUT_S = 3.0
HTTP_OK = 200


def server(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any free one. [default: 18011]")
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only answer requests; `videoannotator worker` runs the jobs.")
    ] = False,
    dev: Annotated[bool, typer.Option("--dev", help="Log everything.")] = False,
    allow_insecure: Annotated[
        bool, typer.Option("--allow-insecure", help="Listen on a network even while authentication is off.")
    ] = False,
) -> None:
    """Answer requests over HTTP and run jobs until Ctrl-C, in two processes that are started again when they end."""
    from videoannotator.auth.exposure import require_safe_exposure  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.household import Household  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.interrupt import stop_on_signal  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.service import start_service  # noqa: PLC0415  CLI start-up

    settings = start_service("server", host=host, port=port, log_level="DEBUG" if dev else None)
    require_safe_exposure(settings.host, require_auth=settings.require_auth, allow_insecure=allow_insecure)
    flags = [flag for flag, given in (("--allow-insecure", allow_insecure), ("--dev", dev)) if given]
    with listen(settings.host, settings.port) as listener, stop_on_signal() as should_stop:
        address = address_of(settings.host, listener.getsockname()[1])
        members = [_api(settings.host, listener, address, flags), *([] if no_worker else [_worker()])]
        household = Household(members, max(SHUTDOWN_S, settings.shutdown_grace_s + 1.5))
        try:
            household.start(should_stop)
            if not should_stop():
                _leave_pointer(address, settings)
                _welcome(address, settings, with_worker=not no_worker)
            household.keep(should_stop)
        finally:
            household.stop()
    tell("Stopped.")


def listen(host: str, port: int) -> "socket.socket":
    """A socket that listens there.

    Raises:
        InvalidRequestException: the address is none of this machine's, or somebody else listens there.
    """
    import socket  # noqa: PLC0415  CLI start-up

    from videoannotator.errors import InvalidRequestException  # noqa: PLC0415  CLI start-up

    plain = host.strip("[]")
    try:
        found = socket.getaddrinfo(plain or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, place = min(found, key=lambda entry: entry[0] != socket.AF_INET)  # localhost means 127.0.0.1 to most clients
        return socket.create_server(place[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message, hint = f"Port {port} is in use.", "Stop what listens there, or give another port with --port."
        elif error.errno == errno.EACCES:
            message, hint = f"This user may not listen on port {port}.", "Give a port from 1024 on with --port."
        else:
            message = f"The server cannot listen on {host!r}: {error.strerror or error}."
            hint = "Give an address of this machine with --host: 127.0.0.1 for this machine alone, 0.0.0.0 for its network."
        raise InvalidRequestException(message, hint=hint, field="PORT" if "ort " in message else "HOST") from error


def address_of(host: str, port: int) -> str:
    """What to write into a browser on this machine for a server that listens there."""
    plain = host.strip("[]")
    if plain in ("", "0.0.0.0", "::"):  # noqa: S104  not to bind, but to replace
        plain = "127.0.0.1"
    return f"http://[{plain}]:{port}" if ":" in plain else f"http://{plain}:{port}"


def _api(host: str, listener: "socket.socket", address: str, flags: list[str]) -> "Member":
    from videoannotator.cli.household import Member  # noqa: PLC0415  CLI start-up

    words = [sys.executable, "-m", "videoannotator.api.serve", "--host", host, "--port", str(listener.getsockname()[1]), *flags]
    if sys.platform == "win32":  # a socket cannot be handed on there
        listener.close()
        return Member("HTTP server", words, is_ready=lambda: _answers(address))
    words += ["--socket", str(listener.fileno())]
    return Member("HTTP server", words, (listener.fileno(),), lambda: _answers(address))


def _worker() -> "Member":
    from videoannotator.cli.household import Member  # noqa: PLC0415  CLI start-up

    return Member("worker", [sys.executable, "-m", "videoannotator", "worker", "--with-server"])


def _answers(address: str) -> bool:
    """Whether the server answers requests by now."""
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415  CLI start-up

    connection = HTTPConnection(address.removeprefix("http://"), timeout=READY_TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == HTTP_OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _leave_pointer(address: str, settings: "Settings") -> None:
    """Tell the command line on this machine where this server is and where its key lies."""
    from videoannotator.auth.local import Pointer, write_pointer  # noqa: PLC0415  CLI start-up
    from videoannotator.errors import StorageFailedException  # noqa: PLC0415  CLI start-up

    try:
        write_pointer(Pointer(address, _local_key(settings).file))
    except StorageFailedException as error:
        tell(f"Warning: {error.message} Commands on this machine need --server and --api-key.")


def _sign_in_link(address: str, settings: "Settings") -> str | None:
    """What opens the web app in a browser without typing the key; None where none is needed, or this machine has no key."""
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415  CLI start-up

    from videoannotator.errors import StorageFailedException  # noqa: PLC0415  CLI start-up

    connection = HTTPConnection(address.removeprefix("http://"), timeout=LINK_TIMEOUT_S)
    try:
        key = _local_key(settings).find() if settings.require_auth else None
        if key is None:
            return None
        connection.request("POST", "/api/v1/system/sign-in-code", headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        return f"{address}/#/sign-in?code={json.load(answer)['code']}" if answer.status == HTTP_OK else None
    except (OSError, HTTPException, StorageFailedException):
        return None  # signing in with the key works all the same
    finally:
        connection.close()


def _local_key(settings: "Settings") -> "LocalKey":
    from videoannotator.auth.local import LocalKey  # noqa: PLC0415  CLI start-up
    from videoannotator.auth.secret import Secret  # noqa: PLC0415  CLI start-up

    tokens = settings.storage_dir.resolve() / "tokens"
    given = settings.secret_key.get_secret_value() if settings.secret_key else None
    return LocalKey(tokens, Secret(tokens, given))


def _welcome(address: str, settings: "Settings", *, with_worker: bool) -> None:
    from videoannotator.version import __version__  # noqa: PLC0415  CLI start-up

    key = "found by itself on this machine; print it with: videoannotator token show"
    say(f"VideoAnnotator {__version__} is ready.")
    say(f"  storage  {settings.storage_dir}")
    say(f"  address  {address}  (routes: {address}/docs)")
    if link := _sign_in_link(address, settings):
        say(f"  sign in  {link}  (works once, within 15 minutes)")
    say(f"  key      {key if settings.require_auth else 'none is needed: authentication is off'}")
    say("  submit   videoannotator job submit VIDEO --watch")
    if not with_worker:
        say("  worker   none here; start one in the same folder with: videoannotator worker")
    say("  stop     Ctrl-C")

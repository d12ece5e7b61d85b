"""The HTTP server's process, as `videoannotator server` starts it.

    python -m videoannotator.api.serve [--socket FD] [--host HOST] [--port PORT] [--allow-insecure] [--dev]

A socket that is given listens already and belongs to the process that started this one, so that clients wait instead of being
refused while this one is started again. The server stops when standard input closes.
"""

import argparse
import os
import signal
import socket
import sys

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videoannotator.api.connections import PromptProtocol
from videoannotator.api.main import create_app
from videoannotator.auth.exposure import require_safe_exposure
from videoannotator.errors import VideoAnnotatorException
from videoannotator.logs import set_up_server_logging
from videoannotator.settings import Settings, load_settings
from videoannotator.worker.parent import stop_with_parent

SHUTDOWN_S = 2
"""How long requests that are being answered may take once the server stops; streams of events end then."""
KEEP_ALIVE_S = 30
"""How long a connection may wait for its next request."""
EXIT_ERROR = 1


class StartUp:
    """Remembers why the application could not start, so that it can be told in words instead of a stack trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.failure: VideoAnnotatorException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def send_or_hold(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                held.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, send_or_hold)
        except VideoAnnotatorException as error:
            self.failure = error
            await send({"type": "lifespan.startup.failed", "message": error.message})
        finally:
            if held and self.failure is None:
                await send(held[0])


def main() -> int:
    """Serve until told to stop; gives the exit code."""
    arguments = _arguments()
    stop_with_parent()
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises the signal again when it has stopped: that is a good end
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        settings = load_settings(host=arguments.host, port=arguments.port, log_level="DEBUG" if arguments.dev else None)
        os.umask(settings.umask)
        level = settings.log_level.value if "log_level" in settings.model_fields_set else None
        set_up_server_logging("api", settings.log_dir or settings.storage_dir / "logs", level, as_json=settings.log_json)
        require_safe_exposure(settings.host, require_auth=settings.require_auth, allow_insecure=arguments.allow_insecure)
        _serve(settings, arguments.socket)
    except VideoAnnotatorException as error:
        sys.stderr.write(f"Error: {error.message}\n" + (f"  Hint: {error.hint}\n" if error.hint else ""))
        return EXIT_ERROR
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m videoannotator.api.serve")
    parser.add_argument("--socket", type=int, help="file descriptor of a listening socket")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.add_argument("--allow-insecure", action="store_true", help="listen on a network although no key is needed")
    parser.add_argument("--dev", action="store_true", help="log everything")
    return parser.parse_args()


def _serve(settings: Settings, descriptor: int | None) -> None:
    """Answer requests until a signal comes.

    Raises:
        VideoAnnotatorException: the application cannot start like this.
    """
    start_up = StartUp(create_app(settings))
    server = uvicorn.Server(
        uvicorn.Config(
            start_up,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,  # ours names the request's id, and no query
            server_header=False,
            proxy_headers=False,  # the application looks at them, for proxies that are trusted
            http=PromptProtocol,
            ws="none",
            lifespan="on",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
    )
    listener = None if descriptor is None else socket.socket(fileno=descriptor)
    try:
        server.run(sockets=None if listener is None else [listener])
    except SystemExit:  # how uvicorn says that the application did not start
        if start_up.failure is None:
            raise
    if start_up.failure is not None:
        raise start_up.failure
    if not server.started:
        raise SystemExit(EXIT_ERROR)


if __name__ == "__main__":
    sys.exit(main())

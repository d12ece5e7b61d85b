"""An HTTP server on loopback that serves one file the way mirrors do: with ranges, without, or breaking off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Mirror:
    """What the server gives, and what it was asked.

    Attributes:
        content: of the file.
        break_after: bytes after which the connection is closed, once each.
        ranges: whether it honours the header Range.
        status: answered instead of the file when it is not 200.
        asked: the Range of every request; None for the whole file.
    """

    content: bytes
    break_after: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 200
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(mirror: Mirror) -> Iterator[Mirror]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            mirror.asked.append(wanted)
            if mirror.status != 200:
                self.send_error(mirror.status)
                return
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and mirror.ranges else 0
            if first and first >= len(mirror.content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(mirror.content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            rest = mirror.content[first:]
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: mirror.break_after.pop(0)] if mirror.break_after else rest)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    mirror.url = f"http://127.0.0.1:{server.server_address[1]}/weights/Pose%20Net.v2.onnx"
    try:
        yield mirror
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

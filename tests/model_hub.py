"""A hub of weights on loopback, as far as the client of the Hugging Face hub asks it."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "5" * 40


@contextmanager
def hub_of(repository: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Serve one repository until the block ends; gives the address of the hub."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_content=False)

        def do_GET(self) -> None:
            self._answer(with_content=True)

        def _answer(self, *, with_content: bool) -> None:
            path = self.path.partition("?")[0]
            name = path.removeprefix(f"/{repository}/resolve/").partition("/")[2]
            if path.startswith(f"/api/models/{repository}"):
                siblings = [{"rfilename": file, "size": len(content)} for file, content in files.items()]
                if "/tree/" in path:
                    tree = [
                        {"type": "file", "path": file, "size": len(content), "oid": "0" * 40} for file, content in files.items()
                    ]
                    content = json.dumps(tree).encode()
                else:
                    content = json.dumps({"id": repository, "modelId": repository, "sha": COMMIT, "siblings": siblings}).encode()
            elif path.startswith(f"/{repository}/resolve/") and name in files:
                content = files[name]
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if with_content:
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

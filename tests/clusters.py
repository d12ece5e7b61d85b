"""A PostgreSQL server of a test's own, which can be stopped and started again."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path | None:
    """Where PostgreSQL's programs lie; Debian keeps those of the server out of the path."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Cluster:
    """One server below `folder`; it refuses to run as root, so root runs it as the user `postgres`."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._port = _free_port()
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync")

    @property
    def url(self) -> str:
        """Of its database `postgres`, with a password that nobody asks for and nobody may tell."""
        return f"postgresql://postgres:s3cret@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c fsync=off -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", f"'{options}'", "start")

    def stop(self) -> None:
        """As a crash of the machine would: at once, without a word to anybody."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop()

    def _run(self, program: str, *arguments: str) -> None:
        line = f"cd {self._folder} && {self._programs / program} {' '.join(arguments)}"
        words = ["su", "postgres", "-s", "/bin/sh", "-c", line] if os.getuid() == 0 else ["sh", "-c", line]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=60)


@pytest.fixture
def postgres_cluster() -> Iterator[Cluster]:
    """A server that runs; skipped with a reason where PostgreSQL's programs are not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("an outage of PostgreSQL is not tested: its programs are not installed")
    with tempfile.TemporaryDirectory(
        prefix="va-cluster-", ignore_cleanup_errors=True
    ) as folder:  # a user `postgres` must get there
        cluster = Cluster(programs, Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.close()

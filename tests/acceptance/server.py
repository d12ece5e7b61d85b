"""The real server with its worker, in a folder and a home of its own, with pipelines that misbehave on demand."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
from tests.acceptance.conftest import environment
from tests.integration.worker.trial_plugin import CODE, POINTS
from tests.plugins import installed

START_LIMIT_S = 180
PATIENCE_S = 180
LOOK_S = 0.02
MARK = "VIDEOANNOTATOR_TEST_HOUSE"
"""Every process of one installation carries it in its environment."""

LAST_LINE = re.compile(r"^ +stop +Ctrl-C$", re.MULTILINE)
"""Of what a server says when it is ready."""

ENDED = ("completed", "failed", "cancelled")


def until(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Wait until something is true; gives it."""
    give_up_at = time.monotonic() + within_s
    while not (value := true()):
        assert time.monotonic() < give_up_at, f"waited {within_s} s for {what}"
        time.sleep(LOOK_S)
    return value


class Installation:
    """A storage, a home and a plugin in one folder; servers may run in it, one after the other.

    Args:
        folder: empty.
        database_url: None for the SQLite file that a server makes by itself.
        settings: more settings, by their names without the prefix.
    """

    def __init__(self, folder: Path, database_url: str | None = None, **settings: str) -> None:
        self.folder = folder
        self.storage = folder / "storage"
        self.diaries = folder / "diaries"
        self.mark = uuid.uuid4().hex
        plugins = folder / "plugins"
        for made in (plugins, self.diaries, folder / "home", folder / "work"):
            made.mkdir(parents=True)
        with installed(plugins, "trial_plugin_package", CODE, POINTS):
            pass
        given = {"STORAGE_DIR": str(self.storage), "STORAGE_FREE_FLOOR_GB": "0", "DEVICE": "cpu", **settings}
        if database_url:
            given["DATABASE_URL"] = database_url
        self.environment = environment(
            **{f"VIDEOANNOTATOR_{name}": value for name, value in given.items()},
            **{
                MARK: self.mark,
                "PYTHONPATH": str(plugins),
                "HOME": str(folder / "home"),
                "XDG_STATE_HOME": str(folder / "home" / "state"),
            },
        )
        self.key: str | None = None

    def server(self, *words: str, prefix: Sequence[str] = ()) -> "Server":
        """A server that has been started and answers; `prefix` goes before the command."""
        return Server(self, words, prefix)

    def run(self, *words: str | Path, timeout_s: float = 120, **extra: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the command line to its end."""
        return subprocess.run(
            [sys.executable, "-m", "videoannotator", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=self.folder / "work",
            env={**self.environment, **extra},
            timeout=timeout_s,
            check=False,
        )

    def processes(self) -> set[int]:
        """Every living process of this installation, as far as its environment says so."""
        found = set()
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.add(process.pid)
        return found

    def kill_everything(self) -> float:
        """SIGKILL to every process, until none is left; gives when that was so."""
        while alive := self.processes():
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def trial(self, **options: Any) -> tuple[dict[str, Any], Path]:
        """A config for the trial pipeline, and the folder of its diary."""
        folder = self.diaries / uuid.uuid4().hex
        folder.mkdir()
        return {"trial": {"folder": str(folder), **options}}, folder


class Server:
    """A running server.

    Args:
        home: where it runs.
        words: more words for its command line.
        prefix: a command that runs it.

    Attributes:
        address: where it listens.
        client: sends the key that the installation's first server printed.
    """

    def __init__(self, home: Installation, words: Sequence[str] = (), prefix: Sequence[str] = ()) -> None:
        self.home = home
        self.out_file, self.err_file = (home.folder / f"server-{uuid.uuid4().hex}.{name}" for name in ("out", "err"))
        options = words if "--port" in words else (*words, "--port", "0")
        with self.out_file.open("wb") as out, self.err_file.open("wb") as err:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "videoannotator", "server", *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=home.folder / "work",
                env=home.environment,
            )
        try:
            said = until(self._ready, "the server", START_LIMIT_S)
        except BaseException:
            self.kill()
            raise
        self.address = re.findall(r"address +(\S+)", said)[0]
        self.keys = re.findall(r"^ +(va_api_\S+)$", said, re.MULTILINE)
        home.key = home.key or (self.keys[0] if self.keys else None)
        self.client = httpx.Client(
            base_url=f"{self.address}/api/v1/",
            headers={"Authorization": f"Bearer {home.key}"} if home.key else {},
            timeout=60,
            trust_env=False,
        )

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ready(self) -> str | None:
        ended = self.process.poll()
        said = self.out_file.read_text()
        assert ended is None, f"the server ended with {ended}:\n{said}\n{self.err_file.read_text()}"
        return said if LAST_LINE.search(said) else None

    @property
    def said(self) -> str:
        """What it printed."""
        return self.out_file.read_text() + self.err_file.read_text()

    def stop(self, number: int = signal.SIGTERM, within_s: float = 30) -> int:
        """Stop it as a person would; afterwards no process of it is left. Gives its exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        left = self.home.processes()
        self.home.kill_everything()
        assert not left, f"processes were left: {left}"
        return code

    def kill(self) -> float:
        """SIGKILL to all of it at once; gives when nothing of it lived any more."""
        if hasattr(self, "client"):
            self.client.close()
        at = self.home.kill_everything()
        self.process.wait()
        return at

    def member(self, name: str) -> psutil.Process:
        """The process of the `worker`, or of the HTTP server (`api`)."""
        word = {"worker": "worker", "api": "videoannotator.api.serve"}[name]

        def find() -> psutil.Process | None:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.process.pid).children():
                    if word in child.cmdline():
                        return child
            return None

        found: psutil.Process = until(find, f"the process of the {name}")
        return found

    def submit(self, clip: Path, config: dict[str, Any], **fields: str) -> dict[str, Any]:
        """Upload a clip for the pipelines that the config names; gives the job."""
        form = {"config": json.dumps(config), "selected_pipelines": ",".join(config), **fields}
        with clip.open("rb") as file:
            answer = self.client.post("jobs", data=form, files={"video": (clip.name, file, "video/mp4")})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def job(self, job_id: str) -> dict[str, Any]:
        """How a job stands."""
        answer = self.client.get(f"jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def wait_for(self, job_id: str, *statuses: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait until a job has one of these states, or has ended."""

        def reached() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in (statuses or ENDED) or job["status"] in ENDED else None

        job: dict[str, Any] = until(reached, f"job {job_id} to be {statuses or ENDED}", within_s)
        assert not statuses or job["status"] in statuses, job
        return job

    def fetch(self, path: str) -> bytes:
        """What is at a path, counted from the server's root."""
        return self.client.get(f"{self.address}{path}").raise_for_status().content

    def results(self, job_id: str) -> dict[str, Any]:
        """The results of a job."""
        answer = self.client.get(f"jobs/{job_id}/results")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def diary(folder: Path) -> list[tuple[str, int, float]]:
    """What a trial pipeline wrote: word, pid, time on the monotonic clock."""
    path = folder / "trial.diary"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(word, int(pid), float(at)) for word, pid, at in (line.split() for line in lines)]


def wait_for_word(folder: Path, word: str) -> int:
    """Wait until a trial pipeline has written a word; gives the pid of its process."""
    found: tuple[str, int, float] = until(
        lambda: next((entry for entry in diary(folder) if entry[0] == word), None), f"{word!r} in the diary"
    )
    return found[1]

"""Everything is killed at the worst moments; nothing that was accepted is lost, and nothing runs twice at once."""

import hashlib
import itertools
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.acceptance.server import Installation, Server, diary, wait_for_word
from tests.databases import postgres_database

CHUNKS = 8
SETTINGS = {"MAX_CONCURRENT_JOBS": "2", "WORKER_POLL_INTERVAL": "0.1"}


@dataclass
class Accepted:
    """A job that the server has confirmed, and the diary of its pipeline."""

    id: str
    folder: Path


@dataclass
class Campaign:
    """Kills in one installation, one after the other; `accepted` are the jobs that must survive them.

    An upload that a kill cuts off is sent again after the restart, with the same idempotency key.
    """

    house: Installation
    clip: Path
    rng: random.Random
    accepted: list[Accepted] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    cut_off: list[tuple[str, dict[str, Any], Path]] = field(default_factory=list)
    """Uploads that were cut off: idempotency key, config, diary."""

    def run(self, kills: int) -> None:
        """Kill so often, start again each time, and let everything come to its end."""
        moments: dict[str, Callable[[Server], None]] = {
            "upload": self.upload,
            "pending": self.pending,
            "running": self.running,
            "writing": self.writing,
            "finishing": self.finishing,
        }
        order = [kind for _ in range(-(-kills // len(moments))) for kind in self.rng.sample(list(moments), len(moments))]
        for kind in order[:kills]:
            server = self.house.server()
            self.check_that_all_are_there(server)
            moments[kind](server)
            self.killed_at.append(server.kill())
            self.kinds[kind] += 1
        with self.house.server() as server:
            self.check_that_all_are_there(server)
            self.check_the_end(server)

    def accept(self, server: Server, **options: Any) -> Accepted:
        """Submit a job, and have it confirmed."""
        config, folder = self.house.trial(**options)
        job = Accepted(server.submit(self.clip, config)["id"], folder)
        self.accepted.append(job)
        return job

    def upload(self, server: Server) -> None:
        """In the middle of an upload."""
        config, folder = self.house.trial()
        key = str(uuid.uuid4())
        stop_at, reached, goes_on = self.rng.randrange(1, CHUNKS + 1), threading.Event(), threading.Event()

        def send() -> None:
            body = form_with(self.clip, config, stop_at, reached, goes_on)
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Idempotency-Key": key}
            try:
                answer = server.client.post("jobs", content=body, headers=headers)
            except (httpx.TransportError, RuntimeError):  # what the kill leaves of it
                return
            if answer.status_code == 201:
                self.accepted.append(Accepted(answer.json()["id"], folder))

        thread = threading.Thread(target=send)
        thread.start()
        assert reached.wait(30)
        time.sleep(self.rng.uniform(0, 0.1))
        self.killed_at.append(self.house.kill_everything())
        goes_on.set()
        thread.join(30)
        self.cut_off.append((key, config, folder))

    def pending(self, server: Server) -> None:
        """Right after it was accepted, while others keep the worker busy."""
        for _ in range(self.rng.randrange(1, 4)):
            self.accept(server, seconds=self.rng.uniform(0, 1))
        time.sleep(self.rng.uniform(0, 0.2))

    def running(self, server: Server) -> None:
        """While it is computed."""
        job = self.accept(server, seconds=self.rng.uniform(0.5, 1.5))
        wait_for_word(job.folder, "begin")
        time.sleep(self.rng.uniform(0, 0.5))

    def writing(self, server: Server) -> None:
        """While its results are written."""
        job = self.accept(server)
        wait_for_word(job.folder, "end")
        time.sleep(self.rng.uniform(0, 0.1))

    def finishing(self, server: Server) -> None:
        """While they are published and the row is finished."""
        job = self.accept(server)
        wait_for_word(job.folder, "end")
        time.sleep(self.rng.uniform(0.05, 0.6))

    def check_that_all_are_there(self, server: Server) -> None:
        """Every accepted job is known; an upload that was cut off is sent again, and makes one job at most."""
        for key, config, folder in self.cut_off:
            form = {"config": json.dumps(config), "selected_pipelines": "trial"}
            with self.clip.open("rb") as file:
                files = {"video": (self.clip.name, file, "video/mp4")}
                answer = server.client.post("jobs", data=form, files=files, headers={"Idempotency-Key": key})
            assert answer.status_code in (200, 201), answer.text
            if answer.json()["id"] not in {job.id for job in self.accepted}:
                self.accepted.append(Accepted(answer.json()["id"], folder))
        self.cut_off.clear()
        for job in self.accepted:
            assert server.job(job.id)["id"] == job.id
        assert server.client.get("jobs", params={"per_page": 1}).json()["total"] == len(self.accepted)

    def check_the_end(self, server: Server) -> None:
        """Every job completes, every result is what it says, and none ever ran beside itself."""
        content = self.clip.read_bytes()
        for job in self.accepted:
            done = server.wait_for(job.id, "completed", within_s=600)
            assert done["error"] is None
            results = server.results(job.id)
            files = [*results["artifacts"], *results["pipeline_results"]["trial"]["artifacts"]]
            assert files
            for file in files:
                got = server.fetch(file["download_url"])
                assert hashlib.sha256(got).hexdigest() == file["sha256"], file["name"]
            assert server.client.get(f"jobs/{job.id}/video").raise_for_status().content == content
            self.check_runs(job)

    def check_runs(self, job: Accepted) -> None:
        """Between two starts of a job, the earlier run ended by itself or was killed."""
        entries = diary(job.folder)
        begun = [at for word, _, at in entries if word == "begin"]
        ended = [at for word, _, at in entries if word == "end"]
        assert begun, "it never ran"
        for first, second in itertools.pairwise(begun):
            assert any(first < at <= second for at in (*ended, *self.killed_at)), f"{job.id} ran twice at once: {entries}"


BOUNDARY = "a-boundary-that-no-clip-holds"


def form_with(
    clip: Path, config: dict[str, Any], stop_at: int, reached: threading.Event, goes_on: threading.Event
) -> Iterator[bytes]:
    """A multipart form in pieces that waits before the piece with this number, until it may go on."""
    for name, value in (("config", json.dumps(config)), ("selected_pipelines", "trial")):
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="{clip.name}"\r\nContent-Type: video/mp4\r\n\r\n'
    )
    yield head.encode()
    content = clip.read_bytes()
    size = -(-len(content) // CHUNKS)
    for number in range(CHUNKS):
        if number == stop_at:
            reached.set()
            goes_on.wait(30)
        yield content[number * size : (number + 1) * size]
    yield f"\r\n--{BOUNDARY}--\r\n".encode()
    reached.set()


def campaign(folder: Path, clip: Path, kills: int, seed: int, database_url: str | None = None) -> None:
    """Run a campaign, and print what it did."""
    house = Installation(folder / "house", database_url, **SETTINGS)
    began = time.monotonic()
    try:
        run = Campaign(house, clip, random.Random(seed))
        run.run(kills)
    finally:
        house.kill_everything()
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(run.kinds.items()))
    backend = "PostgreSQL" if database_url else "SQLite"
    took = f"{len(run.accepted)} jobs, {time.monotonic() - began:.0f} s"
    print(f"\n{kills} kills on {backend} (seed {seed}: {kinds}), {took}: all completed")


@pytest.mark.timeout(600)
def test_three_kills(tmp_path: Path, second: Path) -> None:
    campaign(tmp_path, second, 3, seed=random.randrange(1000))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(5))
def test_ten_kills_on_sqlite(tmp_path: Path, second: Path, seed: int) -> None:
    campaign(tmp_path, second, 10, seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(2))
def test_ten_kills_on_postgresql(tmp_path: Path, second: Path, seed: int) -> None:
    with postgres_database() as url:
        campaign(tmp_path, second, 10, seed, url)

"""The HTTP server and its worker: how fast they answer, start, pick up and cancel, and what they weigh."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import insert

from benchmarks.measure import verdict
from videoannotator.database.models import Job
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.media.synthetic import Picture, Shot, shots_clip

ROUTE_LIMIT_S = 0.050
HEALTH_LIMIT_S = 0.020
CANCEL_LIMIT_S = 2.0
PICK_UP_LIMIT_S = 0.5
STORED_JOBS = 100_000
CALLS = 100
JOBS = 10
LOOK_S = 0.002
PIECE_BYTES = 1 << 16
READY = "is ready"


def server(runs: int, folder: Path) -> None:  # noqa: ARG001  each figure has many samples of its own
    """`videoannotator server` on SQLite: latencies beside the limits of the contract, start-up time, idle memory."""
    clip = clip_of_a_megabyte(folder / "clip.mp4")
    with running(folder / "empty") as (client, process, started_s):
        print(f"start-up: {started_s:.1f} s from the command to the first answer, with a new database")
        for name, mb in memory_of(process).items():
            print(f"  idle memory of the {name}: {mb:.0f} MB")
        pick_up(client, clip)
        cancel(client, clip)
    with running(folder / "busy", "--no-worker", jobs=STORED_JOBS) as (client, _, _):
        config = {"scene_detection": {"mode": "fast"}}
        job_id = submit(client, clip, config)
        print(f"with {STORED_JOBS} jobs in the database, {CALLS} calls each:")
        submissions = [timed_submit(client, clip, config) for _ in range(CALLS)]
        whole = statistics.median(whole for whole, _ in submissions)
        print(f"  submit 1 MB, the upload included: p50 {1000 * whole:.1f} ms (no target)")
        show("submit, from the last byte of the upload", ROUTE_LIMIT_S, [after for _, after in submissions])
        timed("validate", ROUTE_LIMIT_S, lambda: client.post("config/validate", json={"config": config}).raise_for_status())
        timed("status", ROUTE_LIMIT_S, lambda: client.get(f"jobs/{job_id}").raise_for_status())
        timed("list, first page", ROUTE_LIMIT_S, lambda: client.get("jobs").raise_for_status())
        timed("list, page 500", ROUTE_LIMIT_S, lambda: client.get("jobs", params={"page": 500, "per_page": 100}).raise_for_status())
        completed = {"status_filter": "completed"}
        timed("list, completed ones", ROUTE_LIMIT_S, lambda: client.get("jobs", params=completed).raise_for_status())
        timed("health", HEALTH_LIMIT_S, lambda: client.get("health").raise_for_status())


def timed(name: str, limit_s: float, call: Callable[[], object]) -> None:
    """Call often, one after the other over one connection, and print the figures beside the limit."""
    call()
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    show(name, limit_s, took)


def show(name: str, limit_s: float, took: list[float]) -> None:
    """Print the figures beside the limit."""
    p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    print(f"  {name}: p50 {1000 * p50:.1f} ms, " + verdict("p95", 1000 * p95, 1000 * limit_s, "ms"))


def pick_up(client: httpx.Client, clip: Path) -> None:
    """From the answer to the submission to the moment at which the job runs."""
    took = []
    for _ in range(JOBS):
        job_id = submit(client, clip, {"scene_detection": {"mode": "fast"}})
        began = time.perf_counter()
        wait_for(client, job_id, lambda job: job["status"] != "pending")
        took.append(time.perf_counter() - began)
        wait_for(client, job_id, lambda job: job["status"] == "completed")
    print(f"pick-up by a free worker: p50 {statistics.median(took):.2f} s, " + verdict("worst", max(took), PICK_UP_LIMIT_S, "s"))


def cancel(client: httpx.Client, clip: Path) -> None:
    """From the request to the answer that no process of the job is alive."""
    took = []
    for number in range(JOBS):
        job_id = submit(client, clip, {"scene_detection": {"mode": "accurate"}})
        wait_for(client, job_id, lambda job: job["status"] == "running")
        time.sleep(number * 0.1)  # at different moments of its life
        began = time.perf_counter()
        answer = client.post(f"jobs/{job_id}/cancel")
        if answer.status_code == httpx.codes.CONFLICT:
            continue  # it was faster
        assert answer.raise_for_status().json()["status"] == "cancelled"
        took.append(time.perf_counter() - began)
    print(f"cancel of {len(took)} running jobs: p50 {statistics.median(took):.2f} s, ", end="")
    print(verdict("worst", max(took), CANCEL_LIMIT_S, "s"))


def timed_submit(client: httpx.Client, clip: Path, config: dict[str, Any]) -> tuple[float, float]:
    """Submit; gives the seconds from the first and from the last byte of the upload to the answer."""
    form = {"config": json.dumps(config), "selected_pipelines": ",".join(config)}
    request = client.build_request("POST", "jobs", data=form, files={"video": (clip.name, clip.read_bytes(), "video/mp4")})
    content, sent_at = request.read(), 0.0

    def body() -> Iterator[bytes]:
        nonlocal sent_at
        for start in range(0, len(content), PIECE_BYTES):
            yield content[start : start + PIECE_BYTES]
        sent_at = time.perf_counter()

    began = time.perf_counter()
    client.post("jobs", content=body(), headers=request.headers).raise_for_status()
    ended = time.perf_counter()
    return ended - began, ended - sent_at


def submit(client: httpx.Client, clip: Path, config: dict[str, Any]) -> str:
    with clip.open("rb") as file:
        form = {"config": json.dumps(config), "selected_pipelines": ",".join(config)}
        answer = client.post("jobs", data=form, files={"video": (clip.name, file, "video/mp4")})
    return str(answer.raise_for_status().json()["id"])


def wait_for(client: httpx.Client, job_id: str, true: Callable[[dict[str, Any]], bool]) -> None:
    give_up_at = time.monotonic() + 120
    while not true(job := client.get(f"jobs/{job_id}").raise_for_status().json()):
        if time.monotonic() > give_up_at or job["status"] in ("failed", "cancelled"):
            raise SystemExit(f"job {job_id}: {job}")
        time.sleep(LOOK_S)


@contextmanager
def running(
    folder: Path, *words: str, jobs: int = 0, prepare: Callable[[Path], object] | None = None
) -> Iterator[tuple[httpx.Client, psutil.Process, float]]:
    """A server in an empty folder: a client with its key, its process, and how long it took to start, seconds.

    Before it starts, so many jobs are put into its database, and `prepare` is given its storage, whose database has its tables.
    """
    (folder / "home").mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIDEOANNOTATOR_")}  # noqa: TID251  a child's
    home = str(folder / "home")
    environment = {**kept, "HOME": home, "XDG_STATE_HOME": home}
    command = [sys.executable, "-m", "videoannotator"]
    if jobs or prepare:
        subprocess.run([*command, "setup-db"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    if jobs:
        fill(folder / "storage" / "videoannotator.db", jobs)
    if prepare:
        prepare(folder / "storage")
    with tempfile.TemporaryFile("w+") as said:
        began = time.monotonic()
        process = subprocess.Popen([*command, "server", "--port", "0", *words], cwd=folder, env=environment, stdout=said)
        try:
            while READY not in (text := read(said)):
                if process.poll() is not None:
                    raise SystemExit(f"the server ended with {process.returncode}")
                time.sleep(LOOK_S)
            took = time.monotonic() - began
            address = next(line.split()[1] for line in text.splitlines() if line.strip().startswith("address"))
            key = next(line.strip() for line in text.splitlines() if line.strip().startswith("va_api_"))
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=f"{address}/api/v1/", headers=headers, timeout=60, trust_env=False) as client:
                yield client, psutil.Process(process.pid), took
        finally:
            process.terminate()
            process.wait(30)


def read(file: Any) -> str:
    file.seek(0)
    return str(file.read())


def memory_of(process: psutil.Process) -> dict[str, float]:
    """Unique memory of each process of the server once the worker has loaded what it keeps, MB (10^6 bytes)."""
    time.sleep(5)
    names = {"videoannotator.api.serve": "HTTP server", "worker": "worker"}
    found = {"supervisor": process.memory_full_info().uss / 1e6}
    for child in process.children():
        name = next((name for word, name in names.items() if word in child.cmdline()), "other")
        found[name] = sum(one.memory_full_info().uss for one in [child, *child.children(recursive=True)]) / 1e6
    return found


def fill(file: Path, jobs: int) -> None:
    """Put so many jobs that have ended into a database."""
    database = Database(f"sqlite:///{file}")
    states = [JobStatus.COMPLETED] * 8 + [JobStatus.FAILED, JobStatus.CANCELLED]
    plain = {"selected_pipelines": ["scene_detection"], "config": {}, "video_filename": "visit.mp4"}
    now = datetime.now(timezone.utc)
    try:
        with database.writing() as session:
            for start in range(0, jobs, 1000):
                rows = [
                    {"id": str(uuid.uuid4()), "status": states[number % len(states)], "created_at": now, **plain}
                    for number in range(start, start + 1000)
                ]
                session.execute(insert(Job), rows)
    finally:
        database.dispose()


def clip_of_a_megabyte(path: Path) -> Path:
    """A recording of about one megabyte."""
    shots_clip(path, [Shot(60), Shot(60)], size=(320, 240), noise_level=8.0, picture=Picture(options={"crf": "10"}))
    with path.open("ab") as file:
        file.write(b"\0\0\0\x08free" * max(0, (1_000_000 - path.stat().st_size) // 8))  # boxes of MP4 that hold nothing
    return path

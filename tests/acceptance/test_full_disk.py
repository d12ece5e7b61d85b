"""The real server on a disk that fills up: it says so, nothing half-done stays, and it goes on when there is room."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.acceptance.server import Installation, Server, diary, until, wait_for_word
from tests.small_disk import MB, fill

from videoannotator.worker.processes import marked_with

BALLAST_BYTES = 64 * MB
FLOOR_GB = "0.02"
LITTLE_BYTES = 5 * MB
"""Room below the floor and the ballast."""
BOUNDARY = "a-boundary-that-is-in-no-recording"


def house_on(disk: Path, tmp_path: Path, **settings: str) -> Installation:
    """An installation whose storage, with the SQLite file, lies on that disk, and nothing else."""
    house = Installation(tmp_path / "house", STORAGE_DIR=str(disk / "storage"), **settings)
    house.storage = disk / "storage"
    return house


def folders(house: Installation) -> list[Path]:
    return list((house.storage / "jobs").iterdir())


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def assert_full(answer: httpx.Response) -> None:
    assert answer.status_code == 507, answer.text
    assert answer.json()["error"]["code"] == "STORAGE_FULL"
    assert "/storage" not in answer.text


def assert_works(server: Server, clip: Path) -> str:
    """An upload is taken, and what lies on the disk is what was sent."""
    job = server.submit(clip, server.home.trial()[0])
    stored = server.home.storage / job["video_path"]
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(clip.read_bytes()).digest()
    return str(job["id"])


def test_a_disk_that_fills_up_during_an_upload(roomy_disk: Path, tmp_path: Path, second: Path) -> None:
    house = house_on(roomy_disk, tmp_path)
    with house.server("--no-worker") as server:

        def body() -> Iterator[bytes]:
            yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n'.encode()
            for _ in range(4):
                yield bytes(MB)
            until(lambda: size_of(house.storage / "jobs") >= 3 * MB, "the beginning on the disk")
            fill(roomy_disk)
            yield bytes(2 * MB)
            until(lambda: not folders(house), "the end of what was begun")

        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        assert_full(server.client.post("jobs", content=body(), headers=headers))
        assert server.client.get("jobs").json()["total"] == 0
        (roomy_disk / "foreign").unlink()
        assert_works(server, second)


def test_a_database_that_cannot_grow(roomy_disk: Path, tmp_path: Path, second: Path) -> None:
    """The recording lies elsewhere, so that it is the row of the job that finds no room."""
    house = house_on(roomy_disk, tmp_path, MEDIA_ROOTS=str(second.parent))
    with house.server("--no-worker") as server:
        old = assert_works(server, second)
        fill(roomy_disk)
        wide = {"path": str(second), "config": {"trial": {"folder": "x" * 900_000}}, "selected_pipelines": ["trial"]}
        assert_full(server.client.post("jobs/from-path", json=wide))
        assert server.client.get("jobs").json()["total"] == 1
        assert server.client.delete(f"jobs/{old}").status_code == 204
        assert folders(house) == []
        (roomy_disk / "foreign").unlink()
        assert_works(server, second)


def test_a_disk_that_fills_up_while_a_job_runs(roomy_disk: Path, tmp_path: Path, second: Path) -> None:
    house = house_on(roomy_disk, tmp_path, STORAGE_FREE_FLOOR_GB=FLOOR_GB, MAX_CONCURRENT_JOBS="1")
    ballast = house.storage / ".ballast"
    with house.server() as server:
        until(ballast.exists, "the ballast")
        config, folder = house.trial(seconds=8.0)
        first = server.submit(second, config)["id"]
        waiting = server.submit(second, house.trial()[0])["id"]
        idle = server.submit(second, house.trial()[0])["id"]
        wait_for_word(folder, "begin")
        with filling(roomy_disk) as foreign:
            until(lambda: not ballast.exists(), "the ballast to go")
            assert [word for word, _, _ in diary(folder)] == ["begin"], "it went only when the job had ended"
            wait_for_word(folder, "end")
            until(lambda: not marked_with(first), "the job's processes to end")
        with foreign.open("r+b") as file:
            file.truncate(foreign.stat().st_size - LITTLE_BYTES)
        failed = server.wait_for(first, "failed")
        assert failed["error"]["code"] == "STORAGE_FULL", failed
        assert files_of(server, first) == []
        with second.open("rb") as file:
            assert_full(server.client.post("jobs", files={"video": file}))
        assert server.client.post(f"jobs/{idle}/cancel").json()["status"] == "cancelled"
        assert server.job(waiting)["status"] == "pending"
        foreign.unlink()
        server.wait_for(waiting, "completed")
        server.wait_for(assert_works(server, second), "completed")
        assert ballast.stat().st_size == BALLAST_BYTES


@contextmanager
def filling(disk: Path) -> Iterator[Path]:
    """Somebody who takes every byte that becomes free, while the block runs."""
    enough = threading.Event()

    def take() -> None:
        while not enough.wait(0.005):
            fill(disk)

    foreign = fill(disk)
    taker = threading.Thread(target=take)
    taker.start()
    try:
        yield foreign
    finally:
        enough.set()
        taker.join()


def files_of(server: Server, job_id: str) -> list[object]:
    return [file for run in server.results(job_id)["pipeline_results"].values() for file in run["artifacts"]]

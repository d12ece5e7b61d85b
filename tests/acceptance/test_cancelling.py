"""Cancelling a running job: the answer says `cancelled` when no process of it lives any more, and not before."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.server import Installation, Server, diary, wait_for_word

from videoannotator.worker.processes import marked_with

CANCEL_LIMIT_S = 5.0


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Server]:
    with Installation(tmp_path / "house", database_url).server() as server:
        yield server


def cancel_runs(server: Server, clip: Path, runs: int) -> list[float]:
    """Cancel so many running jobs, every second of them deaf and with a daemon; gives how long each took, seconds."""
    took = []
    for number in range(runs):
        deaf = number % 2 == 0
        config, folder = server.home.trial(**({"deaf": True} if deaf else {"seconds": 600.0}))
        job = server.submit(clip, config)
        wait_for_word(folder, "hang" if deaf else "begin")
        assert marked_with(job["id"])
        began = time.monotonic()
        answer = server.client.post(f"jobs/{job['id']}/cancel", json={"reason": "enough"})
        took.append(time.monotonic() - began)
        left = marked_with(job["id"])
        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["job_id"]) == ("cancelled", job["id"])
        assert not left, f"alive after the answer: {left}"
        again = server.client.post(f"jobs/{job['id']}/cancel")
        assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    p50, worst = statistics.median(took), max(took)
    print(f"\n{runs} cancels of running jobs: p50 {p50:.2f} s, worst {worst:.2f} s (limit {CANCEL_LIMIT_S:g} s)")
    return took


@pytest.mark.alone
def test_cancel_of_three_running_jobs(server: Server, second: Path) -> None:
    assert max(cancel_runs(server, second, 3)) < CANCEL_LIMIT_S


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_cancel_of_fifty_running_jobs(server: Server, second: Path) -> None:
    took = cancel_runs(server, second, 50)
    assert max(took) < CANCEL_LIMIT_S
    assert statistics.median(took) < 1.0


@pytest.mark.alone
def test_a_job_of_a_frozen_worker_is_cancelled_when_its_lease_ends_and_never_starts_again(tmp_path: Path, second: Path) -> None:
    house = Installation(tmp_path / "house", LEASE_S="16", DEADMAN_S="4")
    with house.server() as server:
        config, folder = house.trial(deaf=True)
        job = server.submit(second, config)
        wait_for_word(folder, "hang")
        worker = server.member("worker")
        worker.suspend()
        answer = server.client.post(f"jobs/{job['id']}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
        assert "never started again" in answer.json()["message"]
        assert server.client.get("jobs", params={"status_filter": "cancelling"}).json()["total"] == 1
        server.wait_for(job["id"], "cancelled", within_s=60)
        assert not marked_with(job["id"])
        worker.resume()
        other = server.submit(second, house.trial()[0])
        server.wait_for(other["id"], "completed")
        assert server.job(job["id"])["status"] == "cancelled"
        assert [word for word, _, _ in diary(folder)] == ["begin", "hang"]


def test_a_pending_job_that_is_cancelled_or_deleted_never_starts(tmp_path: Path, second: Path) -> None:
    house = Installation(tmp_path / "house", MAX_CONCURRENT_JOBS="1")
    with house.server() as server:
        config, folder = house.trial(seconds=1.5)
        first = server.submit(second, config)
        wait_for_word(folder, "begin")
        (cancelled_config, cancelled_folder), (deleted_config, deleted_folder) = house.trial(), house.trial()
        cancelled, deleted = server.submit(second, cancelled_config), server.submit(second, deleted_config)
        assert [server.job(job["id"])["queue_position"] for job in (cancelled, deleted)] == [1, 2]
        assert server.client.post(f"jobs/{cancelled['id']}/cancel").json()["status"] == "cancelled"
        assert server.client.delete(f"jobs/{deleted['id']}").status_code == 204
        last_config, last_folder = house.trial()
        last = server.submit(second, last_config)
        for job in (first, last):
            server.wait_for(job["id"], "completed")
        assert (last_folder / "trial.diary").exists()
        assert not any((gone / "trial.diary").exists() for gone in (cancelled_folder, deleted_folder))
        assert server.client.get(f"jobs/{deleted['id']}").status_code == 404
        late = server.client.post(f"jobs/{first['id']}/cancel")
        assert (late.status_code, late.json()["error"]["code"]) == (409, "JOB_ALREADY_COMPLETED")

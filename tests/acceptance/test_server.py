"""`videoannotator server`: its start, its two processes, its end."""

import hashlib
import io
import json
import os
import shutil
import signal
import socket
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.server import Installation, diary, until, wait_for_word

STOP_LIMIT_S = 5.0


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """On SQLite; whatever a test leaves behind is killed."""
    made = Installation(tmp_path / "house")
    yield made
    made.kill_everything()


def test_a_recording_goes_in_and_its_results_come_out(tmp_path: Path, database_url: str, second: Path) -> None:
    house = Installation(tmp_path / "house", database_url)
    with house.server() as server:
        job = server.submit(second, {"scene_detection": {"mode": "fast"}}, tags="one,two")
        assert job["status"] in ("pending", "running")
        assert job["tags"] == ["one", "two"]
        done = server.wait_for(job["id"], "completed")
        assert (done["progress"], done["success_rate"], done["error"]) == (1.0, 1.0, None)
        results = server.results(job["id"])
        part = results["pipeline_results"]["scene_detection"]
        assert part["status"] == "completed"
        files = [*part["artifacts"], *results["artifacts"]]
        assert {"scene_detection.json", "scene_detection.csv", "provenance.json"} <= {file["name"] for file in files}
        for file in files:
            content = server.fetch(file["download_url"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size_bytes"], file["sha256"]), file["name"]
        archive = server.client.get(f"jobs/{job['id']}/artifacts").raise_for_status()
        assert int(archive.headers["Content-Length"]) == len(archive.content)
        with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
            assert opened.testzip() is None
            assert "complete_results.json" in opened.namelist()
        video = server.client.get(f"jobs/{job['id']}/video").raise_for_status()
        assert video.content == second.read_bytes()
        log = server.client.get(f"jobs/{job['id']}/log").raise_for_status()
        assert log.text.strip()
        assert server.stop() == 0


def test_the_first_start_prints_one_key_and_the_second_none(installation: Installation) -> None:
    with installation.server() as first:
        assert len(first.keys) == 1
        assert first.said.isascii()
        assert str(installation.storage) in first.said
        assert first.client.get("jobs").status_code == 200
        assert httpx.get(f"{first.address}/api/v1/jobs", trust_env=False).status_code == 401
    with installation.server() as second:
        assert second.keys == []
        assert second.client.get("jobs").status_code == 200
    for name in ("tokens.json", "secret.key"):
        assert stat.S_IMODE((installation.storage / "tokens" / name).stat().st_mode) == 0o600
    for log in (installation.storage / "logs").iterdir():
        assert installation.key is not None
        assert installation.key not in log.read_text()


def test_files_have_the_rights_of_the_setting_and_keys_stay_private(tmp_path: Path, second: Path) -> None:
    house = Installation(tmp_path / "house", UMASK="007")
    with house.server("--no-worker") as server:
        job = server.submit(second, {"scene_detection": {"mode": "fast"}})
        source = house.storage / job["video_path"]
        shared = {source: 0o660, source.parent: 0o770, house.storage: 0o770, house.storage / "videoannotator.db": 0o660}
        private = {house.storage / "tokens" / name: 0o600 for name in ("tokens.json", "secret.key")}
        assert {path: stat.S_IMODE(path.stat().st_mode) for path in {**shared, **private}} == {**shared, **private}


def test_without_automatic_keys_none_is_printed(tmp_path: Path) -> None:
    with Installation(tmp_path / "house", AUTO_GENERATE_API_KEY="false").server("--no-worker") as server:
        assert "va_api_" not in server.said
        assert server.client.get("jobs").status_code == 401


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["--port", "{taken}"], {}, "is in use"),
        (["--host", "203.0.113.7"], {}, "cannot listen on '203.0.113.7'"),
        (["--host", "no such host"], {}, "cannot listen on 'no such host'"),
        ([], {"MAX_CONCURRENT_JOBS": "none"}, "VIDEOANNOTATOR_MAX_CONCURRENT_JOBS"),
        ([], {"DATABASE_URL": "mysql://somewhere"}, "DATABASE_URL"),
        ([], {"STORAGE_DIR": "/proc/nothing"}, "The storage folder"),
        (["--host", "::"], {"REQUIRE_AUTH": "false"}, "--allow-insecure"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, words: list[str], settings: dict[str, str], said: str
) -> None:
    house = Installation(tmp_path / "house", **settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = str(listener.getsockname()[1])
        ended = house.run("server", "--port", "0", *(word.format(taken=taken) for word in words), timeout_s=60)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Hint:" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "is ready" not in ended.stdout
    assert not house.processes()


def test_with_authentication_off_it_warns(tmp_path: Path) -> None:
    with Installation(tmp_path / "house", REQUIRE_AUTH="false").server("--no-worker") as server:
        assert "AUTHENTICATION IS OFF" in server.said
        assert httpx.get(f"{server.address}/api/v1/jobs", trust_env=False).status_code == 200


def test_who_of_the_two_dies_is_started_again_and_a_job_goes_on_without_a_retry_counted(
    installation: Installation, second: Path
) -> None:
    with installation.server() as server:
        worker, api = server.member("worker"), server.member("api")
        groups = {os.getpgid(pid) for pid in (server.process.pid, worker.pid, api.pid)}
        assert len(groups) == 3, "a signal from the terminal must reach the first alone"
        config, folder = installation.trial(seconds=1.0)
        job = server.submit(second, config)
        runner = wait_for_word(folder, "begin")
        worker.kill()
        api.kill()
        waited = httpx.get(f"{server.address}/health", timeout=30, trust_env=False)  # not refused: the socket is the parent's
        assert waited.status_code == 200
        done = server.wait_for(job["id"], "completed")
        assert done["retry_count"] == 0
        assert server.member("worker").pid != worker.pid
        assert server.member("api").pid != api.pid
        assert "The worker was ended by SIGKILL; it is started again" in server.said
        begun = [pid for word, pid, _ in diary(folder) if word == "begin"]
        assert len(begun) == 2
        assert begun[0] == runner


@pytest.mark.alone
def test_a_signal_ends_everything_in_time_and_gives_the_job_back(installation: Installation, second: Path) -> None:
    with installation.server() as server:
        config, folder = installation.trial(deaf=True)
        job = server.submit(second, config)
        wait_for_word(folder, "hang")
        with server.client.stream("GET", "events/stream", timeout=30) as events:
            assert events.status_code == 200
            began = time.monotonic()
            assert server.stop(signal.SIGTERM) == 0
            took = time.monotonic() - began
        assert took < STOP_LIMIT_S
    (folder / "trial.count").unlink(missing_ok=True)
    with installation.server("--no-worker") as again:
        stood = again.job(job["id"])
        assert (stood["status"], stood["retry_count"]) == ("pending", 0)


@pytest.mark.alone
def test_a_second_ctrl_c_ends_it_at_once(installation: Installation, second: Path) -> None:
    with installation.server() as server:
        config, folder = installation.trial(deaf=True)
        server.submit(second, config)
        wait_for_word(folder, "hang")
        server.client.close()
        server.process.send_signal(signal.SIGINT)
        until(lambda: "stops" in (installation.storage / "logs" / "worker.log").read_text(), "the worker to stop")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(STOP_LIMIT_S) == 130
        until(lambda: not installation.processes(), "every process to end", STOP_LIMIT_S)


@pytest.mark.alone
def test_when_the_parent_is_killed_its_processes_end(installation: Installation, second: Path) -> None:
    with installation.server() as server:
        config, folder = installation.trial(deaf=True)
        server.submit(second, config)
        wait_for_word(folder, "hang")
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: not installation.processes(), "every process to end", STOP_LIMIT_S + 5)


def test_a_database_of_a_newer_release_ends_the_start(tmp_path: Path) -> None:
    house = Installation(tmp_path / "house")
    house.environment["VIDEOANNOTATOR_DATABASE_URL"] = f"sqlite:///{tmp_path / 'shared.db'}"
    newer = tmp_path / "shared.db"
    with house.server("--no-worker"):
        pass
    import sqlite3

    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE schema_metadata SET value = '99.0.0' WHERE key = 'version'")
    connection.close()
    ended = house.run("server", "--port", "0", timeout_s=60)
    assert ended.returncode == 1
    assert "newer" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not house.processes()


def test_a_stream_of_events_goes_on_where_it_broke_off(installation: Installation, second: Path) -> None:
    with installation.server() as server:
        config, _ = installation.trial(seconds=1.0)
        with server.client.stream("GET", "events/stream", timeout=30) as whole:
            job = server.submit(second, config)
            everything = list(events_until_end(whole))
        cut = everything[len(everything) // 2]
        headers = {"Last-Event-ID": cut["id"]}
        with server.client.stream("GET", "events/stream", headers=headers, timeout=30) as rest:
            resumed = list(events_until_end(rest))
        assert [event["id"] for event in resumed] == [event["id"] for event in everything if int(event["id"]) > int(cut["id"])]
        assert {json.loads(event["data"])["job_id"] for event in everything} == {job["id"]}
        assert everything[-1]["event"] == "job.complete"


def events_until_end(response: httpx.Response) -> Iterator[dict[str, str]]:
    """The events of a stream, to the first one that ends a job."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if not line:
            if "data" in fields and "id" in fields:
                yield fields
            if fields.get("event") in ("job.complete", "job.error", "job.cancelled"):
                return
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")


def test_nohup_keeps_it_alive(installation: Installation) -> None:
    nohup = shutil.which("nohup")
    assert nohup is not None
    with installation.server("--no-worker", prefix=(nohup,)) as server:
        server.process.send_signal(signal.SIGHUP)
        assert server.client.get("health").status_code == 200
        assert server.process.poll() is None
        assert server.stop() == 0

"""`videoannotator job`, against the real server on the same machine: it finds server and key by itself."""

import gzip
import hashlib
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.server import Installation, Server, wait_for_word

from videoannotator.media.synthetic import Shot, shots_clip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Installation(tmp_path_factory.mktemp("command-line") / "house").server() as server:
        yield server


def test_a_folder_and_a_file_there_and_back(server: Server, tmp_path: Path, second: Path) -> None:
    home = server.home
    (tmp_path / "visits" / "sub").mkdir(parents=True)
    for name in ("a.mp4", "sub/b.mkv"):
        shots_clip(tmp_path / "visits" / name, [Shot(12)], size=(64, 48))
    (tmp_path / "visits" / "note.txt").write_text("no recording")
    words = ["--pipelines", "scene_detection", "--set", "scene_detection.mode=fast", "--tag", "pilot", "--overlay"]
    ended = home.run("job", "submit", tmp_path / "visits", second, *words, "--watch", "--json")
    assert ended.returncode == 0, ended.stderr
    jobs = json.loads(ended.stdout)["jobs"]
    assert [(job["video_filename"], job["status"]) for job in jobs] == [
        ("a.mp4", "completed"),
        ("b.mkv", "completed"),
        ("second.mp4", "completed"),
    ]
    assert {tuple(job["tags"]) for job in jobs} == {("pilot",)}

    job_id = jobs[2]["id"]
    ended = home.run("job", "download-annotations", job_id, "--extract", "-o", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == str(tmp_path / "out")
    assert (tmp_path / "out" / "recording.mp4").read_bytes() == second.read_bytes()
    assert json.loads((tmp_path / "out" / "complete_results.json").read_text())
    assert not list(tmp_path.glob("*.partial"))
    assert not (tmp_path / "out.zip").exists()

    ended = home.run("job", "download-annotations", job_id)
    assert ended.returncode == 0, ended.stderr
    with zipfile.ZipFile(home.folder / "work" / "second_annotations.zip") as archive:
        assert archive.testzip() is None
        assert "full/overlay.mp4.gz" in archive.namelist()


def test_an_annotated_video_is_made_and_kept_as_a_result(server: Server, second: Path, tmp_path: Path) -> None:
    words = ("--pipelines", "scene_detection", "--overlay", "--watch", "--json")
    ended = server.home.run("job", "submit", second, *words)
    assert ended.returncode == 0, ended.stderr
    (job,) = json.loads(ended.stdout)["jobs"]
    assert (job["overlay"], job["status"], job["error_message"]) == (True, "completed", None)
    shown = json.loads(server.home.run("job", "results", job["id"], "--json").stdout)
    (video,) = (file for file in shown["artifacts"] if file["format"] == "overlay")
    ended = server.home.run("job", "download-annotations", job["id"], "--extract", "-o", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    content = gzip.decompress((tmp_path / "out" / "full" / "overlay.mp4.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == video["sha256"]


def test_why_a_pipeline_was_skipped_is_shown(server: Server, second: Path) -> None:
    ended = server.home.run("job", "submit", second, "--pipelines", "speech_recognition", "--watch", "--json")
    assert ended.returncode == 0, ended.stderr
    job_id = json.loads(ended.stdout)["jobs"][0]["id"]
    shown = server.home.run("job", "results", job_id)
    assert (shown.returncode, shown.stdout.splitlines()[-1].split(maxsplit=3)) == (
        0,
        ["speech_recognition", "skipped", "-", "The recording has no audio track."],
    )


def test_the_life_of_a_job(server: Server, second: Path) -> None:
    home = server.home
    config, _ = home.trial(seconds=600.0)
    (home.folder / "config.json").write_text(json.dumps(config))
    words = ("--pipelines", "trial", "--config", home.folder / "config.json")
    submitted = home.run("job", "submit", second, *words)
    assert submitted.returncode == 0, submitted.stderr
    job_id = submitted.stdout.split()[0]
    listed = json.loads(home.run("job", "list", "--json").stdout)
    assert job_id in [job["id"] for job in listed["jobs"]]
    shown = home.run("job", "status", job_id)
    assert shown.returncode == 0
    assert job_id in shown.stdout
    early = home.run("job", "results", job_id)
    assert early.returncode == 1
    assert "no results yet" in early.stderr
    cancelled = home.run("job", "cancel", job_id, "--reason", "enough", "--json")
    assert json.loads(cancelled.stdout)["status"] == "cancelled"
    watched = home.run("job", "watch", job_id)
    assert watched.returncode == 1
    assert "cancelled" in watched.stdout
    (home.folder / "config.json").write_text("{}")
    again = json.loads(home.run("job", "retry", job_id, "--json").stdout)
    assert again["retry_of"] == job_id
    home.run("job", "cancel", again["id"])
    for gone in (job_id, again["id"]):
        assert home.run("job", "delete", gone, "--yes").returncode == 0
    missing = home.run("job", "status", job_id)
    assert missing.returncode == 1
    assert "Hint" in missing.stderr or job_id in missing.stderr


def as_in_a_terminal() -> None:
    """Who runs in the background of a shell inherits that it is deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_ends_the_watching_and_not_the_job(server: Server, second: Path) -> None:
    home = server.home
    config, folder = home.trial(seconds=600.0)
    job_id = server.submit(second, config)["id"]
    wait_for_word(folder, "begin")
    words = [sys.executable, "-m", "videoannotator", "job", "watch", job_id]
    pipe, work = subprocess.PIPE, home.folder / "work"
    with subprocess.Popen(
        words,
        text=True,
        stdout=pipe,
        stderr=pipe,
        cwd=work,
        env=home.environment,
        preexec_fn=as_in_a_terminal,  # noqa: PLW1509  no thread holds a lock here
    ) as watching:
        assert watching.stderr is not None
        assert "started" in watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    assert watching.returncode == 130, err
    assert "Traceback" not in out + err
    assert server.job(job_id)["status"] == "running"
    server.client.post(f"jobs/{job_id}/cancel")


def test_what_the_server_refuses_is_said_in_words(server: Server, tmp_path: Path, second: Path) -> None:
    home = server.home
    (tmp_path / "text.mp4").write_text("this is no video")
    wrong = home.run("job", "submit", second, "--set", "scene_detection.threshold=-1", "--pipelines", "scene_detection")
    assert wrong.returncode == 1
    assert "scene_detection.threshold" in wrong.stderr
    before = json.loads(home.run("job", "list", "--json").stdout)["total"]
    mixed = home.run("job", "submit", tmp_path / "text.mp4", second, "--pipelines", "scene_detection")
    assert mixed.returncode == 1
    assert "text.mp4 was not submitted" in mixed.stderr
    assert json.loads(home.run("job", "list", "--json").stdout)["total"] == before + 1
    stranger = home.run("job", "list", "--api-key", "va_api_wrong", "--json")
    assert stranger.returncode == 1
    assert json.loads(stranger.stdout)["error"]["code"] == "UNAUTHORIZED"
    assert "token create" in stranger.stderr
    absent = home.run("job", "list", "--server", "http://127.0.0.1:9")
    assert absent.returncode == 1
    assert "videoannotator server" in absent.stderr
    odd = home.run("job", "status", "../../etc/passwd")
    assert odd.returncode == 2


def test_the_kept_key_goes_to_its_own_server_alone(server: Server) -> None:
    import http.server
    import threading

    seen: list[str | None] = []

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        thread = threading.Thread(target=stranger.handle_request)
        thread.start()
        ended = server.home.run("job", "list", "--server", f"http://127.0.0.1:{stranger.server_port}")
        thread.join(30)
    assert ended.returncode == 1
    assert "not a VideoAnnotator server" in ended.stderr
    assert seen == [None]

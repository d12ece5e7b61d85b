"""What is said about jobs holds no word by which Video Annotation Viewer takes one failure for another.

That client looks for "401", "404", "authentication" and "Not Found" in the text of any failure; ids, names and numbers may hold
them by chance.
"""

import uuid
from collections.abc import Iterator

import httpx
import pytest
from tests.finished_jobs import Bench, Written, completed
from tests.integration.api.test_uploads import upload
from tests.servers import Live, serving

from videoannotator.database.queue import Failure

MISLEADING = ("401", "404", "authentication", "not found")
ODD_NAME = "401-404.mp4"
SCENES = Written("scene_detection.json", b"[]", "scene_detection", "scenes", main=True)
READS = (
    "",
    "/results",
    "/results/files/scene_detection",
    "/results/files/none",
    "/artifacts",
    "/video",
    "/view/index.json",
    "/log",
    "/media-url",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    media = tmp_path_factory.mktemp("media")
    (media / ODD_NAME).write_bytes(b"no recording")
    with serving(tmp_path_factory.mktemp("storage"), storage_free_floor_gb=0, media_roots=(media,)) as live:
        yield live


@pytest.fixture
def bench(server: Live) -> Bench:
    return Bench(server.here.database, server.here.storage)


def odd_id() -> str:
    """An id that holds both numbers."""
    return f"40140401-4014-4040-8404-{uuid.uuid4().hex[:12]}"


def said(response: httpx.Response) -> str:
    """What a client shows; it must not mislead."""
    assert response.status_code >= 400, response.text
    text: str = response.json()["detail"]
    assert not [word for word in MISLEADING if word in text.lower()], text
    return text


def said_about(server: Live, job_id: str) -> set[str]:
    """What is said about a job by every route that refuses it."""
    asked = [("GET", what) for what in READS] + [("POST", "/cancel"), ("POST", "/retry")]
    answers = [server.request(method, f"/api/v1/jobs/{job_id}{what}") for method, what in asked]
    return {said(answer) for answer in answers if answer.status_code >= 400}


def test_a_job_that_is_not_there(server: Live) -> None:
    assert said_about(server, odd_id()) == {"There is no such job."}


def test_jobs_in_every_state(server: Live, bench: Bench) -> None:
    waiting, done, failed, gone = (bench.add(job_id=odd_id()) for _ in range(4))
    bench.run(done, [completed("scene_detection")], [SCENES])
    bench.run(failed, failure=Failure("INFERENCE_FAILED", "It failed.", "Look."))
    bench.run(gone, [completed("scene_detection")], [SCENES])
    for path in server.here.storage.job_folder(gone).rglob("*.*"):
        if path.is_file():
            path.unlink()
    assert "There are no results yet: the job is pending." in said_about(server, waiting)
    assert "The job has already ended as completed." in said_about(server, done)
    assert "The job has already ended as failed." in said_about(server, failed)
    assert "The recording is not on the server's disk." in said_about(server, gone)


def test_what_is_no_recording(server: Live) -> None:
    assert "The recording" in said(upload(server, b"<html>", ODD_NAME))
    path = server.here.settings.media_roots[0] / ODD_NAME
    assert "The recording" in said(server.request("POST", "/api/v1/jobs/from-path", json={"path": str(path)}))

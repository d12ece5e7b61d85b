"""The annotated video of a job: one of its result files, and never what keeps it from ending."""

import json
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from tests.integration.worker.conftest import Lab, until

from videoannotator.database import events
from videoannotator.database.models import Job
from videoannotator.database.states import JobStatus
from videoannotator.media.clip_writer import Picture, Sound, write_clip
from videoannotator.media.probe import open_media, probe
from videoannotator.media.proxy import browser_can_play
from videoannotator.media.synthetic import Shot, shots_clip, silence
from videoannotator.worker import processes
from videoannotator.worker.runner import DRAWING, DRAWING_SHARE

WORST_S = 5.0


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording whose annotated video takes some seconds."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    shots_clip(path, [Shot(600), Shot(600)], size=(640, 480), picture=Picture(options={"preset": "ultrafast"}))
    return path


def drawing(lab: Lab, job_id: str) -> Job | None:
    """The job, when it is being drawn."""
    job = lab.job(job_id)
    assert not job.is_terminal, "it ended before anybody saw it being drawn"
    return job if job.stage == DRAWING else None


def test_it_is_a_checked_result_file_that_browsers_play(lab: Lab) -> None:
    job_id = lab.submit(overlay=True)
    job, files = lab.process(job_id), lab.artifacts(job_id)
    video = files["overlay.mp4"]
    path = lab.storage.resolve(video.path)
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, None)
    assert (video.format, video.media_type, video.pipeline_name, video.main) == ("overlay", "video/mp4", None, False)
    assert path.parent == lab.storage.results_folder(job_id, 1)
    assert browser_can_play(probe(path, timing=False))
    assert [frame.time for frame in open_media(path).frames()] == [
        frame.time for frame in open_media(lab.storage.source_path(job_id, "a.mp4")).frames()
    ]
    listed = json.loads(lab.storage.resolve(files["provenance.json"].path).read_text())["files"]
    assert ("overlay.mp4", video.sha256) in {(file["name"], file["sha256"]) for file in listed}


def test_nobody_gets_one_who_did_not_ask(lab: Lab) -> None:
    job_id = lab.submit()
    lab.process(job_id)
    assert "overlay.mp4" not in lab.artifacts(job_id)


def test_sound_alone_has_none_and_does_not_fail(lab: Lab) -> None:
    job_id = lab.submit(overlay=True)
    source = lab.storage.source_path(job_id, "a.mp4")
    write_clip(source, sounds=[Sound(silence(1.0), 16_000)])
    job = lab.process(job_id)
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, None)
    assert "provenance.json" in lab.artifacts(job_id)
    assert "overlay.mp4" not in lab.artifacts(job_id)


def test_after_a_retry_it_shows_all_pipelines_again(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"failures": 1}, overlay=True)
    assert lab.process(job_id, retry_delay_base=0.0).status is JobStatus.RETRYING
    assert lab.artifacts(job_id)["overlay.mp4"].token == 1
    job = lab.process(job_id)
    assert (job.status, job.success_rate) == (JobStatus.COMPLETED, 1.0)
    files = lab.artifacts(job_id)
    assert (files["overlay.mp4"].token, files["overlay.attempt-1.mp4"].token) == (2, 1)
    assert [word for word, _, _ in lab.diary(job_id)] == ["begin", "end"] * 2
    record = json.loads(lab.storage.resolve(files["provenance.json"].path).read_text())
    assert {name: outcome["status"] for name, outcome in record["pipelines"].items()} == {
        "trial": "completed",
        "other_trial": "completed",
    }


def test_what_was_found_is_kept_when_it_cannot_be_found_again_for_the_drawing(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), once=True, other={"failures": 1}, overlay=True)
    assert lab.process(job_id, retry_delay_base=0.0).status is JobStatus.RETRYING
    first = lab.runs(job_id)["trial"]
    job = lab.process(job_id)
    assert (job.status, job.success_rate, job.error_message) == (JobStatus.COMPLETED, 1.0, None)
    kept = lab.runs(job_id)["trial"]
    assert (kept.status, kept.token, kept.end_time) == ("completed", 1, first.end_time)
    assert lab.artifacts(job_id)["trial.json"].token == 1


@pytest.mark.alone
def test_a_job_is_cancelled_while_it_is_drawn(lab: Lab, long_clip: Path) -> None:
    job_id = lab.submit(overlay=True)
    shutil.copyfile(long_clip, lab.storage.source_path(job_id, "a.mp4"))
    with lab.processing(lab.claim(job_id)):
        until(lambda: drawing(lab, job_id), "the stage")
        began = time.monotonic()
        lab.queue.request_cancel(job_id)
        lab.wait_for(job_id, JobStatus.CANCELLED, within_s=2 * WORST_S)
        assert processes.marked_with(job_id) == set()
        assert time.monotonic() - began < WORST_S
    assert lab.artifacts(job_id) == {}
    assert {path.name for path in lab.storage.job_folder(job_id).rglob("*") if path.is_file()} == {"source.mp4", "job.log"}


@pytest.mark.alone
def test_drawing_counts_as_progress_and_not_as_hanging(lab: Lab, long_clip: Path) -> None:
    job_id = lab.submit(overlay=True)
    shutil.copyfile(long_clip, lab.storage.source_path(job_id, "a.mp4"))
    job = lab.process(job_id, stall_timeout_s=2.0)
    with lab.database.reading() as session:
        told = [event.data for event in events.after(session, 0) if event.data.get("stage") == DRAWING]
    seen = [data["progress"] for data in told]
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, None)
    assert seen[0] < seen[-1] <= seen[0] + DRAWING_SHARE + 0.001
    assert seen == sorted(seen)


def test_what_was_found_is_kept_when_the_disk_has_no_room_for_it(small_lab: Lab) -> None:
    lab = small_lab
    job_id = lab.submit(overlay=True)
    noise = np.random.default_rng(1)
    frames = ((noise.integers(0, 256, (240, 320, 3), np.uint8), number / 25) for number in range(60))
    write_clip(lab.storage.source_path(job_id, "a.mp4"), frames, picture=Picture(options={"crf": "28"}))
    with (lab.storage.root / "foreign").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(lab.storage.root).free - 500_000)
    job = lab.process(job_id)
    assert (job.status, job.error_code, job.success_rate) == (JobStatus.COMPLETED, None, 1.0)
    assert str(job.error_message).startswith("There is no annotated video: ")
    assert str(lab.storage.root) not in str(job.error_message)
    assert {"trial.json", "provenance.json"} <= set(lab.artifacts(job_id))
    assert "overlay.mp4" not in lab.artifacts(job_id)
    assert shutil.disk_usage(lab.storage.root).free > 100_000

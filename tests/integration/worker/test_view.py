"""What a job leaves for the Result page, through the real worker and runner."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tests.integration.worker.conftest import Lab

from videoannotator.database.attempts import VIEW, VIEW_INDEX, VIEW_TIMELINE
from videoannotator.database.models import Artifact
from videoannotator.database.states import JobStatus
from videoannotator.engine.view import writer
from videoannotator.jobs.results import results_document
from videoannotator.media.probe import open_media
from videoannotator.media.synthetic import Shot, Sound, shots_clip, tone

Item = dict[str, Any]


def view_files(lab: Lab, job_id: str) -> dict[str, Artifact]:
    return {name: artifact for name, artifact in lab.artifacts(job_id).items() if artifact.format == VIEW}


def path_of(lab: Lab, job_id: str, name: str) -> Path:
    return lab.storage.resolve(lab.artifacts(job_id)[name].path)


def document(lab: Lab, job_id: str, name: str = VIEW_INDEX) -> Item:
    read: Item = json.loads(path_of(lab, job_id, name).read_text())
    return read


def named(index: Item) -> set[str]:
    """Every file that an index names."""
    products = [index["frames"], *(index["waveform"] or {"levels": []})["levels"], *index["layers"].values(), *index["signals"]]
    sheets = index["thumbnails"]["sheets"] if index["thumbnails"] else []
    return {*(product["name"] for product in products if product), *sheets, index["timeline"]}


def test_both_sides_of_the_house_call_the_files_the_same() -> None:
    assert (writer.FOLDER, writer.INDEX, writer.TIMELINE) == (VIEW, VIEW_INDEX, VIEW_TIMELINE)


def test_it_lies_among_the_files_of_the_attempt_and_not_among_the_results(lab: Lab) -> None:
    job_id = lab.submit()
    shots_clip(lab.storage.source_path(job_id, "a.mp4"), [Shot(40), Shot(40)], size=(64, 48), sounds=[Sound(tone(3.2), 16_000)])
    job = lab.process(job_id)
    assert (job.status, job.error_message) == (JobStatus.COMPLETED, None)
    files, index = view_files(lab, job_id), document(lab, job_id)
    assert named(index) <= set(files)
    assert {artifact.token for artifact in files.values()} == {1}
    assert {artifact.media_type for artifact in files.values()} == {"application/json", "image/jpeg", "application/octet-stream"}
    assert all(lab.storage.resolve(file.path).parent == lab.storage.results_folder(job_id, 1) / "view" for file in files.values())
    assert "view" not in json.dumps(results_document(lab.database, job_id)["artifacts"])
    listed = json.loads(path_of(lab, job_id, "provenance.json").read_text())
    assert list(listed["pipelines"]) == ["trial"]
    assert not any(file["name"].startswith("view/") for file in listed["files"])


def test_it_shows_the_recording(lab: Lab) -> None:
    job_id = lab.submit()
    source = lab.storage.source_path(job_id, "a.mp4")
    shots_clip(source, [Shot(40), Shot(40)], size=(64, 48), sounds=[Sound(tone(3.2, level=0.5), 16_000)])
    lab.process(job_id)
    index = document(lab, job_id)
    frames = list(open_media(source).frames())
    times = np.fromfile(path_of(lab, job_id, index["frames"]["name"]), "<f8")
    assert times.tolist() == [frame.time.seconds for frame in frames]
    assert index["thumbnails"]["times_s"] == [0.0, 1.0, 2.0, 3.0]
    sheet = cv2.imread(str(path_of(lab, job_id, index["thumbnails"]["sheets"][0])))
    assert sheet is not None
    width, height = index["thumbnails"]["width"], index["thumbnails"]["height"]
    for number, time_s in enumerate(index["thumbnails"]["times_s"]):
        shown = sheet[:height, number * width : (number + 1) * width, ::-1]
        image = next(frame.image for frame in frames if frame.time.seconds == time_s)
        assert np.abs(cv2.resize(image, (width, height)).astype(int) - shown).mean() < 12
    pairs = np.fromfile(path_of(lab, job_id, index["waveform"]["levels"][0]["name"]), np.int8).reshape(-1, 2)
    assert np.median(pairs[10:300, 1]) in range(60, 67)
    (scene,) = document(lab, job_id, VIEW_TIMELINE)["scenes"]
    assert scene["id"] == "trial/Scene/0"


def test_after_a_retry_of_what_failed_it_shows_everything(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"failures": 1})
    assert lab.process(job_id, retry_delay_base=0.0).status is JobStatus.RETRYING
    first = document(lab, job_id)
    assert first["notes"] == ["other_trial failed, so there is nothing of it here: The GPU is full for the moment."]
    assert [scene["id"] for scene in document(lab, job_id, VIEW_TIMELINE)["scenes"]] == ["trial/Scene/0"]
    assert lab.process(job_id).status is JobStatus.COMPLETED
    index = document(lab, job_id)
    assert (first["token"], index["token"]) == (1, 2)
    assert index["notes"] == []
    assert index["thumbnails"] == first["thumbnails"]
    assert {scene["id"] for scene in document(lab, job_id, VIEW_TIMELINE)["scenes"]} == {"trial/Scene/0", "other_trial/Scene/0"}
    assert named(index) <= set(view_files(lab, job_id))
    assert all(lab.storage.resolve(file.path).is_file() for file in view_files(lab, job_id).values())


def test_a_job_that_fails_leaves_none(lab: Lab) -> None:
    job_id = lab.submit(broken=True)
    lab.process(job_id)
    assert view_files(lab, job_id) == {}

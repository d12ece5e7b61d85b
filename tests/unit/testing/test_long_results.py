"""The long job of tests and benchmarks is a real one: what it says stands in its recording."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from videoannotator.database import crud
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.jobs.results import DownloadFile, results_document, video_of, view_of
from videoannotator.media.probe import open_media, probe
from videoannotator.media.proxy import browser_can_play
from videoannotator.storage.config import Storage
from videoannotator.testing.long_recording import COLOURS
from videoannotator.testing.long_results import write_long_job

DURATION_S = 25


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Storage, Database, str]]:
    folder = tmp_path_factory.mktemp("long")
    database, storage = Database(f"sqlite:///{folder / 'videoannotator.db'}"), Storage(folder / "storage", free_floor_bytes=0)
    upgrade(database)
    storage.prepare()
    yield storage, database, write_long_job(storage, database, duration_s=DURATION_S)
    database.dispose()


def test_it_has_completed(job: tuple[Storage, Database, str]) -> None:
    storage, database, job_id = job
    with database.reading() as session:
        row = crud.get_job(session, job_id)
    assert (row.status, row.video_duration_seconds) == (JobStatus.COMPLETED, DURATION_S)
    results = results_document(database, job_id)["pipeline_results"]
    assert results["person_tracking"]["annotation_count"] == 4 * 25 * DURATION_S + 4
    assert browser_can_play(probe(video_of(database, storage, job_id).path))


def test_its_boxes_are_where_the_recording_shows_them(job: tuple[Storage, Database, str]) -> None:
    storage, database, job_id = job

    def view(name: str) -> DownloadFile:
        return view_of(database, storage, job_id, name)

    index = json.loads(view("index.json").path.read_text())
    times = np.fromfile(view(index["frames"]["name"]).path, "<f8")
    frames = {frame.index: frame for frame in open_media(video_of(database, storage, job_id).path).frames()}
    assert times.tolist() == [frames[number].time.seconds for number in range(25 * DURATION_S)]
    layer = index["layers"]["persons"]
    data = view(layer["name"]).path.read_bytes()
    seen = 0
    for _, _, at, length in layer["windows"]:
        window = json.loads(gzip.decompress(data[at : at + length]))
        for track in window["tracks"]:
            seen += len(track["at"])
            for place in range(0, len(track["at"]), 50):
                left, top, width, height = (round(value / 10) for value in track["box"][place])
                image = frames[window["frames"][track["at"][place]]["i"]].image
                inside = image[top + 4 : top + height - 4, left + 4 : left + width - 4].reshape(-1, 3).mean(axis=0)
                assert np.abs(inside - COLOURS[track["id"] - 1]).max() < 12
                assert np.abs(image[top + 20, left - 6].astype(int) - 40).max() < 30
    assert seen == 4 * 25 * DURATION_S
    assert (Path(view(index["signals"][0]["name"]).path).stat().st_size % 8) == 0

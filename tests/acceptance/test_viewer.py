"""What Video Annotation Viewer 0.6 gets of real jobs: it guesses by names and first bytes, and must guess right."""

import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from tests.acceptance.server import Installation, Server
from tests.integration.jobs.test_archive import kind_seen_by_the_client

from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
from videoannotator.jobs.archive import zip_of
from videoannotator.media.demo_clip import make_demo_clip
from videoannotator.storage.config import Storage
from videoannotator.testing.long_results import write_long_job

FRAMES = 50
MISLEADING = re.compile("face|person|speech_recognition|speaker_diarization", re.IGNORECASE)
HOUR_S, RATE_HZ, PEOPLE = 3600, 2, 4
OBSERVATION_BYTES = 1500
"""At most, of one person in `complete_results.json`: box, 51 numbers, labels."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Installation(tmp_path_factory.mktemp("house") / "house").server() as started:
        yield started


def silent_hevc(folder: Path) -> Path:
    """Two seconds with a person, without sound, as phones record them and browsers do not play them."""
    make_demo_clip(folder / "demo.mp4")
    path = folder / "face_to_face.mp4"
    with av.open(folder / "demo.mp4") as source, av.open(path, "w") as target:
        pictures = source.streams.video[0]
        stream = target.add_stream("libx265", rate=Fraction(25), options={"preset": "ultrafast", "x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = pictures.width, pictures.height, "yuv420p"
        for number, frame in enumerate(source.decode(pictures)):
            if number == FRAMES:
                break
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, 25), 0
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    return path


def streams_of(content: bytes) -> list[tuple[str, str]]:
    with av.open(io.BytesIO(content)) as container:
        return [(stream.type, stream.codec_context.name) for stream in container.streams]


def test_a_silent_hevc_recording_with_a_misleading_name_and_people_without_poses(server: Server, tmp_path: Path) -> None:
    config = {"person_tracking": {"pose": "off"}, "face_analysis": {}, "scene_detection": {}, "audio_processing": {}}
    job_id = server.submit(silent_hevc(tmp_path), config)["id"]
    job = server.wait_for(job_id, "completed", within_s=600)
    assert job["video_browser_playable"] is True, "what /video gives is the copy"
    assert ("video", "h264") in streams_of(server.fetch(f"/api/v1/jobs/{job_id}/video"))

    answer = server.client.get(f"jobs/{job_id}/artifacts")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    names = archive.namelist()
    assert [name for name in names if MISLEADING.search(name)] == []
    kinds = {name: kind_seen_by_the_client(name, archive.read(name)) for name in names}
    seen = {name: kind for name, kind in kinds.items() if kind != "unknown"}
    assert seen == {"recording.mp4": "video", "complete_results.json": "complete"}, "no words and no speakers where nobody speaks"
    assert streams_of(archive.read("recording.mp4")) == [("video", "h264")]

    document = json.loads(archive.read("complete_results.json"))
    results: dict[str, Any] = document["pipeline_results"]
    people = results["person"]["results"]
    assert people
    for person in people:
        assert person["keypoints"] == [0] * 51
        assert person["num_keypoints"] == 0
        assert isinstance(person["image_id"], str)
        assert len(person["bbox"]) == 4
    assert len({person["timestamp"] for person in people}) <= RATE_HZ * FRAMES / 25 + 1
    assert all(scene["end_time"] > scene["start_time"] for scene in results["scene"]["results"])
    (coco,) = [name for name in names if name.startswith("full/people_") and name.endswith("coco.json.gz")]
    text = gzip.decompress(archive.read(coco)).decode("utf-8")
    assert text.index('"annotations"') < text.index('"images"')


@pytest.mark.slow
def test_the_copy_of_an_hour_is_thinned_and_the_whole_is_streamed(tmp_path: Path) -> None:
    database, storage = Database(f"sqlite:///{tmp_path / 'jobs.db'}"), Storage(tmp_path / "storage")
    storage.prepare()
    upgrade(database)
    job_id = write_long_job(storage, database, duration_s=HOUR_S, persons=PEOPLE, faces=0, formats=("coco", "provenance"))
    with zip_of(database, storage, job_id) as stream:
        size = sum(len(piece) for piece in stream.chunks())
        assert size == stream.size_bytes
    with zip_of(database, storage, job_id) as stream, (tmp_path / "all.zip").open("wb") as file:
        file.writelines(stream.chunks())
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        thinned = archive.getinfo("complete_results.json").file_size
        print(f"complete_results.json of an hour: {thinned / 1e6:.0f} MB; the whole archive: {size / 1e6:.0f} MB")
    database.dispose()
    assert 0 < thinned < HOUR_S * RATE_HZ * PEOPLE * OBSERVATION_BYTES

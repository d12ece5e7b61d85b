"""The ZIP of a job's results is as long as it says, and holds what the browser client expects and nothing that misleads it."""

import gzip
import io
import json
import os
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.finished_jobs import Bench, Written, completed

from videoannotator.database.models import Artifact, Job
from videoannotator.database.queue import Failure, RunReport
from videoannotator.database.session import Database
from videoannotator.errors import JobNotReadyException, NotFoundException, StorageFailedException
from videoannotator.jobs.archive import STORED_BYTES, gzip_size, gzip_stored, zip_of
from videoannotator.storage.config import Storage

MB = 1024 * 1024
DICTIONARY = b"""table,file,column,type,unit,description\r
words,speech_recognition.words.csv,word,text,,A word.\r
utterances,speech_recognition.utterances.csv,text,text,,A text.\r
scenes,scene_detection.csv,start_s,number,s,When.\r
people,person_tracking.csv,x,number,px,Where.\r
"""
SCENES = [{"start_time": number, "end_time": number + 1, "scene_type": "play \u2603"} for number in range(30)]


def coco(rate_hz: float, seconds: float, key: str) -> bytes:
    """Two people in every frame."""
    items = [
        {
            "id": 2 * frame + person,
            key: person,
            "timestamp": round(frame / rate_hz, 6),
            "bbox": [1, 2, 3, 4.5],
            "keypoints": [0] * 51,
        }
        for frame in range(round(rate_hz * seconds))
        for person in range(2)
    ]
    return json.dumps({"info": {"description": "x"}, "annotations": items, "images": [{"id": "1"}]}).encode()


FILES = [
    Written("scene_detection.json", json.dumps(SCENES).encode(), "scene_detection", "scenes", main=True),
    Written("scene_detection/0001.jpg", b"jpeg", "scene_detection", "scenes", "image/jpeg"),
    Written("scene_detection.csv", b"start_s\r\n", "scene_detection", "csv_table", "text/csv"),
    Written("person_tracking.coco.json", coco(25, 4, "track_id"), "person_tracking", "coco", main=True),
    Written("person_tracking.csv", b"x\r\n", "person_tracking", "csv_table", "text/csv"),
    Written("person_tracking.parquet", b"PAR1", "person_tracking", "parquet", "application/vnd.apache.parquet"),
    Written("face_analysis.coco.json", coco(10, 2, "face_id"), "face_analysis", "coco", main=True),
    Written("speech_recognition.vtt", b"WEBVTT\n\n", "speech_recognition", "webvtt", "text/vtt", main=True),
    Written("toy.vtt", b"WEBVTT\n\nother", "toy", "webvtt", "text/vtt", main=True),
    Written("speech_recognition.words.csv", b"word\r\n", "speech_recognition", "csv_table", "text/csv"),
    Written("speech_recognition.utterances.csv", b"text\r\n", "speech_recognition", "csv_table", "text/csv"),
    Written("speaker_diarization.rttm", b"SPEAKER x 1 0 1 <NA> <NA> a <NA> <NA>\n", "speaker_diarization", "rttm", "text/plain"),
    Written("voice_emotion.emotion.json", b'{"emotions": []}', "voice_emotion", "emotion"),
    Written("speech_recognition.TextGrid", b"File type", "speech_recognition", "textgrid", "text/plain"),
    Written("overlay.mp4", b"drawn", None, "overlay", "video/mp4"),
    Written("data_dictionary.csv", DICTIONARY, None, "csv_table", "text/csv"),
    Written("provenance.json", b'{"started_at": "2026-01-01T00:00:00Z"}', None, "provenance"),
]
PIPELINES = [
    "scene_detection",
    "person_tracking",
    "face_analysis",
    "speech_recognition",
    "toy",
    "speaker_diarization",
    "voice_emotion",
]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What is tried here does not depend on the kind of database."""
    return f"sqlite:///{tmp_path / 'videoannotator.db'}"


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(database, Storage(tmp_path / "storage"))
    yield bench
    assert list((bench.storage.root / "temp").iterdir()) == [], "nothing is kept beside what is sent"


def finished(bench: Bench, files: list[Written] = FILES, **fields: Any) -> str:
    return bench.run(bench.add(pipelines=PIPELINES, **fields), [completed(name) for name in PIPELINES], files)


def opened(bench: Bench, job_id: str) -> zipfile.ZipFile:
    """The ZIP, which is exactly as long as it said, and sound."""
    stream = zip_of(bench.database, bench.storage, job_id)
    content = b"".join(stream.chunks())
    assert len(content) == stream.size_bytes
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert all(member.compress_type == zipfile.ZIP_STORED for member in archive.infolist())
    return archive


def test_the_layout(bench: Bench) -> None:
    archive = opened(bench, finished(bench))
    assert set(archive.namelist()) == {
        "recording.mp4",
        "complete_results.json",
        "speech.vtt",
        "speakers.rttm",
        "provenance.json",
        "tables/words.csv",
        "tables/utterances.csv",
        "tables/scenes.csv",
        "tables/people.csv",
        "tables/people.parquet",
        "tables/data_dictionary.csv",
        "full/scene_detection.json.gz",
        "full/scene_detection/0001.jpg",
        "full/people_tracking.coco.json.gz",
        "full/facial_analysis.coco.json.gz",
        "full/voice_emotion.emotion.json.gz",
        "full/toy.vtt.gz",
        "full/speech.TextGrid",
        "full/overlay.mp4.gz",
    }
    assert archive.namelist()[:2] == ["recording.mp4", "complete_results.json"]
    assert archive.read("recording.mp4") == b"video"
    assert gzip.decompress(archive.read("full/overlay.mp4.gz")) == b"drawn"
    assert archive.read("speech.vtt") == b"WEBVTT\n\n"
    assert archive.read("speakers.rttm").startswith(b"SPEAKER")
    by_name = {file.name: file.content for file in FILES}
    assert gzip.decompress(archive.read("full/people_tracking.coco.json.gz")) == by_name["person_tracking.coco.json"]
    assert gzip.decompress(archive.read("full/toy.vtt.gz")) == by_name["toy.vtt"]
    assert archive.read("tables/people.parquet") == b"PAR1"


def kind_seen_by_the_client(name: str, content: bytes) -> str:
    """What the browser client takes a file of the ZIP for: its rules, in their order, word for word."""
    ending = name.lower().rpartition(".")[2]
    if re.search(r"\.(mp4|mov|avi|mkv|webm)$", name, re.IGNORECASE):
        return "video"
    if ending in ("wav", "mp3", "aac", "ogg"):
        return "audio"
    if ending == "vtt" or "speech_recognition" in name:
        return "speech"
    if ending == "rttm" or "speaker_diarization" in name:
        return "speakers"
    if ending != "json":
        return "unknown"
    document = json.loads(content)
    wanted = ("video_path", "pipeline_results", "start_time")
    if (
        isinstance(document, dict)
        and all(document.get(key) for key in wanted)
        and "config" in document
        and "total_duration" in document
    ):
        return "complete"
    sample = content[:15_000].decode()
    for word, kind in (('"face_id"', "faces"), ('"attributes"', "faces"), ('"emotions"', "faces"), ('"keypoints"', "people")):
        if word in sample:
            return kind
    if any(word in sample for word in ('"scene_type"', '"start_time"', '"end_time"')) or document == []:
        return "scenes"
    taken = any(word in name for word in ("face", "person", "tracking", "pose", "keypoints", "scene"))
    return "something by its name" if taken else "unknown"


def test_the_client_takes_each_file_for_what_it_is_and_the_rest_for_nothing(bench: Bench) -> None:
    archive = opened(bench, finished(bench))
    kinds = {name: kind_seen_by_the_client(name, archive.read(name)) for name in archive.namelist()}
    assert {name: kind for name, kind in kinds.items() if kind != "unknown"} == {
        "recording.mp4": "video",
        "complete_results.json": "complete",
        "speech.vtt": "speech",
        "speakers.rttm": "speakers",
    }
    forbidden = re.compile("face|person|speech_recognition|speaker_diarization", re.IGNORECASE)
    assert not [name for name in archive.namelist() if forbidden.search(name)]


def test_complete_results_holds_what_the_client_reads(bench: Bench) -> None:
    document = json.loads(opened(bench, finished(bench)).read("complete_results.json"))
    assert set(document) == {
        *("video_path", "output_dir", "start_time", "end_time", "total_duration", "config", "errors", "pipeline_results")
    }
    assert document["video_path"] == "recording.mp4"
    assert document["start_time"].endswith("Z")
    assert document["end_time"].endswith("Z")
    assert document["total_duration"] >= 0
    results = document["pipeline_results"]
    assert set(results) == {"scene", "person", "face", "speech_recognition", "toy", "speaker_diarization", "voice_emotion"}
    assert results["scene"]["results"] == SCENES
    assert (results["scene"]["status"], results["scene"]["processing_time"]) == ("completed", 1.5)
    assert "results" not in results["toy"], "nothing was looked for there"


@pytest.mark.parametrize(("key", "rate_hz", "seconds"), [("person", 25, 4), ("face", 10, 2)])
def test_people_and_faces_come_at_most_twice_a_second(bench: Bench, key: str, rate_hz: float, seconds: float) -> None:
    document = json.loads(opened(bench, finished(bench)).read("complete_results.json"))
    items = document["pipeline_results"][key]["results"]
    times = [item["timestamp"] for item in items]
    assert len(set(times)) == 2 * seconds
    assert len(items) == 2 * len(set(times)), "whoever is there at that time is there"
    assert min(times) == 0
    assert items[0]["bbox"] == [1, 2, 3, 4.5]


def test_failures_stand_among_the_errors(bench: Bench) -> None:
    failed = RunReport("person_tracking", "failed", error_code="GPU_LOST", error_message="It went away.")
    skipped = RunReport("face_analysis", "skipped", reason="No picture.")
    job_id = bench.run(bench.add(), [completed("scene_detection"), failed, skipped], FILES[:1])
    document = json.loads(opened(bench, job_id).read("complete_results.json"))
    assert document["errors"] == [{"pipeline": "person_tracking", "code": "GPU_LOST", "message": "It went away."}]
    assert document["pipeline_results"]["person"]["status"] == "failed"
    assert document["pipeline_results"]["face"] == {
        "status": "skipped",
        "processing_time": 0.0,
        "reason": "No picture.",
        "results": [],
    }


def test_the_proxy_takes_the_place_of_the_source(bench: Bench) -> None:
    proxy = Written("video.mp4", b"proxy", None, "proxy", "video/mp4")
    archive = opened(bench, finished(bench, [*FILES, proxy]))
    assert archive.read("recording.mp4") == b"proxy"
    assert [name for name in archive.namelist() if kind_seen_by_the_client(name, b"{}") == "video"] == ["recording.mp4"]


def test_a_recording_that_is_gone_keeps_nobody_from_the_results(bench: Bench) -> None:
    job_id = finished(bench)
    bench.storage.source_path(job_id, "x.mp4").unlink()
    archive = opened(bench, job_id)
    assert "recording.mp4" not in archive.namelist()
    document = json.loads(archive.read("complete_results.json"))
    assert document["errors"] == [{"pipeline": None, "code": "NOT_FOUND", "message": "The recording is not on the server's disk."}]
    assert document["video_path"]


def test_what_an_earlier_attempt_left_goes_to_the_full_results(bench: Bench) -> None:
    job_id = bench.run(bench.add(), [completed("toy")], FILES, again=Failure("X", "Again."))
    bench.run(job_id, [completed("speech_recognition")], [FILES[7], FILES[-1], FILES[-2]])
    names = opened(bench, job_id).namelist()
    assert {"provenance.json", "full/provenance.attempt-1.json.gz", "speech.vtt", "full/speech.attempt-1.vtt.gz"} <= set(names)
    assert {"tables/data_dictionary.csv", "tables/data_dictionary.attempt-1.csv", "tables/words.csv"} <= set(names)
    assert len(names) == len(set(names))


def test_two_tables_of_one_name_both_come(bench: Bench) -> None:
    other = Written("audio_processing.words.csv", b"other\r\n", "audio_processing", "csv_table", "text/csv")
    dictionary = DICTIONARY + b"words,audio_processing.words.csv,word,text,,A word.\r\n"
    files = [FILES[9], other, Written("data_dictionary.csv", dictionary, None, "csv_table", "text/csv")]
    archive = opened(bench, finished(bench, files))
    assert {archive.read("tables/words.csv"), archive.read("tables/words-2.csv")} == {b"word\r\n", b"other\r\n"}


def test_the_archive_of_a_job_without_any_file(bench: Bench) -> None:
    job_id = bench.run(bench.add(), failure=Failure("STORAGE_FULL", "The disk is full."))
    archive = opened(bench, job_id)
    assert archive.namelist() == ["recording.mp4", "complete_results.json"]
    assert json.loads(archive.read("complete_results.json"))["errors"][0]["code"] == "STORAGE_FULL"


def test_there_is_no_archive_before_there_are_results(bench: Bench) -> None:
    with pytest.raises(JobNotReadyException):
        zip_of(bench.database, bench.storage, bench.add())


def test_a_missing_file_is_named_before_anything_is_sent(bench: Bench) -> None:
    job_id = finished(bench)
    (bench.storage.results_folder(job_id, 1) / "person_tracking.parquet").unlink()
    with pytest.raises(NotFoundException, match=r"'person_tracking\.parquet' is recorded, and missing"):
        zip_of(bench.database, bench.storage, job_id)


@pytest.mark.parametrize("name", ["person_tracking.parquet", "scene_detection.json"])
def test_a_file_of_another_size_is_named_before_anything_is_sent(bench: Bench, name: str) -> None:
    job_id = finished(bench)
    (bench.storage.results_folder(job_id, 1) / name).write_bytes(b"[1, 2")
    with pytest.raises(StorageFailedException, match=re.escape(name)):
        zip_of(bench.database, bench.storage, job_id)


@pytest.mark.parametrize("content", [b"longer than before", b""])
def test_a_file_that_changes_while_it_is_sent_breaks_the_transfer(bench: Bench, content: bytes) -> None:
    job_id = finished(bench)
    stream = zip_of(bench.database, bench.storage, job_id)
    (bench.storage.results_folder(job_id, 1) / "person_tracking.parquet").write_bytes(content)
    with pytest.raises(StorageFailedException, match=r"person_tracking\.parquet"):
        list(stream.chunks())


def test_a_result_that_is_no_json_is_named(bench: Bench) -> None:
    damaged = Written("scene_detection.json", b'[{"start_time": 1}, {"start', "scene_detection", "scenes", main=True)
    job_id = finished(bench, [damaged])
    with pytest.raises(StorageFailedException, match=r"'scene_detection\.json' is damaged"):
        zip_of(bench.database, bench.storage, job_id)


def test_a_transfer_that_breaks_off_leaves_nothing_open(bench: Bench) -> None:
    chunks = zip_of(bench.database, bench.storage, finished(bench)).chunks()
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    with zip_of(bench.database, bench.storage, finished(bench)) as unread:
        assert unread.size_bytes > 0


def test_results_of_an_earlier_release_are_in_the_archive(bench: Bench, tmp_path: Path) -> None:
    old = tmp_path / "results.json"
    old.write_bytes(b'{"annotations": [{"timestamp": 0}]}')
    job_id = bench.run(bench.add(), [completed("person_tracking")])
    with bench.database.writing() as session:
        session.add(
            Artifact(
                job_id=job_id,
                name="results.json",
                path=str(old),
                pipeline_name="person_tracking",
                format="json",
                media_type="application/json",
                main=True,
                size_bytes=old.stat().st_size,
                sha256=None,
                created_at=session.get_one(Job, 1).created_at,
            )
        )
    archive = opened(bench, job_id)
    assert gzip.decompress(archive.read("full/results.json.gz")) == old.read_bytes()
    results = json.loads(archive.read("complete_results.json"))["pipeline_results"]["person"]["results"]
    assert results == [{"timestamp": 0}]


def test_a_large_archive_is_made_in_little_memory(bench: Bench) -> None:
    people = Written("person_tracking.coco.json", coco(25, 300, "track_id"), "person_tracking", "coco", main=True)
    job_id = bench.add(pipelines=["person_tracking"])
    with bench.storage.source_path(job_id, "x.mp4").open("wb") as file:
        file.truncate(300 * MB)
    bench.run(job_id, [completed("person_tracking")], [people])
    tracemalloc.start()
    try:
        stream = zip_of(bench.database, bench.storage, job_id)
        assert sum(map(len, stream.chunks())) == stream.size_bytes
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_more_than_four_gigabytes(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.add(pipelines=["person_tracking"])
    with bench.storage.source_path(job_id, "x.mp4").open("wb") as file:
        file.truncate(5 * 1024**3)
    bench.run(job_id, [completed("person_tracking")], FILES[3:4])
    stream = zip_of(bench.database, bench.storage, job_id)
    target, written = tmp_path / "big.zip", 0
    with target.open("wb") as out:
        for chunk in stream.chunks():  # runs of zeros are left out, so that the file takes no room
            written += len(chunk)
            out.seek(len(chunk), os.SEEK_CUR) if not any(chunk) else out.write(chunk)
        out.truncate(written)
    assert written == stream.size_bytes > 5 * 1024**3
    with zipfile.ZipFile(target) as archive:
        assert archive.getinfo("recording.mp4").file_size == 5 * 1024**3
        assert gzip.decompress(archive.read("full/people_tracking.coco.json.gz")) == FILES[3].content
        assert archive.testzip() is None


@pytest.mark.parametrize("size", [0, 1, STORED_BYTES - 1, STORED_BYTES, STORED_BYTES + 1, 8 * STORED_BYTES, 1_500_000])
def test_gzip_of_a_known_size(size: int) -> None:
    content = os.urandom(size)
    blocks = (content[start : start + 8 * STORED_BYTES] for start in range(0, size, 8 * STORED_BYTES))
    packed = b"".join(gzip_stored(blocks, size))
    assert len(packed) == gzip_size(size)
    assert gzip.decompress(packed) == content

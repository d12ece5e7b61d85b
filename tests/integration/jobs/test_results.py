"""What clients are told about results, and which file they get."""

import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from tests.finished_jobs import BEGAN, WORKER, Bench, Written, changed_files, completed

from videoannotator.database.models import Artifact
from videoannotator.database.queue import Failure, RunReport
from videoannotator.database.session import Database
from videoannotator.errors import JobNotFoundException, JobNotReadyException, NotFoundException
from videoannotator.jobs.results import log_of, main_file, results_document, video_of
from videoannotator.storage.config import Storage

SCENES = Written("scene_detection.json", b'[{"start_time": 0}]', "scene_detection", "scenes", main=True)
PICTURE = Written("scene_detection/1 a.jpg", b"jpeg", "scene_detection", "scenes", "image/jpeg")
TABLE = Written("scene_detection.csv", b"a,b\r\n", "scene_detection", "csv_table", "text/csv")
SPEECH = Written("speech_recognition.vtt", b"WEBVTT\n", "speech_recognition", "webvtt", "text/vtt", main=True)
RECORD = Written("provenance.json", b"{}", None, "provenance")
SKIPPED = RunReport("speech_recognition", "skipped", reason="The recording has no audio track.")
BROKEN = RunReport(
    "speech_recognition",
    "failed",
    error_code="GPU_OUT_OF_MEMORY",
    error_message="Too little memory.",
    error_hint="Wait.",
    transient=True,
)
RUN_KEYS = {
    *("pipeline_name", "status", "start_time", "end_time", "processing_time", "annotation_count", "output_file", "download_url"),
    *("error_message", "error", "artifacts", "reason", "included_in", "warnings", "options"),
}


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return Bench(database, Storage(tmp_path / "storage"))


def test_the_document_has_every_key_of_the_contract(bench: Bench) -> None:
    job_id = bench.add(pipelines=["scene_detection", "speech_recognition"])
    bench.run(job_id, [completed("scene_detection", 3, warnings=["Look."]), SKIPPED], [SCENES, PICTURE, TABLE, RECORD])
    document = results_document(bench.database, job_id, "/lab")
    assert set(document) == {
        *(
            "job_id",
            "status",
            "pipeline_results",
            "artifacts",
            "created_at",
            "completed_at",
            "result_path",
            "error_message",
            "error",
        )
    }
    base = f"/lab/api/v1/jobs/{job_id}/results/files/"
    assert (document["job_id"], document["status"], document["error_message"]) == (job_id, "completed", None)
    assert document["result_path"] == f"jobs/{job_id}/results/attempt-1"
    assert isinstance(document["completed_at"], datetime)
    assert [file["name"] for file in document["artifacts"]] == ["provenance.json"]
    assert list(document["pipeline_results"]) == ["scene_detection", "speech_recognition"]
    scenes, speech = document["pipeline_results"].values()
    assert set(scenes) == set(speech) == RUN_KEYS
    assert {name: scenes[name] for name in RUN_KEYS - {"artifacts"}} == {
        "pipeline_name": "scene_detection",
        "status": "completed",
        "start_time": BEGAN,
        "end_time": BEGAN.replace(second=7),
        "processing_time": 1.5,
        "annotation_count": 3,
        "output_file": "scene_detection.json",
        "download_url": f"{base}scene_detection",
        "error_message": None,
        "error": None,
        "reason": None,
        "included_in": None,
        "warnings": ["Look."],
        "options": {"mode": "fast"},
    }
    picture = next(file for file in scenes["artifacts"] if file["name"] == PICTURE.name)
    assert picture == {
        "name": PICTURE.name,
        "format": "scenes",
        "media_type": "image/jpeg",
        "description": "",
        "main": False,
        "size_bytes": 4,
        "sha256": hashlib.sha256(b"jpeg").hexdigest(),
        "download_url": f"{base}scene_detection/1%20a.jpg",
    }
    assert (speech["status"], speech["reason"]) == ("skipped", "The recording has no audio track.")
    assert (speech["output_file"], speech["download_url"], speech["artifacts"]) == (None, None, [])


def test_a_failed_pipeline_says_why(bench: Bench) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection"), BROKEN], [SCENES])
    run = results_document(bench.database, job_id)["pipeline_results"]["speech_recognition"]
    assert (run["status"], run["error_message"]) == ("failed", "Too little memory.")
    assert run["error"] == {"code": "GPU_OUT_OF_MEMORY", "message": "Too little memory.", "hint": "Wait."}
    with pytest.raises(NotFoundException, match="Too little memory"):
        main_file(bench.database, bench.storage, job_id, "speech_recognition")


def test_a_failed_job_has_a_document_and_no_files(bench: Bench) -> None:
    job_id = bench.run(bench.add(), failure=Failure("STORAGE_FULL", "The disk is full.", "Free some space."))
    document = results_document(bench.database, job_id)
    assert (document["status"], document["pipeline_results"]) == ("failed", {})
    assert document["error"] == {"code": "STORAGE_FULL", "message": "The disk is full.", "hint": "Free some space."}


def test_there_is_nothing_before_the_first_attempt_has_ended(bench: Bench) -> None:
    waiting, running = bench.add(), bench.add()
    bench.queue.claim(WORKER, job_id=running)
    for job_id, status in ((waiting, "pending"), (running, "running")):
        with pytest.raises(JobNotReadyException, match=status):
            results_document(bench.database, job_id)
        with pytest.raises(JobNotReadyException):
            main_file(bench.database, bench.storage, job_id, "scene_detection")
    with pytest.raises(JobNotFoundException):
        results_document(bench.database, "0b7e2c9a-5d41-4c57-9d34-1f6a6f2f8f10")


def test_a_job_that_is_tried_again_shows_what_it_has_and_then_all(bench: Bench) -> None:
    job_id = bench.add(pipelines=["scene_detection", "speech_recognition"])
    bench.run(job_id, [completed("scene_detection"), BROKEN], [SCENES, RECORD], again=Failure("GPU_OUT_OF_MEMORY", "Too little."))
    claim = bench.queue.claim(WORKER, job_id=job_id)
    assert claim is not None
    document = results_document(bench.database, job_id)
    assert document["status"] == "running"
    assert document["pipeline_results"]["scene_detection"]["status"] == "completed"
    assert main_file(bench.database, bench.storage, job_id, "scene_detection").path.read_bytes() == SCENES.content
    bench.queue.requeue(claim)
    bench.run(job_id, [completed("speech_recognition", 2)], [SPEECH, RECORD])
    document = results_document(bench.database, job_id)
    assert [run["status"] for run in document["pipeline_results"].values()] == ["completed", "completed"]
    assert [file["name"] for file in document["artifacts"]] == ["provenance.attempt-1.json", "provenance.json"]
    assert main_file(bench.database, bench.storage, job_id, "speech_recognition").path.read_bytes() == SPEECH.content
    assert changed_files(bench.database, bench.storage, job_id) == set()


def test_a_pipeline_that_has_not_come_so_far_is_not_ready(bench: Bench) -> None:
    job_id = bench.add(pipelines=["scene_detection", "speech_recognition"])
    bench.run(job_id, [completed("scene_detection")], [SCENES], again=Failure("X", "Again."))
    with pytest.raises(JobNotReadyException):
        main_file(bench.database, bench.storage, job_id, "speech_recognition")


def test_the_newest_attempt_s_file_is_given(bench: Bench) -> None:
    old = Written(SCENES.name, b"old", "scene_detection", "scenes", main=True)
    job_id = bench.run(bench.add(), [completed("scene_detection")], [old], again=Failure("X", "Again."))
    bench.run(job_id, [completed("scene_detection")], [SCENES])
    file = main_file(bench.database, bench.storage, job_id, "scene_detection")
    assert file.path.read_bytes() == SCENES.content
    assert file.name == "scene_detection.json"


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("scene_detection", None, SCENES),
        ("scene_detection", "csv_table", TABLE),
        ("scene_detection", "scenes", SCENES),
        ("scene_detection", "csv", TABLE),
        ("scene_detection", "JPG", PICTURE),
        ("provenance.json", None, RECORD),
        ("scene_detection/1 a.jpg", None, PICTURE),
    ],
)
def test_files_by_pipeline_format_and_name(bench: Bench, name: str, format: str | None, expected: Written) -> None:  # noqa: A002
    job_id = bench.run(bench.add(), [completed("scene_detection")], [PICTURE, TABLE, SCENES, RECORD])
    file = main_file(bench.database, bench.storage, job_id, name, format)
    assert file.path.read_bytes() == expected.content
    assert (file.media_type, file.size_bytes) == (expected.media_type, len(expected.content))
    assert file.sha256 == hashlib.sha256(expected.content).hexdigest()
    assert file.name == expected.name.rpartition("/")[2]


@pytest.mark.parametrize(
    ("name", "format", "said"),
    [
        ("scene_detection", "parquet", "csv_table, scenes"),
        ("speech_recognition", None, "no audio track"),
        ("unknown", None, "scene_detection, speech_recognition"),
        ("../../source.mp4", None, "scene_detection"),
        ("jobs", None, "scene_detection"),
    ],
)
def test_a_file_that_is_not_there_is_named_with_the_reason(bench: Bench, name: str, format: str | None, said: str) -> None:  # noqa: A002
    job_id = bench.run(bench.add(), [completed("scene_detection"), SKIPPED], [SCENES, TABLE])
    with pytest.raises(NotFoundException) as caught:
        main_file(bench.database, bench.storage, job_id, name, format)
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert str(bench.storage.root) not in caught.value.message


def test_a_pipeline_whose_work_another_did_names_it(bench: Bench) -> None:
    included = completed("speech_recognition", included_in="audio_processing")
    job_id = bench.run(bench.add(), [completed("audio_processing"), included])
    with pytest.raises(NotFoundException) as caught:
        main_file(bench.database, bench.storage, job_id, "speech_recognition")
    assert "audio_processing" in str(caught.value.hint)
    assert results_document(bench.database, job_id)["pipeline_results"]["speech_recognition"]["included_in"] == "audio_processing"


def test_a_file_that_is_gone_from_the_disk_is_named_without_its_path(bench: Bench) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], [SCENES, TABLE])
    (bench.storage.results_folder(job_id, 1) / SCENES.name).unlink()
    with pytest.raises(NotFoundException, match=r"'scene_detection\.json' is recorded, and missing") as caught:
        main_file(bench.database, bench.storage, job_id, "scene_detection")
    assert str(bench.storage.root) not in f"{caught.value.message} {caught.value.hint} {caught.value.detail}"
    assert results_document(bench.database, job_id)["status"] == "completed"


def test_results_of_an_earlier_release_are_given_where_they_lie(bench: Bench, tmp_path: Path) -> None:
    old = tmp_path / "old results" / "scenes.json"
    old.parent.mkdir()
    old.write_bytes(b"[1]")
    original = tmp_path / "old.mov"
    original.write_bytes(b"movie")
    job_id = bench.run(bench.add(original_path=str(original), video_filename="old.mov"), [completed("scene_detection")])
    facts = {"name": "scenes.json", "path": str(old), "pipeline_name": "scene_detection", "format": "json"}
    with bench.database.writing() as session:
        session.add(
            Artifact(job_id=job_id, media_type="application/json", main=True, size_bytes=3, sha256=None, created_at=BEGAN, **facts)
        )
    file = main_file(bench.database, bench.storage, job_id, "scene_detection")
    assert (file.path, file.sha256) == (old, None)
    assert changed_files(bench.database, bench.storage, job_id) == set()
    video = video_of(bench.database, bench.storage, job_id)
    assert (video.path, video.name, video.media_type) == (original, "old.mov", "video/quicktime")


def test_a_row_that_leads_out_of_the_storage_gives_nothing(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    job_id = bench.run(bench.add(), [completed("scene_detection")], [SCENES])
    with bench.database.writing() as session:
        session.query(Artifact).update({"path": "../secret"})
    with pytest.raises(NotFoundException, match="leads out"):
        main_file(bench.database, bench.storage, job_id, "scene_detection")


def test_the_video_is_the_source_until_there_is_a_proxy(bench: Bench) -> None:
    job_id = bench.add(recording=b"source")
    video = video_of(bench.database, bench.storage, job_id)
    assert (video.path.read_bytes(), video.name, video.media_type, video.size_bytes) == (
        b"source",
        "My holiday.mp4",
        "video/mp4",
        6,
    )
    proxy = Written("video.mp4", b"proxy", None, "proxy", "video/mp4")
    bench.run(job_id, [completed("scene_detection")], [SCENES, proxy])
    video = video_of(bench.database, bench.storage, job_id)
    assert (video.path.read_bytes(), video.name, video.media_type) == (b"proxy", "video.mp4", "video/mp4")


def test_a_recording_that_is_gone_is_told_without_its_path(bench: Bench) -> None:
    job_id = bench.add()
    bench.storage.source_path(job_id, "x.mp4").unlink()
    with pytest.raises(NotFoundException, match="is not on the server's disk") as caught:
        video_of(bench.database, bench.storage, job_id)
    assert str(bench.storage.root) not in caught.value.message


def test_a_recording_of_a_strange_kind_is_never_offered_as_a_page(bench: Bench, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<script>")
    job_id = bench.add(original_path=str(page))
    assert video_of(bench.database, bench.storage, job_id).media_type == "application/octet-stream"


def test_the_log(bench: Bench) -> None:
    job_id = bench.add()
    with pytest.raises(NotFoundException, match="has written no log"):
        log_of(bench.database, bench.storage, job_id)
    bench.storage.log_file(job_id).write_text("Began.\n")
    file = log_of(bench.database, bench.storage, job_id)
    assert (file.path.read_text(), file.size_bytes, file.media_type) == ("Began.\n", 7, "text/plain; charset=utf-8")
    with pytest.raises(JobNotFoundException):
        log_of(bench.database, bench.storage, "0b7e2c9a-5d41-4c57-9d34-1f6a6f2f8f10")

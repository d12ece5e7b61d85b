"""What becomes of a job that is run: results, retries, failures."""

import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from tests.integration.worker.conftest import Lab, until

from videoannotator.database import crud, events
from videoannotator.database.attempts import SAVED
from videoannotator.database.events import EventType
from videoannotator.database.states import JobStatus
from videoannotator.media.probe import probe
from videoannotator.media.proxy import browser_can_play
from videoannotator.media.synthetic import Picture, Shot, shots_clip
from videoannotator.worker import processes


def everything_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_job_leaves_checked_files_its_options_and_nothing_else(lab: Lab) -> None:
    job_id = lab.submit(seconds=0.05)
    job = lab.process(job_id)
    run, files = lab.runs(job_id)["trial"], lab.artifacts(job_id)
    assert (job.status, job.error_code, job.retry_count, job.success_rate) == (JobStatus.COMPLETED, None, 0, 1.0)
    assert (run.status, run.annotation_count, run.options["seconds"]) == ("completed", 1, 0.05)
    assert job.video_duration_seconds == pytest.approx(0.48)
    for artifact in files.values():
        content = lab.storage.resolve(artifact.path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (artifact.size_bytes, artifact.sha256)
    assert {"trial.json", "trial.csv", "provenance.json"} <= set(files)
    assert files["trial.json"].main
    assert files["trial.csv"].media_type == "text/csv"
    provenance = json.loads(lab.storage.resolve(files["provenance.json"].path).read_text())
    assert provenance["options"]["trial"] == job.options["trial"] | run.options
    assert job.result_path is not None
    assert everything_below(lab.storage.resolve(job.result_path)) == set(files)
    assert everything_below(lab.storage.job_folder(job_id)) == {
        "source.mp4",
        "job.log",
        *(f"results/attempt-1/{name}" for name in files),
    }
    assert list((lab.storage.root / "temp").iterdir()) == []
    assert processes.marked_with(job_id) == set()


def test_a_passing_failure_is_tried_again_later_and_later(lab: Lab) -> None:
    job_id = lab.submit(failures=2)
    rules = {"retry_delay_base": 1.1, "retry_jitter": 0.0}
    assert lab.process(job_id, **rules).status is JobStatus.RETRYING
    until(lambda: lab.process_if_due(job_id, **rules), "the first retry")
    until(lambda: lab.process_if_due(job_id, **rules), "the second retry")
    job = lab.job(job_id)
    assert (job.status, job.retry_count, job.error_code) == (JobStatus.COMPLETED, 2, None)
    with lab.database.reading() as session:
        changes = [event.data for event in events.after(session, 0) if event.type != EventType.LOG]
    waits = [data for data in changes if data["status"] == "pending" and data["retry_count"]]
    assert [data["error"]["code"] for data in waits] == ["GPU_OUT_OF_MEMORY"] * 2
    starts = [at for word, _, at in lab.diary(job_id) if word == "begin"]
    assert starts[1] - starts[0] > 1.1
    assert starts[2] - starts[1] > 1.1**2


def test_the_wait_before_a_retry_is_base_to_the_power_of_its_number(lab: Lab) -> None:
    job_id = lab.submit(failures=1)
    job = lab.process(job_id, retry_delay_base=200.0, retry_max_delay_s=1000.0, retry_jitter=0.5)
    with lab.database.reading() as session:
        failed_at: datetime = events.after(session, 0)[-1].created_at
    assert job.next_attempt_at is not None
    assert 199 < (job.next_attempt_at - failed_at).total_seconds() < 301


def test_a_lasting_failure_is_not_tried_again(lab: Lab) -> None:
    job_id = lab.submit(broken=True)
    job = lab.process(job_id)
    assert (job.status, job.retry_count, job.error_code) == (JobStatus.FAILED, 0, "INFERENCE_FAILED")
    assert (job.error_message, job.error_hint) == ("This network does not like this recording.", "Take another one.")
    assert lab.artifacts(job_id) == {}
    assert len(lab.diary(job_id)) == 1


def test_retries_end(lab: Lab) -> None:
    job_id = lab.submit(failures=9)
    assert lab.process(job_id, max_retries=1, retry_delay_base=0.0).status is JobStatus.RETRYING
    job = lab.process(job_id, max_retries=1, retry_delay_base=0.0)
    assert (job.status, job.retry_count, job.error_code) == (JobStatus.FAILED, 1, "GPU_OUT_OF_MEMORY")


def test_only_the_pipelines_that_failed_for_the_moment_run_again(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"failures": 1})
    halfway = lab.process(job_id, retry_delay_base=0.0)
    assert halfway.status is JobStatus.RETRYING
    assert lab.storage.resolve(lab.artifacts(job_id)["trial.json"].path).is_file()
    job = lab.process(job_id)
    assert (job.status, job.success_rate, job.error_code) == (JobStatus.COMPLETED, 1.0, None)
    assert [word for word, _, _ in lab.diary(job_id)] == ["begin", "end"]
    files = lab.artifacts(job_id)
    assert (files["trial.json"].token, files["other_trial.json"].token) == (1, 2)
    assert {"provenance.json", "provenance.attempt-1.json"} <= set(files)
    assert {file.name: file.token for file in files.values() if file.format == SAVED} == {
        "annotations.zip": 2,
        "annotations.attempt-1.zip": 1,
    }
    assert all(lab.storage.resolve(artifact.path).is_file() for artifact in files.values())


def test_what_succeeded_is_kept_when_the_rest_fails_for_good(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"broken": True})
    job = lab.process(job_id)
    assert (job.status, job.success_rate, job.error_code) == (JobStatus.COMPLETED, 0.5, None)
    assert str(job.error_message).startswith("1 of 2 pipelines failed. other_trial: ")
    assert lab.runs(job_id)["other_trial"].error_code == "INFERENCE_FAILED"
    assert "trial.json" in lab.artifacts(job_id)


def test_what_succeeded_is_kept_when_retries_are_used_up(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"failures": 9})
    lab.process(job_id, max_retries=1, retry_delay_base=0.0)
    job = lab.process(job_id, max_retries=1)
    assert (job.status, job.success_rate, job.retry_count) == (JobStatus.COMPLETED, 0.5, 1)
    assert "trial.json" in lab.artifacts(job_id)


def test_a_runner_that_dies_is_tried_again(lab: Lab) -> None:
    job_id = lab.submit(deaths=1)
    died = lab.process(job_id, retry_delay_base=0.0)
    assert (died.status, died.error_code, died.retry_count) == (JobStatus.RETRYING, "RUNNER_DIED", 1)
    assert "SIGKILL" in str(died.error_message)
    assert lab.process(job_id).status is JobStatus.COMPLETED


def test_a_runner_that_hangs_is_ended_with_all_that_it_started(lab: Lab) -> None:
    job_id = lab.submit(deaf=True)
    job = lab.process(job_id, stall_timeout_s=3.0)
    assert (job.status, job.error_code) == (JobStatus.RETRYING, "JOB_STALLED")
    assert processes.marked_with(job_id) == set()


@pytest.mark.slow
def test_a_pipeline_that_works_long_and_shows_it_does_not_hang(lab: Lab) -> None:
    assert lab.process(lab.submit(seconds=4.5), stall_timeout_s=3.0).status is JobStatus.COMPLETED


def test_a_job_that_takes_too_long_fails(lab: Lab) -> None:
    job_id = lab.submit(seconds=60.0)
    job = lab.process(job_id, job_timeout_s=2.0)
    assert (job.status, job.error_code, job.retry_count) == (JobStatus.FAILED, "JOB_TIMEOUT", 0)


def test_a_file_that_is_no_recording_fails_without_telling_where_it_lies(lab: Lab) -> None:
    job_id = lab.submit()
    source = lab.storage.source_path(job_id, "a.mp4")
    source.unlink()
    source.write_text("<html>not a video</html>")
    job = lab.process(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "UNSUPPORTED_MEDIA")
    assert str(lab.storage.root) not in str(job.error_message)
    assert lab.runs(job_id)["trial"].error_code == "UNSUPPORTED_MEDIA"


def test_a_pipeline_that_is_gone_fails_the_job(lab: Lab) -> None:
    job = lab.process(lab.submit(pipelines=("trial", "other_trial")))
    assert job.status is JobStatus.COMPLETED
    job_id = lab.submit()
    lab.rename_pipeline(job_id, "of_an_earlier_release")
    job = lab.process(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "PIPELINE_NOT_FOUND")


def test_a_full_disk_fails_the_job_and_is_free_again(small_lab: Lab) -> None:
    lab = small_lab
    job_id = lab.submit(full=True)
    job = lab.process(job_id)
    assert (job.status, job.error_code, job.retry_count) == (JobStatus.FAILED, "STORAGE_FULL", 0)
    assert str(lab.storage.root) not in str(job.error_message)
    assert shutil.disk_usage(lab.storage.root).free > 3_000_000
    assert lab.process(lab.submit()).status is JobStatus.COMPLETED


def test_a_recording_that_no_browser_plays_gets_one_copy_that_each_does(lab: Lab) -> None:
    job_id = lab.submit(pipelines=("trial", "other_trial"), other={"failures": 1})
    shots_clip(lab.storage.source_path(job_id, "a.mp4"), [Shot(12)], size=(64, 48), picture=Picture(codec="mpeg4", options={}))
    lab.process(job_id, retry_delay_base=0.0)
    job = lab.process(job_id)
    copies = [artifact for artifact in lab.artifacts(job_id).values() if artifact.format == "proxy"]
    assert (job.status, [copy.token for copy in copies]) == (JobStatus.COMPLETED, [1])
    assert job.video_browser_playable
    assert browser_can_play(probe(lab.storage.resolve(copies[0].path), timing=False))


def test_a_job_without_pipelines_fails(lab: Lab) -> None:
    job = lab.process(lab.submit(pipelines=()))
    assert (job.status, job.error_code) == (JobStatus.FAILED, "INVALID_REQUEST")


def test_a_job_whose_folder_leads_out_of_the_storage_fails(lab: Lab, tmp_path: Path) -> None:
    job_id = lab.submit()
    folder = lab.storage.job_folder(job_id)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    job = lab.process(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "NOT_FOUND")


def test_a_job_that_this_program_cannot_handle_fails_and_does_not_come_back(lab: Lab) -> None:
    job_id = lab.submit()
    with lab.database.writing() as session:
        crud.set_fields(session, job_id, options=["not", "a", "mapping"])
    job = lab.process(job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "INTERNAL_SERVER_ERROR")


def test_progress_reaches_the_row(lab: Lab) -> None:
    job_id = lab.submit(seconds=4.0)
    with lab.processing(lab.claim(job_id)):
        until(lambda: lab.job(job_id).stage == "finishing", "the stage")
        assert 0 < lab.job(job_id).progress < 1
    assert (lab.job(job_id).progress, lab.job(job_id).stage) == (1.0, None)


def test_settings_and_secrets_do_not_reach_the_runner(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:secret@somewhere/base")
    monkeypatch.setenv("VIDEOANNOTATOR_SECRET_KEY", "secret")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    environment = lab.place().environment
    assert environment["SOMETHING_ELSE"] == "kept"
    assert "DATABASE_URL" not in environment
    assert not [name for name in environment if name.startswith("VIDEOANNOTATOR_")]

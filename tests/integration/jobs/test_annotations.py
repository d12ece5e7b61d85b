"""The annotations of a job are read back from what its attempts have saved."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.finished_jobs import Bench, Written, completed

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.saved import FILE_NAME, save
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.transcript import Utterance
from videoannotator.database.attempts import SAVED
from videoannotator.database.queue import Failure, RunReport
from videoannotator.database.session import Database
from videoannotator.errors import JobNotFoundException, JobNotReadyException, NotFoundException
from videoannotator.jobs.annotations import annotations_of
from videoannotator.jobs.archive import zip_of
from videoannotator.jobs.results import produced_by, results_document
from videoannotator.storage.config import Storage
from videoannotator.testing.examples import annotation_set, full, scenes
from videoannotator.testing.speech_examples import utterances

FAILED = RunReport("speech_recognition", "failed", error_code="GPU_LOST", error_message="It went.", transient=True)
AGAIN = Failure("GPU_LOST", "It went.")
PIPELINES = ("scene_detection", "speech_recognition")


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return Bench(database, Storage(tmp_path / "storage"))


def saved(annotations: AnnotationSet, folder: Path) -> Written:
    path = folder / f"{uuid.uuid4()}.zip"
    with annotations:
        save(annotations, path)
    return Written(FILE_NAME, path.read_bytes(), None, SAVED, "application/zip")


def test_a_job_of_two_attempts_has_the_annotations_of_both(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.add(pipelines=PIPELINES)
    first = saved(annotation_set({"scene_detection": scenes(), "speech_recognition": utterances()[:1]}), tmp_path)
    bench.run(job_id, [completed("scene_detection"), FAILED], [first], again=AGAIN)
    with pytest.raises(JobNotReadyException):
        annotations_of(bench.database, bench.storage, job_id)
    second = saved(annotation_set({"speech_recognition": utterances()}, video=False), tmp_path)
    bench.run(job_id, [completed("speech_recognition")], [second])
    with annotations_of(bench.database, bench.storage, job_id) as annotations:
        assert tuple(annotations.outcomes) == PIPELINES
        assert list(annotations.records(Scene)) == list(scenes())
        assert list(annotations.records(Utterance)) == list(utterances())
        assert annotations.frame_times is not None
    with annotations_of(bench.database, bench.storage, job_id, only={"Scene"}) as annotations:
        assert list(annotations.records(Utterance)) == []


def test_a_last_attempt_that_saved_nothing_does_not_hide_the_first(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.add(pipelines=PIPELINES)
    first = saved(annotation_set({"scene_detection": scenes(), "speech_recognition": utterances()[:1]}), tmp_path)
    bench.run(job_id, [completed("scene_detection"), FAILED], [first], again=AGAIN)
    bench.run(job_id, [FAILED])
    with annotations_of(bench.database, bench.storage, job_id) as annotations:
        outcome = annotations.outcomes["speech_recognition"]
        assert (outcome.status, outcome.error and outcome.error.code) == (PipelineStatus.FAILED, "GPU_LOST")
        assert list(annotations.records(Utterance)) == []
        assert len(list(annotations.records(Scene))) == len(scenes())


def test_saved_annotations_are_no_result(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.add()
    scene_file = Written("scene_detection.json", b"[]", "scene_detection", "scenes", main=True)
    bench.run(job_id, [completed("scene_detection")], [scene_file, saved(full(), tmp_path)])
    document = results_document(bench.database, job_id)
    assert (document["artifacts"], len(document["pipeline_results"]["scene_detection"]["artifacts"])) == ([], 1)
    assert [file.name for file in produced_by(bench.database, job_id).artifacts] == ["scene_detection.json"]
    with zip_of(bench.database, bench.storage, job_id) as archive:
        assert FILE_NAME.encode() not in b"".join(archive.chunks())


@pytest.mark.parametrize(
    ("reports", "why"),
    [([completed("scene_detection")], "release that did not keep them"), ([FAILED], "None of its pipelines")],
)
def test_a_job_without_saved_annotations_says_why(bench: Bench, reports: list[RunReport], why: str) -> None:
    job_id = bench.run(bench.add(), reports)
    with pytest.raises(NotFoundException, match=why) as error:
        annotations_of(bench.database, bench.storage, job_id)
    assert "again" in str(error.value.hint)


def test_a_saved_file_that_is_gone_says_so(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], [saved(full(), tmp_path)])
    (bench.storage.results_folder(job_id, 1) / FILE_NAME).unlink()
    with pytest.raises(NotFoundException, match="missing on the server's disk"):
        annotations_of(bench.database, bench.storage, job_id)


def test_a_job_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(JobNotFoundException):
        annotations_of(bench.database, bench.storage, str(uuid.uuid4()))


def test_what_was_opened_is_closed(bench: Bench, tmp_path: Path, open_files: Callable[[], set[str]]) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], [saved(full(), tmp_path)])
    here = str(bench.storage.root)

    def opened() -> list[str]:
        return [name for name in open_files() if name.startswith(here) and name.endswith(FILE_NAME)]

    with annotations_of(bench.database, bench.storage, job_id):
        assert opened()
    assert opened() == []


@pytest.fixture
def open_files() -> Callable[[], set[str]]:
    """The files that this process has open."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not tell which files are open")
    return lambda: {str(link.readlink()) for link in folder.iterdir() if link.is_symlink()}

"""What is deleted, and above all what is not."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete
from tests.acceptance.conftest import environment
from tests.finished_jobs import WORKER, Bench, Written, changed_files, completed

from videoannotator.annotations.store import PipelineRecords
from videoannotator.database.models import Job
from videoannotator.database.queue import Failure
from videoannotator.database.session import Database
from videoannotator.storage import cleanup
from videoannotator.storage.cleanup import clean_up, delete_job
from videoannotator.storage.config import Storage

DAY_S = 86400
FILES = [Written("scene_detection.json", b"[]", "scene_detection", "scenes", main=True)]


@pytest.fixture
def bench(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return Bench(database, Storage(tmp_path / "storage"))


@pytest.fixture
def audited(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """The lines of the audit log; other tests may have set logging up so that nothing reaches the root."""
    lines: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Collect()
    cleanup.audit.addHandler(handler)
    yield lines
    cleanup.audit.removeHandler(handler)


def grow_old(path: Path, days: float = 2) -> None:
    moment = time.time() - days * DAY_S
    for item in (path, *path.rglob("*")):
        os.utime(item, (moment, moment), follow_symlinks=False)


def everything(storage: Storage) -> set[str]:
    return {str(path.relative_to(storage.root)) for path in storage.root.rglob("*")}


def ended_jobs(bench: Bench) -> dict[str, str]:
    """One of each kind that has ended, and of each that has not."""
    jobs = {
        "completed": bench.run(bench.add(), [completed("scene_detection")], FILES),
        "failed": bench.run(bench.add(), failure=Failure("X", "It failed.")),
        "cancelled": bench.add(),
        "pending": bench.add(),
        "retrying": bench.run(bench.add(), again=Failure("X", "Again.")),
        "running": bench.add(),
    }
    bench.queue.request_cancel(jobs["cancelled"])
    assert bench.queue.claim(WORKER, job_id=jobs["running"])
    return jobs


def test_only_what_has_ended_goes_however_old_the_rest_is(bench: Bench, audited: list[str]) -> None:
    old, young = ended_jobs(bench), ended_jobs(bench)
    for job_id in old.values():
        bench.age(job_id, 400)
    report = clean_up(bench.database, bench.storage, 30)
    gone = {old[name] for name in ("completed", "failed", "cancelled")}
    assert set(report.jobs) == gone
    assert bench.ids() == {*old.values(), *young.values()} - gone
    for job_id in (*old.values(), *young.values()):
        assert bench.storage.job_folder(job_id).exists() == (job_id not in gone)
    assert len(audited) == 3
    assert all(any(job_id in line for line in audited) for job_id in gone)
    assert report.failed == report.orphans == report.leftovers == ()
    assert report.freed_bytes == 3 * len(b"video") + len(FILES[0].content)


def test_a_dry_run_says_the_same_and_deletes_nothing(bench: Bench, audited: list[str]) -> None:
    for job_id in ended_jobs(bench).values():
        bench.age(job_id, 31)
    upload = bench.storage.root / "uploads" / "half"
    upload.write_bytes(b"half")
    grow_old(upload)
    before, ids = everything(bench.storage), bench.ids()
    announced = clean_up(bench.database, bench.storage, 30, dry_run=True)
    assert everything(bench.storage) == before
    assert bench.ids() == ids
    assert audited == []
    done = clean_up(bench.database, bench.storage, 30)
    assert announced.dry_run
    assert not done.dry_run
    assert (set(announced.jobs), announced.leftovers) == (set(done.jobs), done.leftovers)
    assert announced.freed_bytes == done.freed_bytes > 0
    assert len(audited) == 4


def test_without_a_retention_every_job_is_kept(bench: Bench) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], FILES)
    bench.age(job_id, 4000)
    before = everything(bench.storage)
    assert clean_up(bench.database, bench.storage, None).jobs == ()
    assert everything(bench.storage) == before


def test_a_job_that_is_just_not_old_enough_is_kept(bench: Bench) -> None:
    young, old = (bench.run(bench.add(), [completed("scene_detection")], FILES) for _ in range(2))
    bench.age(young, 6.9)
    bench.age(old, 7.1)
    assert clean_up(bench.database, bench.storage, 7).jobs == (old,)


def test_an_original_and_files_of_an_earlier_release_outside_stay(bench: Bench, tmp_path: Path, audited: list[str]) -> None:
    original, result = tmp_path / "original.mp4", tmp_path / "results" / "scenes.json"
    original.write_bytes(b"original")
    result.parent.mkdir()
    result.write_bytes(b"[]")
    by_path = bench.run(bench.add(original_path=str(original)), [completed("scene_detection")], FILES)
    linked = bench.run(bench.add(), [completed("scene_detection")], FILES)
    (bench.storage.job_folder(linked) / "link").symlink_to(result.parent)
    (bench.storage.job_folder(linked) / "file-link").symlink_to(original)
    for job_id in (by_path, linked):
        bench.age(job_id, 40)
    report = clean_up(bench.database, bench.storage, 30)
    assert set(report.jobs) == {by_path, linked}
    assert (original.read_bytes(), result.read_bytes()) == (b"original", b"[]")
    assert not bench.storage.job_folder(by_path).exists()
    assert not bench.storage.job_folder(linked).exists()
    assert sum("its original stays" in line for line in audited) == 1


def test_a_job_whose_folder_was_turned_into_a_link_loses_its_row_and_nothing_else(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], FILES)
    bench.age(job_id, 40)
    folder = bench.storage.job_folder(job_id)
    shutil.move(folder, tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    report = clean_up(bench.database, bench.storage, 30)
    assert report.jobs == (job_id,)
    assert (tmp_path / "moved" / "source.mp4").read_bytes() == b"video"
    assert report.orphans == (f"jobs/{job_id}",)


@pytest.mark.parametrize("step", ["mark", "row", "name", "half removed"])
def test_after_a_sudden_death_in_the_middle_nothing_is_lost_or_left(bench: Bench, step: str, audited: list[str]) -> None:
    """The four steps of a deletion, done by hand up to one of them."""
    job_id = bench.run(bench.add(), [completed("scene_detection")], FILES)
    folder = bench.storage.job_folder(job_id)
    before = everything(bench.storage)
    (folder / cleanup.DELETION_MARK).touch()
    if step != "mark":
        with bench.database.writing() as session:
            session.execute(delete(Job).where(Job.id == job_id))
    if step in ("name", "half removed"):
        folder = folder.rename(folder.with_name(f"{cleanup.DELETED_FOLDERS}0123456789abcdef"))
    if step == "half removed":
        (folder / cleanup.DELETION_MARK).unlink()
        (folder / "source.mp4").unlink()
    report = clean_up(bench.database, bench.storage, 30)
    if step == "mark":
        assert everything(bench.storage) - {f"jobs/{job_id}/{cleanup.DELETION_MARK}"} == before
        assert report.leftovers == ()
    else:
        assert list((bench.storage.root / "jobs").iterdir()) == []
        assert len(report.leftovers) == len(audited) == 1


def test_folders_of_jobs_that_nobody_knows_are_told_and_kept(bench: Bench) -> None:
    """A database that was restored from a backup knows fewer jobs than there are."""
    orphan, fresh = bench.add(), bench.add()
    with bench.database.writing() as session:
        session.execute(delete(Job).where(Job.id.in_([orphan, fresh])))
    grow_old(bench.storage.job_folder(orphan))
    stranger = bench.storage.root / "jobs" / "notes"
    stranger.mkdir()
    (stranger / "important.txt").write_text("mine")
    grow_old(stranger)
    report = clean_up(bench.database, bench.storage, 0.001)
    assert set(report.orphans) == {f"jobs/{orphan}", "jobs/notes"}
    assert bench.storage.source_path(orphan, "x.mp4").read_bytes() == b"video"
    assert bench.storage.source_path(fresh, "x.mp4").read_bytes() == b"video"
    assert (stranger / "important.txt").read_text() == "mine"


def test_old_leftovers_go_and_young_ones_stay(bench: Bench) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], FILES)
    waiting, running = bench.add(), bench.add()
    claim = bench.queue.claim(WORKER, job_id=running)
    assert claim is not None
    storage = bench.storage
    old = {
        storage.attempt_folder(job_id, 9) / "half.json",
        storage.attempt_folder(waiting, 1) / "half.json",
        storage.job_folder(waiting) / ".source.mp4.0123abcd.part",
        storage.root / "jobs" / "3f0c9f0e-3a51-4f7e-8d0a-111111111111" / ".source.mp4.0123abcd.part",
        storage.root / "uploads" / "upload-1",
        storage.scratch_folder(waiting, 3) / "x",
        storage.root / ".ballast.0123",
    }
    kept = {
        storage.attempt_folder(running, claim.token) / "half.json",
        storage.scratch_folder(running, claim.token) / "x",
        storage.results_folder(job_id, 1) / "scene_detection.json",
        storage.source_path(job_id, "x.mp4"),
    }
    young = {storage.root / "uploads" / "upload-2", storage.attempt_folder(job_id, 10) / "half.json", storage.root / "temp" / "y"}
    for path in (*old, *kept, *young):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.read_bytes() if path.exists() else b"x")
    grow_old(storage.root)
    for path in young:
        os.utime(path)
    report = clean_up(bench.database, bench.storage, None)
    assert not [path for path in old if path.exists()]
    assert not [path for path in (*kept, *young) if not path.exists()]
    assert len(report.leftovers) == len(old)
    assert report.unlisted == report.orphans == report.failed == ()


def test_results_that_were_never_recorded_go_once_the_job_has_moved_on(bench: Bench) -> None:
    """A worker that died between publishing and finishing; and a database from a backup, which counts from an earlier number."""
    job_id, waiting, running = bench.add(), bench.add(), bench.add()
    bench.run(job_id, again=Failure("X", "Again."))
    bench.run(job_id, [completed("scene_detection")], FILES)
    assert bench.queue.claim(WORKER, job_id=running)
    storage = bench.storage
    lost = storage.results_folder(job_id, 1)
    kept = [storage.results_folder(job_id, 2), storage.results_folder(waiting, 1), storage.results_folder(running, 1)]
    for folder in (lost, *kept):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scene_detection.json").write_bytes(b"[]")
    assert clean_up(bench.database, storage, None).leftovers == (), "they are young"
    grow_old(storage.root / "jobs")
    report = clean_up(bench.database, storage, None)
    assert report.leftovers == (f"jobs/{job_id}/results/attempt-1",)
    assert all((folder / "scene_detection.json").exists() for folder in kept)
    assert report.unlisted == (f"jobs/{waiting}/results/attempt-1/scene_detection.json",)


def test_a_link_among_temporary_files_goes_alone(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(bytes(1000))
    link = bench.storage.root / "uploads" / "link"
    link.symlink_to(outside)
    moment = time.time() - 2 * DAY_S
    os.utime(link, (moment, moment), follow_symlinks=False)
    report = clean_up(bench.database, bench.storage, None)
    assert report.leftovers == ("uploads/link",)
    assert report.freed_bytes < 1000
    assert (outside / "precious").stat().st_size == 1000


def test_files_without_a_row_among_results_are_told_and_kept(bench: Bench, tmp_path: Path) -> None:
    job_id = bench.run(bench.add(), [completed("scene_detection")], FILES)
    results = bench.storage.results_folder(job_id, 1)
    (results / "mine.csv").write_text("by hand")
    (results.parent / "attempt-7").mkdir()
    (results.parent / "attempt-7" / "unknown.json").write_text("{}")
    (results / "link").symlink_to(tmp_path)
    grow_old(results.parent)
    report = clean_up(bench.database, bench.storage, None)
    base = f"jobs/{job_id}/results"
    assert set(report.unlisted) == {f"{base}/attempt-1/mine.csv", f"{base}/attempt-7/unknown.json"}
    assert (results / "mine.csv").exists()


def test_what_cannot_be_deleted_is_told_and_the_rest_goes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the place of the folder's parent stands for a disk that refuses; root may do everything else."""
    stuck, easy = (bench.run(bench.add(), [completed("scene_detection")], FILES) for _ in range(2))
    for job_id in (stuck, easy):
        bench.age(job_id, 40)
    folder = bench.storage.job_folder(stuck)
    subprocess.run(["chattr", "+i", folder / "source.mp4"], check=False, capture_output=True)
    try:
        with pytest.raises(PermissionError):
            (folder / "source.mp4").unlink()
    except pytest.fail.Exception:
        pytest.skip("this file system has no immutable files")
    try:
        report = clean_up(bench.database, bench.storage, 30)
        assert report.jobs == (easy,)
        assert len(report.failed) >= 1
    finally:
        for path in bench.storage.root.rglob("source.mp4"):
            subprocess.run(["chattr", "-i", path], check=True)
    again = clean_up(bench.database, bench.storage, 30)
    assert len(again.leftovers) == 1
    assert list((bench.storage.root / "jobs").iterdir()) == []


def test_deleting_a_job_on_request_takes_its_folder_and_spares_a_running_one(bench: Bench, audited: list[str]) -> None:
    jobs = ended_jobs(bench)
    assert not delete_job(bench.database, bench.storage, jobs["running"])
    assert delete_job(bench.database, bench.storage, jobs["pending"])
    assert not delete_job(bench.database, bench.storage, jobs["pending"])
    assert not bench.storage.job_folder(jobs["pending"]).exists()
    assert bench.storage.source_path(jobs["running"], "x.mp4").exists()
    assert not delete_job(bench.database, bench.storage, jobs["retrying"], only_ended=True)
    assert len(audited) == 1


def test_a_refused_deletion_leaves_no_mark(bench: Bench) -> None:
    running = ended_jobs(bench)["running"]
    before = everything(bench.storage)
    assert not delete_job(bench.database, bench.storage, running)
    assert everything(bench.storage) == before


def test_two_clean_ups_at_once_delete_each_job_once(bench: Bench, audited: list[str]) -> None:
    jobs = {bench.run(bench.add(), failure=Failure("X", "It failed.")) for _ in range(20)}
    for job_id in jobs:
        bench.age(job_id, 40)
    start, reports = threading.Barrier(3), list[cleanup.Report]()

    def run() -> None:
        start.wait()
        reports.append(clean_up(bench.database, bench.storage, 30))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job_id for report in reports for job_id in report.jobs) == sorted(jobs)
    assert [report.failed for report in reports] == [(), (), ()]
    assert sum(line.startswith("deleted job ") for line in audited) == len(jobs)
    assert list((bench.storage.root / "jobs").iterdir()) == []


CLEAN_UP = """
import sys
from pathlib import Path
from videoannotator.database.session import Database
from videoannotator.storage.cleanup import clean_up
from videoannotator.storage.config import Storage
print("ready", flush=True)
sys.stdin.readline()
clean_up(Database(sys.argv[1]), Storage(Path(sys.argv[2])), 30)
"""


@pytest.mark.parametrize("wait_s", [0.03, 0.2])
def test_a_clean_up_that_is_killed_loses_nothing_and_the_next_one_ends_it(bench: Bench, database_url: str, wait_s: float) -> None:
    old = {bench.run(bench.add(), [completed("scene_detection")], FILES) for _ in range(40)}
    kept = {bench.run(bench.add(), [completed("scene_detection")], FILES) for _ in range(5)}
    for job_id in old:
        bench.age(job_id, 40)
    words = [sys.executable, "-c", CLEAN_UP, database_url, str(bench.storage.root)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.write(b"go\n")
        process.stdin.flush()
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait_s)
        process.kill()
    assert kept <= bench.ids()
    for job_id in bench.ids():
        assert changed_files(bench.database, bench.storage, job_id) == set()
        assert bench.storage.source_path(job_id, "x.mp4").read_bytes() == b"video"
    report = clean_up(bench.database, bench.storage, 30)
    assert report.failed == report.orphans == report.unlisted == ()
    assert bench.ids() == kept
    assert {path.name for path in (bench.storage.root / "jobs").iterdir()} == kept


def test_a_retry_keeps_its_recording_when_the_job_it_came_from_goes(bench: Bench) -> None:
    first, second = bench.run(bench.add(), failure=Failure("X", "It failed.")), bench.add()
    target = bench.storage.source_path(second, "x.mp4")
    target.unlink()
    os.link(bench.storage.source_path(first, "x.mp4"), target)
    bench.age(first, 40)
    assert clean_up(bench.database, bench.storage, 30).jobs == (first,)
    assert target.read_bytes() == b"video"


RUN_WITH_RECORDS = """
import sys, time
from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.store import PipelineRecords
records = PipelineRecords()
records.add(Attachment("face.jpg", b"secret"))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_temporary_files_of_a_killed_run_go_and_those_of_a_live_one_stay(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    own = PipelineRecords()
    words = [sys.executable, "-c", RUN_WITH_RECORDS]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(TMPDIR=str(folder))) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        grow_old(folder)
        assert clean_up(bench.database, bench.storage, None).leftovers == ()
        assert len(list(folder.iterdir())) == 2
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(list(folder.glob("*/attachments/face.jpg"))) == 1
    report = clean_up(bench.database, bench.storage, None)
    assert len(report.leftovers) == 1
    assert len(list(folder.iterdir())) == 1
    own.close()
    assert list(folder.iterdir()) == []


def test_the_command_deletes_and_tells(bench: Bench, database_url: str, tmp_path: Path) -> None:
    jobs = ended_jobs(bench)
    for job_id in jobs.values():
        bench.age(job_id, 40)
    settings = {
        "VIDEOANNOTATOR_STORAGE_DIR": str(tmp_path / "storage"),
        "DATABASE_URL": database_url,
        "TMPDIR": str(tmp_path),
        "VIDEOANNOTATOR_LOG_DIR": str(tmp_path / "logs"),
    }

    def run(*words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "videoannotator", "storage", "cleanup", *words]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment(**settings, **extra), cwd=tmp_path, check=True
        )

    assert "0 jobs deleted" in run().stdout
    dry = json.loads(run("--days", "30", "--dry-run", "--json").stdout)
    assert (len(dry["jobs"]), dry["dry_run"], len(bench.ids())) == (3, True, 6)
    done = run(VIDEOANNOTATOR_STORAGE_RETENTION_DAYS="30")
    assert "3 jobs deleted" in done.stdout
    assert done.stdout.isascii()
    assert bench.ids() == {jobs[name] for name in ("pending", "retrying", "running")}
    log = (tmp_path / "logs" / "videoannotator.log").read_text()
    assert log.count("videoannotator.audit: deleted job") == 3


def test_without_a_database_the_command_touches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "videoannotator", "storage", "cleanup", "--days", "1"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(STORAGE_DIR=str(tmp_path / "wrong")), cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert "There is no database" in done.stderr
    assert list(tmp_path.iterdir()) == []

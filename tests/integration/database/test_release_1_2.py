"""Upgrading databases of release 1.2, in the three shapes that exist."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from stat import S_IMODE
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import select, text
from tests.integration.database.test_migrations import UPGRADE, upgrade_at_once
from tests.release_1_2 import BEGIN, KEY, SHAPES, TABLES, WAITS, Former, add_key, build, insert, job_id

from videoannotator.auth.keys import KeyRing
from videoannotator.database import crud
from videoannotator.database.migrations import look, migrate_to_v1_3_0, upgrade
from videoannotator.database.models import Artifact, Job, PipelineRun
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import InvalidRequestException, NotFoundException, UnauthorizedException
from videoannotator.jobs.results import source_of
from videoannotator.storage.config import Storage

ROWS = 1000


@contextmanager
def opened(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{file}")
    try:
        yield database
    finally:
        database.dispose()


def rows_of(database: Database, table: type) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(table)).all())


def jobs_in(file: Path) -> dict[str, Job]:
    with opened(file) as database:
        return {job.id: job for job in rows_of(database, Job)}


def dump(file: Path) -> str:
    with closing(sqlite3.connect(file)) as database:
        return hashlib.sha256("\n".join(database.iterdump()).encode()).hexdigest()


def one_job(folder: Path, shape: str = "b", **facts: Any) -> Former:
    """A database with a single row in it."""
    former = build(shape, folder, 0)
    with closing(sqlite3.connect(former.file)) as database:
        insert(database, "jobs", {"job_id" if shape == "a" else "id": job_id(0), "video_path": "", "status": "completed", **facts})
        database.commit()
    return former


def migrated(former: Former) -> Job:
    migrate_to_v1_3_0(former.file)
    (job,) = jobs_in(former.file).values()
    return job


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_arrives_and_every_old_row_is_kept(shape: str, tmp_path: Path) -> None:
    former = build(shape, tmp_path, ROWS)
    before = dump(former.file)
    migrate_to_v1_3_0(former.file)

    jobs = jobs_in(former.file)
    assert jobs.keys() == former.statuses.keys()
    for own, status in former.statuses.items():
        assert jobs[own].status is (JobStatus.PENDING if status.lower() in WAITS else JobStatus(status.upper()))
        assert jobs[own].original_path == os.fspath(former.sources[own])
        assert jobs[own].video_filename == "play.mp4"
        assert jobs[own].video_size_bytes == former.sources[own].stat().st_size
        assert jobs[own].storage_path == f"/tmp/{own}"  # noqa: S108  a word in a row, no path
        assert (jobs[own].legacy or {})["status"] == status
    in_order = sorted(jobs.values(), key=lambda job: job.number)
    assert [job.created_at for job in in_order] == [BEGIN + timedelta(seconds=number) for number in range(ROWS)]
    assert [job.id for job in in_order] == [job_id(number) for number in range(ROWS)]

    with opened(former.file) as database, database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM jobs_v1_2")) == ROWS
        assert crud.get_fact(session, "version") == "1.3.0"
    copy = former.file.with_name("videoannotator.db.before-1.3.0")
    assert dump(copy) == before
    assert S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".*part*"))


@pytest.mark.parametrize("shape", ["b", "c"])
def test_results_are_found_where_they_lie(shape: str, tmp_path: Path) -> None:
    former = build(shape, tmp_path, 60)
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as database:
        artifacts: list[Artifact] = rows_of(database, Artifact)
    found: dict[str, dict[str, Artifact]] = {}
    for artifact in artifacts:
        found.setdefault(artifact.job_id, {})[artifact.path] = artifact
    assert {own: {os.fspath(file.resolve()) for file in files} for own, files in former.results.items()} == {
        own: set(files) for own, files in found.items()
    }
    for files in found.values():
        main, table = (
            next(file for file in files.values() if file.name == name) for name in ("scene_detection.json", "tables/scenes.csv")
        )
        assert (main.main, main.pipeline_name, main.format, main.sha256) == (True, "scene_detection", "json", None)
        assert (table.main, table.pipeline_name, table.media_type) == (False, None, "text/csv")
        assert main.size_bytes == Path(main.path).stat().st_size


def test_pipelines_and_their_facts_arrive(tmp_path: Path) -> None:
    former = build("b", tmp_path, 24)
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as database:
        runs: list[PipelineRun] = rows_of(database, PipelineRun)
        jobs = {job.id: job for job in rows_of(database, Job)}
    assert {run.job_id for run in runs} == former.results.keys()
    assert {(run.status, run.processing_time, run.annotation_count) for run in runs} == {("completed", 1.5, 3)}
    ended = [job for job in jobs.values() if job.status is JobStatus.COMPLETED]
    assert {job.progress for job in ended} == {1.0}
    assert {job.progress for job in jobs.values() if job.status is JobStatus.FAILED} == {0.5}
    assert {tuple(job.selected_pipelines) for job in jobs.values()} == {("person_tracking", "scene_detection")}


def test_old_tables_make_room_under_other_names(tmp_path: Path) -> None:
    for shape, names in (
        ("b", {"jobs", "pipeline_results", "annotations", "batch_reports"}),
        ("c", {"users", "api_keys", "schema_version"}),
    ):
        former = build(shape, tmp_path / shape, 3)
        migrate_to_v1_3_0(former.file)
        with opened(former.file) as database:
            tables = look(database).tables
        assert {f"{name}_v1_2" for name in names} <= tables
        assert not tables & (names - {"jobs", "api_keys"})


def test_an_old_key_works_and_a_revoked_one_does_not(tmp_path: Path) -> None:
    former = build("c", tmp_path, 3)
    with closing(sqlite3.connect(former.file)) as old:
        add_key(old, "va_api_revoked", is_active=0)
        add_key(old, "va_api_expired", expires_at="2025-02-01 00:00:00")
        add_key(old, "dev-token")
        old.commit()
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as database:
        ring = KeyRing(database)
        assert ring.check(KEY).name == "lab"
        for secret in ("va_api_revoked", "va_api_expired", "dev-token"):
            with pytest.raises(UnauthorizedException):
                ring.check(secret)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_second_run_changes_nothing(shape: str, tmp_path: Path) -> None:
    former = build(shape, tmp_path, 100)
    migrate_to_v1_3_0(former.file)
    files, once = sorted(tmp_path.iterdir()), dump(former.file)
    migrate_to_v1_3_0(former.file)
    assert dump(former.file) == once
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize("shape", SHAPES)
def test_processes_that_start_at_once_migrate_it_once(shape: str, tmp_path: Path) -> None:
    former = build(shape, tmp_path, ROWS)
    upgrade_at_once(f"sqlite:///{former.file}", 3)
    assert jobs_in(former.file).keys() == former.statuses.keys()
    assert [path.name for path in tmp_path.glob("*before*")] == ["videoannotator.db.before-1.3.0"]


@pytest.mark.skipif(os.name == "nt", reason="no kill -9")
@pytest.mark.parametrize("after", ["the first sign of the copy", "the copy", "a little more"])
def test_a_kill_leaves_the_old_tables_or_the_new_ones(after: str, tmp_path: Path) -> None:
    former = build("b", tmp_path, ROWS)
    copy = former.file.with_name("videoannotator.db.before-1.3.0")
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", UPGRADE, f"sqlite:///{former.file}"], stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    process.stdin.write(b"\n")
    process.stdin.flush()
    give_up = monotonic() + 60
    sign = ".*part" if after == "the first sign of the copy" else copy.name
    while not any(tmp_path.glob(sign)) and process.poll() is None and monotonic() < give_up:
        sleep(0.001)
    if after == "a little more":
        sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with opened(former.file) as database:
        standing = look(database)
        with database.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM jobs")) == ROWS
    assert standing.is_former or standing.is_current
    migrate_to_v1_3_0(former.file)
    assert jobs_in(former.file).keys() == former.statuses.keys()
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT count(*) FROM jobs").fetchone()[0] == ROWS
    assert [path.name for path in tmp_path.glob("*before*")] == [copy.name]


def test_a_half_copy_of_a_killed_start_goes(tmp_path: Path) -> None:
    former = build("a", tmp_path, 3)
    for ending in ("part", "part-journal"):
        (tmp_path / f".videoannotator.db.before-1.3.0.abc.{ending}").write_bytes(b"half")
    migrate_to_v1_3_0(former.file)
    assert [path.name for path in tmp_path.glob("*before*")] == ["videoannotator.db.before-1.3.0"]


def test_an_earlier_copy_is_never_overwritten(tmp_path: Path) -> None:
    former = build("a", tmp_path, 3)
    copy = former.file.with_name("videoannotator.db.before-1.3.0")
    copy.write_bytes(b"precious")
    migrate_to_v1_3_0(former.file)
    assert copy.read_bytes() == b"precious"
    with closing(sqlite3.connect(copy.with_name(copy.name + ".2"))) as old:
        assert old.execute("SELECT count(*) FROM jobs").fetchone()[0] == 3


def test_the_database_in_the_working_folder_is_copied_not_touched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    former = build("c", tmp_path / "work", 20)
    before = former.file.read_bytes()
    target = tmp_path / "storage" / "videoannotator.db"
    for _ in range(2):
        with opened(target) as database:
            upgrade(database, former.file)
    jobs = jobs_in(target)
    assert jobs.keys() == former.statuses.keys()
    assert {own: job.original_path for own, job in jobs.items()} == {own: str(path) for own, path in former.sources.items()}
    assert former.file.read_bytes() == before
    said = [record.getMessage() for record in caplog.records if "copy of it" in record.getMessage()]
    assert len(said) == 1
    assert str(former.file) in said[0]


def test_a_database_that_exists_is_not_replaced_by_a_found_one(tmp_path: Path) -> None:
    former = build("c", tmp_path / "work", 3)
    with opened(tmp_path / "storage" / "videoannotator.db") as database:
        upgrade(database)
        upgrade(database, former.file)
        assert rows_of(database, Job) == []


def test_a_job_that_waited_fails_when_its_recording_is_gone(tmp_path: Path) -> None:
    job = migrated(one_job(tmp_path, "a", video_path="gone/play.mp4", status="RETRYING", created_at="2025-01-01"))
    assert job.status is JobStatus.FAILED
    assert (job.error_code, job.completed_at is not None) == ("MEDIA_UNREADABLE", True)
    assert "play.mp4" in (job.error_message or "")
    assert str(tmp_path) not in (job.error_message or "")


def test_a_job_that_waited_fails_when_its_id_is_no_uuid(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"v")
    job = migrated(one_job(tmp_path, id="../../etc", video_path="v.mp4", status="running"))
    assert (job.id, job.status, job.error_code, job.storage_path) == ("../../etc", JobStatus.FAILED, "INVALID_REQUEST", None)


def test_a_waiting_job_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"v")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "half.json").write_text("{}")
    former = one_job(
        tmp_path, video_path="v.mp4", status="Processing", progress_percentage=70, output_dir="out", completed_at="2025-01-02"
    )
    with closing(sqlite3.connect(former.file)) as database:
        insert(
            database,
            "pipeline_results",
            {"job_id": job_id(0), "pipeline_name": "p", "status": "completed", "output_file": "half.json"},
        )
        database.commit()
    job = migrated(former)
    assert (job.status, job.progress, job.completed_at) == (JobStatus.PENDING, 0.0, None)
    assert (job.legacy or {})["pipeline_results"] == [
        {"pipeline_name": "p", "status": "completed", "output_file": "half.json", "id": 1}
    ]
    with opened(former.file) as opened_database:
        assert rows_of(opened_database, PipelineRun) == []
        assert rows_of(opened_database, Artifact) == []


@pytest.mark.parametrize("config", ["{broken", "[1, 2]", "NaN", b"\xff\xfe", "", '{"a": NaN}', "[" * 100_000])
def test_a_broken_config_is_kept_as_it_is(config: Any, tmp_path: Path) -> None:
    job = migrated(one_job(tmp_path, config=config))
    assert job.config == {}
    kept = (job.legacy or {})["config"]
    assert kept == ("hex:fffe" if isinstance(config, bytes) else [1, 2] if config == "[1, 2]" else config)
    json.dumps(job.legacy, allow_nan=False)


def test_odd_rows_lose_nothing(tmp_path: Path) -> None:
    former = build("a", tmp_path, 0)
    with closing(sqlite3.connect(former.file)) as database:
        database.executescript("""
            DROP TABLE jobs;
            CREATE TABLE jobs (JOB_ID, status, created_at, mood TEXT, tags TEXT);
            INSERT INTO jobs VALUES ('twice', 'completed', '2025-01-02', 'good', NULL);
            INSERT INTO jobs VALUES ('twice', 'Exploded', 'yesterday', 'bad', '["x"]');
            INSERT INTO jobs VALUES (NULL, NULL, NULL, NULL, NULL);
            INSERT INTO jobs VALUES (17, 'JobStatus.FAILED', 1735689600000, NULL, NULL);
            INSERT INTO jobs VALUES (x'00112233445566778899aabbccddeeff', 'done', 1735689600.5, CAST(x'ff41' AS TEXT), NULL);
        """)
    migrate_to_v1_3_0(former.file)
    jobs = jobs_in(former.file)
    assert len(jobs) == 5
    by_mood = {(job.legacy or {}).get("mood"): job for job in jobs.values()}
    assert by_mood["good"].id == "twice"
    as_written = {"job_id": "twice", "status": "Exploded", "created_at": "yesterday", "mood": "bad", "tags": ["x"]}
    assert by_mood["bad"].legacy == {"release": "1.2", **as_written}
    assert "Exploded" in (by_mood["bad"].error_message or "")
    assert (jobs["17"].status, jobs["17"].created_at) == (JobStatus.FAILED, datetime(2025, 1, 1, tzinfo=timezone.utc))
    assert jobs["00112233-4455-6677-8899-aabbccddeeff"].status is JobStatus.COMPLETED
    assert "\\xffA" in by_mood
    assert Counter(job.status for job in jobs.values()) == {JobStatus.FAILED: 3, JobStatus.COMPLETED: 2}


def test_paths_that_lead_nowhere_keep_no_row_from_arriving(tmp_path: Path) -> None:
    former = build("b", tmp_path, 0)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    odd = ["x" * 5000, str(tmp_path / "loop"), "/".join(["a" * 200] * 30), "/proc/self/mem/x", "\udcff"]
    with closing(sqlite3.connect(former.file)) as database:
        for number, path in enumerate(odd):
            one, written = f"{number:08x}-0000-4000-8000-000000000000", os.fsencode(path)
            database.execute(
                "INSERT INTO jobs (id, video_path, output_dir, status) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), 'pending')",
                (one, written, written),
            )
            database.execute(
                "INSERT INTO pipeline_results (job_id, pipeline_name, output_file) VALUES (?, 'faces', CAST(? AS TEXT))",
                (one, written),
            )
        database.commit()
    migrate_to_v1_3_0(former.file)
    jobs = jobs_in(former.file)
    assert [job.status for job in jobs.values()] == [JobStatus.FAILED] * len(odd)
    storage = Storage(tmp_path / "storage")
    for job in jobs.values():
        with pytest.raises(NotFoundException):
            source_of(storage, job)


def test_rows_that_name_files_of_the_machine_give_none_away(tmp_path: Path) -> None:
    former = build("b", tmp_path / "former", 0)
    secret, foreign = tmp_path / "elsewhere" / "shadow", tmp_path / "elsewhere" / "scenes.json"
    secret.parent.mkdir()
    secret.write_text("root")
    foreign.write_text("{}")
    one = "00000001-0000-4000-8000-000000000000"
    with closing(sqlite3.connect(former.file)) as database:
        database.execute(
            "INSERT INTO jobs (id, video_path, output_dir, status) VALUES (?, ?, ?, 'completed')",
            (one, str(former.file), str(secret.parent)),
        )
        for number, path in enumerate((secret, former.file, foreign)):
            database.execute(
                "INSERT INTO pipeline_results (job_id, pipeline_name, output_file) VALUES (?, ?, ?)", (one, f"p{number}", str(path))
            )
        database.commit()
    migrate_to_v1_3_0(former.file)
    here = Database(f"sqlite:///{former.file}")
    with here.reading() as session:
        job, files = crud.get_job(session, one), crud.artifacts_of(session, one)
    here.dispose()
    assert [file.path for file in files] == [str(foreign)]
    with pytest.raises(NotFoundException):
        source_of(Storage(tmp_path / "storage"), job)


def test_links_and_foreign_files_are_no_results(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("mine")
    output = tmp_path / "output"
    (output / "nested").mkdir(parents=True)
    (output / "scenes.json").write_text("{}")
    (output / "leads_out.json").symlink_to(secret)
    (output / "folder_out").symlink_to(tmp_path, target_is_directory=True)
    (output / ".hidden").write_text("h")
    (output / "tokens.json").write_text("t")
    (output / "other.db").write_text("d")
    (output / "play.mp4").write_bytes(b"the recording itself")
    os.mkfifo(output / "pipe")
    former = one_job(tmp_path, video_path="output/play.mp4", output_dir="output")
    with closing(sqlite3.connect(former.file)) as database:
        insert(
            database,
            "pipeline_results",
            {"job_id": job_id(0), "pipeline_name": "p", "status": "ok", "output_file": "output/leads_out.json"},
        )
        database.commit()
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as opened_database:
        assert [artifact.name for artifact in rows_of(opened_database, Artifact)] == ["scenes.json"]


@pytest.mark.parametrize("output_dir", [".", "/", "..", "~"])
def test_a_folder_that_holds_more_than_results_is_not_searched(output_dir: str, tmp_path: Path) -> None:
    (tmp_path / "private.json").write_text("{}")
    former = one_job(tmp_path, output_dir=output_dir)
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as database:
        assert rows_of(database, Artifact) == []


def test_of_a_shared_folder_each_job_gets_its_own_files_only(tmp_path: Path) -> None:
    former = build("b", tmp_path, 0)
    with closing(sqlite3.connect(former.file)) as database:
        for number in range(2):
            own = tmp_path / "batch" / job_id(number)
            own.mkdir(parents=True)
            (own / "results.json").write_text(str(number))
            (tmp_path / "batch" / f"{number}.json").write_text(str(number))
            insert(database, "jobs", {"id": job_id(number), "video_path": "", "status": "completed", "output_dir": "batch"})
            run = {"job_id": job_id(number), "pipeline_name": "p", "status": "completed", "output_file": f"{number}.json"}
            insert(database, "pipeline_results", run)
        database.commit()
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as opened_database:
        found = {(artifact.job_id, artifact.name) for artifact in rows_of(opened_database, Artifact)}
    assert found == {(job_id(n), name) for n in range(2) for name in (f"{n}.json", "results.json")}


def test_two_pipelines_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    former = one_job(tmp_path)
    with closing(sqlite3.connect(former.file)) as database:
        for pipeline in ("person", "scene", "sound"):
            file = tmp_path / pipeline / "results.json"
            file.parent.mkdir()
            file.write_text(pipeline)
            run = {"job_id": job_id(0), "pipeline_name": pipeline, "status": "completed", "output_file": str(file)}
            insert(database, "pipeline_results", run)
        database.commit()
    migrate_to_v1_3_0(former.file)
    with opened(former.file) as opened_database:
        found = {artifact.name: Path(artifact.path).read_text() for artifact in rows_of(opened_database, Artifact)}
    assert len(found) == 3
    assert set(found.values()) == {"person", "scene", "sound"}


def test_what_is_no_database_of_release_1_2_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestException, match="no database"):
        migrate_to_v1_3_0(tmp_path / "nowhere.db")


def test_shapes_are_those_of_the_field() -> None:
    assert set(TABLES) == set(SHAPES)

"""From a recording to a waiting job, or to nothing at all."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.databases import postgres_database
from tests.integration.jobs.intake import files_in, intake_on, jobs_in, submit
from tests.plugins import ToyOptions

from videoannotator.database import events
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import (
    DatabaseUnavailableException,
    ForbiddenException,
    InvalidConfigException,
    MediaUnreadableException,
    RateLimitedException,
    UnsupportedMediaException,
    ValidationErrorException,
    VideoAnnotatorException,
)
from videoannotator.jobs.submit import Accepted, Intake, Submission, scoped_key

EVERY_DEFAULT = ToyOptions().model_dump(mode="json")


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """A new database with the tables in it."""
    database = Database(url)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """On SQLite, for what no database can change."""
    with (
        opened(f"sqlite:///{tmp_path / 'videoannotator.db'}") as database,
        intake_on(database, tmp_path, media_roots=[tmp_path / "media"]) as made,
    ):
        yield made


@pytest.fixture
def any_intake(database: Database, tmp_path: Path) -> Iterator[Intake]:
    with intake_on(database, tmp_path, media_roots=[tmp_path / "media"]) as made:
        yield made


@pytest.fixture
def media(tmp_path: Path, clip: bytes) -> Path:
    """An allowed folder with a recording in it."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "play.mp4").write_bytes(clip)
    return folder


def test_an_upload_becomes_a_waiting_job(any_intake: Intake, clip: bytes) -> None:
    config = {"toy": {"count": 7, "conut": 1}}
    accepted = submit(any_intake, clip, Submission(config, ["toy"], ["pilot"], "me"), "../a\u202e b.mp4")
    (job,) = jobs_in(any_intake.database)
    assert accepted.created
    assert (accepted.job.id, job.status, job.queue_position) == (job.id, JobStatus.PENDING, 1)
    assert (job.config, job.options, job.selected_pipelines) == (config, {"toy": {**EVERY_DEFAULT, "count": 7}}, ["toy"])
    assert [(warning["code"], warning["suggestion"]) for warning in job.warnings] == [("UNKNOWN_FIELD", "count")]
    assert (job.video_filename, job.tags, job.created_by) == ("a b.mp4", ["pilot"], "me")
    assert (job.video_size_bytes, job.video_sha256) == (len(clip), hashlib.sha256(clip).hexdigest())
    assert job.video_duration_seconds == pytest.approx(0.48)
    assert job.video_browser_playable is True
    assert (job.video_path, job.storage_path, job.original_path) == (f"jobs/{job.id}/source.mp4", f"jobs/{job.id}", None)
    assert any_intake.storage.resolve(job.video_path or "").read_bytes() == clip
    assert files_in(any_intake.storage) == {job.id, f"{job.id}/source.mp4"}
    with any_intake.database.reading() as session:
        assert [(event.job_id, event.data["status"]) for event in events.after(session, 0)] == [(job.id, "pending")]


def test_without_a_selection_the_default_pipelines_run(intake: Intake) -> None:
    checked = intake.check(Submission(config={"toy": {"count": 7}}))
    assert (checked.pipelines, checked.options) == (["toy"], {"toy": {**EVERY_DEFAULT, "count": 7}})


@pytest.mark.parametrize(
    "submission",
    [
        Submission({"toy": {"count": 0}}, ["toy"]),
        Submission({}, ["no_such"]),
        Submission({"no_such": {}}, ["toy"]),
        Submission({"toy": 3}, ["toy"]),
    ],
)
def test_what_cannot_be_run_is_refused_with_every_field(intake: Intake, submission: Submission) -> None:
    with pytest.raises(InvalidConfigException) as caught:
        intake.check(submission)
    assert caught.value.detail["errors"][0]["code"] in ("VALUE_OUT_OF_RANGE", "PIPELINE_NOT_FOUND", "INVALID_TYPE")


def test_whatever_is_kept_of_a_config_any_database_can_keep(any_intake: Intake, clip: bytes) -> None:
    for number in (float("nan"), float("inf"), -float("inf")):
        with pytest.raises(InvalidConfigException, match="number"):
            any_intake.check(Submission({"toy": {"unknown": number}}, ["toy"]))
    odd = {"toy": {"unknown\0": ["a\0b", 10**400, "\U0001f600", 1e-320]}}
    assert submit(any_intake, clip, Submission(odd, ["toy"])).job.config == odd
    (job,) = jobs_in(any_intake.database)
    assert job.config == odd


@pytest.mark.parametrize("tags", [["x"] * 51, ["x" * 101], [""], ["a\nb"]])
def test_strange_tags_are_refused(intake: Intake, tags: list[str]) -> None:
    with pytest.raises(ValidationErrorException, match="tags"):
        intake.check(Submission(pipelines=["toy"], tags=tags))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<!doctype html><title>no video</title>", "The recording is a text file"), (b"", "empty"), (b"\0" * 5000, "The recording")],
)
def test_what_is_no_recording_leaves_nothing(intake: Intake, content: bytes, said: str) -> None:
    with pytest.raises(MediaUnreadableException, match=said):
        submit(intake, content)
    assert (jobs_in(intake.database), files_in(intake.storage)) == ([], set())


def test_a_full_queue_takes_no_more(database: Database, tmp_path: Path, clip: bytes) -> None:
    with intake_on(database, tmp_path, max_queued_jobs=1) as intake:
        first = submit(intake, clip)
        with pytest.raises(RateLimitedException, match="are waiting already"):
            intake.require_place()
        with pytest.raises(RateLimitedException) as caught:
            submit(intake, clip)
        assert caught.value.detail["retry_after_s"] > 0
        assert [job.id for job in jobs_in(database)] == [first.job.id]
        assert files_in(intake.storage) == {first.job.id, f"{first.job.id}/source.mp4"}


def test_a_repeated_request_finds_its_job_even_when_the_queue_is_full(database: Database, tmp_path: Path, clip: bytes) -> None:
    wish = Submission(pipelines=["toy"], idempotency_key=scoped_key("me", "k"))
    with intake_on(database, tmp_path, max_queued_jobs=1) as intake:
        first = submit(intake, clip, wish)
        intake.require_place(wish.idempotency_key)
        again = submit(intake, clip, wish)
        assert (again.created, again.job.id) == (False, first.job.id)
        assert files_in(intake.storage) == {first.job.id, f"{first.job.id}/source.mp4"}


@pytest.mark.parametrize(
    "changed",
    [
        {"config": {"toy": {"count": 7}}},
        {"pipelines": ["toy_sound"]},
        {"tags": ["other"]},
        {"overlay": True},
        {"content": b"another"},
    ],
)
def test_a_key_belongs_to_one_request(intake: Intake, clip: bytes, changed: dict[str, Any]) -> None:
    key = scoped_key("me", "k")
    first = submit(intake, clip, Submission(pipelines=["toy"], idempotency_key=key))
    wishes = {name: value for name, value in changed.items() if name != "content"}
    other = Submission(**{"pipelines": ["toy"], "idempotency_key": key, **wishes})
    with pytest.raises(ValidationErrorException, match="used before"):
        submit(intake, clip + changed.get("content", b""), other)
    assert [job.id for job in jobs_in(intake.database)] == [first.job.id]
    assert files_in(intake.storage) == {first.job.id, f"{first.job.id}/source.mp4"}


def test_two_clients_may_choose_the_same_key(intake: Intake, clip: bytes) -> None:
    for client in ("me", "you"):
        assert submit(intake, clip, Submission(pipelines=["toy"], idempotency_key=scoped_key(client, "k"))).created


def test_the_same_request_twice_at_once_makes_one_job(any_intake: Intake, clip: bytes) -> None:
    wish, found = Submission(pipelines=["toy"], idempotency_key=scoped_key("me", "k")), list[Accepted]()
    together = threading.Barrier(4)

    def send() -> None:
        together.wait()
        found.append(submit(any_intake, clip, wish))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (job,) = jobs_in(any_intake.database)
    assert sorted(one.created for one in found) == [False, False, False, True]
    assert {one.job.id for one in found} == {job.id}
    assert files_in(any_intake.storage) == {job.id, f"{job.id}/source.mp4"}


@pytest.mark.parametrize("key", ["", "x" * 201, "ü", "a\nb"])
def test_strange_keys_are_refused(key: str) -> None:
    with pytest.raises(ValidationErrorException, match="idempotency key"):
        scoped_key("me", key)


def test_without_the_database_nothing_is_left(any_intake: Intake, clip: bytes) -> None:
    with any_intake.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE jobs RENAME TO jobs_elsewhere"))
    with pytest.raises(Exception, match=r"jobs|database"):
        submit(any_intake, clip)
    assert files_in(any_intake.storage) == set()


def test_when_nobody_knows_whether_the_row_was_written_the_recording_stays(tmp_path: Path, clip: bytes) -> None:
    """The connection breaks while the row is being committed."""
    with postgres_database() as url, opened(url) as database:
        with database.engine.begin() as connection:
            connection.execute(
                text(
                    "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
                )
            )
            deferred = (
                "CONSTRAINT TRIGGER die AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"
            )
            connection.execute(text(f"CREATE {deferred}"))
        with intake_on(database, tmp_path) as intake:
            with pytest.raises(DatabaseUnavailableException):
                submit(intake, clip)
            assert {Path(name).name for name in files_in(intake.storage)} > {"source.mp4"}
            assert jobs_in(database) == []


def test_a_path_below_an_allowed_folder(any_intake: Intake, media: Path, clip: bytes) -> None:
    accepted = any_intake.accept_path(str(media / "play.mp4"), any_intake.check(Submission(pipelines=["toy"])))
    (job,) = jobs_in(any_intake.database)
    assert accepted.job.id == job.id
    assert (job.original_path, job.video_path, job.video_filename) == (str(media / "play.mp4"), None, "play.mp4")
    assert job.video_size_bytes == len(clip)
    assert job.video_duration_seconds == pytest.approx(0.48)
    assert files_in(any_intake.storage) == set()


def test_paths_elsewhere_are_forbidden_whether_or_not_something_is_there(intake: Intake, media: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (tmp_path / "media2").mkdir()
    (media / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    refused = [
        *(tmp_path / "secret.mp4", tmp_path / "nothing.mp4", media / ".." / "secret.mp4", tmp_path / "media2" / "a.mp4"),
        *(media / "out.mp4", "/etc/passwd", "media/play.mp4", "play.mp4", "", f"{media}/a\0b.mp4", f"{media}/\udcff.mp4"),
    ]
    messages = set()
    for path in refused:
        with pytest.raises(ForbiddenException) as caught:
            intake.accept_path(str(path), intake.check(Submission(pipelines=["toy"])))
        messages.add(caught.value.message)
    assert len(messages) == 1
    assert str(tmp_path) not in messages.pop()
    assert jobs_in(intake.database) == []


def test_a_link_that_stays_inside_may_be_followed(intake: Intake, media: Path) -> None:
    (media / "link.mp4").symlink_to(media / "play.mp4")
    job = intake.accept_path(str(media / "link.mp4"), intake.check(Submission(pipelines=["toy"]))).job
    assert job.original_path == str(media / "play.mp4")


@pytest.mark.parametrize("name", ["nothing.mp4", "folder", "page.mp4", "pipe.mp4", "circle.mp4"])
def test_what_is_no_recording_there_is_refused_without_its_place(intake: Intake, media: Path, name: str) -> None:
    (media / "folder").mkdir()
    (media / "page.mp4").write_text("<html>")
    os.mkfifo(media / "pipe.mp4")
    (media / "circle.mp4").symlink_to(media / "circle.mp4")
    with pytest.raises(VideoAnnotatorException) as caught:
        intake.accept_path(str(media / name), intake.check(Submission(pipelines=["toy"])))
    assert isinstance(caught.value, (MediaUnreadableException, UnsupportedMediaException))
    assert "The recording" in caught.value.message
    assert str(media) not in caught.value.message + (caught.value.hint or "")
    assert jobs_in(intake.database) == []

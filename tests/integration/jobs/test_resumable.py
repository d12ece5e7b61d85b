"""Recordings in pieces: what is promised survives power failures and kills at any point, and nothing is left of what ends."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import event, update
from tests.integration.jobs.intake import files_in, intake_on, jobs_in
from tests.integration.jobs.submitter import BOOT
from tests.small_disk import MB

from videoannotator.auth.keys import ANYBODY, Principal, Scope
from videoannotator.database.clock import now
from videoannotator.database.models import Upload
from videoannotator.database.session import Database
from videoannotator.errors import (
    InvalidConfigException,
    NotFoundException,
    PayloadTooLargeException,
    RateLimitedException,
    StorageFullException,
    UnsupportedMediaException,
    UploadExpiredException,
    UploadIncompleteException,
    UploadLockedException,
    UploadOffsetException,
    ValidationErrorException,
)
from videoannotator.jobs.from_upload import accept_from_upload
from videoannotator.jobs.resumable import MAX_OPEN, MAX_OPEN_OF_KEY, ResumableUploads
from videoannotator.jobs.submit import Accepted, Intake, Submission
from videoannotator.storage.cleanup import clean_up
from videoannotator.storage.config import Storage
from videoannotator.storage.expiry import expire_uploads
from videoannotator.storage.space import require_space, space_of

ROOT = Path(__file__).parents[3]
WRITE = frozenset({Scope.READ, Scope.WRITE})
ANNA, BERT = Principal("anna", "Anna", WRITE), Principal("bert", "Bert", WRITE)
ADMIN = Principal("admin", "Admin", frozenset(Scope))
DAY_S = 86400


@pytest.fixture
def intake(database: Database, tmp_path: Path) -> Iterator[Intake]:
    with intake_on(database, tmp_path) as made:
        yield made


@pytest.fixture
def uploads(intake: Intake) -> ResumableUploads:
    return ResumableUploads(intake.database, intake.storage, BOOT, 10**9)


def on_another_boot(uploads: ResumableUploads) -> ResumableUploads:
    """The same after the machine has started anew."""
    return ResumableUploads(uploads.database, uploads.storage, "another boot", uploads.largest_bytes)


def complete(uploads: ResumableUploads, content: bytes, who: Principal = ANYBODY, name: str = "play.mp4") -> str:
    """An upload that has come completely, in two pieces."""
    upload_id = uploads.begin(who, len(content), name).id
    half = len(content) // 2
    for start, piece in ((0, content[:half]), (half, content[half:])):
        add(uploads, upload_id, start, piece, who)
    return upload_id


def add(uploads: ResumableUploads, upload_id: str, offset: int, piece: bytes, who: Principal = ANYBODY) -> int:
    """Send a piece; gives where the upload ends then."""
    with uploads.hold(upload_id, who) as held:
        held.prepare(offset, len(piece))
        held.write(piece)
        return held.finish().offset_bytes


def submit(intake: Intake, uploads: ResumableUploads, upload_id: str, who: Principal = ANYBODY, **asked: object) -> Accepted:
    submission = Submission(**{"pipelines": ["toy"], **asked})  # type: ignore[arg-type]
    return accept_from_upload(intake, uploads, upload_id, intake.check(submission), who)


def in_uploads(storage: Storage) -> set[str]:
    return {path.name for path in (storage.root / "uploads").iterdir()}


def grow_old(database: Database, *ids: str, days: float = 1.001) -> None:
    """Turn the clock forward for these uploads."""
    with database.writing() as session:
        session.execute(update(Upload).where(Upload.id.in_(ids)).values(expires_at=now(DAY_S - days * DAY_S)))


@pytest.fixture(autouse=True)
def _no_other_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What killed processes of other tests left in the machine's folder is none of these tests' clean-up."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


def test_pieces_become_a_job(intake: Intake, uploads: ResumableUploads, clip: bytes) -> None:
    upload_id = complete(uploads, clip)
    assert [state.id for state in uploads.of(ANYBODY)] == [upload_id]
    accepted = submit(intake, uploads, upload_id, tags=["a"])
    job = accepted.job
    assert (accepted.created, job.id, job.video_filename, job.video_size_bytes) == (True, upload_id, "play.mp4", len(clip))
    assert job.video_sha256 == hashlib.sha256(clip).hexdigest()
    assert intake.storage.source_path(upload_id, "play.mp4").read_bytes() == clip
    assert (files_in(intake.storage), in_uploads(intake.storage)) == ({upload_id, f"{upload_id}/source.mp4"}, set())
    assert list(uploads.of(ANYBODY)) == []
    with pytest.raises(NotFoundException):
        uploads.look(upload_id, ANYBODY)


def test_the_same_request_again_gives_the_same_job_and_another_is_refused(
    intake: Intake, uploads: ResumableUploads, clip: bytes
) -> None:
    for number, key in enumerate((None, "anna:k")):
        upload_id = complete(uploads, clip, ANNA)
        first = submit(intake, uploads, upload_id, ANNA, idempotency_key=key)
        again = submit(intake, uploads, upload_id, ANNA, idempotency_key=key)
        assert (first.created, again.created, again.job.id) == (True, False, first.job.id)
        with pytest.raises(ValidationErrorException) as caught:
            submit(intake, uploads, upload_id, ANNA, tags=["other"], idempotency_key=key)
        assert caught.value.detail == {"job_id": upload_id}
        with pytest.raises(NotFoundException):
            submit(intake, uploads, upload_id, BERT, idempotency_key="bert:k")
        assert len(jobs_in(intake.database)) == number + 1


def test_an_idempotency_key_of_another_request_leaves_the_upload(intake: Intake, uploads: ResumableUploads, clip: bytes) -> None:
    first, second = complete(uploads, clip), complete(uploads, clip)
    submit(intake, uploads, first, idempotency_key=":k")
    with pytest.raises(ValidationErrorException):
        submit(intake, uploads, second, idempotency_key=":k")
    assert uploads.look(second, ANYBODY).is_complete
    assert in_uploads(intake.storage) == {f"{second}.mp4"}
    assert submit(intake, uploads, second).created


def test_whatever_is_refused_leaves_the_upload(database: Database, tmp_path: Path, clip: bytes) -> None:
    with intake_on(database, tmp_path, max_queued_jobs=1) as intake:
        uploads = ResumableUploads(database, intake.storage, BOOT, 10**9)
        half = uploads.begin(ANYBODY, 10, "a.mp4").id
        noise, good, other = complete(uploads, b"no recording"), complete(uploads, clip), complete(uploads, clip)
        with pytest.raises(UploadIncompleteException):
            submit(intake, uploads, half)
        with pytest.raises(UnsupportedMediaException):
            submit(intake, uploads, noise)
        with pytest.raises(InvalidConfigException):
            submit(intake, uploads, good, pipelines=["no_such"])
        with uploads.hold(good, ANYBODY), pytest.raises(UploadLockedException):
            submit(intake, uploads, good)
        assert submit(intake, uploads, other).created
        with pytest.raises(RateLimitedException):
            submit(intake, uploads, good)
        assert {state.id for state in uploads.of(ANYBODY)} == {half, noise, good}
        assert in_uploads(intake.storage) == {f"{one}.mp4" for one in (half, noise, good)}
        assert files_in(intake.storage) == {other, f"{other}/source.mp4"}


def test_a_piece_must_begin_where_the_upload_ends_and_fit(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10).id
    assert add(uploads, upload_id, 0, b"1234") == 4
    for offset in (0, 3, 5, 10):
        with pytest.raises(UploadOffsetException) as caught:
            add(uploads, upload_id, offset, b"x")
        assert caught.value.detail["upload_offset"] == 4
    with pytest.raises(PayloadTooLargeException):
        add(uploads, upload_id, 4, b"1234567")
    with uploads.hold(upload_id, ANYBODY) as held:  # one that does not say how long it is
        held.prepare(4, None)
        held.write(b"56")
        with pytest.raises(PayloadTooLargeException):
            held.write(b"78901")
        assert held.finish().offset_bytes == 6
    assert add(uploads, upload_id, 6, b"7890") == 10
    assert add(uploads, upload_id, 10, b"") == 10


def test_what_a_killed_process_wrote_counts_unless_the_machine_started_anew(uploads: ResumableUploads) -> None:
    for again, known in ((uploads, 6), (on_another_boot(uploads), 4)):
        upload_id = uploads.begin(ANYBODY, 10).id
        assert add(uploads, upload_id, 0, b"1234") == 4
        with uploads.hold(upload_id, ANYBODY) as held:
            held.prepare(4, None)
            held.write(b"56")  # and then it dies
        assert again.look(upload_id, ANYBODY).offset_bytes == known
        assert add(again, upload_id, known, b"1234567890"[known:]) == 10
        assert uploads.storage.upload_path(upload_id, None).read_bytes() == b"1234567890"
        later = on_another_boot(again)
        assert later.look(upload_id, ANYBODY).offset_bytes == 10


def test_after_a_new_start_of_the_machine_what_comes_then_counts(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10).id
    later = on_another_boot(uploads)
    with later.hold(upload_id, ANYBODY) as held:
        held.prepare(0, None)
        held.write(b"123")
    assert later.look(upload_id, ANYBODY).offset_bytes == 3


def test_bytes_that_a_disk_has_lost_are_asked_for_again(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10).id
    add(uploads, upload_id, 0, b"12345")
    with uploads.storage.upload_path(upload_id, None).open("r+b") as file:
        file.truncate(2)
    assert uploads.look(upload_id, ANYBODY).offset_bytes == 2
    uploads.storage.upload_path(upload_id, None).unlink()
    with pytest.raises(NotFoundException, match="gone"):
        uploads.look(upload_id, ANYBODY)
    uploads.give_up(upload_id, ANYBODY)
    assert list(uploads.of(ANYBODY)) == []


def test_others_find_nothing_and_an_admin_everything(intake: Intake, uploads: ResumableUploads, clip: bytes) -> None:
    upload_id = complete(uploads, clip, ANNA)
    for call in (uploads.look, uploads.give_up, uploads.take):
        with pytest.raises(NotFoundException, match="no such upload"):
            call(upload_id, BERT)
    with pytest.raises(NotFoundException, match="no such upload"):
        submit(intake, uploads, upload_id, BERT)
    assert list(uploads.of(BERT)) == list(uploads.of(ADMIN)) == []
    assert uploads.look(upload_id, ADMIN).is_complete
    assert submit(intake, uploads, upload_id, ADMIN).created


def test_an_upload_that_is_given_up_leaves_nothing(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10, "a.mp4").id
    with uploads.hold(upload_id, ANYBODY), pytest.raises(UploadLockedException):
        uploads.give_up(upload_id, ANYBODY)
    uploads.give_up(upload_id, ANYBODY)
    assert in_uploads(uploads.storage) == set()
    with pytest.raises(NotFoundException):
        uploads.give_up(upload_id, ANYBODY)


# limits


def test_how_many_may_be_open(uploads: ResumableUploads) -> None:
    rows = [row(f"{number:08}-0000-4000-8000-000000000000", "anna") for number in range(MAX_OPEN_OF_KEY - 1)]
    with uploads.database.writing() as session:
        session.add_all(rows)
    last = uploads.begin(ANNA, 1)
    with pytest.raises(RateLimitedException, match="of this key") as caught:
        uploads.begin(ANNA, 1)
    assert (caught.value.detail["open"], caught.value.detail["max_open"]) == (MAX_OPEN_OF_KEY, MAX_OPEN_OF_KEY)
    uploads.give_up(last.id, ANNA)
    grow_old(uploads.database, rows[0].id)
    uploads.begin(ANNA, 1)
    uploads.begin(ANNA, 1)
    with uploads.database.writing() as session:
        session.add_all(row(f"{number:08}-0000-4000-8000-000000000001", "others") for number in range(MAX_OPEN - MAX_OPEN_OF_KEY))
    with pytest.raises(RateLimitedException, match="in all"):
        uploads.begin(BERT, 1)
    assert len(in_uploads(uploads.storage)) == 2, "what was refused left a file"


def row(upload_id: str, key_id: str) -> Upload:
    upload = Upload(id=upload_id, key_id=key_id, length_bytes=1, offset_bytes=0, boot=BOOT)
    upload.created_at, upload.expires_at = now(), now(DAY_S)
    return upload


def test_one_that_is_too_large(uploads: ResumableUploads) -> None:
    assert uploads.begin(ANYBODY, 10**9).size_bytes == 10**9
    with pytest.raises(PayloadTooLargeException):
        uploads.begin(ANYBODY, 10**9 + 1)


def test_room_is_promised_once_and_across_restarts(database: Database, small_disk: Path) -> None:
    """16 MB in all, of which 4 are the floor."""
    uploads = ResumableUploads(database, Storage(small_disk, 4 * MB, ballast_bytes=0), BOOT, 10**9)
    uploads.storage.prepare()
    first = uploads.begin(ANYBODY, 5 * MB)
    restarted = ResumableUploads(database, Storage(small_disk, 4 * MB, ballast_bytes=0), BOOT, 10**9)
    free = space_of(restarted.storage).free_bytes
    assert free > 9 * MB
    require_space(restarted.storage, 8 * MB)  # the disk alone would take it
    with pytest.raises(StorageFullException):
        restarted.begin(ANYBODY, 8 * MB)
    with pytest.raises(StorageFullException):
        restarted.reserve(8 * MB)
    add(restarted, first.id, 0, bytes(3 * MB))
    with pytest.raises(StorageFullException):
        restarted.begin(ANYBODY, 8 * MB)
    with restarted.reserve(5 * MB), pytest.raises(StorageFullException):  # one of each kind
        restarted.begin(ANYBODY, 4 * MB)
    grow_old(database, first.id)
    expire_uploads(database, restarted.storage)
    restarted.begin(ANYBODY, 8 * MB)


def test_a_disk_that_fills_up_from_elsewhere_stops_a_piece_and_keeps_what_came(database: Database, small_disk: Path) -> None:
    uploads = ResumableUploads(database, Storage(small_disk, 4 * MB, ballast_bytes=0), BOOT, 10**9)
    uploads.storage.prepare()
    upload_id = uploads.begin(ANYBODY, 5 * MB).id
    with uploads.hold(upload_id, ANYBODY) as held:
        held.prepare(0, None)
        held.write(bytes(MB))
        (small_disk / "foreign").write_bytes(bytes(10 * MB + MB // 2))
        with pytest.raises(StorageFullException):
            held.write(bytes(MB))
        assert held.finish().offset_bytes == 2 * MB
    with uploads.hold(upload_id, ANYBODY) as held, pytest.raises(StorageFullException):
        held.prepare(2 * MB, MB)
    (small_disk / "foreign").unlink()
    assert add(uploads, upload_id, 2 * MB, bytes(3 * MB)) == 5 * MB


# expiry


def test_a_day_after_the_last_byte_it_is_over(intake: Intake, uploads: ResumableUploads, clip: bytes) -> None:
    old, whole, young = uploads.begin(ANYBODY, 10, "old.mp4").id, complete(uploads, clip), uploads.begin(ANYBODY, 10).id
    add(uploads, old, 0, b"123")
    grow_old(intake.database, old, young, days=0.9)
    assert add(uploads, young, 0, b"1") == 1, "this begins its day anew"
    grow_old(intake.database, old, whole)
    for call in (uploads.look, uploads.take):
        with pytest.raises(UploadExpiredException):
            call(old, ANYBODY)
    with pytest.raises(UploadExpiredException):
        submit(intake, uploads, whole)
    assert [state.id for state in uploads.of(ANYBODY)] == [young]
    before = in_uploads(intake.storage)
    announced = clean_up(intake.database, intake.storage, None, dry_run=True)
    assert set(announced.leftovers) == {f"uploads/{old}.mp4", f"uploads/{whole}.mp4"}
    assert announced.freed_bytes == 3 + len(clip)
    assert in_uploads(intake.storage) == before
    done = clean_up(intake.database, intake.storage, None)
    assert (set(done.leftovers), done.freed_bytes) == (set(announced.leftovers), announced.freed_bytes)
    assert in_uploads(intake.storage) == {young}
    with pytest.raises(NotFoundException):
        uploads.look(old, ANYBODY)


def test_one_that_a_request_is_at_work_on_does_not_expire(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10).id
    with uploads.hold(upload_id, ANYBODY) as held:
        held.prepare(0, 3)
        held.write(b"123")
        grow_old(uploads.database, upload_id)
        assert expire_uploads(uploads.database, uploads.storage) == []
        held.finish()
    assert expire_uploads(uploads.database, uploads.storage) == []
    assert uploads.look(upload_id, ANYBODY).offset_bytes == 3


def test_files_that_are_old_and_have_a_row_stay_and_those_without_one_go(uploads: ResumableUploads) -> None:
    upload_id = uploads.begin(ANYBODY, 10).id
    stray = uploads.storage.root / "uploads" / "00000000-0000-4000-8000-000000000000.mp4"
    stray.write_bytes(b"x")
    for path in (stray, uploads.storage.upload_path(upload_id, None)):
        os.utime(path, (time.time() - 3 * DAY_S,) * 2)
    assert clean_up(uploads.database, uploads.storage, None).leftovers == (f"uploads/{stray.name}",)
    assert uploads.look(upload_id, ANYBODY).offset_bytes == 0


# sudden deaths


MOMENTS = ("os.mkdir", "os.rename", "synced", "commit", "notified")


def die_while_submitting(uploads: ResumableUploads, upload_id: str, moment: str) -> None:
    url = uploads.database.url.render_as_string(hide_password=False)
    words: Sequence[str] = [sys.executable, "-m", "tests.integration.jobs.submitter", url, str(uploads.storage.root)]
    done = subprocess.run([*words, upload_id, moment], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_death_while_a_job_is_made_loses_nothing(intake: Intake, uploads: ResumableUploads, clip: bytes, moment: str) -> None:
    upload_id = complete(uploads, clip)
    die_while_submitting(uploads, upload_id, moment)
    for _ in range(2):
        report = clean_up(intake.database, intake.storage, None)
        assert report.leftovers == report.orphans == report.unlisted == report.failed == ()
    made = moment == "notified"
    assert [job.id for job in jobs_in(intake.database)] == ([upload_id] if made else [])
    assert [(state.id, state.is_complete) for state in uploads.of(ANYBODY)] == ([] if made else [(upload_id, True)])
    accepted = submit(intake, uploads, upload_id)
    assert accepted.created is not made
    assert accepted.job.video_sha256 == hashlib.sha256(clip).hexdigest()
    assert intake.storage.source_path(upload_id, "play.mp4").read_bytes() == clip
    assert (files_in(intake.storage), in_uploads(intake.storage)) == ({upload_id, f"{upload_id}/source.mp4"}, set())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["synced", "commit"])
def test_one_that_nobody_comes_back_to_after_a_death_expires(
    intake: Intake, uploads: ResumableUploads, clip: bytes, moment: str
) -> None:
    upload_id = complete(uploads, clip)
    die_while_submitting(uploads, upload_id, moment)
    assert files_in(intake.storage) == {upload_id, f"{upload_id}/source.mp4"}
    grow_old(intake.database, upload_id)
    report = clean_up(intake.database, intake.storage, None)
    assert (report.leftovers, report.orphans, report.freed_bytes) == ((f"uploads/{upload_id}.mp4",), (), len(clip))
    assert (files_in(intake.storage), in_uploads(intake.storage)) == (set(), set())


def test_an_accepted_job_keeps_its_recording_when_somebody_still_looks_for_the_upload(
    intake: Intake, uploads: ResumableUploads, clip: bytes
) -> None:
    """A request that had seen the upload's row before the job was made."""
    upload_id = complete(uploads, clip)

    looks: list[object] = []

    def make_the_job(*_: object) -> None:
        looks.append(None)
        if len(looks) == 1:
            submit(intake, uploads, upload_id)

    event.listen(intake.database.engine, "checkin", make_the_job)  # when the first look at the row has ended
    with pytest.raises(NotFoundException):
        uploads.take(upload_id, ANYBODY)
    assert [job.id for job in jobs_in(intake.database)] == [upload_id]
    assert intake.storage.source_path(upload_id, "play.mp4").read_bytes() == clip

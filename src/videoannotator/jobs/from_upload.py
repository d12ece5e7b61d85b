"""From an upload that has come completely to a job that waits.

The job gets the id of the upload. So after a sudden death at any point it is clear what belongs together:

1. the bytes move from `uploads/ID.mp4` to `jobs/ID/source.mp4`; a death before the next step leaves the upload's row, and whoever
   holds the upload next puts them back,
2. one transaction writes the row of the job and deletes that of the upload.

Whatever is refused on the way leaves the upload as it was. A repeated request finds the job by its id.
"""

from dataclasses import replace

from videoannotator.annotations.checksum import sha256_of
from videoannotator.auth.keys import Principal
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.errors import NotFoundException, UploadIncompleteException, ValidationErrorException
from videoannotator.jobs.resumable import HeldUpload, ResumableUploads
from videoannotator.jobs.submit import Accepted, Checked, Intake, describe, name_request, new_job, scoped_key
from videoannotator.storage.space import disk_errors


def accept_from_upload(intake: Intake, uploads: ResumableUploads, upload_id: str, checked: Checked, who: Principal) -> Accepted:
    """Make a job of an upload; of a request that is repeated, the job that the first one made.

    Raises:
        NotFoundException: there is no such upload, or it belongs to another key.
        UploadExpiredException: its time is over.
        UploadLockedException: another request is at work on it, perhaps the same one.
        UploadIncompleteException: not all of it has come.
        ValidationErrorException: a job was made of it that does something else, or the idempotency key was used before.
        UnsupportedMediaException, MediaUnreadableException: it is no recording that can be decoded.
        RateLimitedException: too many jobs wait.
        StorageFullException, StorageFailedException, DatabaseUnavailableException: it could not be recorded.
    """
    checked = _named(checked, upload_id, who)
    try:
        with uploads.hold(upload_id, who) as held:
            return _accept(intake, held, checked)
    except NotFoundException:
        earlier = _made_before(intake, upload_id, checked, who)
        if earlier is None:
            raise
        return Accepted(earlier, created=False)


def _named(checked: Checked, upload_id: str, who: Principal) -> Checked:
    """With a name for the request, where the client gave none: one upload makes one job."""
    if checked.submission.idempotency_key is not None:
        return checked
    key = scoped_key(who.key_id, f"upload {upload_id}")
    return replace(checked, submission=replace(checked.submission, idempotency_key=key))


def _accept(intake: Intake, held: HeldUpload, checked: Checked) -> Accepted:
    upload = held.state
    if not upload.is_complete:
        raise UploadIncompleteException(
            f"{upload.offset_bytes} of the {upload.size_bytes} bytes of this upload have come.",
            hint="Send the rest first.",
            detail={"upload_id": upload.id, "upload_offset": upload.offset_bytes, "upload_length": upload.size_bytes},
        )
    intake.require_place(checked.submission.idempotency_key)
    facts = intake.prober.probe(held.file.path)
    job = new_job(checked, upload.id)
    name_request(job, checked.submission, upload.id)
    describe(job, upload.file_name, facts)
    with disk_errors("the upload"):
        job.video_sha256 = sha256_of(held.file.path)
    job.video_path, job.storage_path = held.file.stored_path, held.file.folder
    try:
        held.file.move_into_job()
        return intake.record(job, held.file)
    finally:
        held.file.put_back()


def _made_before(intake: Intake, upload_id: str, checked: Checked, who: Principal) -> Job | None:
    """The job that was made of the upload, for whoever made it.

    Raises:
        ValidationErrorException: it does something else than what is asked for now.
    """
    with intake.database.reading() as session:
        job = crud.find_job(session, upload_id)
    if job is None or not (job.idempotency_key or "").startswith(f"{who.key_id}:"):
        return None
    asked = new_job(checked, upload_id)
    name_request(asked, checked.submission, upload_id)
    if asked.request_sha256 != job.request_sha256:
        raise ValidationErrorException(
            "A job was made of this upload already, and it does something else.",
            hint="Look at that job; to have the recording annotated in another way, upload it again.",
            detail={"job_id": job.id},
            field="upload_id",
        )
    return job

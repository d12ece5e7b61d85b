"""From a recording and what a client wants done with it to a job that waits; or to an error, and nothing left behind.

The order is what keeps promises: the recording is on the disk in its final place before the row of the job is written, and a job is
accepted when its row is. A sudden death in between leaves a folder without a row, which the clean-up reports.
"""

import hashlib
import json
import logging
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from videoannotator.database import crud, uploads
from videoannotator.database.models import Job
from videoannotator.database.session import Database
from videoannotator.errors import (
    DatabaseUnavailableException,
    ForbiddenException,
    InvalidConfigException,
    RateLimitedException,
    ValidationErrorException,
)
from videoannotator.jobs.dispatch import Dispatcher
from videoannotator.jobs.names import shown_name
from videoannotator.jobs.prober import ProbedFacts, Prober
from videoannotator.registry.entries import Registry
from videoannotator.storage.config import Storage
from videoannotator.storage.recordings import NewRecording
from videoannotator.storage.uploads import UploadFile
from videoannotator.validation.validator import ConfigValidator

MAX_TAGS = 50
MAX_TAG_LENGTH = 100
TAG = re.compile(r"[^\x00-\x1f\x7f-\x9f]+")
MAX_KEY_LENGTH = 200
QUEUE_RETRY_S = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a client wants done with a recording, as it was sent.

    Attributes:
        config: `{pipeline: {option: value}}`.
        pipelines: their names; None, or none at all, stands for the default ones.
        overlay: whether an annotated video is made as well.
        tags: words by which people find the job again.
        created_by: name of the key.
        idempotency_key: requests with the same one make one job; as `scoped_key` gives it.
        warnings: about the request itself, in the shape of the validation's.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    pipelines: Sequence[str] | None = None
    tags: Sequence[str] = ()
    created_by: str | None = None
    idempotency_key: str | None = None
    warnings: Sequence[Mapping[str, Any]] = ()
    overlay: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A submission that can be run: `options` has every option of each selected pipeline with the value in force."""

    submission: Submission
    pipelines: list[str]
    options: dict[str, Any]
    warnings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that waits or, when `created` is False, the one that an earlier request with the same idempotency key made."""

    job: Job
    created: bool


@dataclass(frozen=True)
class Intake:
    """Where jobs come in.

    Attributes:
        max_queued_jobs: how many may wait.
        media_roots: folders whose recordings may be submitted by path.
    """

    database: Database
    storage: Storage
    registry: Registry
    validator: ConfigValidator
    prober: Prober
    dispatcher: Dispatcher
    max_queued_jobs: int
    media_roots: Sequence[Path] = ()

    def check(self, submission: Submission) -> Checked:
        """Check what is to be done, before there is a recording.

        Raises:
            InvalidConfigException: pipelines or options are wrong; `detail["errors"]` lists every field.
            ValidationErrorException: the tags are.
        """
        _check_tags(submission.tags)
        wanted = list(submission.pipelines or self.registry.default_pipelines())
        if not wanted:
            message = "No pipeline is selected, and none of this installation runs by default."
            raise InvalidConfigException(message, hint="Name pipelines in selected_pipelines.", field="selected_pipelines")
        result = self.validator.validate_batch(submission.config, wanted)
        options = {name: typed.model_dump(mode="json") for name, typed in result.require_valid().items()}
        _require_json(submission.config)
        warnings = [*map(dict, submission.warnings), *(warning.as_item() for warning in result.warnings)]
        return Checked(submission, list(result.pipelines_validated), options, warnings)

    def require_place(self, idempotency_key: str | None = None) -> None:
        """Make sure that one more job may wait; a request that was made before needs no place.

        Raises:
            RateLimitedException: too many wait.
        """
        with self.database.reading() as session:
            if idempotency_key and crud.find_by_idempotency_key(session, idempotency_key) is not None:
                return
            waiting = crud.count_waiting(session)
        self._require_place(waiting)

    def accept_upload(self, recording: NewRecording, file_name: str | None, checked: Checked) -> Accepted:
        """Make a job of a recording that has come completely; when there is an error, the recording is still to be discarded.

        Raises:
            UnsupportedMediaException, MediaUnreadableException: it is no recording that can be decoded.
            RateLimitedException: too many jobs wait.
            ValidationErrorException: its idempotency key was used for another request.
            StorageFullException, StorageFailedException, DatabaseUnavailableException: it could not be recorded.
        """
        name = shown_name(file_name)
        with recording.settling():  # the disk is slow, and so is the look at the recording: both at once
            facts = self.prober.probe(recording.path)
        job = new_job(checked, recording.job_id)
        name_request(job, checked.submission, recording.sha256)
        describe(job, name, facts)
        job.video_path, job.storage_path, job.video_sha256 = recording.stored_path, recording.folder, recording.sha256
        return self.record(job, recording)

    def accept_path(self, path: str, checked: Checked) -> Accepted:
        """Make a job of a recording that stays where it is.

        Raises:
            ForbiddenException: the path is not below a folder that the settings allow.
            UnsupportedMediaException, MediaUnreadableException: there is no recording that can be decoded.
            RateLimitedException, ValidationErrorException, StorageFullException, DatabaseUnavailableException: as above.
        """
        original = self.require_allowed(path)
        facts = self.prober.probe(original)
        job = new_job(checked, str(uuid.uuid4()))
        name_request(job, checked.submission, str(original))
        describe(job, shown_name(original.name), facts)
        job.original_path, job.storage_path = str(original), self.storage.relative(self.storage.job_folder(job.id))
        return self.record(job)

    def require_allowed(self, path: str) -> Path:
        """The file that a path means, links followed, when it lies below one of the folders that the settings allow.

        Raises:
            ForbiddenException: it does not.
        """
        original = _resolved(path)
        if original is None or not any(original.is_relative_to(root.resolve()) for root in self.media_roots):
            raise ForbiddenException(
                "This path is not below a folder whose recordings may be submitted by path.",
                hint="Upload the recording, or ask whoever runs the server to add its folder to VIDEOANNOTATOR_MEDIA_ROOTS.",
                field="path",
            )
        return original

    def record(self, job: Job, recording: NewRecording | UploadFile | None = None) -> Accepted:
        """Write the row of a job, whose recording is then kept; the row of the upload that it was goes with that.

        Raises:
            RateLimitedException, ValidationErrorException, StorageFullException, DatabaseUnavailableException: as above.
        """
        in_doubt = False
        try:
            with self.database.writing() as session:
                earlier = crud.find_by_idempotency_key(session, job.idempotency_key) if job.idempotency_key else None
                if earlier is None:
                    self._require_place(crud.count_waiting(session))
                    recorded = crud.add_job(session, job)
                    if isinstance(recording, UploadFile) and recorded is job:
                        uploads.remove(session, job.id)  # waits for nobody: its file is held
                else:
                    recorded = earlier
                in_doubt = recorded is job
        except DatabaseUnavailableException:
            if not in_doubt:
                raise
            # The connection broke at the end: the row may be there all the same, and must then not lack its recording.
            _keep(recording)
            if (found := self._find(job.id)) is None:
                logger.error("Nobody knows whether job %s was recorded; its folder stays.", job.id)
                raise
            recorded = found
        if recorded.id != job.id:
            require_same_request(recorded, job)
            return Accepted(recorded, created=False)
        _keep(recording)
        self.dispatcher.notify(recorded.id)
        return Accepted(recorded, created=True)

    def _require_place(self, waiting: int) -> None:
        if waiting >= self.max_queued_jobs:
            raise RateLimitedException(
                "So many jobs are waiting already that the server takes no more.",
                hint="Try again when some have ended, or cancel some.",
                detail={"waiting": waiting, "max_queued_jobs": self.max_queued_jobs, "retry_after_s": QUEUE_RETRY_S},
            )

    def _find(self, job_id: str) -> Job | None:
        with suppress(DatabaseUnavailableException), self.database.reading() as session:
            return crud.find_job(session, job_id)
        return None


def _keep(recording: NewRecording | UploadFile | None) -> None:
    if recording is not None:
        recording.keep()


def new_job(checked: Checked, job_id: str) -> Job:
    """The row of a job, without what is known about its recording."""
    submission = checked.submission
    return Job(
        id=job_id,
        selected_pipelines=checked.pipelines,
        config=dict(submission.config),
        options=checked.options,
        overlay=submission.overlay,
        warnings=checked.warnings,
        tags=list(submission.tags),
        created_by=submission.created_by,
    )


def name_request(job: Job, submission: Submission, content: str) -> None:
    """Write down by what a repetition of the request is known; `content` tells recordings apart."""
    if submission.idempotency_key:
        asked = [content, submission.config, list(submission.pipelines or ()), list(submission.tags), submission.overlay]
        job.idempotency_key = submission.idempotency_key
        job.request_sha256 = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def describe(job: Job, name: str | None, facts: ProbedFacts) -> None:
    """Write down what the headers of its recording say."""
    job.video_filename, job.video_size_bytes = name, facts.size_bytes
    job.video_duration_seconds, job.video_browser_playable = facts.duration_s, facts.browser_playable


def require_same_request(earlier: Job, job: Job) -> None:
    """Make sure that a job which was made earlier is the one that is asked for now.

    Raises:
        ValidationErrorException: it is another.
    """
    if earlier.request_sha256 != job.request_sha256:
        raise ValidationErrorException(
            "This idempotency key was used before, for another request.",
            hint="Use a new key for every new request, and the same one only to repeat a request exactly.",
            detail={"job_id": earlier.id},
            field="Idempotency-Key",
        )


def _check_tags(tags: Sequence[str]) -> None:
    wrong = [tag for tag in tags if len(tag) > MAX_TAG_LENGTH or not TAG.fullmatch(tag)]
    if wrong or len(tags) > MAX_TAGS:
        message = f"At most {MAX_TAGS} tags are possible, each of 1 to {MAX_TAG_LENGTH} characters without control characters."
        raise ValidationErrorException(message, hint="Use fewer or shorter tags.", field="tags")


def _require_json(config: Mapping[str, Any]) -> None:
    """Also what no pipeline looks at is kept as it was sent."""
    try:
        json.dumps(config, allow_nan=False)
    except ValueError as error:
        message = "The config holds a number that JSON does not know, or one without an end."
        raise InvalidConfigException(message, hint="Write finite numbers, or null.", field="config") from error


def scoped_key(client: str, key: str | None) -> str | None:
    """An idempotency key as jobs keep it: two clients may choose the same one.

    Raises:
        ValidationErrorException: it is too long, or holds what no header should.
    """
    if key is None:
        return None
    if not key or len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        message = f"An idempotency key has 1 to {MAX_KEY_LENGTH} printable ASCII characters."
        raise ValidationErrorException(message, hint="A UUID will do.", field="Idempotency-Key")
    return f"{client}:{key}"


def _resolved(path: str) -> Path | None:
    """An absolute path with links followed; None when it is none, or cannot be kept as text."""
    try:
        resolved = Path(os.path.realpath(path))
        str(resolved).encode()
    except (OSError, ValueError):  # a null byte, half a character
        return None
    return resolved if Path(path).is_absolute() else None

"""Every error that VideoAnnotator raises on purpose.

    VideoAnnotatorException                 INTERNAL_SERVER_ERROR
    ├── InvalidRequestException             INVALID_REQUEST
    │   └── OutputExistsException           OUTPUT_EXISTS
    ├── InvalidConfigException              INVALID_CONFIG
    ├── PipelineNotFoundException           PIPELINE_NOT_FOUND
    ├── PipelineUnavailableException        PIPELINE_UNAVAILABLE
    ├── MediaUnreadableException            MEDIA_UNREADABLE
    │   └── UnsupportedMediaException       UNSUPPORTED_MEDIA
    ├── WeightsMissingException             WEIGHTS_MISSING
    ├── WeightsDamagedException             WEIGHTS_DAMAGED
    ├── DownloadFailedException             DOWNLOAD_FAILED     transient
    ├── ExtraMissingException               EXTRA_MISSING
    ├── DeviceUnavailableException          DEVICE_UNAVAILABLE
    ├── GPUOutOfMemoryException             GPU_OUT_OF_MEMORY   transient
    ├── GPULostException                    GPU_LOST            transient
    ├── MemoryExhaustedException            MEMORY_EXHAUSTED    transient
    ├── InferenceFailedException            INFERENCE_FAILED
    ├── StorageFullException                STORAGE_FULL
    ├── StorageFailedException              STORAGE_FAILED      transient
    ├── RunStopped                          RUN_STOPPED
    ├── JobNotFoundException                JOB_NOT_FOUND
    ├── JobNotReadyException                JOB_NOT_READY
    ├── JobAlreadyCompletedException        JOB_ALREADY_COMPLETED
    ├── CorrectionConflictException         CORRECTION_CONFLICT
    ├── CancellationFailedException         CANCELLATION_FAILED
    ├── LeaseLost                           LEASE_LOST          the job belongs to somebody else now
    ├── WorkerLostException                 WORKER_LOST         transient
    ├── RunnerDiedException                 RUNNER_DIED         transient
    ├── JobStalledException                 JOB_STALLED         transient
    ├── JobTimeoutException                 JOB_TIMEOUT
    ├── DatabaseTooNewException             DATABASE_TOO_NEW
    └── APIError                                                about a request, not about what it asked for
        ├── ValidationErrorException        VALIDATION_ERROR
        ├── UnauthorizedException           UNAUTHORIZED
        ├── ForbiddenException              FORBIDDEN
        ├── NotFoundException               NOT_FOUND
        ├── MethodNotAllowedException       METHOD_NOT_ALLOWED
        ├── RequestTimeoutException         REQUEST_TIMEOUT
        ├── PayloadTooLargeException        PAYLOAD_TOO_LARGE
        ├── UnsupportedContentTypeException UNSUPPORTED_CONTENT_TYPE
        ├── RangeNotSatisfiableException    RANGE_NOT_SATISFIABLE
        ├── RateLimitedException            RATE_LIMITED
        ├── UploadProtocolException         UPLOAD_PROTOCOL
        ├── UploadOffsetException           UPLOAD_OFFSET
        ├── UploadIncompleteException       UPLOAD_INCOMPLETE
        ├── UploadExpiredException          UPLOAD_EXPIRED
        ├── UploadLockedException           UPLOAD_LOCKED       transient
        ├── InternalServerException         INTERNAL_SERVER_ERROR
        │   ├── MetricsFailedException      METRICS_FAILED
        │   ├── ConfigFailedException       CONFIG_FAILED
        │   └── DatabaseInfoFailedException DATABASE_INFO_FAILED
        └── ServiceUnavailableException     SERVICE_UNAVAILABLE transient
            └── DatabaseUnavailableException  (the same code)

An error says what happened (`message`) and what to do next (`hint`). Only a `transient` one may go away when it is tried again.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class VideoAnnotatorException(Exception):
    """Base of every error raised on purpose.

    Attributes:
        code: SCREAMING_SNAKE name of the kind of error; never reused for another kind.
        message: what happened, in one or two sentences.
        hint: what to do about it; None when there is nothing sensible to advise.
        detail: facts for programs (names, limits, paths the caller gave).
        field: the input field at fault, dotted, when there is one.
        transient: whether the same work may succeed when it is tried again.
    """

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"
    transient: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        detail: Mapping[str, Any] | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = dict(detail or {})
        self.field = field


class InvalidRequestException(VideoAnnotatorException):
    """What was asked for makes no sense, whatever the file."""

    code = "INVALID_REQUEST"


class OutputExistsException(InvalidRequestException):
    """Results stand where new ones were to be written; they are kept."""

    code = "OUTPUT_EXISTS"


class InvalidConfigException(VideoAnnotatorException):
    """A pipeline's options are wrong; `detail["errors"]` lists every field."""

    code = "INVALID_CONFIG"


class PipelineNotFoundException(VideoAnnotatorException):
    """No pipeline has this name."""

    code = "PIPELINE_NOT_FOUND"


class PipelineUnavailableException(VideoAnnotatorException):
    """The pipeline exists and cannot run on this installation."""

    code = "PIPELINE_UNAVAILABLE"


class MediaUnreadableException(VideoAnnotatorException):
    """The file cannot be opened: missing, a folder, no permission, empty."""

    code = "MEDIA_UNREADABLE"


class UnsupportedMediaException(MediaUnreadableException):
    """The file was opened and is not a video or audio recording that can be decoded."""

    code = "UNSUPPORTED_MEDIA"


class WeightsMissingException(VideoAnnotatorException):
    """A network's weights are not on this machine."""

    code = "WEIGHTS_MISSING"


class WeightsDamagedException(VideoAnnotatorException):
    """A weights file is not the one that the manifest describes."""

    code = "WEIGHTS_DAMAGED"


class DownloadFailedException(VideoAnnotatorException):
    """Weights could not be fetched over the network."""

    code = "DOWNLOAD_FAILED"
    transient = True


class ExtraMissingException(VideoAnnotatorException):
    """An optional dependency is needed and not installed."""

    code = "EXTRA_MISSING"


class DeviceUnavailableException(VideoAnnotatorException):
    """The computing device that was asked for could not be had."""

    code = "DEVICE_UNAVAILABLE"


class GPUOutOfMemoryException(VideoAnnotatorException):
    """The GPU had too little free memory."""

    code = "GPU_OUT_OF_MEMORY"
    transient = True


class GPULostException(VideoAnnotatorException):
    """The GPU stopped answering in the middle of a run."""

    code = "GPU_LOST"
    transient = True


class MemoryExhaustedException(VideoAnnotatorException):
    """The computer had too little free memory."""

    code = "MEMORY_EXHAUSTED"
    transient = True


class InferenceFailedException(VideoAnnotatorException):
    """A network could not be loaded or run on this input."""

    code = "INFERENCE_FAILED"


class StorageFullException(VideoAnnotatorException):
    """The disk is full."""

    code = "STORAGE_FULL"


class StorageFailedException(VideoAnnotatorException):
    """The disk did not read or write what it should have."""

    code = "STORAGE_FAILED"
    transient = True


class RunStopped(VideoAnnotatorException):
    """Somebody asked the run to stop, and it did."""

    code = "RUN_STOPPED"


class JobNotFoundException(VideoAnnotatorException):
    """No job has this id."""

    code = "JOB_NOT_FOUND"


class JobNotReadyException(VideoAnnotatorException):
    """The job has not come far enough for what was asked."""

    code = "JOB_NOT_READY"


class JobAlreadyCompletedException(VideoAnnotatorException):
    """The job has ended, so it can no longer be changed."""

    code = "JOB_ALREADY_COMPLETED"


class CorrectionConflictException(VideoAnnotatorException):
    """The corrections of the job are not those that the request was made for: somebody was faster."""

    code = "CORRECTION_CONFLICT"


class CancellationFailedException(VideoAnnotatorException):
    """A process of the job could not be ended."""

    code = "CANCELLATION_FAILED"


class LeaseLost(VideoAnnotatorException):
    """The job belongs to another worker now, or to nobody; whoever held it must stop working on it."""

    code = "LEASE_LOST"


class WorkerLostException(VideoAnnotatorException):
    """The worker that ran the job went away."""

    code = "WORKER_LOST"
    transient = True


class RunnerDiedException(VideoAnnotatorException):
    """The process that computed the job ended without a result."""

    code = "RUNNER_DIED"
    transient = True


class JobStalledException(VideoAnnotatorException):
    """The job made no progress for too long, and was ended."""

    code = "JOB_STALLED"
    transient = True


class JobTimeoutException(VideoAnnotatorException):
    """The job took longer than it may, and was ended."""

    code = "JOB_TIMEOUT"


class DatabaseTooNewException(VideoAnnotatorException):
    """The database was made by a newer release of this program."""

    code = "DATABASE_TOO_NEW"


class APIError(VideoAnnotatorException):
    """Something about a request itself, whatever it asked for."""


class ValidationErrorException(APIError):
    """The request has not the shape that the route expects."""

    code = "VALIDATION_ERROR"


class UnauthorizedException(APIError):
    """The request carries no valid key."""

    code = "UNAUTHORIZED"


class ForbiddenException(APIError):
    """The request is understood and not allowed."""

    code = "FORBIDDEN"


class NotFoundException(APIError):
    """Nothing is at this address."""

    code = "NOT_FOUND"


class MethodNotAllowedException(APIError):
    """The address exists and does not take this method."""

    code = "METHOD_NOT_ALLOWED"


class RequestTimeoutException(APIError):
    """The request stopped arriving before it was complete."""

    code = "REQUEST_TIMEOUT"


class PayloadTooLargeException(APIError):
    """The request is larger than this server takes."""

    code = "PAYLOAD_TOO_LARGE"


class UnsupportedContentTypeException(APIError):
    """The body of the request is of another kind than the route takes."""

    code = "UNSUPPORTED_CONTENT_TYPE"


class RangeNotSatisfiableException(APIError):
    """The part that was asked for lies outside the file."""

    code = "RANGE_NOT_SATISFIABLE"


class RateLimitedException(APIError):
    """There were too many such requests just now."""

    code = "RATE_LIMITED"


class UploadProtocolException(APIError):
    """The client speaks another version of the protocol for resumable uploads, or does not say which."""

    code = "UPLOAD_PROTOCOL"


class UploadOffsetException(APIError):
    """The piece of an upload does not begin where the upload ends so far."""

    code = "UPLOAD_OFFSET"


class UploadIncompleteException(APIError):
    """The upload has not come completely."""

    code = "UPLOAD_INCOMPLETE"


class UploadExpiredException(APIError):
    """Nothing of the upload has come for a day, so it is not kept any more."""

    code = "UPLOAD_EXPIRED"


class UploadLockedException(APIError):
    """Another request is at work on this upload."""

    code = "UPLOAD_LOCKED"
    transient = True


class InternalServerException(APIError):
    """Something failed that should not have."""


class MetricsFailedException(InternalServerException):
    """The counters could not be read."""

    code = "METRICS_FAILED"


class ConfigFailedException(InternalServerException):
    """The settings could not be shown."""

    code = "CONFIG_FAILED"


class DatabaseInfoFailedException(InternalServerException):
    """The facts about the database could not be read."""

    code = "DATABASE_INFO_FAILED"


class ServiceUnavailableException(APIError):
    """The server cannot do this at the moment."""

    code = "SERVICE_UNAVAILABLE"
    transient = True


class DatabaseUnavailableException(ServiceUnavailableException):
    """The database does not answer."""

"""The HTTP status of every kind of error, and the errors themselves under the names that clients of this package import."""

from collections.abc import Mapping
from types import MappingProxyType

from videoannotator.errors import (
    APIError,
    CancellationFailedException,
    GPUOutOfMemoryException,
    InternalServerException,
    InvalidConfigException,
    InvalidRequestException,
    JobAlreadyCompletedException,
    JobNotFoundException,
    PipelineNotFoundException,
    StorageFullException,
    VideoAnnotatorException,
)

__all__ = [
    "STATUS_BY_CODE",
    "APIError",
    "CancellationFailedException",
    "GPUOutOfMemoryException",
    "InternalServerException",
    "InvalidConfigException",
    "InvalidRequestException",
    "JobAlreadyCompletedException",
    "JobNotFoundException",
    "PipelineNotFoundException",
    "StorageFullException",
    "VideoAnnotatorException",
    "status_of",
]

STATUS_BY_CODE: Mapping[str, int] = MappingProxyType(
    {
        # the request
        "INVALID_REQUEST": 400,
        "INVALID_CONFIG": 400,
        "PIPELINE_UNAVAILABLE": 400,
        "UNAUTHORIZED": 401,
        "FORBIDDEN": 403,
        "NOT_FOUND": 404,
        "JOB_NOT_FOUND": 404,
        "PIPELINE_NOT_FOUND": 404,
        "METHOD_NOT_ALLOWED": 405,
        "REQUEST_TIMEOUT": 408,
        "JOB_ALREADY_COMPLETED": 409,
        "JOB_NOT_READY": 409,
        "CORRECTION_CONFLICT": 409,
        "OUTPUT_EXISTS": 409,
        "RUN_STOPPED": 409,
        "LEASE_LOST": 409,
        "UPLOAD_OFFSET": 409,
        "UPLOAD_INCOMPLETE": 409,
        "UPLOAD_EXPIRED": 410,
        "UPLOAD_PROTOCOL": 412,
        "PAYLOAD_TOO_LARGE": 413,
        "UNSUPPORTED_CONTENT_TYPE": 415,
        "RANGE_NOT_SATISFIABLE": 416,
        "VALIDATION_ERROR": 422,
        "UNSUPPORTED_MEDIA": 422,
        "MEDIA_UNREADABLE": 422,
        "UPLOAD_LOCKED": 423,
        "RATE_LIMITED": 429,
        # this server
        "INTERNAL_SERVER_ERROR": 500,
        "CANCELLATION_FAILED": 500,
        "CONFIG_FAILED": 500,
        "DATABASE_INFO_FAILED": 500,
        "DEVICE_UNAVAILABLE": 500,
        "DOWNLOAD_FAILED": 500,
        "EXTRA_MISSING": 500,
        "GPU_LOST": 500,
        "INFERENCE_FAILED": 500,
        "JOB_STALLED": 500,
        "JOB_TIMEOUT": 500,
        "METRICS_FAILED": 500,
        "RUNNER_DIED": 500,
        "STORAGE_FAILED": 500,
        "WEIGHTS_DAMAGED": 500,
        "WEIGHTS_MISSING": 500,
        "WORKER_LOST": 500,
        "DATABASE_TOO_NEW": 503,
        "SERVICE_UNAVAILABLE": 503,
        "GPU_OUT_OF_MEMORY": 507,
        "MEMORY_EXHAUSTED": 507,
        "STORAGE_FULL": 507,
    }
)
"""Some codes arise only inside a job, and stand in its `error`; they have a status all the same, so that none can lack one."""


def status_of(error: VideoAnnotatorException) -> int:
    """The HTTP status that goes with an error."""
    return STATUS_BY_CODE[error.code]

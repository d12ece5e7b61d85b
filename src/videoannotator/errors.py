"""Every error that VideoAnnotator raises on purpose.

    VideoAnnotatorException            INTERNAL_SERVER_ERROR
    ├── InvalidRequestException        INVALID_REQUEST
    │   └── OutputExistsException      OUTPUT_EXISTS
    ├── InvalidConfigException         INVALID_CONFIG
    ├── PipelineNotFoundException      PIPELINE_NOT_FOUND
    ├── PipelineUnavailableException   PIPELINE_UNAVAILABLE
    ├── MediaUnreadableException       MEDIA_UNREADABLE
    │   └── UnsupportedMediaException  UNSUPPORTED_MEDIA
    ├── WeightsMissingException        WEIGHTS_MISSING
    ├── WeightsDamagedException        WEIGHTS_DAMAGED
    ├── ExtraMissingException          EXTRA_MISSING
    ├── DeviceUnavailableException     DEVICE_UNAVAILABLE
    ├── GPUOutOfMemoryException        GPU_OUT_OF_MEMORY   transient
    ├── GPULostException               GPU_LOST            transient
    ├── MemoryExhaustedException       MEMORY_EXHAUSTED    transient
    ├── InferenceFailedException       INFERENCE_FAILED
    ├── StorageFullException           STORAGE_FULL        transient
    └── RunStopped                     RUN_STOPPED

An error says what happened (`message`) and what to do next (`hint`). `transient` errors may go away when the same work is tried
again; all others need somebody to change something first.
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
    transient = True


class RunStopped(VideoAnnotatorException):
    """Somebody asked the run to stop, and it did."""

    code = "RUN_STOPPED"

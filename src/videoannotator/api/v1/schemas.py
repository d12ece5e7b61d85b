"""JSON documents about jobs, as OpenAPI shows them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from videoannotator.api.v1.documents import Document, Finding
from videoannotator.jobs.submit import MAX_TAG_LENGTH, MAX_TAGS, TAG

JOB_ID = "5f0c6f5e-0c5e-4b59-9a3c-6f1a52b0b8d4"
UPLOAD_ID = "0d8e5c1b-7a52-4b5e-8a39-3f1e6d2c9b70"
JOB_ID_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
UPLOAD_ID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
MOMENT = "2026-01-01T00:00:00Z"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
JOB: dict[str, Any] = {
    "id": JOB_ID,
    "status": "pending",
    "error": None,
    "created_by": "first key",
    "tags": ["pilot"],
    "retry_of": None,
    "video_filename": "play.mp4",
    "video_path": f"jobs/{JOB_ID}/source.mp4",
    "video_size_bytes": 1048576,
    "video_duration_seconds": 12.5,
    "video_browser_playable": True,
    "config": {"scene_detection": {"mode": "fast"}},
    "selected_pipelines": ["scene_detection"],
    "overlay": False,
    "created_at": MOMENT,
    "queued_at": MOMENT,
    "started_at": None,
    "completed_at": None,
    "cancelled_at": None,
    "cancel_requested_at": None,
    "error_message": None,
    "result_path": None,
    "storage_path": f"jobs/{JOB_ID}",
    "queue_position": 1,
    "progress": 0.0,
    "stage": None,
    "eta_seconds": None,
    "retry_count": 0,
    "next_attempt_at": None,
    "success_rate": 0.0,
    "warnings": [],
}
CANCELLED: dict[str, Any] = {
    **JOB,
    "status": "cancelled",
    "cancelled_at": MOMENT,
    "completed_at": MOMENT,
    "queue_position": None,
    "job_id": JOB_ID,
    "message": "The job is cancelled; no process of it is alive.",
}
ARTIFACT: dict[str, Any] = {
    "name": "scene_detection.json",
    "format": "scenes",
    "media_type": "application/json",
    "description": "Scenes as a JSON array.",
    "main": True,
    "size_bytes": 1234,
    "sha256": SHA256,
    "download_url": f"/api/v1/jobs/{JOB_ID}/results/files/scene_detection.json",
}
RESULTS: dict[str, Any] = {
    "job_id": JOB_ID,
    "status": "completed",
    "pipeline_results": {
        "scene_detection": {
            "pipeline_name": "scene_detection",
            "status": "completed",
            "start_time": MOMENT,
            "end_time": MOMENT,
            "processing_time": 1.5,
            "annotation_count": 12,
            "output_file": "scene_detection.json",
            "download_url": f"/api/v1/jobs/{JOB_ID}/results/files/scene_detection",
            "error_message": None,
            "error": None,
            "reason": None,
            "included_in": None,
            "warnings": [],
            "options": {"mode": "fast"},
            "artifacts": [ARTIFACT],
        }
    },
    "artifacts": [],
    "created_at": MOMENT,
    "completed_at": MOMENT,
    "result_path": f"jobs/{JOB_ID}/results/attempt-1",
    "error_message": None,
    "error": None,
}

UPLOAD: dict[str, Any] = {
    "id": UPLOAD_ID,
    "url": f"/api/v1/uploads/{UPLOAD_ID}",
    "filename": "play.mp4",
    "size_bytes": 1048576,
    "offset_bytes": 524288,
    "complete": False,
    "created_at": MOMENT,
    "expires_at": "2026-01-02T00:00:00Z",
}


class JobError(Document):
    """Why a job, or a part of it, failed."""

    code: str = Field(examples=["UNSUPPORTED_MEDIA"])
    message: str | None
    hint: str | None


class JobDocument(Document):
    """A job."""

    id: str = Field(examples=[JOB_ID])
    status: str = Field(description="pending, running, cancelling, completed, failed or cancelled.")
    error: JobError | None
    created_by: str | None = Field(description="Name of the key that submitted it.")
    tags: list[str]
    retry_of: str | None = Field(description="The job that this one tries again.")
    video_filename: str | None = Field(description="As the client called the recording; text to show, not a path.")
    video_path: str | None = Field(description="Relative to the storage folder; null when it was submitted by path.")
    video_size_bytes: int | None
    video_duration_seconds: float | None
    video_browser_playable: bool | None = Field(description="Whether browsers show what GET …/video gives; null when not known.")
    config: dict[str, Any] = Field(description="As it was sent.")
    selected_pipelines: list[str]
    overlay: bool = Field(description="Whether an annotated video is made as well.")
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None = Field(description="When it ended, however it ended.")
    cancelled_at: datetime | None
    cancel_requested_at: datetime | None
    error_message: str | None = Field(description="Null on clean success.")
    result_path: str | None = Field(description="Relative to the storage folder.")
    storage_path: str | None = Field(description="Relative to the storage folder.")
    queue_position: int | None = Field(description="1 for the next one; null unless it waits.")
    progress: float = Field(description="0 to 1.")
    stage: str | None
    eta_seconds: float | None
    retry_count: int
    next_attempt_at: datetime | None = Field(description="When it is tried again after a passing failure.")
    success_rate: float = Field(description="Share of its pipelines that completed, 0 to 1.")
    warnings: list[Finding] = Field(description="What was odd about the submission.")


class JobPage(Document):
    """Some of all jobs, newest first."""

    jobs: list[JobDocument]
    total: int = Field(description="How many fit the filter, on all pages together.")
    page: int
    per_page: int


class CancelledJob(JobDocument):
    """A job whose cancellation was asked for."""

    job_id: str
    message: str = Field(description="What became of it, in a sentence.")


class ArtifactDocument(Document):
    """A result file."""

    name: str
    format: str
    media_type: str
    description: str
    main: bool
    size_bytes: int
    sha256: str | None
    download_url: str = Field(description="Path from the server's root.")


class PipelineResult(Document):
    """How one pipeline of a job ended."""

    pipeline_name: str
    status: str = Field(description="completed, failed, skipped or stopped.")
    start_time: datetime | None
    end_time: datetime | None
    processing_time: float | None = Field(description="Seconds.")
    annotation_count: int | None
    output_file: str | None
    download_url: str | None = Field(description="Path from the server's root.")
    error_message: str | None
    error: JobError | None
    reason: str | None = Field(description="Why it was skipped.")
    included_in: str | None = Field(description="The pipeline that did its work.")
    warnings: list[str]
    options: dict[str, Any] = Field(description="Every option with the value that was in force.")
    artifacts: list[ArtifactDocument]


class ResultsDocument(Document):
    """What a job has produced so far."""

    job_id: str
    status: str
    pipeline_results: dict[str, PipelineResult]
    artifacts: list[ArtifactDocument] = Field(description="Files of no single pipeline.")
    created_at: datetime
    completed_at: datetime | None
    result_path: str | None
    error_message: str | None
    error: JobError | None


class MediaURL(Document):
    """Addresses that work without a key."""

    url: str = Field(description="Of the recording: path from the server's root; append it to the server's address.")
    view_url: dict[str, str] = Field(description="`view`: the same for the files of the view, with `{name}` to be replaced.")
    expires_at: datetime


class Body(BaseModel):
    """What a client sends; a name that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid")


class CancelBody(Body):
    """Why a job is cancelled."""

    reason: str | None = Field(None, max_length=1000, examples=["wrong recording"])


class RetryBody(Body):
    """How to try again."""

    only_failed: bool = Field(False, description="Run only the pipelines that have not succeeded.")


OVERLAY_FIELD = "Whether to make an annotated video as well: the result file overlay.mp4."

Tag = Annotated[str, Field(max_length=MAX_TAG_LENGTH, pattern=f"^{TAG.pattern}$")]


class SubmissionBody(Body):
    """What is to be done with a recording."""

    selected_pipelines: list[str] | None = Field(None, max_length=1000, description="Left out: the default ones.")
    config: dict[str, Any] = Field(default_factory=dict, description="{pipeline: {option: value}}")
    tags: list[Tag] = Field(default_factory=list, max_length=MAX_TAGS)
    overlay: StrictBool = Field(False, description=OVERLAY_FIELD)


class PathBody(SubmissionBody):
    """A recording that lies on the server's machine."""

    path: str = Field(min_length=1, max_length=4096, description="Absolute, below one of the server's MEDIA_ROOTS.")


class UploadBody(SubmissionBody):
    """A recording that has come in pieces."""

    upload_id: str = Field(pattern=UPLOAD_ID_PATTERN, description="Of an upload that is complete.", examples=[UPLOAD_ID])


class UploadDocument(Document):
    """A recording that comes in pieces."""

    id: str = Field(examples=[UPLOAD_ID], description="The job that is made of it will have the same.")
    url: str = Field(description="Path from the server's root: what goes to it goes into this upload.")
    filename: str | None = Field(description="As the client called the recording; text to show, not a path.")
    size_bytes: int = Field(description="Of all of it.")
    offset_bytes: int = Field(description="How much of it is safely on the server's disk.")
    complete: bool
    created_at: datetime
    expires_at: datetime = Field(description="When it is deleted, unless more of it comes or a job is made of it.")


class UploadList(Document):
    """Uploads of which no job was made yet."""

    uploads: list[UploadDocument]

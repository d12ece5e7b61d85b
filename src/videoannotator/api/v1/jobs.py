"""Jobs: submit, look at, cancel, try again, delete, and fetch what they produced."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

from videoannotator.api.dependencies import Reader, Writer, services
from videoannotator.api.uploads import receive_upload
from videoannotator.api.v1.errors import as_text, responses, succeeds
from videoannotator.api.v1.media import FILE_SCHEMA, NO_JOB, JobId, sent
from videoannotator.api.v1.schemas import (
    CANCELLED,
    JOB,
    JOB_ID,
    OVERLAY_FIELD,
    RESULTS,
    CancelBody,
    CancelledJob,
    JobDocument,
    JobPage,
    PathBody,
    ResultsDocument,
    RetryBody,
)
from videoannotator.jobs import control
from videoannotator.jobs.archive import ZipStream, zip_of
from videoannotator.jobs.listing import WORDS, get, page_of
from videoannotator.jobs.results import last_lines, log_of, main_file, results_document
from videoannotator.jobs.submit import Submission, scoped_key

MAX_PAGE = 1_000_000
MAX_TAIL_LINES = 100_000
SEARCH = "Only jobs with these characters in the recording's name, in a tag, or at the start of the id."
CANCELLED_MESSAGE = "The job is cancelled; no process of it is alive."
CANCELLING_MESSAGE = "The worker has not confirmed yet that the job has ended; it will be cancelled, and never started again."

router = APIRouter(prefix="/jobs", tags=["jobs"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Requests with the same one make one job: repeat a request safely when its answer got lost.",
        json_schema_extra={"pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
    ),
]
STATES = f"({'|'.join(WORDS)})"
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["video"],
                    "properties": {
                        "video": {"type": "string", "format": "binary", "description": "The recording."},
                        "selected_pipelines": {
                            "type": "string",
                            "description": "Names with commas between; left out: the default ones.",
                        },
                        "config": {"type": "string", "description": "JSON: {pipeline: {option: value}}."},
                        "tags": {"type": "string", "description": "Words by which to find the job, with commas between."},
                        "overlay": {"type": "boolean", "default": False, "description": OVERLAY_FIELD},
                    },
                },
                "example": {
                    "selected_pipelines": "scene_detection",
                    "config": '{"scene_detection": {"mode": "fast"}}',
                    "tags": "pilot",
                    "video": "(the file)",
                },
            }
        },
    }
}
CANCELLING = {**CANCELLED, "status": "cancelling", "cancelled_at": None, "completed_at": None, "message": CANCELLING_MESSAGE}
REPEATED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The job that an earlier request with the same idempotency key made.",
        "model": JobDocument,
        "content": {"application/json": {"example": as_text(JOB)}},
    }
}


def _file(description: str, media_type: str = "application/octet-stream") -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: FILE_SCHEMA}}}


@router.post(
    "",
    status_code=201,
    response_model=JobDocument,
    responses=responses(
        408, 409, 413, 415, 422, 429, 507, codes=["INVALID_REQUEST", "INVALID_CONFIG", "UNSUPPORTED_MEDIA", "VALIDATION_ERROR"]
    )
    | REPEATED
    | succeeds(JOB, 201),
    openapi_extra=FORM,
)
async def submit(request: Request, response: Response, who: Writer, idempotency_key: IdempotencyKey = None) -> JobDocument:
    r"""Upload a recording, and have it annotated.

    The answer comes when the recording is safely on the server's disk. Put `config` and `selected_pipelines` before `video`: then a
    mistake in them is told before the recording travels.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs -H "Authorization: Bearer $API_KEY" \
        -F selected_pipelines=scene_detection -F 'config={"scene_detection": {"mode": "fast"}}' -F video=@recording.mp4
    ```
    """
    accepted = await receive_upload(request, who, idempotency_key)
    return submitted(request, response, accepted.job.to_dict(), created=accepted.created)


@router.post(
    "/from-path",
    status_code=201,
    response_model=JobDocument,
    responses=responses(
        413, 415, 422, 429, 507, codes=["INVALID_REQUEST", "INVALID_CONFIG", "VALIDATION_ERROR", "UNSUPPORTED_MEDIA"]
    )
    | REPEATED
    | succeeds(JOB, 201),
)
def submit_path(
    request: Request, response: Response, body: PathBody, who: Writer, idempotency_key: IdempotencyKey = None
) -> JobDocument:
    r"""Have a recording annotated that lies on the server's machine, below one of its MEDIA_ROOTS; it stays where it is.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs/from-path -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"path": "/media/study/recording.mp4"}'
    ```
    """
    intake = services(request).intake
    key = scoped_key(who.key_id, idempotency_key)
    checked = intake.check(Submission(body.config, body.selected_pipelines, body.tags, who.name, key, overlay=body.overlay))
    accepted = intake.accept_path(body.path, checked)
    return submitted(request, response, accepted.job.to_dict(), created=accepted.created)


@router.get("", responses=responses(422) | succeeds({"jobs": [JOB], "total": 1, "page": 1, "per_page": 20}))
def every(
    request: Request,
    _: Reader,
    page: Annotated[int, Query(ge=1, le=MAX_PAGE, description="From 1.")] = 1,
    per_page: Annotated[int, Query(ge=1, le=100, description="Jobs on a page.")] = 20,
    status_filter: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Only jobs in these states, with commas between.",
            examples=["pending,running"],
            json_schema_extra={"pattern": f"^ *{STATES}?( *, *{STATES}?)* *$"},
        ),
    ] = None,
    search: Annotated[str | None, Query(max_length=200, description=SEARCH)] = None,
) -> JobPage:
    """List jobs, newest first.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" "http://127.0.0.1:18011/api/v1/jobs?per_page=5&status_filter=pending,running"
    ```
    """
    found = page_of(services(request).database, page, per_page, status_filter, search)
    return JobPage(jobs=[JobDocument(**job.to_dict()) for job in found.jobs], total=found.total, page=page, per_page=per_page)


@router.get("/{job_id}", responses=responses(404, 422, codes=NO_JOB) | succeeds(JOB))
def one(request: Request, job_id: JobId, _: Reader) -> JobDocument:
    """Say how a job stands, with its place in the queue while it waits.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID
    ```
    """
    return JobDocument(**get(services(request).database, job_id).to_dict())


@router.post(
    "/{job_id}/cancel",
    responses=responses(404, 409, 413, 415, 422, codes=[*NO_JOB, "JOB_ALREADY_COMPLETED", "CANCELLATION_FAILED"])
    | succeeds(CANCELLED)
    | {
        202: {
            "model": CancelledJob,
            "description": CANCELLING_MESSAGE,
            "content": {"application/json": {"example": as_text(CANCELLING)}},
        }
    },
)
async def cancel(request: Request, response: Response, job_id: JobId, _: Writer, body: CancelBody | None = None) -> CancelledJob:
    r"""Cancel a job. When the answer is 200, no process of it is alive; when its worker has not confirmed that within 10 s, 202.

    A job that is cancelled already stays so: 200 again. One that has completed or failed: 409.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/cancel -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"reason": "wrong recording"}'
    ```
    """
    here = services(request)
    job = await control.cancel(here.database, here.queue, here.storage, job_id, body.reason if body else None)
    if not job.is_terminal:
        response.status_code = 202
    return CancelledJob(**job.to_dict(), job_id=job.id, message=CANCELLED_MESSAGE if job.is_terminal else CANCELLING_MESSAGE)


@router.post(
    "/{job_id}/retry",
    status_code=201,
    responses=responses(404, 409, 413, 415, 422, 429, 507, codes=[*NO_JOB, "JOB_NOT_READY", "JOB_ALREADY_COMPLETED"])
    | succeeds({**JOB, "retry_of": JOB_ID}, 201),
)
def retry(request: Request, response: Response, job_id: JobId, who: Writer, body: RetryBody | None = None) -> JobDocument:
    r"""Try a job again that failed, was cancelled, or completed without some of its pipelines: as a new job on the same recording.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/retry -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"only_failed": true}'
    ```
    """
    only_failed = body is not None and body.only_failed
    job = control.retry(services(request).intake, job_id, only_failed=only_failed, created_by=who.name)
    return submitted(request, response, job.to_dict(), created=True)


@router.delete(
    "/{job_id}",
    status_code=204,
    responses=responses(404, 409, 422, codes=[*NO_JOB, "JOB_NOT_READY", "CANCELLATION_FAILED"]),
)
async def delete(request: Request, job_id: JobId, _: Writer) -> None:
    """Delete a job with its recording, results and log; one that waits or runs is cancelled first.

    A recording that was submitted by path stays where it is.

    ```bash
    curl -X DELETE http://127.0.0.1:18011/api/v1/jobs/$JOB_ID -H "Authorization: Bearer $API_KEY"
    ```
    """
    here = services(request)
    await control.delete(here.database, here.queue, here.storage, job_id)


@router.get("/{job_id}/results", responses=responses(404, 409, 422, codes=NO_JOB) | succeeds(RESULTS))
def results(request: Request, job_id: JobId, _: Reader) -> ResultsDocument:
    """Say how each pipeline of a job ended, and which files there are.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/results
    ```
    """
    found = results_document(services(request).database, job_id, request.scope.get("root_path", ""))
    return ResultsDocument(**found)


@router.get(
    "/{job_id}/results/files/{pipeline:path}",
    response_class=FileResponse,
    responses=responses(404, 409, 416, 422, codes=[*NO_JOB, "NOT_FOUND"]) | _file("The file."),
)
def result_file(
    request: Request,
    job_id: JobId,
    pipeline: Annotated[str, Path(description="A pipeline, or the name of a file.", examples=["scene_detection"])],
    _: Reader,
    format: Annotated[str | None, Query(description="Another format than the main one.", examples=["csv"])] = None,  # noqa: A002
) -> FileResponse:
    """Download the main file of a pipeline, its file in another format, or any file by its name.

    ```bash
    curl -OJ -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/results/files/scene_detection
    ```
    """
    here = services(request)
    return sent(main_file(here.database, here.storage, job_id, pipeline, format))


@router.get(
    "/{job_id}/artifacts",
    response_class=StreamingResponse,
    responses=responses(404, 409, 422, codes=[*NO_JOB, "NOT_FOUND"]) | _file("The archive.", "application/zip"),
)
def artifacts(request: Request, job_id: JobId, _: Reader) -> StreamingResponse:
    """Download all results of a job with its recording, as a ZIP archive.

    ```bash
    curl -o annotations.zip -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/artifacts
    ```
    """
    here = services(request)
    archive = zip_of(here.database, here.storage, job_id)
    headers = {"Content-Length": str(archive.size_bytes), "Content-Disposition": f'attachment; filename="{job_id}.zip"'}
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=headers)


@router.get(
    "/{job_id}/log",
    response_class=PlainTextResponse,
    responses=responses(404, 422, codes=[*NO_JOB, "NOT_FOUND"])
    | {
        200: {
            "description": "The log.",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": "Attempt 1: scene_detection"}},
        }
    },
)
def log(
    request: Request,
    job_id: JobId,
    _: Reader,
    tail: Annotated[int | None, Query(ge=1, le=MAX_TAIL_LINES, description="Only that many lines from its end.")] = None,
) -> Response:
    """Get what the job said while it ran.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" "http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/log?tail=20"
    ```
    """
    here = services(request)
    file = log_of(here.database, here.storage, job_id)
    return Response(last_lines(file, tail), media_type=file.media_type)


def submitted(request: Request, response: Response, job: dict[str, Any], *, created: bool) -> JobDocument:
    """What is answered about a job that was made now or, unless `created`, by an earlier request."""
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/jobs/{job['id']}"
    return JobDocument(**job)


async def _chunks(archive: ZipStream) -> AsyncIterator[bytes]:
    """The archive piece by piece, made in a thread; closed also when the client leaves."""
    pieces = archive.chunks()
    try:
        while (piece := await anyio.to_thread.run_sync(next, pieces, None)) is not None:
            yield piece
    finally:
        archive.close()

"""Exports: jobs in any format, with or without corrections, as one archive."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field, StrictBool

from videoannotator.api.dependencies import MediaReader, Reader, Services, services, signed_export
from videoannotator.api.v1.documents import Document
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.api.v1.media import FILE_SCHEMA, NO_JOB, JobId, sent
from videoannotator.api.v1.schemas import JOB_ID, JOB_ID_PATTERN, MOMENT, Body
from videoannotator.jobs.exports import Export

MOST_JOBS = 100
EXPORT_ID = "0f6b7c1d2e3f4a5b8c9d0e1f2a3b4c5d"
FORMAT: dict[str, Any] = {
    "format": "rttm",
    "display_name": "Speakers (RTTM)",
    "description": "Who speaks when, for tools that evaluate or show diarization.",
    "applies": False,
    "reason": "No pipeline of this job came to an end that gives what this format holds.",
    "hint": "Run one of these: audio_processing, speaker_diarization.",
}
ASKED: dict[str, Any] = {
    "export_id": EXPORT_ID,
    "status": "waiting",
    "progress": 0.0,
    "job_ids": [JOB_ID],
    "formats": ["csv_table"],
    "corrected": True,
    "created_at": MOMENT,
    "problems": [],
    "error": None,
    "files": None,
    "size_bytes": None,
    "download_url": None,
}
READY: dict[str, Any] = {
    **ASKED,
    "status": "ready",
    "progress": 1.0,
    "files": 4,
    "size_bytes": 5120,
    "download_url": f"/api/v1/exports/{EXPORT_ID}/download?expires=1767247200&signature=6c1f",
}

router = APIRouter(tags=["exports"])

ExportId = Annotated[str, Path(description="The export's id.", pattern="^[0-9a-f]{32}$", examples=[EXPORT_ID])]


class FormatDocument(Document):
    """A format, and whether a job can be exported in it."""

    format: str
    display_name: str
    description: str
    applies: bool
    reason: str | None = Field(description="Why it does not apply.")
    hint: str | None = Field(description="What to do about that.")


class FormatList(Document):
    """Every installed format."""

    job_id: str
    formats: list[FormatDocument]


class ProblemDocument(Document):
    """Something that could not be exported; the rest was."""

    job_id: str
    format: str | None = Field(description="Null when it is all of the job.")
    code: str
    message: str
    hint: str | None


class ExportDocument(Document):
    """An export."""

    export_id: str
    status: str = Field(description="waiting, running, ready or failed.")
    progress: float = Field(description="0 to 1.")
    job_ids: list[str]
    formats: list[str]
    corrected: bool
    created_at: datetime
    problems: list[ProblemDocument]
    error: ProblemDocument | None = Field(description="Why there is no archive.")
    files: int | None = Field(description="How many files the archive holds.")
    size_bytes: int | None
    download_url: str | None = Field(description="Path from the server's root, which works without a key for six hours.")


class ExportBody(Body):
    """What to export."""

    job_ids: list[Annotated[str, Field(pattern=JOB_ID_PATTERN)]] = Field(min_length=1, max_length=MOST_JOBS, examples=[[JOB_ID]])
    formats: list[Annotated[str, Field(max_length=64)]] = Field(
        min_length=1, max_length=50, description="As GET /jobs/{job_id}/exports names them.", examples=[["csv_table"]]
    )
    corrected: StrictBool = Field(True, description="Whether corrections are applied; then corrections.json says which.")


@router.get(
    "/jobs/{job_id}/exports", responses=responses(404, 422, codes=NO_JOB) | succeeds({"job_id": JOB_ID, "formats": [FORMAT]})
)
def formats(request: Request, job_id: JobId, _: Reader) -> FormatList:
    """List every format that a job can be exported in, and say why not in the others.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/exports
    ```
    """
    found = [FormatDocument.model_validate(each) for each in services(request).exports.formats(job_id)]
    return FormatList(job_id=job_id, formats=found)


@router.post(
    "/exports",
    status_code=202,
    responses=responses(413, 415, 422, 429, 507, codes=["INVALID_REQUEST", "VALIDATION_ERROR"]) | succeeds(ASKED, 202),
)
def ask(request: Request, response: Response, body: ExportBody, _: Reader) -> ExportDocument:
    r"""Have up to 100 jobs exported in some formats; ask then how it stands, and download the archive when it is ready.

    A job that cannot be exported is named among the problems, with the reason, and does not keep the others from it.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/exports -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"job_ids": ["'$JOB_ID'"], "formats": ["csv_table"], "corrected": true}'
    ```
    """
    made = services(request).exports.ask(body.job_ids, body.formats, corrected=body.corrected)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/v1/exports/{made.id}"
    return _document(request, made)


@router.get("/exports/{export_id}", responses=responses(404, 422, codes=["NOT_FOUND"]) | succeeds(READY))
def one(request: Request, export_id: ExportId, _: Reader) -> ExportDocument:
    """Say how an export stands, and where its archive is when it is ready.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/exports/$EXPORT_ID
    ```
    """
    return _document(request, services(request).exports.get(export_id))


@router.get(
    "/exports/{export_id}/download",
    response_class=FileResponse,
    responses=responses(404, 409, 416, 422, codes=["NOT_FOUND"])
    | {
        200: {"description": "The archive: a folder for each job.", "content": {"application/zip": FILE_SCHEMA}},
        206: {"description": "The part that was asked for.", "content": {"application/zip": FILE_SCHEMA}},
    },
)
def download(request: Request, export_id: ExportId, _: MediaReader) -> FileResponse:
    """Download the archive of an export; answers to Range, so that a broken download can go on.

    ```bash
    curl -o export.zip -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/exports/$EXPORT_ID/download
    ```
    """
    return sent(services(request).exports.file(export_id))


@router.delete("/exports/{export_id}", status_code=204, responses=responses(404, 422, codes=["NOT_FOUND"]))
def stop(request: Request, export_id: ExportId, _: Reader) -> None:
    """Stop an export, or remove its archive.

    ```bash
    curl -X DELETE -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/exports/$EXPORT_ID
    ```
    """
    services(request).exports.stop(export_id)


def _document(request: Request, export: Export) -> ExportDocument:
    named = ("status", "progress", "job_ids", "formats", "corrected", "created_at", "files", "size_bytes")
    return ExportDocument(
        export_id=export.id,
        **{name: getattr(export, name) for name in named},
        problems=[ProblemDocument.model_validate(each) for each in export.problems],
        error=ProblemDocument.model_validate(export.error) if export.error else None,
        download_url=_address(request, services(request), export.id) if export.status == "ready" else None,
    )


def _address(request: Request, here: Services, export_id: str) -> str:
    signed = here.signer.issue(signed_export(export_id))
    path = f"{request.scope.get('root_path', '')}/api/v1/exports/{export_id}/download"
    return f"{path}?expires={signed.expires}&signature={signed.signature}"

"""What a browser shows of a job: the recording, and what the Result page fetches as it goes; both also by signed addresses."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse

from videoannotator.api.dependencies import MediaReader, Reader, services
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.api.v1.schemas import JOB_ID, JOB_ID_PATTERN, MOMENT, MediaURL
from videoannotator.jobs.listing import get
from videoannotator.jobs.results import DownloadFile, video_of, view_of

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[str, Path(description="The job's id.", pattern=JOB_ID_PATTERN, examples=[JOB_ID])]
NO_JOB = ("JOB_NOT_FOUND",)
FILE_SCHEMA = {"schema": {"type": "string", "format": "binary"}}
NAME = "{name}"
"""What a client replaces in the signed address of a view."""
SIGNED = "expires=1767247200&signature=6c1f"
KEPT, ASKED_AGAIN = "private, max-age=86400", "private, no-cache"
"""The files of an attempt never change; the documents that name them do, when a job is tried again."""


@router.get(
    "/{job_id}/video",
    response_class=FileResponse,
    responses=responses(404, 416, 422, codes=[*NO_JOB, "NOT_FOUND"])
    | {
        200: {"description": "The recording.", "content": {"video/mp4": FILE_SCHEMA}},
        206: {"description": "The part that was asked for.", "content": {"video/mp4": FILE_SCHEMA}},
    },
)
def video(request: Request, job_id: JobId, _: MediaReader) -> FileResponse:
    """Get the recording, as a copy that browsers can play where there is one; answers to Range, so that players can seek.

    ```bash
    curl -o video.mp4 -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/video
    ```
    """
    here = services(request)
    return sent(video_of(here.database, here.storage, job_id), "inline")


@router.get(
    "/{job_id}/view/{name:path}",
    response_class=FileResponse,
    responses=responses(404, 409, 416, 422, codes=[*NO_JOB, "NOT_FOUND", "JOB_NOT_READY"])
    | {
        200: {"description": "The file.", "content": {"application/octet-stream": FILE_SCHEMA}},
        206: {"description": "The part that was asked for.", "content": {"application/octet-stream": FILE_SCHEMA}},
    },
)
def view(
    request: Request,
    job_id: JobId,
    name: Annotated[str, Path(description="A file that the index names.", examples=["index.json"])],
    _: MediaReader,
) -> FileResponse:
    """Get a file of what the Result page shows: `index.json`, or one that it names; answers to Range.

    The index says which small pictures, waveform, frame times, people, faces and signals there are, and where in which file each
    piece lies.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/view/index.json
    ```
    """
    here = services(request)
    file = view_of(here.database, here.storage, job_id, name)
    kept = ASKED_AGAIN if file.media_type == "application/json" else KEPT
    return sent(file, "inline", {"Cache-Control": kept})


@router.get(
    "/{job_id}/media-url",
    responses=responses(404, 422, codes=NO_JOB)
    | succeeds(
        {
            "url": f"/api/v1/jobs/{JOB_ID}/video?{SIGNED}",
            "view_url": {"view": f"/api/v1/jobs/{JOB_ID}/view/{NAME}?{SIGNED}"},
            "expires_at": MOMENT,
        }
    ),
)
def media_url(request: Request, job_id: JobId, _: Reader) -> MediaURL:
    """Give addresses of the recording and its view that work without a key for six hours: a media element sends no headers.

    In `view_url.view`, put the name of a file in place of `{name}`.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/media-url
    ```
    """
    here = services(request)
    get(here.database, job_id)
    signed = here.signer.issue(job_id)
    path = f"{request.scope.get('root_path', '')}/api/v1/jobs/{quote(job_id)}"
    query = f"expires={signed.expires}&signature={signed.signature}"
    return MediaURL(
        url=f"{path}/video?{query}",
        view_url={"view": f"{path}/view/{NAME}?{query}"},
        expires_at=datetime.fromtimestamp(signed.expires, timezone.utc),
    )


def sent(file: DownloadFile, disposition: str = "attachment", headers: Mapping[str, Any] | None = None) -> FileResponse:
    """A file as an answer, with its checksum as ETag where that is known."""
    told = {**(headers or {}), **({"ETag": f'"{file.sha256}"'} if file.sha256 else {})}
    return FileResponse(
        file.path, headers=told, media_type=file.media_type, filename=file.name, content_disposition_type=disposition
    )

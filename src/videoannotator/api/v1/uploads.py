"""Recordings that come in pieces, so that a broken connection costs nothing (tus 1.0.0); and jobs made of them."""

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response

from videoannotator.api import tus
from videoannotator.api.dependencies import Reader, Writer, services
from videoannotator.api.pieces import receive_piece
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.api.v1.jobs import REPEATED, IdempotencyKey, submitted
from videoannotator.api.v1.schemas import (
    JOB,
    UPLOAD,
    UPLOAD_ID,
    UPLOAD_ID_PATTERN,
    JobDocument,
    UploadBody,
    UploadDocument,
    UploadList,
)
from videoannotator.jobs.from_upload import accept_from_upload
from videoannotator.jobs.resumable import UploadState
from videoannotator.jobs.submit import Accepted, Submission, scoped_key

router = APIRouter(tags=["uploads"])

UploadId = Annotated[str, Path(description="The upload's id.", pattern=UPLOAD_ID_PATTERN, examples=[UPLOAD_ID])]
UPLOADS, ONE_UPLOAD = "/uploads", "/uploads/{upload_id}"
NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**tus.MAX_DIGITS - 1}
GONE = (404, 410, 422)


def _header(name: str, description: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _said(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "schema": schema}


TUS_RESUMABLE = _header("Tus-Resumable", "The version of the protocol.", {"type": "string", "enum": [tus.VERSION]})
UPLOAD_OFFSET = _header("Upload-Offset", "Where the piece begins: the length of what the server has.", NUMBER)
UPLOAD_LENGTH = _header("Upload-Length", "Bytes of the whole recording.", NUMBER)
UPLOAD_METADATA = _header(
    "Upload-Metadata",
    "Pairs of a key and a value in Base64; `filename` (or `name`) is what the recording is called.",
    {"type": "string", "maxLength": tus.MAX_METADATA_LENGTH, "pattern": "^(filename [A-Za-z0-9+/]{4,40}=?)?$"},
    required=False,
)
PIECE = {"content": {tus.PIECE: {"schema": {"type": "string", "format": "binary"}}}}
SAID = {
    "Upload-Offset": _said("How much of it is safely on the server's disk.", NUMBER),
    "Upload-Length": _said("Bytes of the whole recording.", NUMBER),
    "Upload-Expires": _said("When it is deleted, unless more of it comes.", {"type": "string"}),
}


def _with_headers(status: int, **headers: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {status: {"headers": {**SAID, **headers}}}


@router.options(
    UPLOADS,
    status_code=204,
    responses=responses()
    | {
        204: {
            "headers": {
                "Tus-Version": _said("The versions of the protocol that are spoken here.", {"type": "string"}),
                "Tus-Extension": _said("Its extensions that are known here.", {"type": "string"}),
                "Tus-Max-Size": _said("Bytes of the largest recording that is taken.", NUMBER),
            }
        }
    },
)
def abilities(request: Request, _: Reader) -> Response:
    """Say which resumable uploads this server takes.

    ```bash
    curl -X OPTIONS -i -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/uploads
    ```
    """
    largest = services(request).resumable.largest_bytes
    headers = {"Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS, "Tus-Max-Size": str(largest)}
    return Response(status_code=204, headers=headers)


@router.post(
    UPLOADS,
    status_code=201,
    response_model=UploadDocument,
    responses=responses(408, 412, 413, 415, 423, 429, 507)
    | succeeds({**UPLOAD, "offset_bytes": 0}, 201)
    | {201: {**succeeds({**UPLOAD, "offset_bytes": 0}, 201)[201], **_with_headers(201)[201]}},
    openapi_extra={"parameters": [TUS_RESUMABLE, UPLOAD_LENGTH, UPLOAD_METADATA], "requestBody": {**PIECE, "required": False}},
)
async def begin(request: Request, response: Response, who: Writer) -> UploadDocument:
    r"""Begin an upload that can be resumed; its address is in the header `Location`. The body may bring its first piece.

    Room for all of it is kept from now on. It ends 24 hours after its last byte, and becomes a job by
    `POST /api/v1/jobs/from-upload`. Clients for many languages speak this protocol: https://tus.io/implementations.

    ```bash
    curl -X POST -i http://127.0.0.1:18011/api/v1/uploads -H "Authorization: Bearer $API_KEY" -H "Tus-Resumable: 1.0.0" \
        -H "Upload-Length: 1048576" -H "Upload-Metadata: filename cmVjb3JkaW5nLm1wNA=="
    ```
    """
    tus.require_version(request)
    length, (name, metadata) = tus.length_of(request), tus.metadata_of(request)
    brings_piece = tus.brings_piece(request)
    if brings_piece:
        tus.require_piece(request)
    here = services(request)
    upload = await anyio.to_thread.run_sync(here.resumable.begin, who, length, name, metadata)
    if brings_piece:
        upload = await receive_piece(request, who, upload.id, 0)
    document = _document(request, upload)
    response.headers.update({**tus.headers_of(upload), "Location": document.url})
    return document


@router.get(UPLOADS, responses=responses() | succeeds({"uploads": [UPLOAD]}))
def own(request: Request, who: Reader) -> UploadList:
    """List the uploads of this key that go on, or wait for a job to be made of them; newest first.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/uploads
    ```
    """
    return UploadList(uploads=[_document(request, upload) for upload in services(request).resumable.of(who)])


@router.get(
    ONE_UPLOAD,
    response_model=UploadDocument,
    responses=responses(*GONE, 412) | {200: {**succeeds(UPLOAD)[200], **_with_headers(200)[200]}},
)
def one(request: Request, response: Response, upload_id: UploadId, who: Reader) -> UploadDocument:
    """Say how an upload stands; `HEAD` gives the same in headers alone. It goes on at `Upload-Offset`.

    All bytes before that are safely on the disk. While another request writes to it, there may be more.

    ```bash
    curl -I -H "Authorization: Bearer $API_KEY" -H "Tus-Resumable: 1.0.0" http://127.0.0.1:18011/api/v1/uploads/$UPLOAD_ID
    ```
    """
    tus.require_version(request, or_none=True)
    upload = services(request).resumable.look(upload_id, who)
    response.headers.update(tus.headers_of(upload))
    return _document(request, upload)


@router.patch(
    ONE_UPLOAD,
    status_code=204,
    responses=responses(*GONE, 408, 409, 412, 413, 415, 423, 429, 507, codes=["UPLOAD_OFFSET"]) | _with_headers(204),
    openapi_extra={"parameters": [TUS_RESUMABLE, UPLOAD_OFFSET], "requestBody": {**PIECE, "required": True}},
)
async def add(request: Request, upload_id: UploadId, who: Writer) -> Response:
    r"""Send the next piece of an upload: all of the rest, or as much as you like at once.

    Whatever ends it, what has come is kept: ask with `HEAD` where to go on. One request at a time may write; another is answered
    with 423, and a piece that does not begin where the upload ends with 409.

    ```bash
    curl -X PATCH http://127.0.0.1:18011/api/v1/uploads/$UPLOAD_ID -H "Authorization: Bearer $API_KEY" -H "Tus-Resumable: 1.0.0" \
        -H "Upload-Offset: 0" -H "Content-Type: application/offset+octet-stream" --data-binary @recording.mp4
    ```
    """
    tus.require_version(request)
    tus.require_piece(request)
    upload = await receive_piece(request, who, upload_id, tus.number_of(request, "Upload-Offset"))
    return Response(status_code=204, headers=dict(tus.headers_of(upload)))


@router.delete(ONE_UPLOAD, status_code=204, responses=responses(404, 412, 422, 423), openapi_extra={"parameters": [TUS_RESUMABLE]})
def give_up(request: Request, upload_id: UploadId, who: Writer) -> Response:
    r"""Delete an upload of which no job was made.

    ```bash
    curl -X DELETE http://127.0.0.1:18011/api/v1/uploads/$UPLOAD_ID -H "Authorization: Bearer $API_KEY" -H "Tus-Resumable: 1.0.0"
    ```
    """
    tus.require_version(request)
    services(request).resumable.give_up(upload_id, who)
    return Response(status_code=204)


@router.post(
    "/jobs/from-upload",
    tags=["jobs"],
    status_code=201,
    response_model=JobDocument,
    responses=responses(
        *(404, 409, 410, 413, 415, 422, 423, 429, 507),
        codes=["INVALID_REQUEST", "INVALID_CONFIG", "UPLOAD_INCOMPLETE", "VALIDATION_ERROR", "UNSUPPORTED_MEDIA"],
    )
    | REPEATED
    | succeeds(JOB, 201),
)
async def submit_upload(
    request: Request, response: Response, body: UploadBody, who: Writer, idempotency_key: IdempotencyKey = None
) -> JobDocument:
    r"""Have a recording annotated that has come in pieces. Whatever is wrong with the request, the upload stays, to try again.

    The job has the id of the upload, which is then gone. The same request again gives the same job.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs/from-upload -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"upload_id": "'$UPLOAD_ID'", "selected_pipelines": ["scene_detection"]}'
    ```
    """
    here = services(request)
    key = scoped_key(who.key_id, idempotency_key)

    def submit() -> Accepted:
        submission = Submission(body.config, body.selected_pipelines, body.tags, who.name, key, overlay=body.overlay)
        return accept_from_upload(here.intake, here.resumable, body.upload_id, here.intake.check(submission), who)

    accepted = await anyio.to_thread.run_sync(submit, limiter=here.uploads.readers)
    return submitted(request, response, accepted.job.to_dict(), created=accepted.created)


def _document(request: Request, upload: UploadState) -> UploadDocument:
    return UploadDocument(
        id=upload.id,
        url=f"{request.scope.get('root_path', '')}{tus.UPLOADS}/{upload.id}",
        filename=upload.file_name,
        size_bytes=upload.size_bytes,
        offset_bytes=upload.offset_bytes,
        complete=upload.is_complete,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )

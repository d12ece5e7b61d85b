"""Corrections of a job's annotations, and the time line that shows them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from videoannotator.annotations.corrections import CorrectionKind
from videoannotator.api.dependencies import Reader, Writer, services
from videoannotator.api.v1.documents import Document
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.api.v1.media import NO_JOB, JobId
from videoannotator.api.v1.schemas import JOB_ID, MOMENT, Body
from videoannotator.jobs.corrections import History, Wish

LARGEST = 2**31 - 1
CODES = (*NO_JOB, "NOT_FOUND", "JOB_NOT_READY", "CORRECTION_CONFLICT", "INVALID_REQUEST", "VALIDATION_ERROR")
CORRECTION: dict[str, Any] = {
    "number": 1,
    "base": 0,
    "kind": "rename_person",
    "target": "person_001",
    "before": {"name": "person_001"},
    "after": {"name": "Anna"},
    "created_by": "first key",
    "created_at": MOMENT,
    "undone_by": None,
    "undone_at": None,
    "in_force": True,
}
HISTORY: dict[str, Any] = {"job_id": JOB_ID, "revision": 1, "corrections": [CORRECTION]}
TIMELINE: dict[str, Any] = {
    "revision": 1,
    "scenes": [{"id": "scene_detection/Scene/0", "start_s": 0.0, "end_s": 4.2, "score": None, "label": None, "environment": None}],
    "speakers": [{"id": "speaker_001", "name": "Anna", "talking_s": 2.5}],
    "turns": [
        {"id": "audio_processing/SpeakerTurn/0", "speaker": "speaker_001", "start_s": 1.0, "end_s": 3.5, "confidence": 0.9},
    ],
    "utterances": [
        {
            "id": "audio_processing/Utterance/0",
            "start_s": 1.0,
            "end_s": 1.5,
            "text": "Look!",
            "speaker": "speaker_001",
            "language": "en",
            "words": [[1.0, 1.5, "Look!", 0.8, "speaker_001"]],
        }
    ],
    "persons": [],
    "faces": [],
    "events": [],
    "corrected": ["speaker_001"],
}

router = APIRouter(prefix="/jobs", tags=["corrections"])

Number = Annotated[int, Path(description="The correction's number.", ge=1, le=LARGEST, examples=[1])]
Revision = Annotated[
    int | None,
    Query(ge=0, le=LARGEST, description="The revision that you have seen; when it is another one by now, nothing changes: 409."),
]


class CorrectionDocument(Document):
    """A correction."""

    number: int = Field(description="From 1 for each job.")
    base: int = Field(description="The revision on which it was made; it can come back while that is in force.")
    kind: str
    target: str
    before: dict[str, Any] = Field(description="What held before, as the server found it.")
    after: dict[str, Any]
    created_by: str | None = Field(description="Name of the key.")
    created_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    in_force: bool


class HistoryDocument(Document):
    """All corrections of a job, undone ones included."""

    job_id: str
    revision: int = Field(description="The number of the newest one in force; 0 for none.")
    corrections: list[CorrectionDocument]


class MadeDocument(Document):
    """A correction that was made."""

    revision: int
    correction: CorrectionDocument


class OriginalDocument(Document):
    """The job is as the pipelines left it."""

    revision: int = Field(description="0.")
    undone: list[int] = Field(description="Numbers of the corrections that were in force.")


class TimelineDocument(Document):
    """Everything that lasts from one moment to another, in seconds; docs/usage/corrections.md says what each list holds."""

    revision: int
    scenes: list[dict[str, Any]]
    speakers: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    utterances: list[dict[str, Any]]
    persons: list[dict[str, Any]]
    faces: list[dict[str, Any]]
    events: list[dict[str, Any]]
    corrected: list[str] = Field(description="Ids of all that was corrected.")


class CorrectionBody(Body):
    """What to correct; docs/usage/corrections.md says what each kind takes."""

    kind: CorrectionKind = Field(examples=["rename_person"])
    target: str = Field(
        min_length=1,
        max_length=200,
        description="An id of the time line; for add_segment: Scene, SpeakerTurn, Utterance or SoundEvent.",
        examples=["person_001"],
    )
    after: dict[str, Any] = Field(default_factory=dict, description="What holds instead.", examples=[{"name": "Anna"}])
    revision: int | None = Field(
        None, ge=0, le=LARGEST, description="The revision that you have seen; when it is another one by now, nothing changes: 409."
    )


@router.get("/{job_id}/timeline", responses=responses(404, 409, 422, codes=[*NO_JOB, "NOT_FOUND"]) | succeeds(TIMELINE))
def timeline(
    request: Request,
    job_id: JobId,
    _: Reader,
    original: Annotated[bool, Query(description="As the pipelines left it, without corrections.")] = False,
) -> TimelineDocument:
    """Give the scenes, speakers, utterances, people and events of a job, with its corrections applied.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/timeline
    ```
    """
    content, tag = services(request).corrections.timeline(job_id, original=original)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    return Response(content, media_type="application/json", headers=headers)  # type: ignore[return-value]  # JSON already


@router.get("/{job_id}/corrections", responses=responses(404, 422, codes=NO_JOB) | succeeds(HISTORY))
def history(request: Request, job_id: JobId, _: Reader) -> HistoryDocument:
    """List the corrections of a job: who changed what, when, and what it was before.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/corrections
    ```
    """
    return _history(services(request).corrections.history(job_id))


@router.post(
    "/{job_id}/corrections",
    status_code=201,
    responses=responses(404, 409, 413, 415, 422, codes=CODES) | succeeds({"revision": 1, "correction": CORRECTION}, 201),
)
def correct(request: Request, job_id: JobId, body: CorrectionBody, who: Writer) -> MadeDocument:
    r"""Correct something: a name, a text, who says it, where it begins and ends, or whether it is there at all.

    The output of the pipelines stays as it is; exports can be made with and without corrections.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/corrections -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"kind": "add_segment", "target": "Scene", "after": {"start_s": 0.5}}'
    ```
    """
    wish = Wish(body.kind, body.target, body.after, body.revision)
    made, revision = services(request).corrections.make(job_id, wish, who.name)
    return MadeDocument(revision=revision, correction=CorrectionDocument.model_validate(made))


@router.post("/{job_id}/corrections/{number}/undo", responses=responses(404, 409, 422, codes=CODES) | succeeds(HISTORY))
def undo(request: Request, job_id: JobId, number: Number, who: Writer, revision: Revision = None) -> HistoryDocument:
    """Take back the newest correction in force; it stays in the list, marked as undone.

    ```bash
    curl -X POST -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/corrections/1/undo
    ```
    """
    return _history(services(request).corrections.undo(job_id, number, who.name, revision))


@router.post("/{job_id}/corrections/{number}/redo", responses=responses(404, 409, 422, codes=CODES) | succeeds(HISTORY))
def redo(request: Request, job_id: JobId, number: Number, _: Writer, revision: Revision = None) -> HistoryDocument:
    """Bring a correction back that was undone, while the revision on which it was made is in force.

    ```bash
    curl -X POST -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/corrections/1/redo
    ```
    """
    return _history(services(request).corrections.redo(job_id, number, revision))


@router.delete(
    "/{job_id}/corrections",
    responses=responses(404, 409, 422, codes=[*NO_JOB, "CORRECTION_CONFLICT"]) | succeeds({"revision": 0, "undone": [2, 1]}),
)
def undo_all(request: Request, job_id: JobId, who: Writer, revision: Revision = None) -> OriginalDocument:
    """Go back to what the pipelines found: every correction is marked as undone, and none is deleted.

    ```bash
    curl -X DELETE -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/jobs/$JOB_ID/corrections
    ```
    """
    return OriginalDocument(revision=0, undone=services(request).corrections.undo_all(job_id, who.name, revision))


def _history(found: History) -> HistoryDocument:
    rows = [CorrectionDocument.model_validate(row) for row in found.rows]
    return HistoryDocument(job_id=found.job_id, revision=found.revision, corrections=rows)

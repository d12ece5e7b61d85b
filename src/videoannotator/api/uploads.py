"""Receives a recording with what is to be done with it: once, to its final disk, and hashed, while it arrives.

What can be refused is refused before it is read. Whatever goes wrong on the way, nothing of an upload is left behind.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request

from videoannotator.api.arrivals import Arrival, announced_length
from videoannotator.api.dependencies import Services, services
from videoannotator.api.forms import FormEvent, FormReader, PartBegan, PartData
from videoannotator.auth.keys import Principal
from videoannotator.errors import (
    InvalidConfigException,
    PayloadTooLargeException,
    ValidationErrorException,
    VideoAnnotatorException,
)
from videoannotator.jobs.resumable import too_large
from videoannotator.jobs.submit import Accepted, Submission, scoped_key
from videoannotator.registry.nearest import nearest
from videoannotator.storage.config import GB
from videoannotator.storage.recordings import NewRecording
from videoannotator.storage.space import Reservation
from videoannotator.validation.models import FieldWarning

VIDEO = "video"
FIELD_BYTES = {"config": 1_000_000, "selected_pipelines": 20_000, "tags": 20_000, "overlay": 100}
"""The other fields that mean something, and how long each may be."""
FORM_BYTES = 4_000_000
"""Room for all that is not the recording."""
YES, NO = frozenset({"true", "1", "on"}), frozenset({"false", "0", "off", ""})
BLOCK_BYTES = 1_000_000
"""Written at once."""

P = ParamSpec("P")
T = TypeVar("T")


async def receive_upload(request: Request, who: Principal, idempotency_key: str | None) -> Accepted:
    """The job that comes of an upload.

    Raises:
        VideoAnnotatorException: the upload is refused, or broke off; nothing of it is left.
    """
    here = services(request)
    form = FormReader(request.headers.get("content-type"))
    largest = int(here.settings.max_upload_size_gb * GB)
    announced = _announced(request, largest)
    key = scoped_key(who.key_id, idempotency_key)
    with here.uploads.place():
        outcome = "failed"
        try:
            await _in_thread(here, here.intake.require_place, key)
            room = await _in_thread(here, here.resumable.reserve, announced)
            with room:
                upload = _Upload(here, form, room, largest, Submission(created_by=who.name, idempotency_key=key))
                accepted = await upload.receive(request)
            outcome = "accepted" if accepted.created else "repeated"
        except VideoAnnotatorException as error:
            outcome = error.code.lower()
            raise
        finally:
            here.metrics.uploads.labels(outcome).inc()
    return accepted


async def _in_thread(here: Services, work: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
    return await anyio.to_thread.run_sync(work, *arguments, limiter=here.uploads.threads)


def _announced(request: Request, largest: int) -> int | None:
    """The length of the body, when the client says it."""
    length = announced_length(request)
    if length is not None and length > largest + FORM_BYTES:
        raise too_large(largest)
    return length


class _Upload:
    """One upload while it arrives."""

    def __init__(self, here: Services, form: FormReader, room: Reservation, largest: int, submission: Submission) -> None:
        self._here = here
        self._form = form
        self._room = room
        self._largest = largest
        self._submission = submission
        self._fields: dict[str, bytearray] = {}
        self._unknown: list[str] = []
        self._open: str | None = None
        self._recording: NewRecording | None = None
        self._file_name: str | None = None
        self._block = bytearray()
        self._received = 0

    async def receive(self, request: Request) -> Accepted:
        more = True
        arrival = Arrival(request, self._here.settings.upload_idle_timeout_s)
        try:
            while more:
                data, more = await arrival.next()
                self._count(data)
                for event in self._form.feed(data):
                    await self._take(event)
                if len(self._block) >= BLOCK_BYTES:
                    await _in_thread(self._here, self._write)
            self._form.end()
            return await _in_thread(self._here, self._finish)
        finally:
            if self._recording is not None and not self._recording.is_kept:
                with anyio.CancelScope(shield=True):
                    await _in_thread(self._here, self._recording.discard)

    def _count(self, data: bytes) -> None:
        self._received += len(data)
        self._here.metrics.upload_bytes.inc(len(data))
        if self._received > self._largest + FORM_BYTES:
            raise too_large(self._largest)

    async def _take(self, event: FormEvent) -> None:
        if isinstance(event, PartBegan):
            await self._begin(event)
        elif not isinstance(event, PartData):
            self._open = None
        elif self._open == VIDEO:
            self._block += event.data
        elif self._open is not None:
            self._add_to_field(self._open, event.data)

    async def _begin(self, part: PartBegan) -> None:
        self._open = part.name
        if part.name == VIDEO:
            await self._begin_recording(part)
        elif part.name in self._fields:
            _refuse_shape(part.name, f"The field {part.name!r} comes twice.")
        elif part.name in FIELD_BYTES:
            self._fields[part.name] = bytearray()
        elif part.file_name is not None:
            _refuse_shape(part.name, f"The form has no file field {part.name[:60]!r}; the recording goes into the field 'video'.")
        else:
            self._unknown.append(part.name[:60])
            self._open = None

    async def _begin_recording(self, part: PartBegan) -> None:
        if self._recording is not None:
            _refuse_shape(VIDEO, "The field 'video' comes twice; one job has one recording.")
        if part.file_name is None:
            _refuse_shape(VIDEO, "The field 'video' holds no file.", "With curl, write -F video=@FILE.")
        await _in_thread(self._here, self._refuse_early)
        self._file_name = part.file_name
        self._recording = await _in_thread(self._here, NewRecording, self._here.storage, str(uuid.uuid4()), part.file_name)

    def _refuse_early(self) -> None:
        """What is certainly wrong, whatever fields are still to come."""
        submission = self._submitted()
        if "selected_pipelines" in self._fields:
            self._here.intake.check(submission)

    def _add_to_field(self, name: str, data: bytes) -> None:
        field = self._fields[name]
        field += data
        if len(field) > FIELD_BYTES[name]:
            message = f"The field {name!r} is longer than {FIELD_BYTES[name]} bytes."
            raise PayloadTooLargeException(message, hint="See /docs for what it holds.", field=name)

    def _write(self) -> None:
        if self._recording is None:
            return
        if self._recording.size_bytes + len(self._block) > self._largest:
            raise too_large(self._largest)
        block, self._block = self._block, bytearray()
        self._recording.write(block)
        self._room.check(self._received)

    def _finish(self) -> Accepted:
        if self._recording is None:
            _refuse_shape(VIDEO, "The field 'video' with the recording is missing.", "With curl, write -F video=@FILE.")
        checked = self._here.intake.check(self._submitted())
        self._write()
        return self._here.intake.accept_upload(self._recording, self._file_name, checked)

    def _submitted(self) -> Submission:
        """What the fields that have come say."""
        return Submission(
            config=_config(bytes(self._fields.get("config", b""))),
            pipelines=_listed(self._text("selected_pipelines")) or None,
            tags=_listed(self._text("tags")),
            created_by=self._submission.created_by,
            idempotency_key=self._submission.idempotency_key,
            warnings=[_unknown_field(name) for name in self._unknown],
            overlay=_yes("overlay", self._text("overlay")),
        )

    def _text(self, name: str) -> str:
        try:
            return self._fields.get(name, bytearray()).decode()
        except UnicodeDecodeError:
            _refuse_shape(name, f"The field {name!r} is no UTF-8 text.")


def _listed(text: str) -> list[str]:
    """The parts of a list with commas, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _yes(name: str, text: str) -> bool:
    """Whether a field says yes; also in the words of a page's check box. An empty one says no."""
    word = text.strip().lower()
    if word not in YES | NO:
        _refuse_shape(name, f"The field {name!r} says neither true nor false.", "Write true or false.")
    return word in YES


def _config(text: bytes) -> dict[str, Any]:
    """The config, which is JSON.

    Raises:
        InvalidConfigException: it is none; the message names the place.
    """
    hint = 'Write {"pipeline": {"option": value}}.'
    if not text.strip():
        return {}
    try:
        config = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"The config is no JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise InvalidConfigException(
            message, hint=hint, detail={"line": error.lineno, "column": error.colno}, field="config"
        ) from error
    except (ValueError, RecursionError) as error:  # not UTF-8, a number without end, lists in lists without end
        message = "The config is no JSON that can be read."
        raise InvalidConfigException(message, hint=hint, field="config") from error
    if not isinstance(config, dict):
        raise InvalidConfigException("The config is no JSON object.", hint=hint, field="config")
    return config


def _refuse_constant(name: str) -> NoReturn:
    message = f"The config holds {name}, which JSON does not know."
    raise InvalidConfigException(message, hint="Write a number, or null.", field="config")


def _unknown_field(name: str) -> dict[str, Any]:
    meant = nearest(name, FIELD_BYTES)
    hint = f"Did you mean {meant!r}?" if meant else f"The fields are: {VIDEO}, {', '.join(FIELD_BYTES)}."
    message = f"The form has no field {name!r}; it has no effect."
    return FieldWarning("", name, message, "UNKNOWN_FIELD", hint, meant).as_item()


def _refuse_shape(field: str, message: str, hint: str = "See /docs for the fields of the form.") -> NoReturn:
    raise ValidationErrorException(message, hint=hint, field=field[:60])

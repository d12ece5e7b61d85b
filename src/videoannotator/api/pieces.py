"""Receives a piece of a recording that comes in pieces. Whatever ends it, what has come is kept."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request

from videoannotator.api.arrivals import Arrival, announced_length
from videoannotator.api.dependencies import Services, services
from videoannotator.auth.keys import Principal
from videoannotator.errors import UploadLockedException, VideoAnnotatorException
from videoannotator.jobs.resumable import HeldUpload, UploadState

BLOCK_BYTES = 1_000_000
"""Written at once."""
WAIT_S = 2.0
WAIT_STEP_S = 0.05
"""A client whose connection broke is back before the server has put away what came over it."""
SILENT_S = 5.0
"""A connection that has been silent for so long yields to another one for the same upload: nobody tells the server that a network
is gone, and the client is often back long before UPLOAD_IDLE_TIMEOUT_S."""

P = ParamSpec("P")
T = TypeVar("T")


async def receive_piece(request: Request, who: Principal, upload_id: str, offset_bytes: int) -> UploadState:
    """Write the body of a request to the end of an upload; gives how it stands then, with all of that on the disk.

    Raises:
        VideoAnnotatorException: the piece is refused, or broke off; what had come of it is kept.
    """
    here = services(request)
    with here.uploads.place():
        outcome = "failed"
        try:
            held = await _hold(here, upload_id, who)
            try:
                await _in_thread(here, held.prepare, offset_bytes, announced_length(request))
                await _receive(here, request, upload_id, held)
            finally:
                with anyio.CancelScope(shield=True):
                    upload = await _in_thread(here, _put_away, held)
            outcome = "complete" if upload.is_complete else "piece"
        except VideoAnnotatorException as error:
            outcome = error.code.lower()
            raise
        finally:
            here.metrics.uploads.labels(outcome).inc()
    return upload


async def _hold(here: Services, upload_id: str, who: Principal) -> HeldUpload:
    """The upload, as soon as nobody else has it; the wait for that is short."""
    give_up_at = anyio.current_time() + WAIT_S
    while True:
        try:
            return await _in_thread(here, here.resumable.take, upload_id, who)
        except UploadLockedException:
            other = here.uploads.pieces.get(upload_id)
            if other is not None and other.silent_s >= SILENT_S:
                other.give_up()
            if anyio.current_time() >= give_up_at:
                raise
        await anyio.sleep(WAIT_STEP_S)


async def _receive(here: Services, request: Request, upload_id: str, held: HeldUpload) -> None:
    arrival, more, block = Arrival(request, here.settings.upload_idle_timeout_s), True, bytearray()
    here.uploads.pieces[upload_id] = arrival
    try:
        while more:
            data, more = await arrival.next()
            here.metrics.upload_bytes.inc(len(data))
            block += data
            if len(block) >= BLOCK_BYTES:
                full, block = block, bytearray()
                await _in_thread(here, held.write, full)
    finally:
        del here.uploads.pieces[upload_id]
        if block:
            with anyio.CancelScope(shield=True):
                await _in_thread(here, held.write, block)


def _put_away(held: HeldUpload) -> UploadState:
    try:
        return held.finish()
    finally:
        held.close()


async def _in_thread(here: Services, work: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
    return await anyio.to_thread.run_sync(work, *arguments, limiter=here.uploads.threads)

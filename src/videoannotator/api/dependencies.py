"""What routes need: the services of this process, and who makes the request."""

import logging
from dataclasses import dataclass
from typing import Annotated

import anyio
import anyio.to_thread
from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from videoannotator.api.feed import Feed
from videoannotator.api.metrics import Metrics
from videoannotator.api.places import UploadPlaces
from videoannotator.api.probes import Probes
from videoannotator.auth.handover import HandOvers
from videoannotator.auth.keys import ANYBODY, REMEMBERED_S, KeyRing, Principal, Scope
from videoannotator.auth.limits import FailureLimiter
from videoannotator.auth.secret import Secret
from videoannotator.auth.signatures import MediaSigner
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database
from videoannotator.errors import DatabaseUnavailableException, RateLimitedException, UnauthorizedException
from videoannotator.jobs.corrections import CorrectionDesk
from videoannotator.jobs.exports import Exports
from videoannotator.jobs.resumable import ResumableUploads
from videoannotator.jobs.submit import Intake
from videoannotator.registry.entries import Registry
from videoannotator.settings import Settings
from videoannotator.storage.config import Storage
from videoannotator.validation.validator import ConfigValidator

KEY_CHECK_TIMEOUT_S = 2.0
KEY_CHECKS_AT_ONCE = 16

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """What this process has, made once at its start."""

    settings: Settings
    database: Database
    queue: JobQueue
    storage: Storage
    registry: Registry
    validator: ConfigValidator
    keys: KeyRing
    failures: FailureLimiter
    secret: Secret
    signer: MediaSigner
    metrics: Metrics
    probes: Probes
    feed: Feed
    intake: Intake
    uploads: UploadPlaces
    resumable: ResumableUploads
    handovers: HandOvers
    corrections: CorrectionDesk
    exports: Exports
    key_checks: anyio.CapacityLimiter
    """Threads of their own: while the database hangs, waiting key checks must not take those of everything else."""


def services(request: Request) -> Services:
    """The services of the application that the request came to."""
    found: Services = request.app.state.services
    return found


bearer = HTTPBearer(auto_error=False, scheme_name="Bearer", description="Authorization: Bearer KEY")
key_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="X-API-Key", description="X-API-Key: KEY")
# OpenAPI shows these; `presented_key` reads the headers.
BearerKey = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]
HeaderKey = Annotated[str | None, Security(key_header)]


def presented_key(request: Request) -> str | None:
    """The key in the headers of a request."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else request.headers.get("x-api-key")


def stream_secret(request: Request) -> str | None:
    """The key in the headers of a request, or in its address."""
    return presented_key(request) or request.query_params.get("token")


async def caller(request: Request, _bearer: BearerKey, _header: HeaderKey) -> Principal:
    """Who makes the request, by the key in its headers."""
    return await identify(request, presented_key(request))


async def reader(who: Annotated[Principal, Depends(caller)]) -> Principal:
    """Somebody who may read."""
    who.require(Scope.READ)
    return who


async def writer(who: Annotated[Principal, Depends(caller)]) -> Principal:
    """Somebody who may submit, cancel, retry and delete."""
    who.require(Scope.WRITE)
    return who


async def admin(who: Annotated[Principal, Depends(caller)]) -> Principal:
    """Somebody who may see and change how the server runs."""
    who.require(Scope.ADMIN)
    return who


async def stream_reader(
    request: Request,
    _bearer: BearerKey,
    _header: HeaderKey,
    _token: Annotated[str | None, Query(alias="token", description="The key, for clients that cannot send headers.")] = None,
) -> Principal:
    """Somebody who may read, and whose client (EventSource) may be unable to send headers."""
    who = await identify(request, stream_secret(request))
    who.require(Scope.READ)
    return who


async def media_reader(
    request: Request,
    _bearer: BearerKey,
    _header: HeaderKey,
    expires: Annotated[int | None, Query(description="Of a signed address: when it ends, Unix time.")] = None,
    signature: Annotated[str | None, Query(description="Of a signed address: its signature.")] = None,
) -> Principal:
    """Somebody who may read, or who has a signed address of what the path names (`job_id`, or `export_id`)."""
    secret = presented_key(request)
    if secret is None and expires is not None and signature is not None:
        named = request.path_params
        services(request).signer.check(named.get("job_id") or signed_export(named["export_id"]), expires, signature)
        return Principal("", "signed address", frozenset({Scope.READ}))
    who = await identify(request, secret)
    who.require(Scope.READ)
    return who


def signed_export(export_id: str) -> str:
    """What a signature of an export's address is about; no job has such an id."""
    return f"export/{export_id}"


async def identify(request: Request, secret: str | None) -> Principal:
    """Whose key this is; anybody while authentication is off.

    Raises:
        UnauthorizedException: there is no key, or it does not work.
        RateLimitedException: the same, and there were too many wrong keys from this address.
        DatabaseUnavailableException: the database does not answer.
    """
    here = services(request)
    if not here.settings.require_auth:
        return ANYBODY
    if not secret:
        hint = "Send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; `videoannotator token create NAME` makes one."
        raise UnauthorizedException("This address needs a key.", hint=hint)
    who = here.keys.remembered(secret)
    if who is None:
        try:
            who = await _check(here, secret)
        except UnauthorizedException as error:
            count_failure(request, here, error)
            raise
    request.state.principal = who
    return who


async def still_reads(request: Request, who: Principal) -> bool:
    """Whether somebody whose request goes on may still read; asked again and again, a key is looked up once a second at most."""
    if who is ANYBODY:
        return True
    here, secret = services(request), stream_secret(request) or ""
    try:
        now = here.keys.remembered(secret) or await _check(here, secret)
    except (UnauthorizedException, DatabaseUnavailableException):
        return False
    return Scope.READ in now.scopes


async def _check(here: Services, secret: str) -> Principal:
    try:
        with anyio.fail_after(KEY_CHECK_TIMEOUT_S):
            return await anyio.to_thread.run_sync(here.keys.check, secret, abandon_on_cancel=True, limiter=here.key_checks)
    except TimeoutError as error:
        if (known := here.keys.remembered(secret, REMEMBERED_S)) is not None:
            return known
        message = "The database does not answer."
        raise DatabaseUnavailableException(message, hint="Check that it runs, then try again.") from error


def count_failure(request: Request, here: Services, error: UnauthorizedException) -> None:
    """Note that somebody presented a wrong key or code.

    Raises:
        RateLimitedException: there were too many from this address.
    """
    address = request.client.host if request.client else "unknown"
    here.metrics.auth_failures.inc()
    logger.warning("A wrong key from %s.", address)
    wait_s = here.failures.record(address)
    if wait_s is not None:
        raise RateLimitedException(
            "There were too many wrong keys from this address.",
            hint=f"Try again in {wait_s} s; a key that works is not affected.",
            detail={"retry_after_s": wait_s},
        ) from error


Caller = Annotated[Principal, Depends(caller)]
Reader = Annotated[Principal, Depends(reader)]
Writer = Annotated[Principal, Depends(writer)]
Admin = Annotated[Principal, Depends(admin)]
StreamReader = Annotated[Principal, Depends(stream_reader)]
MediaReader = Annotated[Principal, Depends(media_reader)]

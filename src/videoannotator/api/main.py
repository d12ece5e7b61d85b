"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from videoannotator.api.addresses import Addresses
from videoannotator.api.bodies import BodyLimit
from videoannotator.api.dependencies import KEY_CHECKS_AT_ONCE, Services
from videoannotator.api.description import describe
from videoannotator.api.failures import LastHandler, handle_failures
from videoannotator.api.feed import Feed
from videoannotator.api.hosts import HostCheck
from videoannotator.api.metrics import Metrics
from videoannotator.api.origins import Origins
from videoannotator.api.places import UploadPlaces
from videoannotator.api.probes import GPU_FRESH_S, Probe, Probes
from videoannotator.api.requests import RequestRecord
from videoannotator.api.site import add_site
from videoannotator.api.startup import running
from videoannotator.api.tus import TusHeaders
from videoannotator.api.v1 import config, corrections, events, exports, health, jobs, keys, media, pipelines, system, uploads
from videoannotator.auth.handover import HandOvers
from videoannotator.auth.keys import KeyRing
from videoannotator.auth.limits import FailureLimiter
from videoannotator.auth.secret import Secret
from videoannotator.auth.signatures import MediaSigner
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database
from videoannotator.diagnostics.database import look as look_at_database
from videoannotator.diagnostics.gpu import look as look_at_gpus
from videoannotator.diagnostics.storage import look as look_at_storage
from videoannotator.jobs.corrections import CorrectionDesk
from videoannotator.jobs.dispatch import EmbeddedDispatcher
from videoannotator.jobs.drafts import Drafts
from videoannotator.jobs.exports import Exports
from videoannotator.jobs.prober import Prober
from videoannotator.jobs.resumable import ResumableUploads
from videoannotator.jobs.submit import Intake
from videoannotator.registry.entries import Registry
from videoannotator.settings import Settings, load_settings
from videoannotator.storage.config import GB, Storage
from videoannotator.validation.validator import ConfigValidator
from videoannotator.version import __version__
from videoannotator.worker.processes import this_boot

API = "/api/v1"
DESCRIPTION = "Standard, time-aligned annotations from video of people interacting, computed on your own machine."


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application for these settings; for those of this process unless given. Nothing is opened before it starts."""
    here = make_services(settings or load_settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(here):
            yield

    app = FastAPIOffline(
        title="VideoAnnotator",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        middleware=_middleware(here),
        redirect_slashes=False,
    )
    app.state.services = here
    for module in (jobs, corrections, exports, media, uploads, pipelines, config, events, health, keys, system):
        app.include_router(module.router, prefix=API)
    add_site(app, here.settings)
    handle_failures(app)
    describe(app, here.registry)
    return app


def make_services(settings: Settings) -> Services:
    """Everything that routes need, made from settings."""
    database = Database.of(settings)
    storage = Storage.of(settings)
    registry = Registry.installed(settings.model_cache_dir)
    validator = ConfigValidator(registry)
    intake = Intake(
        database=database,
        storage=storage,
        registry=registry,
        validator=validator,
        prober=Prober(),
        dispatcher=EmbeddedDispatcher(),
        max_queued_jobs=settings.max_queued_jobs,
        media_roots=settings.media_roots,
    )
    secret = Secret(storage.root / "tokens", settings.secret_key.get_secret_value() if settings.secret_key else None)
    return Services(
        settings=settings,
        database=database,
        queue=JobQueue(database),
        storage=storage,
        registry=registry,
        validator=validator,
        keys=KeyRing(database),
        failures=FailureLimiter(settings.auth_failures_per_minute),
        secret=secret,
        signer=MediaSigner(secret),
        metrics=Metrics(),
        probes=Probes(
            database=Probe("database", partial(look_at_database, database)),
            storage=Probe("storage", partial(look_at_storage, storage)),
            gpu=Probe("gpu", look_at_gpus, GPU_FRESH_S),
        ),
        feed=Feed(database),
        intake=intake,
        uploads=UploadPlaces(settings.max_concurrent_uploads),
        resumable=ResumableUploads(database, storage, this_boot(), int(settings.max_upload_size_gb * GB)),
        handovers=HandOvers(),
        corrections=CorrectionDesk(database, Drafts(database, storage)),
        exports=Exports(database, storage),
        key_checks=anyio.CapacityLimiter(KEY_CHECKS_AT_ONCE),
    )


def _middleware(here: Services) -> list[Middleware]:
    """Outermost first: what comes earlier sees the failures of all that follows."""
    settings = here.settings
    proxies = [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))] if settings.trusted_proxies else []
    return [
        *proxies,
        Middleware(RequestRecord, metrics=here.metrics),
        Middleware(HostCheck, bound=settings.host, trusted=settings.trusted_hosts),
        Middleware(Origins, allowed=settings.cors_origins),
        Middleware(TusHeaders, root_path=settings.root_path.rstrip("/")),
        Middleware(LastHandler),
        Middleware(Addresses, root_path=settings.root_path.rstrip("/")),
        Middleware(BodyLimit),
    ]


def __getattr__(name: str) -> Any:
    if name == "app":
        return create_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

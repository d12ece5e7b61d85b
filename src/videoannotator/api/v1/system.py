"""Facts about this server."""

import asyncio
import platform
import re
import time
from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter, Request
from pydantic import SecretStr

from videoannotator.api.dependencies import Admin, Reader, Services, services
from videoannotator.api.metrics import Metrics
from videoannotator.api.v1.errors import public_responses, responses, succeeds
from videoannotator.api.v1.health import SILENT, database_facts, gpu_facts
from videoannotator.auth.handover import LIFETIME_S
from videoannotator.diagnostics import system as machine
from videoannotator.diagnostics.database import DatabaseReport
from videoannotator.errors import DatabaseInfoFailedException, MetricsFailedException
from videoannotator.settings import Settings
from videoannotator.version import __version__

router = APIRouter(prefix="/system", tags=["system"])

STARTED = time.monotonic()
MASKED = "********"
PASSWORD = re.compile(r"://[^@/\s]*@")
HEALTHY = {
    "status": "healthy",
    "version": __version__,
    "api_version": __version__,
    "videoannotator_version": __version__,
    "timestamp": "2026-01-01T00:00:00Z",
    "uptime_seconds": 12,
    "gpu": {"available": False, "device_name": None, "device_count": 0, "devices": [], "reason": "No NVIDIA driver answers."},
    "workers": {
        "status": "idle",
        "active_jobs": 0,
        "queued_jobs": 0,
        "max_concurrent_workers": 2,
        "processing_jobs": [],
    },
    "security": {"auth_required": True},
    "gpu_status": {"available": False},
    "worker_info": {"active_jobs": 0, "queued_jobs": 0, "max_concurrent_jobs": 2, "worker_status": "idle"},
    "diagnostics": {"database": {"status": "ok"}, "storage": {"status": "ok"}, "ffmpeg": {"installed": False}},
}


@router.get("/health", responses=public_responses() | succeeds(HEALTHY))
async def health(request: Request) -> dict[str, Any]:
    """Describe the server for clients of every generation. Needs no key, and says nothing that needs one.

    `status` is `healthy`, or `degraded` when database or storage fail.

    ```bash
    curl http://127.0.0.1:18011/api/v1/system/health
    ```
    """
    here = services(request)
    database, storage, gpu = await asyncio.gather(here.probes.database.report(), here.probes.storage.report(), gpu_facts(here))
    gpu = {**gpu, "device_name": gpu["devices"][0]["name"] if gpu["devices"] else None}
    active = database.running if database else 0
    queued = database.waiting if database else 0
    state = "unknown" if database is None or database.error else "processing" if active else "idle"
    limit = here.settings.max_concurrent_jobs
    parts: dict[str, dict[str, Any]] = {
        "database": {"status": database.status if database else "error"},
        "storage": {"status": storage.status if storage else "error"},
        "ffmpeg": {"installed": machine.look().ffmpeg},
    }
    return {
        "status": "degraded" if any(part.get("status") == "error" for part in parts.values()) else "healthy",
        "version": __version__,
        "api_version": __version__,
        "videoannotator_version": __version__,
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "uptime_seconds": int(time.monotonic() - STARTED),
        "gpu": gpu,
        "workers": {
            "status": state,
            "active_jobs": active,
            "queued_jobs": queued,
            "max_concurrent_workers": limit,
            "processing_jobs": [],
        },
        "security": {"auth_required": here.settings.require_auth},
        "gpu_status": gpu,
        "worker_info": {"active_jobs": active, "queued_jobs": queued, "max_concurrent_jobs": limit, "worker_status": state},
        "diagnostics": parts,
    }


@router.get("/version", responses=responses() | succeeds({"version": __version__, "api_version": "v1", "python_version": "3.11.9"}))
async def version(_: Reader) -> dict[str, str]:
    """Say which versions run here.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/version
    ```
    """
    return {"version": __version__, "api_version": "v1", "python_version": platform.python_version()}


@router.get("/config", responses=responses() | succeeds({"settings": {"port": 18011, "secret_key": MASKED}}))
async def config(request: Request, _: Admin) -> dict[str, Any]:
    """Show the settings in force, secrets masked. Needs the scope `admin`.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/config
    ```
    """
    return {"settings": shown(services(request).settings)}


@router.get("/database", responses=responses() | succeeds({"status": "ok", "schema_version": "1.3.0", "jobs_count": 0}))
async def database_info(request: Request, _: Reader) -> dict[str, Any]:
    """Say of which release the tables of the database are, and how many jobs are in which state.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/database
    ```
    """
    report = await _database(services(request))
    jobs = {status.value.lower(): number for status, number in report.jobs.items()}
    return {**database_facts(report), "jobs": jobs, "valid_keys": report.valid_keys}


@router.get(
    "/metrics", responses=responses() | succeeds({"metrics": [{"name": "videoannotator_jobs", "labels": {}, "value": 0.0}]})
)
async def metrics(request: Request, _: Reader) -> dict[str, Any]:
    """Give what was counted since the server started, as JSON; `/metrics` gives the same as Prometheus reads it.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/metrics
    ```
    """
    counted = await counters(services(request))
    return {"metrics": counted.samples(), "uptime_seconds": int(time.monotonic() - STARTED)}


@router.post(
    "/viewer-code", responses=responses() | succeeds({"code": "Zm9v", "address": "/viewer-connect#code=Zm9v", "expires_in_s": 120})
)
async def viewer_code(request: Request, who: Reader) -> dict[str, Any]:
    """Give a code that logs Video Annotation Viewer in, once and within two minutes, with what this key allows.

    Open `address` in a browser.

    ```bash
    curl -X POST -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/viewer-code
    ```
    """
    code = services(request).handovers.issue(who)
    address = f"{request.scope.get('root_path', '')}/viewer-connect#code={code}"
    return {"code": code, "address": address, "expires_in_s": int(LIFETIME_S)}


async def counters(here: Services) -> Metrics:
    """The counters, jobs counted anew.

    Raises:
        MetricsFailedException: the database does not answer.
    """
    report = await here.probes.database.report()
    if report is None or report.error:
        raise MetricsFailedException("The jobs cannot be counted: the database does not answer.", hint="Check that it runs.")
    here.metrics.count_jobs(report.jobs)
    return here.metrics


def shown(settings: Settings) -> dict[str, Any]:
    """The settings as JSON, without secrets."""
    facts = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(getattr(settings, name), SecretStr):
            value = MASKED
        facts[name] = PASSWORD.sub(f"://{MASKED}@", value) if isinstance(value, str) else value
    return {**facts, "umask": f"{settings.umask:03o}"}  # as it is written


async def _database(here: Services) -> DatabaseReport:
    report = await here.probes.database.report()
    if report is None or report.error:
        said = report.error if report and report.error else SILENT
        message = f"The facts about the database cannot be read: {said}"
        raise DatabaseInfoFailedException(message, hint="Check that it runs, then try again.")
    return report

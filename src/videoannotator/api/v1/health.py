"""Whether this server works, and which part of it does not."""

import asyncio
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from videoannotator.api.dependencies import Services, identify, presented_key, services
from videoannotator.api.v1.envelope import body_of
from videoannotator.api.v1.errors import ErrorDetail, ErrorEnvelope, as_text, example, responses, succeeds
from videoannotator.auth.keys import Scope
from videoannotator.diagnostics.database import DatabaseReport
from videoannotator.errors import ServiceUnavailableException
from videoannotator.version import __version__

router = APIRouter(tags=["health"])

ALIVE = {"status": "ok", "version": __version__, "timestamp": "2026-01-01T00:00:00Z"}
SILENT = "It does not answer."
UNHEALTHY = {
    **example(503, message=f"Unhealthy: database: {SILENT}"),
    **ALIVE,
    "status": "unhealthy",
    "details": {"database": {"status": "error", "schema_version": None, "jobs_count": None, "error": SILENT}},
}


class Health(BaseModel):
    """Whether the server is alive; with `detailed`, how each part of it is."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(description="ok or unhealthy.")
    version: str
    timestamp: datetime
    details: dict[str, Any] = Field(default_factory=dict, description="One entry per part of the system.")


class Unhealthy(Health):
    """The same when a part of the system fails, with the error that every failure has."""

    error: ErrorDetail
    detail: str


FAILING: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Unhealthy | ErrorEnvelope,
        "description": "A part of the system fails.",
        "content": {"application/json": {"example": as_text(UNHEALTHY)}},
    }
}


@router.get(
    "/health",
    response_model=Health,
    response_model_exclude_unset=True,
    responses=responses() | succeeds(ALIVE) | FAILING,
)
async def health(
    request: Request,
    detailed: Annotated[bool, Query(description="Look at every part; needs a key with the scope `read`.")] = False,
) -> Any:
    """Say whether the server is alive. Without `detailed` this touches neither database nor disk, and needs no key.

    With `?detailed=true` each part is looked at; when one fails, the answer is 503 and names it.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" "http://127.0.0.1:18011/api/v1/health?detailed=true"
    ```
    """
    now = datetime.now(timezone.utc)
    if not detailed:
        return Health(status="ok", version=__version__, timestamp=now)
    (await identify(request, presented_key(request))).require(Scope.READ)
    details = await look_everywhere(services(request))
    failed = [name for name, part in details.items() if part.get("status") == "error"]
    if not failed:
        return Health(status="ok", version=__version__, timestamp=now, details=details)
    reasons = "; ".join(f"{name}: {details[name]['error']}" for name in failed)
    error = ServiceUnavailableException(
        f"Unhealthy: {reasons}", hint="Look at `details` and at the server's log.", detail={"failed": failed}
    )
    document = {"status": "unhealthy", "version": __version__, "timestamp": now.isoformat(), "details": details}
    return JSONResponse({**document, **body_of(request.scope, error)}, status_code=503)


async def look_everywhere(here: Services) -> dict[str, Any]:
    """How each part is, none waited for longer than 2 s."""
    database, storage, gpu = await asyncio.gather(here.probes.database.report(), here.probes.storage.report(), gpu_facts(here))
    return {
        "database": database_facts(database),
        "storage": asdict(storage) if storage else {"status": "error", "error": SILENT},
        "gpu": gpu,
        "registry": registry_facts(here),
        "workers": workers_facts(database, here.settings.max_concurrent_jobs),
        "queue": {"waiting": database.waiting if database else None, "running": database.running if database else None},
    }


def database_facts(report: DatabaseReport | None) -> dict[str, Any]:
    """What health says about the database."""
    if report is None:
        return {"status": "error", "schema_version": None, "jobs_count": None, "error": SILENT}
    facts = {"status": report.status, "kind": report.kind, "schema_version": report.schema_version}
    return {**facts, "jobs_count": report.jobs_count, "error": report.error}


async def gpu_facts(here: Services) -> dict[str, Any]:
    """What health says about GPUs, as they were when somebody last asked; a missing one is no failure."""
    report = await here.probes.gpu.recent()
    if report is None:
        return {"available": False, "device_count": 0, "devices": [], "reason": "The driver has not answered yet."}
    devices = [asdict(device) for device in report.devices]
    facts = {"available": report.available, "device_count": report.device_count, "devices": devices}
    return {**facts, "reason": report.reason, "providers": list(report.providers)}


def registry_facts(here: Services) -> dict[str, Any]:
    """What health says about the pipelines."""
    entries = here.registry.pipelines.values()
    loaded = [entry.name for entry in entries if entry.available]
    error = None if loaded else "No pipeline can be used."
    return {
        "status": "ok" if loaded else "error",
        "pipelines_loaded": len(loaded),
        "pipeline_names": loaded,
        "unavailable": {entry.name: entry.reason for entry in entries if not entry.available},
        "error": error,
    }


def workers_facts(report: DatabaseReport | None, limit: int) -> dict[str, Any]:
    """What health says about workers: those that run jobs are known by name."""
    busy = report.workers if report else ()
    return {
        "status": "unknown" if report is None or report.error else "busy" if busy else "idle",
        "active_jobs": report.running if report else None,
        "max_concurrent_jobs": limit,
        "busy": [{"name": worker.name, "host": worker.host, "jobs": worker.jobs} for worker in busy],
    }

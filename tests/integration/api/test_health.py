"""Health: the basic answer needs nothing, the detailed one names what is broken."""

import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from tests.databases import postgres_database
from tests.integration.api.test_envelope import envelope_of
from tests.servers import Live, serving

from videoannotator.api import dependencies, probes
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.registry.entries import Registry
from videoannotator.version import __version__


def details(server: Live) -> tuple[httpx.Response, dict[str, Any]]:
    response = server.get("/api/v1/health?detailed=true")
    return response, response.json()["details"]


def wait_for_a_fresh_look() -> None:
    time.sleep(probes.FRESH_S + 0.05)


def test_basic(live: Live) -> None:
    for path in ("/health", "/api/v1/health", "/api/v1/health?detailed=false"):
        response = live.get(path, key="")
        assert response.status_code == 200
        body = response.json()
        assert (set(body), body["status"], body["version"]) == ({"status", "version", "timestamp"}, "ok", __version__)


def test_detailed(live: Live) -> None:
    response, parts = details(live)
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert set(parts) == {"database", "storage", "gpu", "registry", "workers", "queue"}
    assert {name: parts["database"][name] for name in ("status", "schema_version", "jobs_count", "error")} == {
        "status": "ok",
        "schema_version": "1.3.0",
        "jobs_count": 0,
        "error": None,
    }
    storage = parts["storage"]
    assert storage["path"] == str(live.here.storage.root)
    assert all(storage["directories"].values())
    assert 0 < storage["free_gb"] < storage["total_gb"]
    assert set(parts["gpu"]) >= {"available", "device_count", "devices"}
    assert "scene_detection" in parts["registry"]["pipeline_names"]
    assert parts["registry"]["pipelines_loaded"] == len(parts["registry"]["pipeline_names"])
    assert parts["workers"]["status"] == "idle"
    assert parts["queue"] == {"waiting": 0, "running": 0}


def test_jobs_are_counted(live: Live) -> None:
    with live.here.database.writing() as session:
        for number in range(3):
            crud.add_job(session, Job(id=f"00000000-0000-0000-0000-{number:012}"))
    _, parts = details(live)
    assert parts["database"]["jobs_count"] == 3
    assert parts["queue"]["waiting"] == 3


def test_a_broken_storage_is_named(live_sqlite: Live) -> None:
    shutil.rmtree(live_sqlite.here.storage.root / "uploads")
    response, parts = details(live_sqlite)
    body = response.json()
    assert (response.status_code, body["status"]) == (503, "unhealthy")
    assert parts["storage"]["status"] == "error"
    assert "uploads" in parts["storage"]["error"]
    assert parts["database"]["status"] == "ok"
    assert body["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert body["error"]["detail"] == {"failed": ["storage"]}
    assert "storage" in body["detail"]
    assert body["error"]["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(("free_gb", "status"), [(5.1, "ok"), (5.0, "warning"), (1.0, "warning"), (0.9, "error")])
def test_little_space_is_named(live_sqlite: Live, monkeypatch: pytest.MonkeyPatch, free_gb: float, status: str) -> None:
    usage = shutil._ntuple_diskusage(100 * 10**9, int((100 - free_gb) * 10**9), int(free_gb * 10**9))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    response, parts = details(live_sqlite)
    assert parts["storage"]["status"] == status
    assert response.status_code == (503 if status == "error" else 200)
    assert bool(parts["storage"]["warning"]) == (status == "warning")


def test_a_missing_database_is_named_and_basic_health_stays(live_sqlite: Live) -> None:
    assert details(live_sqlite)[0].status_code == 200
    live_sqlite.here.database.dispose()
    for file in live_sqlite.here.storage.root.glob("videoannotator.db*"):
        file.unlink()
    wait_for_a_fresh_look()
    response, parts = details(live_sqlite)
    assert response.status_code == 503
    assert parts["database"]["status"] == "error"
    assert parts["database"]["error"]
    assert parts["storage"]["status"] == "ok"
    assert live_sqlite.get("/api/v1/health", key="").status_code == 200
    assert live_sqlite.get("/health", key="").status_code == 200
    assert live_sqlite.get("/api/v1/system/health", key="").json()["status"] == "degraded"
    assert envelope_of(live_sqlite.get("/api/v1/system/database"))["code"] == "DATABASE_INFO_FAILED"
    assert envelope_of(live_sqlite.get("/api/v1/system/metrics"))["code"] == "METRICS_FAILED"
    assert envelope_of(live_sqlite.get("/metrics"))["code"] == "METRICS_FAILED"


def test_a_database_that_hangs_hangs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds PostgreSQL's tables, so that no query ends."""
    monkeypatch.setattr(probes, "PATIENCE_S", 0.5)
    monkeypatch.setattr(dependencies, "KEY_CHECK_TIMEOUT_S", 0.5)
    with postgres_database() as url, serving(tmp_path / "storage", database_url=url) as server:
        unknown = server.here.keys.issue("never seen before").secret
        assert details(server)[0].status_code == 200
        wait_for_a_fresh_look()
        holder = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        try:
            with holder.begin() as connection:
                connection.execute(text("LOCK TABLE jobs, api_keys, schema_metadata IN ACCESS EXCLUSIVE MODE"))
                response, parts = details(server)
                assert (response.status_code, parts["database"]["error"]) == (503, "It does not answer.")
                looks = [thread for thread in threading.enumerate() if thread.name == "probe-database"]
                assert len(looks) == 1, "looks do not pile up"
                refused = server.get("/api/v1/health?detailed=true", key=unknown)
                assert (refused.status_code, envelope_of(refused)["code"]) == (503, "SERVICE_UNAVAILABLE")
                for path in ("/health", "/api/v1/health", "/api/v1/system/health"):
                    assert server.get(path, key="").status_code == 200
        finally:
            holder.dispose()
        wait_for_a_fresh_look()
        assert details(server)[0].status_code == 200


def test_no_pipeline_at_all_is_named(tmp_path: Path) -> None:
    def take_pipelines_away(app: FastAPI) -> None:
        app.state.services = replace(app.state.services, registry=Registry({}, {}))

    with serving(tmp_path / "storage", take_pipelines_away) as server:
        response, parts = details(server)
    assert response.status_code == 503
    assert parts["registry"] == {
        "status": "error",
        "pipelines_loaded": 0,
        "pipeline_names": [],
        "unavailable": {},
        "error": "No pipeline can be used.",
    }


def test_system_health_speaks_to_clients_of_both_generations(live: Live) -> None:
    response = live.get("/api/v1/system/health", key="")
    body = response.json()
    assert response.status_code == 200
    assert body["status"] == "healthy"
    assert body["version"] == body["api_version"] == __version__
    assert body["uptime_seconds"] >= 0
    assert set(body["gpu"]) >= {"available", "device_name"}
    assert body["workers"] == {
        "status": "idle",
        "active_jobs": 0,
        "queued_jobs": 0,
        "max_concurrent_workers": 2,
        "processing_jobs": [],
    }
    assert body["security"] == {"auth_required": True}
    assert body["gpu_status"]["available"] == body["gpu"]["available"]
    assert body["worker_info"] == {"active_jobs": 0, "queued_jobs": 0, "max_concurrent_jobs": 2, "worker_status": "idle"}
    assert set(body["diagnostics"]) == {"database", "storage", "ffmpeg"}
    assert str(live.here.storage.root) not in response.text

"""Databases and files as release 1.2 left them, in the three shapes that are met in the field."""

import hashlib
import json
import os
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

SHAPES = ("a", "b", "c")
WAITS = {"pending", "queued", "running", "processing", "retrying"}
BEGIN = datetime(2025, 3, 1, 9, 0, tzinfo=timezone.utc)
NAMESPACE = uuid.UUID("8b0c0b6e-6f0e-4b3e-9a52-1d6f6f2f4a11")
KEY = "va_api_an-old-key-that-still-works"

TABLES = {
    "a": """
        CREATE TABLE jobs (job_id TEXT PRIMARY KEY, video_path TEXT, config TEXT, status TEXT, created_at TEXT, started_at TEXT,
                           completed_at TEXT, error_message TEXT);
    """,
    "b": """
        CREATE TABLE jobs (id VARCHAR PRIMARY KEY, video_path TEXT NOT NULL, output_dir TEXT, config JSON, status VARCHAR NOT NULL,
                           selected_pipelines JSON, progress_percentage FLOAT, created_at DATETIME, started_at DATETIME,
                           completed_at DATETIME, retry_count INTEGER, error_message TEXT);
        CREATE INDEX ix_jobs_completed_at ON jobs (completed_at);
        CREATE TABLE pipeline_results (id INTEGER PRIMARY KEY, job_id VARCHAR REFERENCES jobs (id), pipeline_name VARCHAR,
                           status VARCHAR, start_time DATETIME, end_time DATETIME, processing_time FLOAT, annotation_count INTEGER,
                           output_file TEXT, error_message TEXT);
        CREATE TABLE annotations (id INTEGER PRIMARY KEY, job_id VARCHAR, pipeline VARCHAR, data JSON);
        CREATE TABLE batch_reports (id INTEGER PRIMARY KEY, report JSON);
        INSERT INTO batch_reports (report) VALUES ('{"jobs": 3}');
    """,
    "c": """
        CREATE TABLE users (id VARCHAR PRIMARY KEY, username VARCHAR);
        CREATE TABLE api_keys (id VARCHAR PRIMARY KEY, user_id VARCHAR, key_name VARCHAR, key_hash VARCHAR UNIQUE,
                           key_prefix VARCHAR, created_at DATETIME, expires_at DATETIME, last_used DATETIME, is_active BOOLEAN);
        CREATE TABLE schema_version (version VARCHAR, applied_at DATETIME);
        CREATE TABLE jobs (id VARCHAR PRIMARY KEY, user_id VARCHAR REFERENCES users (id), video_path VARCHAR,
                           video_filename VARCHAR, video_size_bytes INTEGER, status VARCHAR, config JSON,
                           selected_pipelines JSON, result_path VARCHAR, job_metadata JSON, created_at DATETIME,
                           started_at DATETIME, completed_at DATETIME, error_message TEXT);
        INSERT INTO users VALUES ('u1', 'ann');
        INSERT INTO schema_version VALUES ('1.2.0', '2025-01-01 00:00:00');
    """,
}
STATUSES = (
    *("completed", "COMPLETED", "Completed", "failed", "FAILED", "cancelled", "CANCELLED"),
    *("pending", "queued", "running", "RUNNING", "retrying"),
)


@dataclass(frozen=True)
class Former:
    """A database of release 1.2, with what its rows name.

    Attributes:
        file: the database.
        folder: the working folder of that release, in which relative paths begin.
        sources, results: the files of each job that exist, by id.
        statuses: what each row says.
    """

    file: Path
    folder: Path
    sources: dict[str, Path] = field(default_factory=dict)
    results: dict[str, list[Path]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)


def job_id(number: int) -> str:
    """The id of the n-th job."""
    return str(uuid.uuid5(NAMESPACE, str(number)))


def written(moment: datetime, number: int) -> Any:
    """A moment in one of the ways that are met."""
    naive = moment.replace(tzinfo=None)
    ways = (
        moment.isoformat(),
        naive.isoformat(),
        naive.isoformat(" "),
        moment.timestamp(),
        moment.isoformat().replace("+00:00", "Z"),
    )
    return ways[number % len(ways)]


def build(shape: str, folder: Path, count: int = 1000) -> Former:
    """A database of that shape with so many jobs, each with its own recording and, where it has ended well, results."""
    folder.mkdir(parents=True, exist_ok=True)
    former = Former(folder / "videoannotator.db", folder)
    with closing(sqlite3.connect(former.file)) as database:
        database.executescript(TABLES[shape])
        for number in range(count):
            _add(database, shape, former, number)
        if shape == "c":
            add_key(database, KEY)
        database.commit()
    return former


def add_key(database: sqlite3.Connection, secret: str, **facts: Any) -> None:
    """A key of the server variant."""
    key_hash = hashlib.sha256(secret.encode()).hexdigest()
    values = {
        "id": key_hash[:8],
        "user_id": "u1",
        "key_name": "lab",
        "key_hash": key_hash,
        "key_prefix": secret[:8],
        "is_active": 1,
    }
    insert(database, "api_keys", {**values, "created_at": "2025-01-01 00:00:00", **facts})


def insert(database: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    """A row."""
    marks = ", ".join("?" for _ in values)
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))  # noqa: S608


def _add(database: sqlite3.Connection, shape: str, former: Former, number: int) -> None:
    """Every recording has the same name, as in a study with a folder per family."""
    own = job_id(number)
    status = STATUSES[number % len(STATUSES)]
    source = former.folder / "families" / f"{number:05}" / "play.mp4"
    source.parent.mkdir(parents=True)
    source.write_bytes(b"recording %d" % number)
    created = BEGIN + timedelta(seconds=number)
    ended = status.lower() in ("completed", "failed", "cancelled")
    row: dict[str, Any] = {
        "job_id" if shape == "a" else "id": own,
        "video_path": os.fspath(source) if number % 2 else os.fspath(source.relative_to(former.folder)),
        "config": json.dumps({"person_tracking": {"max_persons": number % 10 + 1}}),
        "status": status,
        "created_at": written(created, number),
        "started_at": None if status in ("pending", "queued") else written(created + timedelta(seconds=1), number),
        "completed_at": written(created + timedelta(seconds=9), number) if ended else None,
        "error_message": "It broke." if status.lower() == "failed" else None,
    }
    former.sources[own], former.statuses[own] = source, status
    if shape == "b":
        row.update(selected_pipelines=json.dumps(["person_tracking", "scene_detection"]), progress_percentage=50.0, retry_count=1)
        row["output_dir"] = os.fspath(_results(former, own, number, status, created, database))
    if shape == "c":
        row.update(user_id="u1", video_filename="play.mp4", video_size_bytes=source.stat().st_size, job_metadata='{"family": 7}')
        row.update(selected_pipelines='["scene_detection"]')
        if status.lower() == "completed":
            row["result_path"] = os.fspath(_results(former, own, number, status, created, None))
    insert(database, "jobs", row)


def _results(former: Former, own: str, number: int, status: str, created: datetime, database: sqlite3.Connection | None) -> Path:
    folder = former.folder / "output" / f"{number:05}"
    if status.lower() != "completed":
        return folder
    folder.mkdir(parents=True)
    files = [folder / "scene_detection.json", folder / "tables" / "scenes.csv"]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{file.name} of {own}", encoding="utf-8")
    former.results[own] = files
    if database is not None:
        run = {"job_id": own, "pipeline_name": "scene_detection", "status": status, "start_time": written(created, number)}
        run.update(processing_time=1500.0, annotation_count=3, output_file=os.fspath(files[0]))
        insert(database, "pipeline_results", run)
        insert(database, "annotations", {"job_id": own, "pipeline": "scene_detection", "data": "{}"})
    return folder

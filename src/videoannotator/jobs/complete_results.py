"""`complete_results.json`: the one file from which the browser client takes people, faces and scenes."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from videoannotator.database.models import Artifact, PipelineRun
from videoannotator.errors import StorageFailedException
from videoannotator.jobs.json_items import items_of
from videoannotator.jobs.results import Produced
from videoannotator.storage.space import disk_errors

CLIENT_KEYS = {"person_tracking": "person", "face_analysis": "face", "scene_detection": "scene"}
"""What the browser client calls these pipelines."""
THINNED = frozenset({"person_tracking", "face_analysis"})
LARGEST_RATE_HZ = 2
"""Of people and faces in this copy; every frame of them stands in their own files."""
HELD_IN_MEMORY_BYTES = 4 * 1024 * 1024


def write_complete_results(
    produced: Produced, video: str | None, locate: Callable[[Artifact], Path], folder: Path
) -> tuple[IO[bytes], int]:
    """The document in a file without a name, and its size in bytes. Whoever gets it closes it.

    Args:
        produced: what the job has produced.
        video: name of the recording beside this document; None where it is missing.
        locate: finds a result file.
        folder: for a large document while it is in use; nothing of it is left there whatever happens.

    Raises:
        StorageFailedException: a result file is damaged.
        StorageFullException: there is no room for a large document.
    """
    with disk_errors("a copy of the results"), ExitStack() as unless_complete:
        file: IO[bytes] = unless_complete.enter_context(SpooledTemporaryFile(HELD_IN_MEMORY_BYTES, dir=str(folder)))
        for piece in _pieces(produced, video, locate):
            file.write(piece.encode("utf-8", "backslashreplace"))
        size = file.tell()
        file.seek(0)
        unless_complete.pop_all()
    return file, size


def _pieces(produced: Produced, video: str | None, locate: Callable[[Artifact], Path]) -> Iterator[str]:
    job = produced.job
    began, ended = job.started_at or job.created_at, job.completed_at
    facts = {
        "video_path": video or job.video_filename or "recording",
        "output_dir": job.result_path or "",
        "start_time": _moment(began),
        "end_time": _moment(ended),
        "total_duration": (ended - began).total_seconds() if ended else 0.0,
        "config": job.options or job.config,
        "errors": list(_errors(produced, video)),
    }
    yield _json(facts)[:-1] + ', "pipeline_results": {'
    separator = ""
    for run in produced.runs:
        yield f"{separator}\n{_json(CLIENT_KEYS.get(run.pipeline_name, run.pipeline_name))}: "
        yield from _result(run, produced, locate)
        separator = ","
    yield "}}\n"


def _errors(produced: Produced, video: str | None) -> Iterator[dict[str, Any]]:
    job = produced.job
    if video is None:
        yield {"pipeline": None, "code": "NOT_FOUND", "message": "The recording is not on the server's disk."}
    if job.error_code:
        yield {"pipeline": None, "code": job.error_code, "message": job.error_message}
    for run in produced.runs:
        if run.error_code:
            yield {"pipeline": run.pipeline_name, "code": run.error_code, "message": run.error_message}


def _result(run: PipelineRun, produced: Produced, locate: Callable[[Artifact], Path]) -> Iterator[str]:
    facts = {"status": run.status, "processing_time": run.processing_time or 0.0, "reason": run.reason}
    if run.pipeline_name not in CLIENT_KEYS:
        yield _json(facts)
        return
    yield _json(facts)[:-1] + ', "results": ['
    files = [file for file in produced.artifacts if file.pipeline_name == run.pipeline_name and file.name.endswith(".json")]
    if files:
        source = max(files, key=lambda file: (file.token, file.main))
        separator = ""
        for item in _items(locate(source), source.name, thinned=run.pipeline_name in THINNED):
            yield f"{separator}\n{_json(item)}"
            separator = ","
    yield "]}"


def _items(path: Path, name: str, *, thinned: bool) -> Iterator[Any]:
    try:
        with path.open(encoding="utf-8") as file:
            items = items_of(file, "annotations")
            yield from _thinned(items) if thinned else items
    except ValueError as error:
        raise StorageFailedException(
            f"The result file {name!r} is damaged on the server's disk.", hint="Put it back from a backup, or run the job again."
        ) from error


def _thinned(items: Iterable[Any]) -> Iterator[Any]:
    """Of every half second, what stands at the first time that occurs in it."""
    chosen: dict[int, float] = {}
    for item in items:
        time = item.get("timestamp") if isinstance(item, dict) else None
        if not isinstance(time, (int, float)) or chosen.setdefault(int(time * LARGEST_RATE_HZ), time) == time:
            yield item


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

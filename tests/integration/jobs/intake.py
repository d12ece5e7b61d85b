"""An intake with toy pipelines, a real database, a real storage and a real helper process."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.plugins import ToyPipeline, ToySound

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.session import Database
from videoannotator.jobs.dispatch import EmbeddedDispatcher
from videoannotator.jobs.prober import Prober
from videoannotator.jobs.submit import Accepted, Intake, Submission
from videoannotator.registry.entries import Entry, Registry
from videoannotator.storage.config import Storage
from videoannotator.storage.recordings import NewRecording
from videoannotator.validation.validator import ConfigValidator


class UsualToy(ToyPipeline):
    """Runs when nobody selects any."""

    default_enabled = True


REGISTRY = Registry({cls.name: Entry(cls.name, f"tests:{cls.__name__}", "videoannotator", cls) for cls in (UsualToy, ToySound)}, {})


@contextmanager
def intake_on(
    database: Database, folder: Path, *, max_queued_jobs: int = 100, media_roots: Sequence[Path] = ()
) -> Iterator[Intake]:
    """An intake whose storage lies in that folder."""
    storage = Storage(folder / "storage", free_floor_bytes=0, ballast_bytes=0)
    storage.prepare()
    prober = Prober()
    try:
        yield Intake(
            database=database,
            storage=storage,
            registry=REGISTRY,
            validator=ConfigValidator(REGISTRY),
            prober=prober,
            dispatcher=EmbeddedDispatcher(),
            max_queued_jobs=max_queued_jobs,
            media_roots=media_roots,
        )
    finally:
        prober.close()


def submit(intake: Intake, content: bytes, submission: Submission | None = None, name: str | None = "play.mp4") -> Accepted:
    """What becomes of an upload, which is discarded unless a job came of it."""
    checked = intake.check(submission or Submission(pipelines=["toy"]))
    recording = NewRecording(intake.storage, str(uuid.uuid4()), name)
    try:
        recording.write(content)
        return intake.accept_upload(recording, name, checked)
    finally:
        recording.discard()


def jobs_in(database: Database) -> list[Job]:
    """Every job, newest first."""
    with database.reading() as session:
        return list(crud.list_jobs(session, per_page=1000)[0])


def files_in(storage: Storage) -> set[str]:
    """Every file and folder of jobs."""
    return {path.relative_to(storage.root / "jobs").as_posix() for path in (storage.root / "jobs").rglob("*")}

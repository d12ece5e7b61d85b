"""A process that makes a job of an upload, and dies at a given moment of that: `python submitter.py DATABASE STORAGE ID MOMENT`.

Moments: an audit event of Python (`os.mkdir`, `os.rename`), `synced` (when folders are flushed), `commit`, `notified`.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from sqlalchemy import event
from tests.integration.jobs.intake import REGISTRY

from videoannotator.auth.keys import ANYBODY
from videoannotator.database.session import Database
from videoannotator.jobs.from_upload import accept_from_upload
from videoannotator.jobs.prober import Prober
from videoannotator.jobs.resumable import ResumableUploads
from videoannotator.jobs.submit import Intake, Submission
from videoannotator.storage.config import Storage
from videoannotator.validation.validator import ConfigValidator

BOOT = "this boot"


def die(*_: object) -> NoReturn:
    """As a process does that is killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


class LastWords:
    """A dispatcher that nobody survives."""

    def notify(self, job_id: str, queue: str = "default", not_before: datetime | None = None) -> None:
        die(job_id, queue, not_before)


def watch(moment: str, upload_id: str, database: Database) -> None:
    """Die at that moment."""
    if moment == "commit":
        event.listen(database.engine, "commit", die)
        return
    renamed = False

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        nonlocal renamed
        concerned = any(upload_id in str(argument) for argument in arguments)
        if name == moment and concerned:
            die()
        if moment == "synced" and renamed and name == "open":
            die()
        renamed = renamed or (name == "os.rename" and concerned)

    sys.addaudithook(hook)


def main() -> None:
    url, root, upload_id, moment = sys.argv[1:]
    database, storage, prober = Database(url), Storage(Path(root), 0, ballast_bytes=0), Prober()
    intake = Intake(
        database=database,
        storage=storage,
        registry=REGISTRY,
        validator=ConfigValidator(REGISTRY),
        prober=prober,
        dispatcher=LastWords(),
        max_queued_jobs=100,
    )
    uploads = ResumableUploads(database, storage, BOOT, 10**9)
    checked = intake.check(Submission(pipelines=["toy"]))
    watch(moment, upload_id, database)
    accept_from_upload(intake, uploads, upload_id, checked, ANYBODY)


if __name__ == "__main__":
    main()

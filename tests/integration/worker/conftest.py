"""A laboratory: a database, a storage, pipelines that misbehave on demand, and real worker processes."""

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.integration.worker.trial_plugin import CODE, POINTS
from tests.plugins import installed

from videoannotator.database import crud
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Artifact, Job, PipelineRun
from videoannotator.database.queue import Claim, JobQueue
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.media.synthetic import Shot, shots_clip
from videoannotator.storage.config import Storage
from videoannotator.worker import processes
from videoannotator.worker.cancellation import CancellationManager
from videoannotator.worker.job_processor import JobProcessor
from videoannotator.worker.kernel import suspend_counting_clock
from videoannotator.worker.workplace import Workplace

PATIENCE_S = 120.0


def until(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """Wait until something is true; gives it."""
    give_up_at = time.monotonic() + within_s
    while not (value := true()):
        assert time.monotonic() < give_up_at, f"waited {within_s} s for {what}"
        time.sleep(0.02)
    return value


class Lab:
    """A database, a storage and a plugin in one folder."""

    def __init__(self, database: Database, folder: Path, clip: Path, root: Path | None = None) -> None:
        self.database = database
        self.queue = JobQueue(database)
        self.storage = Storage(root or folder / "storage", free_floor_bytes=0, ballast_bytes=0)
        self.storage.prepare()
        self.plugins = folder / "plugins"
        self.diaries = folder / "diaries"
        self.diaries.mkdir()
        self._clip = clip
        self._path = os.pathsep.join([str(self.plugins), *filter(None, [processes.environment_for_jobs().get("PYTHONPATH")])])
        self._workers: list[subprocess.Popen[bytes]] = []

    def submit(
        self,
        *,
        pipelines: tuple[str, ...] = ("trial",),
        other: Mapping[str, Any] | None = None,
        overlay: bool = False,
        **options: Any,
    ) -> str:
        """A job for `trial` with these options, and for `other_trial` with those."""
        job_id = str(uuid.uuid4())
        folder = self.diary_folder(job_id)
        folder.mkdir()
        source = self.storage.ensure_job_folder(job_id) / "source.mp4"
        shutil.copyfile(self._clip, source)
        plain = {"folder": str(folder)}
        every = {"trial": {**plain, **options}, "other_trial": {**plain, **(other or {})}}
        job = Job(
            id=job_id,
            selected_pipelines=list(pipelines),
            options={name: every[name] for name in pipelines},
            overlay=overlay,
            video_path=self.storage.relative(source),
        )
        with self.database.writing() as session:
            crud.add_job(session, job)
        return job_id

    def diary_folder(self, job_id: str) -> Path:
        return self.diaries / job_id

    def diary(self, job_id: str, pipeline: str = "trial") -> list[tuple[str, int, float]]:
        """What the pipeline wrote: word, pid, time."""
        path = self.diary_folder(job_id) / f"{pipeline}.diary"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(word, int(pid), float(at)) for word, pid, at in (line.split() for line in lines)]

    def wait_for_word(self, job_id: str, word: str) -> int:
        """Wait until the pipeline has written a word; gives the runner's pid."""
        entry: tuple[str, int, float] = until(
            lambda: next((entry for entry in self.diary(job_id) if entry[0] == word), None), f"{word!r} in the diary"
        )
        return entry[1]

    def wait_for_daemon(self, job_id: str) -> int:
        """Wait until a deaf pipeline has left its daemon and hangs; gives the daemon's pid."""
        self.wait_for_word(job_id, "hang")
        path = self.diary_folder(job_id) / "trial.daemons"
        return int(until(lambda: path.exists() and path.read_text().split(), "the daemon")[0])

    def job(self, job_id: str) -> Job:
        with self.database.reading() as session:
            return crud.get_job(session, job_id)

    def runs(self, job_id: str) -> dict[str, PipelineRun]:
        with self.database.reading() as session:
            return {run.pipeline_name: run for run in crud.runs_of(session, job_id)}

    def artifacts(self, job_id: str) -> dict[str, Artifact]:
        with self.database.reading() as session:
            return {artifact.name: artifact for artifact in crud.artifacts_of(session, job_id)}

    def wait_for(self, job_id: str, *statuses: JobStatus, within_s: float = PATIENCE_S) -> Job:
        """Wait until a job is in one of these states."""
        names = "/".join(status.value for status in statuses)

        def reached() -> Job | None:
            job = self.job(job_id)
            return job if job.status in statuses else None

        job: Job = until(reached, f"the job to be {names}", within_s)
        return job

    def claim(self, job_id: str | None = None) -> Claim:
        claim = self.queue.claim(processes.this_worker(), job_id=job_id)
        assert claim is not None
        return claim

    def place(self) -> Workplace:
        """What a worker in this very process has."""
        environment = {**processes.environment_for_jobs(), "PYTHONPATH": self._path}
        worker = processes.this_worker()
        return Workplace(self.database, self.queue, self.storage, worker, CancellationManager(), environment)

    @contextmanager
    def processing(self, claim: Claim, place: Workplace | None = None, **rules: Any) -> Iterator[threading.Thread]:
        """A claimed job under a supervisor in this process; it has ended afterwards."""
        place = place or self.place()
        processor = JobProcessor(**{"stall_timeout_s": PATIENCE_S, **rules})
        thread = threading.Thread(target=processor.process, args=(place, claim, suspend_counting_clock()))
        thread.start()
        try:
            yield thread
        finally:
            if thread.is_alive() and sys.exc_info()[0] is not None:
                place.give_back.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def process(self, job_id: str, **rules: Any) -> Job:
        """Run a job to the end of one attempt, here."""
        with self.processing(self.claim(job_id), **rules):
            pass
        return self.job(job_id)

    def process_if_due(self, job_id: str, **rules: Any) -> bool:
        """The same, when its next attempt is due; gives whether it was."""
        claim = self.queue.claim(processes.this_worker(), job_id=job_id)
        if claim is not None:
            with self.processing(claim, **rules):
                pass
        return claim is not None

    def set_options(self, job_id: str, **options: Any) -> None:
        """Make a job do something else the next time."""
        with self.database.writing() as session:
            job = crud.get_job(session, job_id)
            job.options = {**job.options, "trial": {**job.options["trial"], **options}}

    def rename_pipeline(self, job_id: str, name: str) -> None:
        """Make a job ask for a pipeline of another name."""
        with self.database.writing() as session:
            job = crud.get_job(session, job_id)
            job.selected_pipelines, job.options = [name], {name: job.options["trial"]}

    def start_worker(self, **settings: str) -> "subprocess.Popen[bytes]":
        """A real worker process; it is killed at the end of the test."""
        environment = {
            **processes.environment_for_jobs(),
            "PYTHONPATH": self._path,
            "VIDEOANNOTATOR_STORAGE_DIR": str(self.storage.root),
            "VIDEOANNOTATOR_STORAGE_FREE_FLOOR_GB": "0",
            "VIDEOANNOTATOR_DATABASE_URL": self.database.url.render_as_string(hide_password=False),
            "VIDEOANNOTATOR_LOG_LEVEL": "INFO",
            **{
                name if name == "LD_PRELOAD" or "FAKE" in name else f"VIDEOANNOTATOR_{name}": value
                for name, value in settings.items()
            },
        }
        worker = subprocess.Popen([sys.executable, "-m", "videoannotator", "worker"], env=environment, cwd=self.storage.root)
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        with self.database.reading() as session:
            jobs, _ = crud.list_jobs(session, per_page=1000)
        for job in jobs:
            processes.kill_all(lambda job_id=job.id: processes.marked_with(job_id))  # type: ignore[misc]  # bound at once


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of video."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    shots_clip(path, [Shot(6), Shot(6)], size=(64, 48))
    return path


@contextmanager
def laboratory(url: str, folder: Path, clip: Path, root: Path | None = None) -> Iterator[Lab]:
    database = Database(url)
    (folder / "plugins").mkdir()
    with installed(folder / "plugins", "trial_plugin_package", CODE, POINTS):
        pass
    lab = Lab(database, folder, clip, root)
    try:
        upgrade(database)
        yield lab
        lab.close()
    finally:
        database.dispose()


@pytest.fixture
def lab(tmp_path: Path, clip: Path) -> Iterator[Lab]:
    """A laboratory on SQLite."""
    with laboratory(f"sqlite:///{tmp_path / 'videoannotator.db'}", tmp_path, clip) as lab:
        yield lab


@pytest.fixture
def small_lab(tmp_path: Path, clip: Path) -> Iterator[Lab]:
    """A laboratory whose storage lies on a disk of 4 MB."""
    root = tmp_path / "small"
    root.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(root)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        with laboratory(f"sqlite:///{tmp_path / 'videoannotator.db'}", tmp_path, clip, root) as lab:
            yield lab
    finally:
        subprocess.run(["umount", str(root)], check=True)


@pytest.fixture
def any_lab(database_url: str, tmp_path: Path, clip: Path) -> Iterator[Lab]:
    """A laboratory on SQLite, and on PostgreSQL."""
    with laboratory(database_url, tmp_path, clip) as lab:
        yield lab

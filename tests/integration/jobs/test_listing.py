"""Pages of jobs, by the words that clients use."""

from pathlib import Path

import pytest
from tests.finished_jobs import WORKER, Bench

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import Failure
from videoannotator.database.session import Database
from videoannotator.errors import JobNotFoundException, ValidationErrorException
from videoannotator.jobs.listing import WORDS, get, page_of
from videoannotator.storage.config import Storage

FAILURE = Failure("INFERENCE_FAILED", "It failed.")


@pytest.fixture
def jobs(database: Database, tmp_path: Path) -> dict[str, str]:
    """A job in every state, by what it is called; `retrying` waits too. The oldest stands first."""
    bench = Bench(database, Storage(tmp_path / "storage"))
    names = ("completed", "failed", "cancelled", "running", "cancelling", "retrying", "pending")
    ids = {name: bench.add() for name in names}
    bench.run(ids["completed"])
    bench.run(ids["failed"], failure=FAILURE)
    bench.run(ids["retrying"], again=FAILURE)
    for name in ("running", "cancelling"):
        assert bench.queue.claim(WORKER, job_id=ids[name])
    for name in ("cancelled", "cancelling"):
        bench.queue.request_cancel(ids[name])
    return ids


FILTERS = {
    "": ["pending", "retrying", "cancelling", "running", "cancelled", "failed", "completed"],
    "pending": ["pending", "retrying"],
    "running": ["running"],
    "cancelling": ["cancelling"],
    "completed": ["completed"],
    "failed": ["failed"],
    "cancelled": ["cancelled"],
    " Running , cancelling,": ["cancelling", "running"],
    "pending,cancelling": ["pending", "retrying", "cancelling"],
    "failed,running": ["running", "failed"],
}


def test_a_filter_finds_what_clients_see(database: Database, jobs: dict[str, str]) -> None:
    for wanted, found in FILTERS.items():
        page = page_of(database, 1, 20, wanted)
        assert [job.id for job in page.jobs] == [jobs[name] for name in found], wanted
        assert page.total == len(found)
        assert {job.to_dict()["status"] for job in page.jobs} <= set(WORDS)


def test_pages_go_through_all_of_them(database: Database, jobs: dict[str, str]) -> None:
    pages = [page_of(database, number, 3) for number in (1, 2, 3, 4)]
    assert [len(page.jobs) for page in pages] == [3, 3, 1, 0]
    assert [job.id for page in pages for job in page.jobs] == list(reversed(jobs.values()))
    assert {page.total for page in pages} == {7}


def test_one_job_and_states_that_do_not_exist(database: Database, jobs: dict[str, str]) -> None:
    job: Job = get(database, jobs["pending"])
    assert (job.id, job.queue_position) == (jobs["pending"], 2)
    with pytest.raises(JobNotFoundException):
        get(database, "nothing")
    with pytest.raises(ValidationErrorException, match="queued") as caught:
        page_of(database, 1, 20, "pending,queued")
    assert "cancelling" in (caught.value.hint or "")


NAMED: tuple[tuple[str | None, list[str]], ...] = (
    ("Visit_01 äöü.mp4", ["Pilot", "größe"]),
    ("100%.mov", []),
    (None, ["O'Hara; DROP TABLE jobs"]),
)
SEARCHES = {
    "": [2, 1, 0],
    "visit": [0],
    "  visit ": [0],
    "VISIT_": [0],
    "visit.01": [],
    "äöü": [0],
    "größe": [0],
    "pilot": [0],
    "%": [1],
    "o'hara; drop": [2],
    "nothing": [],
}


def test_a_search_looks_at_names_tags_and_ids(database: Database) -> None:
    with database.writing() as session:
        ids = [
            crud.add_job(session, Job(id=f"{number}f-job", video_filename=name, tags=tags)).id
            for number, (name, tags) in enumerate(NAMED)
        ]
    for search, found in SEARCHES.items():
        page = page_of(database, 1, 20, None, search)
        assert [job.id for job in page.jobs] == [ids[number] for number in found], search
        assert page.total == len(found)
    assert [job.id for job in page_of(database, 1, 20, "pending", "1F-").jobs] == [ids[1]]
    assert page_of(database, 1, 20, "completed", "1F-").total == 0

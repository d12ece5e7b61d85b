"""x."""

from videoannotator.database import crud, events
from videoannotator.database.models import Job
from videoannotator.database.queue import JobQueue, WorkerIdentity
from videoannotator.database.session import Database


def test_log(database: Database) -> None:
    queue = JobQueue(database)
    with database.writing() as s:
        crud.add_job(s, Job(id="a"))
    c = queue.claim(WorkerIdentity("w", "h", "b", 1, 1.0))
    assert c
    queue.log(c, "hi")
    with database.reading() as s:
        print(events.after(s, 0))

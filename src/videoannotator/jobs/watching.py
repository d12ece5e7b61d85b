"""What happened to jobs, for those who watch: as it happens, and from where they left off."""

from collections.abc import Sequence
from dataclasses import dataclass

from videoannotator.database import crud, events
from videoannotator.database.events import Event
from videoannotator.database.session import Database

SNAPSHOT_JOBS = 500
PAGE_EVENTS = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """The numbers of the oldest and the newest event that are kept; both 0 when there is none."""

    oldest: int
    newest: int

    def reaches_back_to(self, number: int) -> bool:
        """Whether everything after the event of that number is still there, and it is a number that was given out."""
        return self.oldest - 1 <= number <= self.newest


def kept_events(database: Database) -> Kept:
    """How far back the events go."""
    with database.reading() as session:
        return Kept(events.oldest(session), events.latest(session))


def events_after(database: Database, number: int, job_id: str | None = None) -> Sequence[Event]:
    """The next events after that number, oldest first; at most 500, so ask again. Of one job only, when it is given."""
    with database.reading() as session:
        return events.after(session, number, job_id=job_id, limit=PAGE_EVENTS)


def standing_now(database: Database, job_id: str | None = None) -> Sequence[Event]:
    """How the newest 500 jobs stand, or that one, as events: for who has missed too much to be told what happened.

    The last of them bears the number of the newest event; the others bear 0, so that whoever gets only some of them asks again.
    """
    with database.reading() as session:
        newest, moment = events.latest(session), crud.database_now(session)
        if job_id is None:
            jobs, _ = crud.list_jobs(session, per_page=SNAPSHOT_JOBS)
        else:
            job = crud.find_job(session, job_id)
            jobs = [job] if job else []
        last = len(jobs) - 1
        return [events.standing(job, newest if place == last else 0, moment) for place, job in enumerate(reversed(jobs))]

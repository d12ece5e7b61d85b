"""Correcting the annotations of a job, and the time line that shows them.

Corrections are a stack: each holds on top of those that were in force when it was made. So the newest one in force is undone first,
and one that was undone can come back while what it was made on is in force. That is why one number says which ones hold: the
revision, that of the newest in force, or 0 for the machine's output.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from videoannotator.annotations.corrected import correct
from videoannotator.annotations.corrections import Correction, CorrectionKind
from videoannotator.database import corrections as queries
from videoannotator.database import crud
from videoannotator.database.models import JobCorrection
from videoannotator.database.session import Database
from videoannotator.errors import (
    CorrectionConflictException,
    InvalidRequestException,
    NotFoundException,
    ServiceUnavailableException,
)
from videoannotator.jobs.annotations import require_annotations
from videoannotator.jobs.drafts import Drafts

MOST = 10_000
"""Corrections of one job."""
TRIES = 5
LOOK_AGAIN = "Get the corrections again (GET /api/v1/jobs/{id}/corrections), and decide anew."


@dataclass(frozen=True, slots=True)
class History:
    """All corrections of a job, by number, undone ones included."""

    job_id: str
    rows: Sequence[JobCorrection]

    @property
    def in_force(self) -> list[JobCorrection]:
        """Those that hold."""
        return [row for row in self.rows if row.in_force]

    @property
    def revision(self) -> int:
        """The number of the newest one that holds; 0 for none."""
        return max((row.number for row in self.in_force), default=0)

    @property
    def corrections(self) -> list[Correction]:
        """Those that hold, as they are applied."""
        return [Correction(row.number, CorrectionKind(row.kind), row.target, row.after, row.before) for row in self.in_force]

    def require(self, revision: int | None) -> None:
        """Make sure that these are the corrections that somebody has seen.

        Raises:
            CorrectionConflictException: they are others; the detail says which were made and undone.
        """
        if revision is None or revision == self.revision:
            return
        seen = self._below(revision)
        made = [each for each in self.in_force if each.number not in seen]
        undone = [each for each in self.rows if each.number in seen and not each.in_force]
        who = ", ".join(sorted({str(each.created_by) for each in made} | {str(each.undone_by) for each in undone}))
        raise CorrectionConflictException(
            f"The corrections have changed meanwhile: revision {self.revision}, not {revision}{f'; by {who}' if who else ''}.",
            hint=LOOK_AGAIN,
            detail={
                "revision": self.revision,
                "made": [_brief(each) for each in made],
                "undone": [_brief(each) for each in undone],
            },
            field="revision",
        )

    def _below(self, revision: int) -> set[int]:
        """The numbers that were in force at a revision."""
        bases = {row.number: row.base for row in self.rows}
        numbers = set()
        while revision in bases and revision not in numbers:
            numbers.add(revision)
            revision = bases[revision]
        return numbers


@dataclass(frozen=True, slots=True)
class Wish:
    """A correction that somebody wants to make, having seen the job at that revision; None when they do not say."""

    kind: CorrectionKind
    target: str
    after: Mapping[str, Any]
    revision: int | None = None


class CorrectionDesk:
    """Where the annotations of jobs are corrected; safe to use from several threads.

    Args:
        database: the rows.
        drafts: what the jobs' annotations have come to.
    """

    def __init__(self, database: Database, drafts: Drafts) -> None:
        self._database = database
        self._drafts = drafts

    def history(self, job_id: str) -> History:
        """The corrections of a job.

        Raises:
            JobNotFoundException: there is no such job.
        """
        return history_of(self._database, job_id)

    def make(self, job_id: str, wish: Wish, who: str | None) -> tuple[JobCorrection, int]:
        """Correct something; gives the correction and the revision that it makes.

        Raises:
            JobNotFoundException: there is no such job.
            JobNotReadyException: it has not ended.
            NotFoundException: nothing is saved that could be corrected.
            InvalidRequestException: the correction does not fit the annotations as they stand; `field` says where.
            CorrectionConflictException: they do not stand as the wish says.
            ServiceUnavailableException: too many people correct at once.
        """
        require_annotations(self._database, job_id)
        for _ in range(TRIES):
            history = self.history(job_id)
            history.require(wish.revision)
            if len(history.rows) >= MOST:
                raise InvalidRequestException(f"A job has {MOST} corrections at most.", hint="Correct it in another program.")
            number = max((row.number for row in history.rows), default=0) + 1
            draft = self._drafts.at(job_id, history.corrections).copy()
            before = correct(draft, Correction(number, wish.kind, wish.target, wish.after))
            made = self._recorded(job_id, history, number, wish, before, who)
            if made is not None:
                self._drafts.keep(job_id, number, draft)
                return made, number
        raise ServiceUnavailableException("Too many people correct this job at once.", hint="Try again in a moment.")

    def undo(self, job_id: str, number: int, who: str | None, revision: int | None = None) -> History:
        """Take back the newest correction in force.

        Raises:
            JobNotFoundException: there is no such job.
            NotFoundException: it has no correction of that number.
            CorrectionConflictException: it is undone already, or others stand on it; or the revision is another one.
        """
        with self._database.writing() as session:
            history = History(job_id, queries.lock(session, job_id))
            history.require(revision)
            row = _row(history, number)
            if not row.in_force:
                raise CorrectionConflictException(f"Correction {number} is undone already.", hint=LOOK_AGAIN, detail=_at(history))
            if number != history.revision:
                later = ", ".join(str(each.number) for each in reversed(history.in_force) if each.number > number)
                message = f"Correction {number} is not the newest: others were made on it."
                raise CorrectionConflictException(message, hint=f"Undo these first: {later}.", detail=_at(history))
            queries.mark(session, [row], undone_by=who)
        return history

    def redo(self, job_id: str, number: int, revision: int | None = None) -> History:
        """Bring a correction back that was undone.

        Raises:
            JobNotFoundException: there is no such job.
            NotFoundException: it has no correction of that number.
            CorrectionConflictException: it is in force, or was made on other corrections; or the revision is another one.
        """
        with self._database.writing() as session:
            history = History(job_id, queries.lock(session, job_id))
            history.require(revision)
            row = _row(history, number)
            if row.in_force:
                raise CorrectionConflictException(f"Correction {number} is in force.", hint=LOOK_AGAIN, detail=_at(history))
            if row.base != history.revision:
                message = f"Correction {number} was made at revision {row.base}, and this is revision {history.revision}."
                raise CorrectionConflictException(message, hint="Make it again, or go back to that revision.", detail=_at(history))
            queries.mark(session, [row], undone_by=None, undone=False)
        return history

    def undo_all(self, job_id: str, who: str | None, revision: int | None = None) -> list[int]:
        """Go back to the machine's output; gives the numbers of the corrections that were undone.

        Raises:
            JobNotFoundException: there is no such job.
            CorrectionConflictException: the revision is another one.
        """
        with self._database.writing() as session:
            history = History(job_id, queries.lock(session, job_id))
            history.require(revision)
            rows = history.in_force
            queries.mark(session, rows, undone_by=who)
        return [row.number for row in rows]

    def timeline(self, job_id: str, *, original: bool = False) -> tuple[bytes, str]:
        """The time line of a job as JSON, with corrections unless the original is wanted; and a tag that changes when it does.

        Raises:
            JobNotFoundException, JobNotReadyException, NotFoundException: as `make`.
            StorageFailedException: what is saved is damaged.
        """
        require_annotations(self._database, job_id)
        return self._drafts.timeline(job_id, [] if original else self.history(job_id).corrections)

    def _recorded(
        self, job_id: str, seen: History, number: int, wish: Wish, before: Mapping[str, Any], who: str | None
    ) -> JobCorrection | None:
        """The row of a correction; None when the corrections are no longer those that it was checked against."""
        with self._database.writing() as session:
            now = History(job_id, queries.lock(session, job_id))
            now.require(wish.revision)
            if (now.revision, len(now.rows)) != (seen.revision, len(seen.rows)):
                return None
            return queries.add(
                session,
                job_id,
                number=number,
                base=seen.revision,
                kind=wish.kind.value,
                target=wish.target,
                before=before,
                after=wish.after,
                created_by=who,
            )


def history_of(database: Database, job_id: str) -> History:
    """The corrections of a job.

    Raises:
        JobNotFoundException: there is no such job.
    """
    with database.reading() as session:
        crud.get_job(session, job_id)
        return History(job_id, queries.of_job(session, job_id))


def _row(history: History, number: int) -> JobCorrection:
    row = next((row for row in history.rows if row.number == number), None)
    if row is None:
        message = f"The job has no correction {number}."
        raise NotFoundException(message, hint=f"It has {len(history.rows)}.", detail={"job_id": history.job_id})
    return row


def _at(history: History) -> dict[str, Any]:
    return {"revision": history.revision}


def _brief(row: JobCorrection) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("number", "kind", "target", "created_by", "undone_by")}

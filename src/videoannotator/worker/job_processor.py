"""Runs claimed jobs: the boundary at which whatever goes wrong with a job stays with that job."""

import logging
from dataclasses import dataclass

from videoannotator.database.queue import AttemptResult, Claim, Failure
from videoannotator.errors import (
    CancellationFailedException,
    DatabaseUnavailableException,
    InternalServerException,
    LeaseLost,
    StorageFullException,
    VideoAnnotatorException,
)
from videoannotator.worker.rules import Rules
from videoannotator.worker.supervision import Supervision
from videoannotator.worker.workplace import Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobProcessor(Rules):
    """Runs claimed jobs by its rules; safe to use from several threads."""

    def process(self, place: Workplace, claim: Claim, claimed_at: float) -> None:
        """See one job through; never raises.

        Args:
            place: what the worker has.
            claim: the job.
            claimed_at: when the claim was begun, on the clock that counts suspend.
        """
        try:
            Supervision(self, place, claim, claimed_at).run()
        except LeaseLost as error:
            log.warning("%s Its processes were ended, and nothing of this attempt is kept.", error.message)
        except (CancellationFailedException, DatabaseUnavailableException, StorageFullException) as error:
            log.error("Job %s is left to the next worker: %s", claim.job_id, error.message)
        except VideoAnnotatorException as error:
            log.error("Job %s cannot be run: %s", claim.job_id, error.message)
            self._fail(place, claim, Failure(error.code, error.message, error.hint))
        except Exception:
            log.exception("Job %s met an error that should not happen.", claim.job_id)
            message = "The worker met an error that should not happen."
            hint = "The worker's log says more; please report it."
            self._fail(place, claim, Failure(InternalServerException.code, message, hint))

    def _fail(self, place: Workplace, claim: Claim, failure: Failure) -> None:
        """End a job that this program cannot handle, lest it comes back for ever."""
        try:
            dead = place.cancellations.request_cancellation(claim.job_id).is_dead
            if dead and not place.queue.finish(claim, AttemptResult(), failure):
                place.queue.confirm_cancelled(claim)
        except VideoAnnotatorException as error:
            log.error("Job %s is left to the next worker: %s", claim.job_id, error.message)

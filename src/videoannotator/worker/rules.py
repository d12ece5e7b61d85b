"""How a worker runs jobs: how often, how long, on what."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """How jobs are run.

    Attributes:
        max_retries: how often a job is tried again after a passing failure.
        retry_delay_base: the n-th retry waits this number to the power of n, in seconds …
        retry_max_delay_s: … at most so long …
        retry_jitter: … and a random share of that, up to this one, on top.
        stall_timeout_s: seconds without progress that end an attempt.
        job_timeout_s: seconds that an attempt may take; None for any time.
        deadman_s: seconds after which an attempt ends itself when its lease is not renewed.
        device, threads, weights_folder: for the networks.
    """

    max_retries: int = 3
    retry_delay_base: float = 2.0
    retry_max_delay_s: float = 300.0
    retry_jitter: float = 0.1
    stall_timeout_s: float = 300.0
    job_timeout_s: float | None = None
    deadman_s: float = 45.0
    device: str = "auto"
    threads: int = 1
    weights_folder: str | None = None

    def retry_delay_s(self, attempt: int) -> float:
        """How long the retry of this number, from 1, waits."""
        try:
            delay_s = min(self.retry_delay_base**attempt, self.retry_max_delay_s)
        except OverflowError:
            delay_s = self.retry_max_delay_s
        return delay_s * (1 + self.retry_jitter * random.random())

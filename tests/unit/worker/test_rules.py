"""How long retries wait."""

import pytest

from videoannotator.worker.job_processor import JobProcessor


@pytest.mark.parametrize(("attempt", "delay_s"), [(1, 2.0), (2, 4.0), (3, 8.0), (9, 300.0), (5000, 300.0)])
def test_the_wait_doubles_and_is_capped(attempt: int, delay_s: float) -> None:
    processor = JobProcessor(max_retries=3, retry_delay_base=2.0, retry_jitter=0.0)
    assert processor.retry_delay_s(attempt) == delay_s


def test_jitter_only_adds() -> None:
    delays = [JobProcessor(retry_jitter=0.5).retry_delay_s(3) for _ in range(200)]
    assert min(delays) >= 8.0
    assert max(delays) <= 12.0
    assert len(set(delays)) > 100

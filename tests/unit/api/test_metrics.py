"""The counters of a process."""

from videoannotator.api.metrics import Metrics
from videoannotator.database.states import JobStatus


def test_requests_are_counted_by_route_and_status() -> None:
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.count_request("GET", "/api/v1/jobs/{job_id}", status, 0.2)
    metrics.count_request("BREW", "(none)", 405, 0.1)
    text = metrics.text().decode()
    assert 'videoannotator_requests_total{method="GET",route="/api/v1/jobs/{job_id}",status="200"} 2.0' in text
    assert 'videoannotator_requests_total{method="GET",route="/api/v1/jobs/{job_id}",status="404"} 1.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
    assert 'videoannotator_request_seconds_count{route="/api/v1/jobs/{job_id}"} 3.0' in text


def test_jobs_are_counted_anew_each_time() -> None:
    metrics = Metrics()
    metrics.count_jobs({JobStatus.PENDING: 3, JobStatus.RUNNING: 1})
    metrics.count_jobs({JobStatus.PENDING: 0, JobStatus.RUNNING: 2})
    values = {
        sample["labels"]["status"]: sample["value"] for sample in metrics.samples() if sample["name"] == "videoannotator_jobs"
    }
    assert values == {"pending": 0, "running": 2}


def test_two_applications_in_one_process_do_not_mix() -> None:
    one, other = Metrics(), Metrics()
    one.auth_failures.inc()
    assert "videoannotator_auth_failures_total 1.0" in one.text().decode()
    assert "videoannotator_auth_failures_total 0.0" in other.text().decode()

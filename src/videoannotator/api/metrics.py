"""What this process counted since it started."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from videoannotator.database.states import JobStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "videoannotator_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "videoannotator_request_seconds", "Time to answer.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self.auth_failures = Counter("videoannotator_auth_failures", "Wrong keys presented.", registry=self._registry)
        self.uploads = Counter("videoannotator_uploads", "Uploads by how they ended.", ("outcome",), registry=self._registry)
        self.upload_bytes = Counter("videoannotator_upload_bytes", "Bytes received in uploads.", registry=self._registry)
        self.events = Counter("videoannotator_events", "Events sent to watching clients.", ("type",), registry=self._registry)
        self._jobs = Gauge("videoannotator_jobs", "Jobs by state.", ("status",), registry=self._registry)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One more request."""
        self._requests.labels(method if method in KNOWN_METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_jobs(self, jobs: Mapping[JobStatus, int]) -> None:
        """How many jobs are in each state now."""
        for status, number in jobs.items():
            self._jobs.labels(status.value.lower()).set(number)

    def text(self) -> bytes:
        """All of them as Prometheus reads them."""
        return generate_latest(self._registry)

    def samples(self) -> list[Mapping[str, Any]]:
        """All of them as a list: name, labels, value."""
        return [
            {"name": sample.name, "labels": dict(sample.labels), "value": sample.value}
            for family in self._registry.collect()
            for sample in family.samples
            if not sample.name.endswith("_created")
        ]

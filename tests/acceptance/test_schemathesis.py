"""Generated requests against our own description: whatever is sent, the answer is one that the description promises."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.servers import Live, serving

from videoannotator.api.main import create_app
from videoannotator.api.v1.schemas import JOB_ID
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.settings import load_settings

STREAMS = "/api/v1/events/stream"
UPLOAD = ("POST", "/api/v1/jobs")
RESUMABLE = "/api/v1/uploads"
EVERYDAY, SOAK = 5, 150
TIMEOUT_S = 20
BEYOND_THE_SCHEMA = (
    "end_s must be after start_s",
    "max_speakers must not be less than min_speakers",
    "are given twice, for itself and inside",
    "which no selected pipeline makes",
    "PIPELINE_UNAVAILABLE",
    "printable characters",
)
"""Rules between values, and on what is installed, which JSON Schema cannot say: for these, what keeps to it may be refused."""


nowhere = Path(tempfile.gettempdir())
application = create_app(load_settings(storage_dir=nowhere, database_url=f"sqlite:///{nowhere / 'nothing.db'}"))
described = schemathesis.openapi.from_dict(application.openapi())
"""Nothing is opened for it: tests are made from the description when they are collected."""
promised = (
    described.exclude(path=STREAMS)
    .exclude(method=UPLOAD[0], path=UPLOAD[1])
    .exclude(method=["POST", "PATCH", "DELETE"], path_regex=f"^{RESUMABLE}")
)
"""Streams never end, an upload's body is no form that a library reads, and resumable ones are refused in ways of their own."""

bounded = hypothesis.settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("storage"), auth_failures_per_minute=0) as live, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        with live.here.database.writing() as session:
            crud.add_job(session, Job(id=JOB_ID, selected_pipelines=["scene_detection"]))  # the one that examples name
        yield live


@promised.parametrize()
@hypothesis.settings(bounded, max_examples=EVERYDAY)
def test_answers_are_those_that_were_promised(case: "schemathesis.Case[Any]", server: Live) -> None:
    check(case, server)


@pytest.mark.slow
@promised.parametrize()
@hypothesis.settings(bounded, max_examples=SOAK)
def test_answers_are_those_that_were_promised_for_long(case: "schemathesis.Case[Any]", server: Live) -> None:
    check(case, server)


def check(case: "schemathesis.Case[Any]", server: Live) -> None:
    """Send it, and judge the answer by every check that there is."""
    way: dict[str, Any] = {"base_url": server.url, "headers": server.headers, "timeout": TIMEOUT_S}
    response = case.call(**way)
    excluded: list[Any] = [positive_data_acceptance] if any(rule in response.text for rule in BEYOND_THE_SCHEMA) else []
    case.validate_response(response, headers=server.headers, excluded_checks=excluded, transport_kwargs=way)

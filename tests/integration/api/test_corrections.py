"""Corrections over HTTP, on both kinds of database."""

import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from tests.finished_jobs import Bench, completed
from tests.integration.api.test_uploads import refused
from tests.integration.jobs.test_annotations import saved
from tests.servers import Live, serving
from tests.unit.annotations.test_corrected import SAID, SCENE, TURN, conversation

from videoannotator.auth.keys import Scope
from videoannotator.database.models import JobCorrection
from videoannotator.engine.timeline import timeline_of

NAME_ANNA = {"kind": "rename_person", "target": "person_001", "after": {"name": "Anna"}}
MERGE = {"kind": "merge_speakers", "target": "speaker_003", "after": {"into": "speaker_002"}}
EDIT = {"kind": "edit_utterance", "target": f"{SAID}0", "after": {"text": "one <b>two</b>"}}
CUT = {"kind": "delete_segment", "target": f"{TURN}1", "after": {}}


def job_on(live: Live, folder: Path) -> str:
    bench = Bench(live.here.database, live.here.storage)
    annotations = conversation()
    reports = [completed(name) for name in annotations.outcomes]
    return bench.run(bench.add(pipelines=list(annotations.outcomes)), reports, [saved(annotations, folder)])


@pytest.fixture
def job(live: Live, tmp_path: Path) -> str:
    return job_on(live, tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One server on SQLite for many tests."""
    with serving(tmp_path_factory.mktemp("server") / "storage", storage_free_floor_gb=0) as live:
        yield live


@pytest.fixture(scope="module")
def ready(server: Live, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job that no test changes for good."""
    return job_on(server, tmp_path_factory.mktemp("saved"))


def of(job: str, what: str = "corrections") -> str:
    return f"/api/v1/jobs/{job}/{what}"


def post(live: Live, job: str, body: dict[str, Any], **more: Any) -> httpx.Response:
    text = json.dumps({**body, **more})  # in ASCII, which also says what is no text
    return live.request("POST", of(job), content=text, headers={"Content-Type": "application/json"})


def timeline(live: Live, job: str, query: str = "") -> dict[str, Any]:
    response = live.get(of(job, f"timeline{query}"))
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def test_a_job_is_corrected_and_goes_back_to_what_it_was(live: Live, job: str) -> None:
    with conversation() as machine:
        original = timeline_of(machine)
    assert timeline(live, job) == original
    first = post(live, job, NAME_ANNA, revision=0)
    assert (first.status_code, first.json()["revision"]) == (201, 1)
    made = first.json()["correction"]
    assert (made["number"], made["base"], made["before"], made["after"]) == (1, 0, {"name": "person_001"}, {"name": "Anna"})
    assert (made["created_by"], made["in_force"]) == ("test", True)
    assert made["created_at"].endswith(("Z", "+00:00"))
    for number, body in enumerate((MERGE, EDIT, CUT), start=2):
        assert post(live, job, body).json()["revision"] == number
    now = timeline(live, job)
    assert now["revision"] == 4
    assert {person["id"]: person["name"] for person in now["persons"]}["person_001"] == "Anna"
    assert [person["track_spans"] for person in now["persons"]] == [person["track_spans"] for person in original["persons"]]
    assert [turn["id"] for turn in now["turns"]] == [f"{TURN}0", f"{TURN}3"], "the merged turns are one, which was deleted"
    assert now["utterances"][0]["text"] == "one <b>two</b>"
    assert {"person_001", "speaker_002", f"{SAID}0"} <= set(now["corrected"])
    assert timeline(live, job, "?original=true") == original
    undone = live.request("POST", of(job, "corrections/4/undo")).json()
    assert (undone["revision"], undone["corrections"][3]["undone_by"]) == (3, "test")
    assert [turn["id"] for turn in timeline(live, job)["turns"]] == [f"{TURN}0", f"{TURN}1", f"{TURN}3"]
    assert live.request("POST", of(job, "corrections/4/redo")).json()["revision"] == 4
    everything = live.request("DELETE", of(job))
    assert (everything.status_code, everything.json()) == (200, {"revision": 0, "undone": [1, 2, 3, 4]})
    assert timeline(live, job) == original
    listed = live.get(of(job)).json()
    assert [each["in_force"] for each in listed["corrections"]] == [False] * 4, "nothing is deleted"
    assert post(live, job, NAME_ANNA).json()["correction"]["number"] == 5


def test_only_the_newest_is_undone_and_only_on_its_base_does_one_come_back(live: Live, job: str) -> None:
    for body in (NAME_ANNA, EDIT):
        post(live, job, body)
    error = refused(live.request("POST", of(job, "corrections/1/undo")), 409, "CORRECTION_CONFLICT")
    assert error["hint"] == "Undo these first: 2."
    assert live.request("POST", of(job, "corrections/2/undo")).json()["revision"] == 1
    refused(live.request("POST", of(job, "corrections/2/undo")), 409, "CORRECTION_CONFLICT")
    assert post(live, job, CUT).json()["correction"]["base"] == 1
    refused(live.request("POST", of(job, "corrections/2/redo")), 409, "CORRECTION_CONFLICT")
    refused(live.request("POST", of(job, "corrections/3/redo")), 409, "CORRECTION_CONFLICT")
    live.request("POST", of(job, "corrections/3/undo"))
    assert live.request("POST", of(job, "corrections/2/redo")).json()["revision"] == 2
    refused(live.request("POST", of(job, "corrections/9/undo")), 404, "NOT_FOUND")


def test_who_comes_late_is_told_what_changed(live: Live, job: str) -> None:
    post(live, job, NAME_ANNA, revision=0)
    error = refused(post(live, job, EDIT, revision=0), 409, "CORRECTION_CONFLICT")
    assert error["detail"]["revision"] == 1
    assert [(each["number"], each["kind"], each["target"]) for each in error["detail"]["made"]] == [
        (1, "rename_person", "person_001")
    ]
    post(live, job, EDIT, revision=1)
    live.request("POST", of(job, "corrections/2/undo?revision=2"))
    error = refused(live.request("POST", of(job, "corrections/1/undo?revision=2")), 409, "CORRECTION_CONFLICT")
    assert [each["number"] for each in error["detail"]["undone"]] == [2]
    refused(live.request("DELETE", f"{of(job)}?revision=2"), 409, "CORRECTION_CONFLICT")
    assert live.request("DELETE", f"{of(job)}?revision=1").status_code == 200


def test_of_two_who_correct_at_once_one_is_late_and_none_is_lost(live: Live, job: str) -> None:
    barrier = threading.Barrier(8)

    def correct(place: int) -> int:
        barrier.wait()
        return post(live, job, {**EDIT, "after": {"text": f"number {place}"}}, revision=0).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(correct, range(8)))
    assert answers == [201, *[409] * 7]
    barrier.reset()

    def rename(place: int) -> int:
        barrier.wait()
        body = {"kind": "rename_speaker", "target": f"speaker_{1 + place % 3:03d}", "after": {"name": f"Name{place}"}}
        while (status := post(live, job, body).status_code) == 503:
            pass
        return status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(rename, range(8))) == {201}
    listed = live.get(of(job)).json()
    assert [each["number"] for each in listed["corrections"]] == list(range(1, 10))
    assert [each["base"] for each in listed["corrections"]] == list(range(9))


def test_corrections_go_with_their_job(live: Live, job: str) -> None:
    post(live, job, NAME_ANNA)
    assert live.request("DELETE", f"/api/v1/jobs/{job}").status_code == 204
    refused(live.get(of(job)), 404, "JOB_NOT_FOUND")
    with live.here.database.reading() as session:
        assert session.scalar(text(f"SELECT count(*) FROM {JobCorrection.__tablename__}")) == 0  # noqa: S608


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**NAME_ANNA, "target": "person_009"}, 400, "INVALID_REQUEST"),
        ({**NAME_ANNA, "after": {"name": "a\0"}}, 400, "INVALID_REQUEST"),
        ({**NAME_ANNA, "after": {"name": "\ud83d"}}, 400, "INVALID_REQUEST"),
        ({**NAME_ANNA, "target": "\0"}, 400, "INVALID_REQUEST"),
        ({**NAME_ANNA, "kind": "paint"}, 422, "VALIDATION_ERROR"),
        ({**NAME_ANNA, "target": "x" * 201}, 422, "VALIDATION_ERROR"),
        ({**NAME_ANNA, "revision": -1}, 422, "VALIDATION_ERROR"),
        ({**NAME_ANNA, "before": {}}, 422, "VALIDATION_ERROR"),
        ({"kind": "move_boundary", "target": f"{SCENE}1", "after": {"start_s": 1e308}}, 400, "INVALID_REQUEST"),
        ({"kind": "edit_utterance", "target": f"{SAID}0", "after": {"text": ["x"]}}, 400, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_corrected_changes_nothing(server: Live, ready: str, body: dict[str, Any], status: int, code: str) -> None:
    before = server.get(of(ready)).json()
    error = refused(post(server, ready, body), status, code)
    assert error["message"]
    assert server.get(of(ready)).json() == before


def test_keys_that_only_read_may_look_and_not_correct(server: Live, ready: str) -> None:
    key = server.here.keys.issue("reader", frozenset({Scope.READ})).secret
    assert server.get(of(ready), key=key).status_code == 200
    assert server.get(of(ready, "timeline"), key=key).status_code == 200
    refused(server.request("POST", of(ready), json=NAME_ANNA, key=key), 403, "FORBIDDEN")
    refused(server.request("DELETE", of(ready), key=key), 403, "FORBIDDEN")
    refused(server.request("POST", of(ready, "corrections/1/undo"), key=key), 403, "FORBIDDEN")
    refused(server.get(of(ready), key=""), 401, "UNAUTHORIZED")


def test_jobs_that_cannot_be_corrected_say_why(server: Live) -> None:
    bench = Bench(server.here.database, server.here.storage)
    waiting, old = bench.add(), bench.run(bench.add(), [completed("scene_detection")])
    refused(post(server, waiting, NAME_ANNA), 409, "JOB_NOT_READY")
    refused(server.get(of(waiting, "timeline")), 409, "JOB_NOT_READY")
    assert "did not keep them" in refused(post(server, old, NAME_ANNA), 404, "NOT_FOUND")["message"]
    refused(server.get(of(old, "timeline")), 404, "NOT_FOUND")
    assert server.get(of(old)).json()["corrections"] == []
    refused(post(server, str(uuid.uuid4()), NAME_ANNA), 404, "JOB_NOT_FOUND")


def test_the_time_line_has_a_tag_that_changes_with_it(server: Live, ready: str) -> None:
    before = server.get(of(ready, "timeline")).headers["etag"]
    number = post(server, ready, NAME_ANNA).json()["revision"]
    try:
        assert server.get(of(ready, "timeline")).headers["etag"] != before
        assert server.get(of(ready, "timeline?original=true")).headers["etag"] == before
    finally:
        server.request("POST", of(ready, f"corrections/{number}/undo"))

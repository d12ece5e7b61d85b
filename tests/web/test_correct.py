"""Correcting on the Result page: what is saved, undone, refused and kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import pytest
from tests.finished_jobs import Bench, Written, completed
from tests.servers import Live, serving
from tests.web.conftest import WIDE, Visitor

from videoannotator.annotations.saved import save
from videoannotator.database.attempts import SAVED, VIEW
from videoannotator.media.probe import probe
from videoannotator.testing.long_recording import write_long_recording
from videoannotator.testing.long_results import PIPELINES, long_annotations, write_long_view
from videoannotator.worker.conclusion import VIEW_TYPES

LENGTH_S = 18


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("house") / "storage") as started:
        yield started


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Written]]:
    """A recording of two people and three speakers, and what a worker leaves of it."""
    folder = tmp_path_factory.mktemp("product")
    recording = folder / "long.mp4"
    write_long_recording(recording, LENGTH_S, 2)
    with long_annotations(probe(recording), LENGTH_S, 2, 1) as annotations:
        names = write_long_view(annotations, folder, LENGTH_S, 2)
        save(annotations, folder / "annotations.zip")
    files = [Written(name, (folder / name).read_bytes(), None, VIEW, VIEW_TYPES[PurePosixPath(name).suffix]) for name in names]
    kept = Written("annotations.zip", (folder / "annotations.zip").read_bytes(), None, SAVED, "application/zip")
    return recording.read_bytes(), [*files, kept]


@pytest.fixture
def job_id(live: Live, product: tuple[bytes, list[Written]]) -> str:
    """A job of its own for each test."""
    recording, files = product
    bench = Bench(live.here.database, live.here.storage)
    job_id = bench.add(pipelines=PIPELINES, recording=recording)
    return bench.run(job_id, [completed(name) for name in PIPELINES], files)


@pytest.fixture
def visitor(browser: Any, live: Live, job_id: str) -> Iterator[Visitor]:
    """Somebody who has the job open."""
    with looking(browser, live, job_id) as opened:
        yield opened
        assert not opened.troubles, opened.troubles


@contextmanager
def looking(browser: Any, live: Live, job_id: str) -> Iterator[Visitor]:
    session = browser.new_context(viewport=WIDE)
    stored = json.dumps(json.dumps({"key": live.key}))
    session.add_init_script(f"sessionStorage.setItem('videoannotator.key', {stored})")
    try:
        visitor = Visitor(session.new_page(), live.url)
        visitor.open(f"#/jobs/{job_id}")
        visitor.page.locator("canvas.overlay[data-frame]").wait_for()
        yield visitor
    finally:
        session.close()


def timeline(live: Live, job_id: str) -> dict[str, Any]:
    return dict(live.get(f"/api/v1/jobs/{job_id}/timeline").raise_for_status().json())


def pick(page: Any, track: str, number: int = 0) -> None:
    """Select an item by the lists alone, and look at it."""
    page.get_by_role("tab", name="Lists").click()
    choice = page.get_by_role("combobox", name="Track", exact=True)
    choice.wait_for()
    (label,) = [text for text in choice.locator("option").all_inner_texts() if text.startswith(track)]
    choice.select_option(label=label)
    page.get_by_role("tabpanel").get_by_role("listitem").nth(number).get_by_role("button").click()
    page.get_by_role("tab", name="Details").click()


def saved(page: Any, words: str = "Saved.") -> None:
    page.get_by_role("status").get_by_text(words, exact=True).wait_for()


def test_a_person_is_renamed_everywhere_and_the_name_is_undone(visitor: Visitor, live: Live, job_id: str) -> None:
    page = visitor.page
    pick(page, "person_001")
    page.get_by_label("Name of this person").fill("Anna")
    page.get_by_role("button", name="Save name").click()
    saved(page)
    assert timeline(live, job_id)["persons"][0]["name"] == "Anna"
    page.get_by_role("tab", name="Corrections").click()
    page.get_by_text("name: person_001 → name: Anna").wait_for()
    page.get_by_role("button", name="Undo the last one").click()
    saved(page, "Undone.")
    assert timeline(live, job_id)["persons"][0]["name"] == "person_001"
    page.get_by_role("button", name="Do it again").click()
    saved(page, "Done again.")
    assert timeline(live, job_id)["persons"][0]["name"] == "Anna"
    page.get_by_role("button", name="Back to the original").click()
    page.get_by_role("button", name="Take all corrections back").click()
    saved(page, "Everything is as the pipelines found it.")
    assert timeline(live, job_id)["revision"] == 0


def test_a_line_is_written_anew_and_speakers_are_merged(visitor: Visitor, live: Live, job_id: str) -> None:
    page = visitor.page
    pick(page, "Transcript")
    page.get_by_label("Text", exact=True).fill("look at the blue ball")
    page.get_by_role("button", name="Save text").click()
    saved(page)
    assert timeline(live, job_id)["utterances"][0]["text"] == "look at the blue ball"
    page.get_by_role("combobox", name="Is the same speaker as").select_option("speaker_002")
    page.get_by_role("button", name="Merge").click()
    page.locator("dd", has_text="speaker_002").wait_for()
    assert [one["id"] for one in timeline(live, job_id)["speakers"]] == ["speaker_002", "speaker_003"]
    page.get_by_role("tab", name="Transcript").click()
    page.get_by_text("look at the blue ball").first.wait_for()


def test_a_border_is_typed_dragged_deleted_and_added(visitor: Visitor, live: Live, job_id: str) -> None:
    page = visitor.page
    pick(page, "Audio events")
    page.get_by_label("To", exact=True).fill("3.25")
    page.get_by_role("button", name="Save times").click()
    saved(page)
    event = timeline(live, job_id)["events"][0]
    assert (event["start_s"], event["end_s"]) == (0.0, 3.25)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_text("What was selected is no longer there").wait_for()
    assert "audio_events" not in [one["layer"] for one in timeline(live, job_id)["events"]]
    page.get_by_role("tab", name="Corrections").click()
    page.get_by_text("Add what was missed").click()
    page.get_by_role("combobox", name="What", exact=True).select_option("SoundEvent")
    page.get_by_label("From", exact=True).fill("4")
    page.get_by_label("To", exact=True).fill("0:05.5")
    page.get_by_label("Label", exact=True).fill("Doorbell")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("label: Doorbell").wait_for()
    (added,) = [one for one in timeline(live, job_id)["events"] if one["label"] == "Doorbell"]
    assert (added["start_s"], added["end_s"], added["score"]) == (4.0, 5.5, None)


def test_what_somebody_else_did_meanwhile_is_told_and_nothing_typed_is_lost(visitor: Visitor, live: Live, job_id: str) -> None:
    page = visitor.page
    pick(page, "person_001")
    page.get_by_label("Name of this person").fill("Anna")
    other = {"kind": "rename_person", "target": "person_002", "after": {"name": "Ben"}}
    live.request("POST", f"/api/v1/jobs/{job_id}/corrections", json=other).raise_for_status()
    page.get_by_role("button", name="Save name").click()
    page.get_by_text("CORRECTION_CONFLICT").wait_for()
    assert page.get_by_label("Name of this person").input_value() == "Anna"
    page.get_by_role("button", name="Save name").click()
    saved(page)
    assert [one["name"] for one in timeline(live, job_id)["persons"]] == ["Anna", "Ben"]


def test_a_key_that_ends_in_between_loses_nothing_typed(browser: Any, live: Live, job_id: str) -> None:
    with looking(browser, live, job_id) as visitor:
        page = visitor.page
        pick(page, "Transcript")
        page.get_by_label("Text", exact=True).fill("typed before the key ended")
        ended = [True]

        def refuse_once(route: Any) -> None:
            if route.request.method == "POST" and ended.pop() if ended else False:
                route.fulfill(status=401, body=json.dumps(UNAUTHORIZED), content_type="application/json")
            else:
                route.continue_()

        page.route("**/corrections", refuse_once)
        page.get_by_role("button", name="Save text").click()
        page.get_by_role("dialog", name="Sign in again").wait_for()
        page.get_by_label("Key of this server").fill(live.key)
        page.get_by_role("dialog").get_by_role("button", name="Sign in", exact=True).click()
        saved(page)
        assert timeline(live, job_id)["utterances"][0]["text"] == "typed before the key ended"


UNAUTHORIZED = {
    "error": {
        "code": "UNAUTHORIZED",
        "message": "This key has expired.",
        "hint": None,
        "field": None,
        "detail": None,
        "request_id": None,
    }
}


def test_dragging_a_border_moves_it(visitor: Visitor, live: Live, job_id: str) -> None:
    page = visitor.page
    pick(page, "Audio events")
    tracks = page.locator(".tracks")
    tracks.scroll_into_view_if_needed()
    box = tracks.bounding_box()
    left = 136
    per_s = (tracks.evaluate("tracks => tracks.clientWidth") - left) / LENGTH_S
    row = row_of(page, box)
    page.mouse.move(box["x"] + left + 2.5 * per_s, row)
    page.mouse.down()
    page.mouse.move(box["x"] + left + 3 * per_s, row, steps=5)
    page.mouse.move(box["x"] + left + 4 * per_s, row, steps=5)
    page.mouse.up()
    saved(page)
    assert timeline(live, job_id)["events"][0]["end_s"] == pytest.approx(4.0, abs=0.05)


def row_of(page: Any, box: dict[str, float]) -> float:
    """The height of the row of sound events on the screen: above it lie sound, scenes, three speakers and the transcript."""
    rem = 16
    above = [1.7, 3 + 0.25, 3.6 + 0.25, *(1.4 + 0.25,) * 3, 2 + 0.25]
    return box["y"] + 1 + sum(round(part * rem) for part in above) + 0.7 * rem


def test_a_job_that_keeps_nothing_says_why_it_cannot_be_corrected(
    browser: Any, live: Live, product: tuple[bytes, list[Written]]
) -> None:
    """Its time line is shown as the pipelines left it, and saving tells what to do."""
    recording, files = product
    bench = Bench(live.here.database, live.here.storage)
    former = bench.run(bench.add(pipelines=PIPELINES, recording=recording), [completed(name) for name in PIPELINES], files[:-1])
    with looking(browser, live, former) as visitor:
        page = visitor.page
        pick(page, "person_001")
        page.get_by_label("Name of this person").fill("Anna")
        page.get_by_role("button", name="Save name").click()
        page.get_by_role("alert").get_by_text("NOT_FOUND").wait_for()

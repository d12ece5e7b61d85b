"""The pages Jobs and System: every state, hostile words, search, pages, what can be done, and what happens meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.finished_jobs import WORKER, Bench
from tests.servers import Live, serving
from tests.web.conftest import NARROW, WIDE, visiting

from videoannotator.auth.keys import Scope
from videoannotator.database.queue import Failure

HOSTILE = "<img src=x onerror=\"document.title='taken'\">\u202e{{7*7}}${7*7}.mp4"
FAILED = Failure("UNSUPPORTED_MEDIA", f"{HOSTILE} is no video.", "<script>alert(1)</script> Convert it.")
STATES = ("Completed", "Failed", "Cancelled", "Running", "Being cancelled", "Waiting")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with serving(tmp_path / "storage", auth_failures_per_minute=0) as started:
        yield started


@pytest.fixture
def bench(live: Live) -> Bench:
    return Bench(live.here.database, live.here.storage)


def in_every_state(bench: Bench) -> None:
    ids = {name: bench.add(video_filename=f"{name} {HOSTILE}", tags=[f"{name}<b>"]) for name in STATES}
    bench.run(ids["Completed"])
    bench.run(ids["Failed"], failure=FAILED)
    bench.queue.request_cancel(ids["Cancelled"])
    for name in ("Running", "Being cancelled"):
        claim = bench.queue.claim(WORKER, job_id=ids[name])
        assert claim
        bench.queue.progress(claim, 0.42, "reading", 75)
    bench.queue.request_cancel(ids["Being cancelled"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_state_is_shown_in_words_and_nobody_is_shut_out(
    live: Live, bench: Bench, browser: Any, pictures: Path, size: dict[str, int], scheme: str
) -> None:
    in_every_state(bench)
    with visiting(browser, live.url, viewport=size, color_scheme=scheme) as visitor:
        visitor.sign_in(live.key)
        page = visitor.page
        for name in STATES:
            row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"{name} <img"))
            row.get_by_text(name, exact=True).wait_for()
        assert page.get_by_text("42 % reading, about 1 min 15 s left").is_visible()
        assert page.get_by_text("<script>alert(1)</script> Convert it.").is_visible()
        assert page.get_by_text("next in line").is_visible()
        assert page.title() == "Jobs - VideoAnnotator"
        assert page.locator("img").count() == 0
        visitor.picture(pictures, f"jobs-{size['width']}-{scheme}")
        assert visitor.violations() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the side"
        visitor.open("#/system")
        page.get_by_role("heading", name="Keys").wait_for()
        page.get_by_text("GB free").first.wait_for()
        visitor.picture(pictures, f"system-{size['width']}-{scheme}")
        assert visitor.violations() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_search_a_filter_and_pages_lead_through_many_jobs(live: Live, bench: Bench, browser: Any) -> None:
    for number in range(120):
        bench.add(video_filename=f"visit {number:03}.mp4", tags=["odd" if number % 2 else "even"])
    with visiting(browser, live.url) as visitor:
        visitor.sign_in(live.key)
        page = visitor.page
        page.get_by_role("link", name="visit 119.mp4").wait_for()
        assert page.get_by_text("120 jobs").is_visible()
        page.get_by_role("button", name="Older").click()
        page.get_by_role("link", name="visit 069.mp4").wait_for()
        page.get_by_label("Page", exact=True).fill("3")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="visit 000.mp4").wait_for()
        page.get_by_role("searchbox").fill("visit 11")
        page.get_by_text("10 jobs").wait_for()
        assert page.get_by_role("link", name="visit 110.mp4").is_visible()
        page.get_by_label("Completed").check()
        page.get_by_text("No job fits.").wait_for()
        page.get_by_role("link", name="Show all jobs").click()
        page.get_by_text("120 jobs").wait_for()
        page.get_by_role("row").filter(has_text="visit 119.mp4").get_by_role("link", name="odd").click()
        page.get_by_text("60 jobs").wait_for()


def test_what_happens_meanwhile_is_shown_without_asking_again(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.add(video_filename="watched.mp4")
    with visiting(browser, live.url) as visitor:
        visitor.sign_in(live.key)
        page = visitor.page
        row = page.get_by_role("row").filter(has_text="watched.mp4")
        row.get_by_text("Waiting").wait_for()
        claim = bench.queue.claim(WORKER, job_id=job_id)
        assert claim
        bench.queue.progress(claim, 0.5, "reading", 3)
        row.get_by_text("50 % reading, about 3 s left").wait_for()
        later = bench.add(video_filename="came later.mp4")
        bench.queue.request_cancel(later)
        page.get_by_role("row").filter(has_text="came later.mp4").get_by_text("Cancelled").wait_for()


def test_a_hidden_page_closes_its_stream_and_looks_again_when_it_is_shown(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.add(video_filename="watched.mp4")
    with visiting(browser, live.url) as visitor:
        visitor.sign_in(live.key)
        page = visitor.page
        row = page.get_by_role("row").filter(has_text="watched.mp4")
        row.get_by_text("Waiting").wait_for()
        with page.expect_event("requestfailed", lambda request: "events/stream" in request.url):
            page.evaluate(
                "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
                "document.dispatchEvent(new Event('visibilitychange'))"
            )
        bench.queue.request_cancel(job_id)
        with page.expect_request("**/events/stream*"):
            page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
        row.get_by_text("Cancelled").wait_for()


def test_where_streams_do_not_get_through_it_polls(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.add(video_filename="watched.mp4")
    with visiting(browser, live.url) as visitor:
        visitor.page.route("**/events/stream*", lambda route: route.abort())
        visitor.sign_in(live.key)
        row = visitor.page.get_by_role("row").filter(has_text="watched.mp4")
        row.get_by_text("Waiting").wait_for()
        bench.queue.request_cancel(job_id)
        row.get_by_text("Cancelled").wait_for()


def test_cancel_retry_and_delete_by_keyboard_alone(live: Live, bench: Bench, browser: Any) -> None:
    bench.add(video_filename="mine.mp4")
    with visiting(browser, live.url) as visitor:
        visitor.sign_in(live.key)
        page = visitor.page
        row = page.get_by_role("row").filter(has_text="mine.mp4")
        row.get_by_role("button", name="Cancel").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Cancel “mine.mp4”?")
        assert visitor.violations() == []
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert row.get_by_text("Waiting").is_visible()
        assert page.evaluate("document.activeElement.innerText") == "Cancel", "the focus comes back"
        page.keyboard.press("Enter")
        dialog.get_by_role("button", name="Cancel").press("Enter")
        row.get_by_text("Cancelled").wait_for()
        row.get_by_role("button", name="Try again").press("Enter")
        page.get_by_text("2 jobs").wait_for()
        page.get_by_label("Choose all on this page").press("Space")
        page.get_by_text("2 chosen").wait_for()
        row.filter(has_text="Cancelled").get_by_role("button", name="Delete").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
        page.get_by_text("1 job, 1 chosen").wait_for()
        assert row.count() == 1
    assert len(bench.ids()) == 1


def test_a_refused_action_says_why_in_the_servers_words(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.add(video_filename="mine.mp4")
    reading = live.here.keys.issue("reader", [Scope.READ]).secret
    with visiting(browser, live.url) as visitor:
        visitor.sign_in(reading)
        page = visitor.page
        page.get_by_role("button", name="Cancel “mine.mp4”").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        page.get_by_role("dialog").get_by_text("This key lacks the scope 'write'.").wait_for()
        page.keyboard.press("Escape")
        visitor.open("#/system")
        page.get_by_text("that needs the scope “admin”").wait_for()
    assert live.get(f"/api/v1/jobs/{job_id}").json()["status"] == "pending"


def test_text_grows_to_double_its_size(live: Live, bench: Bench, browser: Any, pictures: Path) -> None:
    in_every_state(bench)
    with visiting(browser, live.url, viewport=WIDE) as visitor:
        visitor.sign_in(live.key)
        visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        for place in ("#/jobs", "#/system"):
            visitor.open(place)
            visitor.page.get_by_role("heading").first.wait_for()
            assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        visitor.picture(pictures, "system-200-percent")

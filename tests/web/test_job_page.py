"""The Result page of jobs that run, fail or are sound alone, in a real browser against the real server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import until
from tests.finished_jobs import WORKER, Bench
from tests.servers import Live, serving
from tests.web.conftest import visiting
from tests.web.marked_clips import viewed_job

from videoannotator.database.queue import Failure
from videoannotator.media.clip_writer import Sound, write_clip
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import tone
from videoannotator.testing.examples import audio_only

REFUSED = Failure("UNSUPPORTED_MEDIA", "This is no video.", "Convert it to MP4, and submit it again.")
SAID = "reading frame 12 of 300"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with serving(tmp_path / "storage") as started:
        yield started


@pytest.fixture
def bench(live: Live) -> Bench:
    return Bench(live.here.database, live.here.storage)


def test_a_running_job_says_how_far_it_is_and_is_cancelled(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.add(video_filename="visit.mp4")
    claim = bench.queue.claim(WORKER, job_id=job_id)
    assert claim
    bench.queue.progress(claim, 0.25, "person_tracking", 90)
    with visiting(browser, live.url, bypass_csp=True) as visitor:
        visitor.sign_in(live.key)
        visitor.open(f"#/jobs/{job_id}")
        page = visitor.page
        page.get_by_text("Running: person_tracking").wait_for()
        page.get_by_text("25 % · about 1 min 30 s left").wait_for()
        bench.queue.progress(claim, 0.5, "face_analysis", 30)
        page.get_by_text("Running: face_analysis").wait_for()
        assert page.get_by_role("progressbar", name="Progress").get_attribute("value") == "0.5"
        assert visitor.violations() == []
        page.get_by_role("button", name="Cancel").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Cancel").press("Enter")
        page.get_by_text("The job is being cancelled.").wait_for()
        page.get_by_text("Its processes are being ended.").wait_for()
    assert live.get(f"/api/v1/jobs/{job_id}").json()["status"] == "cancelling"


def test_a_failed_job_says_why_shows_its_log_and_is_tried_again(live: Live, bench: Bench, browser: Any) -> None:
    job_id = bench.run(bench.add(video_filename="visit.mp4"), failure=REFUSED)
    log = bench.storage.job_folder(job_id) / "job.log"
    log.write_text(f"{SAID}\n", encoding="utf-8")
    with visiting(browser, live.url, bypass_csp=True) as visitor:
        visitor.sign_in(live.key)
        visitor.open(f"#/jobs/{job_id}")
        page = visitor.page
        page.get_by_text(REFUSED.message, exact=True).wait_for()
        page.get_by_text(REFUSED.hint or "", exact=True).wait_for()
        page.get_by_text("Log, the last 200 lines").click()
        page.get_by_text(SAID).wait_for()
        assert visitor.violations() == []
        page.get_by_role("button", name="Try all again").press("Enter")
        page.get_by_text("Waiting: number 1 in the queue").wait_for()
        page.get_by_role("link", name="a former job").press("Enter")
        page.get_by_text(REFUSED.message, exact=True).wait_for()
    (again,) = bench.ids() - {job_id}
    assert live.get(f"/api/v1/jobs/{again}").json()["retry_of"] == job_id


def test_sound_alone_is_played_and_read_without_pictures(live: Live, bench: Bench, browser: Any, tmp_path: Path) -> None:
    recording = tmp_path / "talk.wav"
    write_clip(recording, sounds=[Sound(tone(10.0), 16_000, codec="pcm_s16le")])
    with audio_only() as annotations:
        job_id = viewed_job(bench, recording, replace(annotations, media=probe(recording)))
    with visiting(browser, live.url, bypass_csp=True) as visitor:
        visitor.sign_in(live.key)
        visitor.open(f"#/jobs/{job_id}")
        page = visitor.page
        line = page.get_by_role("list", name="Transcript").get_by_role("button").last
        line.click()
        assert page.locator(".stage.sound-only").count() == 1
        place = page.locator("video")
        until(lambda: float(place.evaluate("video => video.currentTime")) >= 2.0, "it to go to what was said")
        page.keyboard.press("k")
        until(lambda: float(place.evaluate("video => video.currentTime")) >= 2.5, "it to be played")
        assert visitor.violations() == []

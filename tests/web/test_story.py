"""A researcher's whole story, against the real server and its worker: from signing in to signing out."""

import csv
import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import Installation, Server, until
from tests.web.conftest import NARROW, WIDE, Visitor, visiting
from tests.web.new_job_page import MB, NewJob

from videoannotator.media.demo_clip import make_demo_clip
from videoannotator.media.synthetic import Shot, shots_clip

WORK_S = 600
"""For the default pipelines on twenty seconds of video, beside other tests."""


@pytest.fixture(scope="module")
def visit_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds with people and speech."""
    path = tmp_path_factory.mktemp("visit") / "visit.mp4"
    make_demo_clip(path)
    return path


@pytest.fixture(scope="module")
def large_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of pictures, in a file that takes a while to send."""
    path = tmp_path_factory.mktemp("large") / "large one.mp4"
    shots_clip(path, [Shot(13), Shot(12)], size=(64, 48))
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 12 * MB, b"free") + os.urandom(12 * MB - 8))
    return path


def in_both_sizes(visitor: Visitor, pictures: Path, name: str) -> None:
    """Look at the page: pictures for people, and what axe finds."""
    for size in (NARROW, WIDE):
        visitor.page.set_viewport_size(size)
        visitor.picture(pictures, f"story-{name}-{size['width']}")
        assert visitor.violations() == [], name


def submit(visitor: Visitor, server: Server, clips: list[Path], pictures: Path) -> Server:
    """Two recordings; the server dies half way, and both go on with the next one, which this gives."""
    new_job = NewJob(visitor)
    page = visitor.page
    new_job.slow_down()
    new_job.choose(*clips)
    in_both_sizes(visitor, pictures, "new-job")
    page.get_by_role("button", name="Start 2 jobs").click()
    until(lambda: new_job.share("large one") > 0.3, "it to be on its way")
    server.kill()
    new_job.row("large one").get_by_text("The connection broke off.", exact=True).wait_for()
    new_job.slow_down(100 * MB)
    server = server.home.server("--port", server.address.rsplit(":", 1)[1])
    for name in ("visit", "large one"):
        new_job.row(name).get_by_role("link", name="Go to the job").wait_for()
    assert max(new_job.offsets()) > 0, f"it went on where it had stopped: {new_job.sent}"
    return server


def watch(visitor: Visitor) -> None:
    """Both finish while one looks on."""
    page = visitor.page
    page.get_by_role("link", name="Jobs", exact=True).click()
    for name in ("visit.mp4", "large one.mp4"):
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name))
        row.get_by_text("Completed", exact=True).wait_for(timeout=WORK_S * 1000)


def look_at(visitor: Visitor, pictures: Path) -> None:
    """Play, go to what was said, and switch an overlay off and on, seen in the pixels."""
    page = visitor.page
    page.get_by_role("link", name="visit.mp4").click()
    overlay = page.locator("canvas.overlay[data-frame]")
    overlay.wait_for()
    page.keyboard.press("k")
    until(lambda: float(overlay.get_attribute("data-media-time")) > 1, "it to play")
    page.keyboard.press("k")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    line = page.get_by_role("list", name="Transcript").get_by_role("button").last
    line.click()
    until(lambda: float(overlay.get_attribute("data-media-time")) > 12, "it to go there")
    page.locator("canvas.overlay[data-loading='false']").wait_for()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    stage = page.locator(".stage")
    shown = stage.screenshot()
    page.keyboard.press("9")
    until(lambda: stage.screenshot() != shown, "the captions to go")
    page.keyboard.press("9")
    until(lambda: stage.screenshot() == shown, "the captions to come back")
    in_both_sizes(visitor, pictures, "result")


def correct(visitor: Visitor, pictures: Path) -> None:
    """Give the first person a name, by keys alone."""
    page = visitor.page
    page.get_by_role("tab", name="Lists").press("Enter")
    choice = page.get_by_role("combobox", name="Track", exact=True)
    choice.wait_for()
    person = next(text for text in choice.locator("option").all_inner_texts() if text.startswith("person_001"))
    choice.select_option(label=person)
    page.get_by_role("tabpanel").get_by_role("listitem").first.get_by_role("button").press("Enter")
    page.get_by_role("tab", name="Details").press("Enter")
    in_both_sizes(visitor, pictures, "details")
    page.get_by_label("Name of this person").fill("Eileen")
    page.get_by_role("button", name="Save name").press("Enter")
    page.get_by_role("status").get_by_text("Saved.", exact=True).wait_for()
    page.get_by_role("tab", name="Corrections").press("Enter")
    page.get_by_text("name: person_001 → name: Eileen").wait_for()
    in_both_sizes(visitor, pictures, "corrections")


def export(visitor: Visitor, pictures: Path, folder: Path) -> None:
    """Take tables home, with the corrected name in them, by keys alone."""
    page = visitor.page
    page.get_by_role("link", name="Exports", exact=True).press("Enter")
    page.get_by_label("visit.mp4").press("Space")
    page.get_by_label("large one.mp4").press("Space")
    page.get_by_role("button", name="Go on with 2 jobs").press("Enter")
    page.get_by_label("Tables (CSV)").press("Space")
    in_both_sizes(visitor, pictures, "exports")
    page.get_by_role("button", name="Export", exact=True).press("Enter")
    ready = page.get_by_role("button", name="Download")
    ready.wait_for()
    in_both_sizes(visitor, pictures, "export-ready")
    with page.expect_download() as loading:
        ready.press("Enter")
    archive = folder / "export.zip"
    loading.value.save_as(archive)
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        (table,) = [name for name in names if name.startswith("visit-") and name.endswith("person_tracking.identities.csv")]
        rows = list(csv.DictReader(io.StringIO(opened.read(table).decode("utf-8"))))
    assert "Eileen" in {row["person_id"] for row in rows}
    assert [name for name in names if name.startswith("large_one-")]


def cancel(visitor: Visitor, visit_clip: Path) -> None:
    """Start it once more, and stop it in the middle."""
    new_job = NewJob(visitor)
    new_job.choose(visit_clip)
    page = visitor.page
    page.get_by_role("button", name="Start the job").click()
    new_job.row("visit").get_by_role("link", name="Go to the job").wait_for()
    page.get_by_role("link", name="Jobs", exact=True).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="visit.mp4")).first
    row.get_by_text("Running", exact=True).wait_for()
    row.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    row.get_by_text("Cancelled", exact=True).wait_for()


@pytest.mark.timeout(1800)
def test_from_signing_in_to_signing_out(browser: Any, visit_clip: Path, large_clip: Path, pictures: Path, tmp_path: Path) -> None:
    house = Installation(tmp_path / "house")
    server = house.server()
    try:
        with visiting(browser, server.address) as visitor:
            visitor.open()
            in_both_sizes(visitor, pictures, "sign-in")
            visitor.sign_in(str(house.key))
            in_both_sizes(visitor, pictures, "no-jobs")
            server = submit(visitor, server, [visit_clip, large_clip], pictures)
            watch(visitor)
            in_both_sizes(visitor, pictures, "jobs")
            look_at(visitor, pictures)
            correct(visitor, pictures)
            export(visitor, pictures, tmp_path)
            cancel(visitor, visit_clip)
            visitor.open("#/system")
            visitor.page.get_by_text("GB free").first.wait_for()
            in_both_sizes(visitor, pictures, "system")
            visitor.page.get_by_role("button", name="Sign out").press("Enter")
            visitor.page.get_by_label("Key of this server").wait_for()
    finally:
        server.stop()

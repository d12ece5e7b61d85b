"""The Result page in a real browser, against the real server: what is drawn over the video is on the frame that is shown."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.finished_jobs import Bench, Written, completed
from tests.servers import Live, serving
from tests.web import marked_clips
from tests.web.conftest import NARROW, WIDE, Visitor
from tests.web.marked_clips import Seen, add_job, irregular, pixels, place, regular

from videoannotator.testing.long_results import write_long_job

FRAMES = 250
SEEKS = 20
LOOKS = 15
LONG_S = 24
SECOND = 25

Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server without a worker: the jobs are finished."""
    with serving(tmp_path_factory.mktemp("house") / "storage") as started:
        yield started


@pytest.fixture(scope="module")
def bench(live: Live) -> Bench:
    return Bench(live.here.database, live.here.storage)


@pytest.fixture(scope="module")
def long_job(live: Live) -> str:
    """Four people, two faces, three speakers."""
    return write_long_job(live.here.storage, live.here.database, duration_s=LONG_S)


@pytest.fixture
def look(browser: Any, live: Live) -> Visit:
    """Opens a job: `with look(job_id) as visitor`; keyword arguments are those of Playwright's contexts."""

    @contextmanager
    def opened(job_id: str, **context: Any) -> Iterator[Visitor]:
        session = browser.new_context(**{"viewport": WIDE, **context})
        stored = json.dumps(json.dumps({"key": live.key}))
        session.add_init_script(f"sessionStorage.setItem('videoannotator.key', {stored})")
        try:
            visitor = Visitor(session.new_page(), live.url)
            visitor.open(f"#/jobs/{job_id}")
            visitor.page.locator("canvas.overlay[data-frame]").wait_for()
            yield visitor
            assert not visitor.troubles, visitor.troubles
        finally:
            session.close()

    return opened


def shot(page: Any) -> marked_clips.Pixels:
    """What the stage shows, captions and overlay included."""
    return pixels(page.locator(".stage").screenshot())


def shown_frame(page: Any) -> int:
    return int(page.locator("canvas.overlay").get_attribute("data-frame"))


def wait_for_frame(page: Any, frame: int) -> None:
    page.locator(f"canvas.overlay[data-frame='{frame}'][data-loading='false']").wait_for()


def only_boxes(page: Any) -> None:
    """Leave nothing but boxes over the video."""
    for box in page.locator(".layers input[type=checkbox]").all():
        box.set_checked("Boxes" in box.evaluate("box => box.closest('label').innerText"))
    page.locator(".stage").evaluate("stage => stage.style.borderRadius = 0")


def seek(page: Any, frame: int) -> None:
    """Go to a frame by keys alone: to the nearest second, then frame by frame."""
    page.keyboard.press("Home")
    wait_for_frame(page, 0)
    while frame - (before := shown_frame(page)) > SECOND:
        page.keyboard.press("Shift+ArrowRight" if frame - before > 6 * SECOND else "ArrowRight")
        page.locator(f"canvas.overlay:not([data-frame='{before}'])").wait_for()
    while (now := shown_frame(page)) != frame:
        page.keyboard.press("." if now < frame else ",")
        wait_for_frame(page, now + 1 if now < frame else now - 1)


@pytest.mark.parametrize(("times", "aspect"), [(regular, None), (irregular, None), (regular, Fraction(4, 3))])
def test_a_box_lies_on_what_moves_in_the_frame_that_is_shown(
    bench: Bench, look: Visit, tmp_path: Path, times: Callable[[int], list[int]], aspect: Fraction | None
) -> None:
    """At twenty places, on a regular file, on one whose frame rate varies, and on one whose pixels are not square."""
    job_id = add_job(bench, tmp_path, times(FRAMES), aspect)
    shape = Fraction(marked_clips.WIDTH, marked_clips.HEIGHT) * (aspect or 1)
    with look(job_id) as visitor:
        only_boxes(visitor.page)
        for number in range(SEEKS):
            frame = (number * 97 + 3) % FRAMES
            seek(visitor.page, frame)
            seen = Seen(shot(visitor.page), shape)
            assert seen.frame == frame, "the picture is another frame's than the page says"
            assert max(seen.off) <= 2, f"frame {frame}: {seen.off}"


@pytest.mark.parametrize("times", [regular, irregular])
def test_while_it_plays_a_box_is_at_most_one_frame_off(
    bench: Bench, look: Visit, tmp_path: Path, times: Callable[[int], list[int]]
) -> None:
    job_id = add_job(bench, tmp_path, times(2 * FRAMES))
    with look(job_id) as visitor:
        page = visitor.page
        only_boxes(page)
        page.keyboard.press("k")
        page.get_by_role("button", name="Pause").wait_for()
        frames = set()
        for _ in range(LOOKS):
            seen = Seen(shot(page))
            frames.add(seen.frame)
            motion = [max(abs(a - b) for a, b in zip(place(seen.frame), place(seen.frame + step), strict=True)) for step in (-1, 1)]
            assert max(seen.off) <= max(motion) + 2, f"frame {seen.frame}: {seen.off}"
        assert len(frames) > LOOKS / 2, "it did not play"


def test_an_address_that_ran_out_is_renewed_and_it_goes_on_where_it_was(
    bench: Bench, live: Live, look: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser asks for the parts of a large file as it needs them; the page may have slept for hours in between."""
    job_id = add_job(bench, tmp_path, regular(2 * FRAMES), grain=40.0, preset="ultrafast", crf="2")
    with look(job_id) as visitor:
        page = visitor.page
        only_boxes(page)
        monkeypatch.setattr(live.here.signer, "_clock", lambda: time.time() + 7 * 3600)
        with page.expect_response(lambda answer: "/media-url" in answer.url):
            page.keyboard.press("End")
        wait_for_frame(page, 2 * FRAMES - 1)
        assert Seen(shot(page)).frame == 2 * FRAMES - 1
        page.keyboard.press(",")
        wait_for_frame(page, 2 * FRAMES - 2)


def test_each_layer_is_switched_on_and_off(long_job: str, look: Visit) -> None:
    """By its box and by its key, seen on the canvas: something goes, and the same comes back."""
    count = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.reduce((n, v) => n + v, 0)"
    with look(long_job) as visitor:
        page = visitor.page
        page.keyboard.press("ArrowRight")
        wait_for_frame(page, 25)
        canvas = page.locator("canvas.overlay")
        switches = page.locator(".layers input[type=checkbox]")
        for box in switches.all():
            box.check()
        everything = canvas.evaluate(count)
        names = [name.split("\n")[0].strip() for name in page.locator(".layers .chip").all_inner_texts()]
        assert len(names) == 10, names
        for number in range(1, 10):
            page.locator("h1").click()
            page.keyboard.press(str(number))
            assert not switches.nth(number - 1).is_checked()
            if number < 9:
                assert canvas.evaluate(count) != everything, names[number - 1]
            else:
                page.locator(".captions").wait_for(state="detached")
            switches.nth(number - 1).check()
            assert canvas.evaluate(count) == everything, names[number - 1]


def test_the_confidence_filter_hides_and_says_how_many(long_job: str, look: Visit) -> None:
    with look(long_job) as visitor:
        page = visitor.page
        wait_for_frame(page, 0)
        page.get_by_label("Confidence at least").fill("85")
        page.get_by_text("4 observations hidden in this frame").wait_for()
        only_boxes(page)
        orange = (abs(shot(page).astype(int) - marked_clips.BOX_COLOUR) < 3).all(axis=-1).sum()
        page.get_by_label("Confidence at least").fill("0")
        page.get_by_text("hidden in this frame").wait_for(state="detached")
        assert (abs(shot(page).astype(int) - marked_clips.BOX_COLOUR) < 3).all(axis=-1).sum() > orange


def test_the_transcript_leads_to_its_place_follows_and_is_searched(long_job: str, look: Visit) -> None:
    with look(long_job) as visitor:
        page = visitor.page
        lines = page.get_by_role("list", name="Transcript").get_by_role("button")
        lines.nth(2).click()
        wait_for_frame(page, 12 * 25)
        assert lines.nth(2).get_attribute("aria-current") == "true"
        page.locator("h1").click()
        page.keyboard.press("Home")
        page.locator("button.entry[aria-current=true]", has_text="0:00:00.0").wait_for()
        page.get_by_label("Search in the transcript").fill("RED ball")
        assert page.locator("mark").all_inner_texts()[:2] == ["red ball", "red ball"]
        page.get_by_label("Search in the transcript").fill("nobody says this")
        page.get_by_text("0 lines with").wait_for()


def test_everything_is_done_by_keys(long_job: str, look: Visit) -> None:
    with look(long_job) as visitor:
        page = visitor.page
        keys = page.keyboard
        canvas = page.locator(".tracks canvas")
        wait_for_frame(page, 0)
        for pressed, frame in [(".", 1), (".", 2), (",", 1), ("ArrowRight", 26), ("Shift+ArrowRight", 151), ("ArrowLeft", 126)]:
            keys.press(pressed)
            wait_for_frame(page, frame)
        keys.press("End")
        wait_for_frame(page, LONG_S * 25 - 1)
        keys.press("j")
        wait_for_frame(page, (LONG_S - 10) * 25)
        page.wait_for_timeout(900)  # a second one within this time would start the shuttle
        keys.press("l")
        wait_for_frame(page, LONG_S * 25 - 1)
        keys.press("j")
        keys.press("j")
        page.get_by_role("button", name="Pause").wait_for()
        page.locator(f"canvas.overlay:not([data-frame='{LONG_S * 25 - 1}'])").wait_for()
        keys.press("k")
        page.get_by_role("button", name="Play").wait_for()
        keys.press("+")
        page.locator(f".tracks canvas:not([data-start='0.0000'][data-end='{LONG_S:.4f}'])").wait_for()
        keys.press("f")
        page.locator(f".tracks canvas[data-start='0.0000'][data-end='{LONG_S:.4f}']").wait_for()
        for _ in range(12):
            keys.press("+")
        page.wait_for_timeout(100)
        shown = [float(canvas.get_attribute(f"data-{side}")) for side in ("start", "end")]
        assert shown[1] - shown[0] < 0.5, "zoomed in to single frames"
        keys.press("?")
        page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
        keys.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.get_by_role("tab", name="Lists").focus()
        page.get_by_role("tab", name="Transcript").click()
        page.get_by_role("tab", name="Transcript").press("ArrowRight")
        page.get_by_role("combobox", name="Track", exact=True).select_option(label="person_002 (adult) (1)")
        page.get_by_role("combobox", name="Track", exact=True).select_option(label="Transcript (4)")
        entries = page.get_by_role("tabpanel").get_by_role("button")
        entries.first.focus()
        keys.press("ArrowDown")
        keys.press("Enter")
        assert page.locator("button.entry[data-chosen=true]").count() == 1
        slider = page.get_by_role("slider", name="Position in the recording")
        assert "frame" in slider.get_attribute("aria-valuetext")


def test_a_key_typed_into_a_field_is_text(long_job: str, look: Visit) -> None:
    with look(long_job) as visitor:
        page = visitor.page
        wait_for_frame(page, 0)
        field = page.get_by_label("Search in the transcript")
        field.click()
        page.keyboard.type("jk l.1?")
        assert field.input_value() == "jk l.1?"
        assert shown_frame(page) == 0
        assert page.get_by_role("button", name="Play").count() == 1


def test_a_click_on_the_time_line_goes_there(long_job: str, look: Visit) -> None:
    with look(long_job) as visitor:
        page = visitor.page
        page.locator("h1").click()
        box = page.locator(".tracks").bounding_box()
        left = 136  # where the names of the rows end: 8.5 times the size of text
        page.mouse.click(box["x"] + left + 0.5 * (box["width"] - left), box["y"] + 8)
        page.locator("canvas.overlay:not([data-frame='0'])").wait_for()
        assert abs(shown_frame(page) - LONG_S * 25 / 2) < 15
        page.mouse.move(box["x"] + 400, box["y"] + 60)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        page.locator(f".tracks canvas:not([data-end='{LONG_S:.4f}'])").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_it_is_accessible_and_fits(long_job: str, look: Visit, pictures: Path, scheme: str, size: dict[str, int]) -> None:
    with look(long_job, color_scheme=scheme, viewport=size, bypass_csp=True) as visitor:
        page = visitor.page
        page.keyboard.press("ArrowRight")
        wait_for_frame(page, 25)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"
        visitor.picture(pictures, f"result-{scheme}-{size['width']}")
        assert visitor.violations() == []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "text of 200 % is wider than the screen"
        visitor.picture(pictures, f"result-{scheme}-{size['width']}-large-text")


HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def test_hostile_words_are_only_words(bench: Bench, live: Live, look: Visit, long_job: str) -> None:
    """In the name of the file, in a tag, in what was said, in names, labels and notes."""
    named = bench.run(
        bench.add(pipelines=["scene_detection"], video_filename=f"{HOSTILE}.mp4", tags=[HOSTILE]),
        [completed("scene_detection")],
        [Written("scenes.json", b"[]", "scene_detection", main=True)],
    )

    def poisoned(route: Any) -> None:
        text = route.fetch().text()
        for word in ("look at", "person_002", "Laughter", "speaker_001", "child"):
            text = text.replace(word, json.dumps(HOSTILE)[1:-1])
        route.fulfill(body=text, content_type="application/json")

    with look(long_job) as visitor:
        page = visitor.page
        page.route("**/timeline", poisoned)
        page.reload()
        page.locator("button.entry", has_text=HOSTILE).first.wait_for()
        wait_for_frame(page, 0)
        page.get_by_role("tab", name="Lists").click()
        page.get_by_role("combobox", name="Track", exact=True).wait_for()
        for option in page.get_by_role("combobox", name="Track", exact=True).locator("option").all_inner_texts():
            page.get_by_role("combobox", name="Track", exact=True).select_option(label=option)
            page.get_by_role("tabpanel").get_by_role("button").first.click()
        page.get_by_role("tab", name="Details").click()
        page.goto(f"{live.url}/#/jobs/{named}")
        page.get_by_role("heading", name=HOSTILE).wait_for()
        page.get_by_text("nothing prepared to be shown over the video").wait_for()
        page.get_by_role("button", name="Download all as ZIP").wait_for()
        assert page.title() != "owned"
        assert page.locator("img, main script").count() == 0

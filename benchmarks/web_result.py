"""The Result page of the web app on a long recording: how fluid it is while one scrolls, zooms and plays, and what it weighs."""

import json
import statistics
import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.measure import verdict
from benchmarks.server import running
from videoannotator.database.session import Database
from videoannotator.storage.config import Storage
from videoannotator.testing.long_results import write_long_job

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--enable-precise-memory-info"),
)
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8"]
SCRIPT = frozenset(
    {"FunctionCall", "EvaluateScript", "FireAnimationFrame", "EventDispatch", "TimerFire", "RunMicrotasks", "MajorGC", "MinorGC"}
)
"""What the browser calls running a page's scripts, cleaning up after them included; drawing what they ordered is not in it."""
FRAME = "BeginCommitCompositorFrame"
SCRIPT_LIMIT_MS = 10.0
HEAP_LIMIT_MB = 300.0
DURATION_S = 3600
SIZE = {"width": 1440, "height": 900}
LOOK_MS = 8000
STEPS = 240
SIGNALS = 4

Act = Callable[[Page], None]


def web_result(runs: int, folder: Path) -> None:  # noqa: ARG001  each figure has hundreds of frames of its own
    """Script time per frame, frames per second, heap, and time to the first picture, on an hour with four people at full rate."""
    made: list[str] = []
    began = time.monotonic()
    with (
        running(folder / "web", "--no-worker", prepare=lambda storage: made.append(long_job(storage))) as (client, _, _),
        sync_playwright() as playwright,
    ):
        print(f"Result page on {DURATION_S / 3600:g} h with 4 people and 2 faces in every frame, ", end="")
        print(f"made in {time.monotonic() - began:.0f} s; Chromium without a GPU, {SIZE['width']} x {SIZE['height']}:")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            address = str(client.base_url).removesuffix("/api/v1/")
            measure(browser, f"{address}/#/jobs/{made[0]}", client.headers["Authorization"].removeprefix("Bearer "), folder)
        finally:
            browser.close()


def long_job(storage: Path) -> str:
    """Put the job into a storage; gives its id."""
    database = Database(f"sqlite:///{storage / 'videoannotator.db'}")
    try:
        return write_long_job(Storage(storage), database, duration_s=DURATION_S)
    finally:
        database.dispose()


def measure(browser: Browser, address: str, key: str, folder: Path) -> None:
    """Open the page, do one thing after the other on it, and print the figures."""
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    stored = json.dumps(json.dumps({"key": key}))
    page.add_init_script(f"sessionStorage.setItem('videoannotator.key', {stored})")
    began = time.perf_counter()
    page.goto(address)
    page.locator("canvas.overlay[data-loading=false]").wait_for(timeout=60_000)
    print(f"  first picture with what was found over it: {time.perf_counter() - began:.2f} s after the address was entered")
    page.wait_for_timeout(500)
    choose_signals(page)
    acts: tuple[tuple[str, Act], ...] = (
        ("scrolling the time line, a minute in view", scroll),
        ("zooming from the hour to frames and back", zoom),
        ("scrubbing", scrub),
        ("playing", play),
        ("playing with all layers, a few seconds in view", play_close),
    )
    for name, act in acts:
        show(name, traced(browser, page, act, folder / "trace.json"))
    page.evaluate("window.gc?.()")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    print("  " + verdict("heap after all that", heap, HEAP_LIMIT_MB, "MB"))


def choose_signals(page: Page) -> None:
    """Plot four signals, each with a sample per frame."""
    menu = page.locator("details.menu", has=page.locator("summary", has_text="Signals"))
    menu.locator("summary").click()
    boxes = menu.locator("fieldset input[type=checkbox]")
    for number in range(SIGNALS):
        boxes.nth(number).check()
    menu.locator("summary").click()
    page.wait_for_timeout(1500)


def tracks_at(page: Page, share: float) -> tuple[float, float]:
    """A place on the tracks, so far from their left."""
    box = page.locator(".tracks").bounding_box()
    if box is None:
        raise RuntimeError("the page shows no tracks")
    return box["x"] + 160 + share * (box["width"] - 180), box["y"] + 60


def scroll(page: Page) -> None:
    page.keyboard.press("f")
    for _ in range(6):
        page.keyboard.press("+")
    page.mouse.move(*tracks_at(page, 0.5))
    for step in range(STEPS):
        page.mouse.wheel(90 if step < STEPS / 2 else -90, 0)
        page.wait_for_timeout(16)


def zoom(page: Page) -> None:
    page.keyboard.press("f")
    page.mouse.move(*tracks_at(page, 0.4))
    page.keyboard.down("Control")
    for step in range(STEPS):
        page.mouse.wheel(0, -40 if step < STEPS / 2 else 40)
        page.wait_for_timeout(16)
    page.keyboard.up("Control")


def scrub(page: Page) -> None:
    page.keyboard.press("f")
    left, top = tracks_at(page, 0)
    page.mouse.move(left, top - 52)
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(tracks_at(page, step / STEPS)[0], top - 52)
        page.wait_for_timeout(16)
    page.mouse.up()


def play(page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("k")
    page.wait_for_timeout(LOOK_MS)
    page.keyboard.press("k")


def play_close(page: Page) -> None:
    for box in page.locator(".layers input[type=checkbox]").all():
        box.check()
    for _ in range(10):
        page.keyboard.press("+")
    play(page)


def traced(browser: Browser, page: Page, act: Act, path: Path) -> "Frames":
    """Do something while the browser records what it does."""
    browser.start_tracing(page=page, path=path, categories=CATEGORIES)
    began = time.perf_counter()
    act(page)
    took = time.perf_counter() - began
    browser.stop_tracing()
    return Frames(json.loads(path.read_text(encoding="utf-8"))["traceEvents"], took)


class Frames:
    """Frames of the page's main thread in a trace: how long scripts ran in each of those in which any ran, milliseconds.

    By the thread's own clock, so that what else a shared machine does is not counted.
    """

    def __init__(self, events: list[dict[str, Any]], took_s: float) -> None:
        thread = _page_thread(events)
        mine = [event for event in events if (event["pid"], event["tid"]) == thread]
        starts = sorted(event["ts"] for event in mine if event["name"] == FRAME)
        script_ms = [0.0] * (len(starts) + 1)
        self.per_s = len(starts) / took_s
        last_end = 0.0
        for event in sorted((one for one in mine if one["name"] in SCRIPT and "tdur" in one), key=lambda one: one["tts"]):
            begin, end = max(event["tts"], last_end), event["tts"] + event["tdur"]
            last_end = max(last_end, end)
            if end > begin:
                script_ms[bisect_right(starts, event["ts"])] += (end - begin) / 1000
        self.script_ms = [one for one in script_ms if one > 0]


def _page_thread(events: list[dict[str, Any]]) -> tuple[int, int]:
    """The thread that draws the most frames."""
    counts: dict[tuple[int, int], int] = {}
    for event in events:
        if event["name"] == FRAME:
            thread = event["pid"], event["tid"]
            counts[thread] = counts.get(thread, 0) + 1
    if not counts:
        raise RuntimeError("the trace holds no frames")
    return max(counts, key=lambda thread: counts[thread])


def show(name: str, frames: Frames) -> None:
    """Print the figures beside the limit."""
    script = frames.script_ms
    p50, p95 = statistics.median(script), statistics.quantiles(script, n=20)[-1]
    print(f"  {name}: {frames.per_s:.0f} frames/s, script per frame p50 {p50:.1f} ms, ", end="")
    print(verdict("p95", p95, SCRIPT_LIMIT_MS, "ms") + f", worst {max(script):.0f} ms")

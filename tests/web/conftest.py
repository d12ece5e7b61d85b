"""The web app in Debian's Chromium, against the real server and its worker."""

import fcntl
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hatch_build
import pytest
from tests.acceptance.server import Installation, Server

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"),
)
"""Nothing but this machine is asked for anything."""
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
WEB = Path(__file__).parents[2] / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PATIENCE_MS = 120_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests say why they do not run."""
    if CHROMIUM is None:
        reason = "no Chromium is installed (Debian: apt-get install chromium)"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def npm() -> str:
    """The command npm; every module that the lock file names is there."""
    found = hatch_build.own_node()
    if found is None:
        pytest.skip("Node 20.19 or newer with npm is not installed")
    (command,) = found[1]
    with (WEB / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not all((WEB / "node_modules" / name).exists() for name in ("vitest", "axe-core", "typescript", "@biomejs")):
            said = subprocess.run([command, "ci", "--ignore-scripts"], cwd=WEB, capture_output=True, text=True, check=False)
            assert said.returncode == 0, said.stdout + said.stderr
    return command


@pytest.fixture(scope="module")
def browser(npm: str) -> Iterator[Any]:
    """A browser without windows; for one module only, because Playwright's event loop keeps other tests from running theirs."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[dev]')")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a worker, for the tests of one file."""
    house = Installation(tmp_path_factory.mktemp("house") / "house")
    with house.server() as started:
        yield started


class Visitor:
    """A page of the app, and what went wrong on it.

    Attributes:
        page: Playwright's.
        address: where the app lies.
        troubles: what the page wrote to its console as an error, and what it did not catch.
    """

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.troubles: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self._hear(said.type, said.text))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):  # the browser's note about every 4xx answer
            self.troubles.append(text)

    def open(self, place: str = "") -> None:
        """Go to a place of the app: `#/jobs`."""
        self.page.goto(f"{self.address}/{place}")

    def sign_in(self, key: str) -> None:
        """Sign in as a person does."""
        self.open()
        self.page.get_by_label("Key of this server").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Jobs", exact=True).wait_for()

    def violations(self) -> list[str]:
        """What axe finds against WCAG 2.1 AA on the page as it is."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [f"{one['id']}: {one['help']} {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found["violations"]]

    def picture(self, folder: Path, name: str) -> None:
        """Keep a picture of the whole page for people to look at."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)


@contextmanager
def visiting(browser: Any, address: str, **context: Any) -> Iterator[Visitor]:
    """The app in a browser of its own; at the end nothing may have gone wrong in it."""
    session = browser.new_context(**{"viewport": WIDE, "accept_downloads": True, **context})
    try:
        visitor = Visitor(session.new_page(), address)
        yield visitor
        assert not visitor.troubles, visitor.troubles
    finally:
        session.close()


@pytest.fixture
def visit(browser: Any, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Opens the app in a browser of its own: `with visit() as visitor`. Further arguments are those of Playwright's contexts."""

    @contextmanager
    def opened(*, signed_in: bool = True, address: str | None = None, **context: Any) -> Iterator[Visitor]:
        where = address or request.getfixturevalue("server").address
        with visiting(browser, where, **context) as visitor:
            if signed_in:
                visitor.sign_in(str(request.getfixturevalue("server").home.key))
            yield visitor

    return opened


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> Path:
    """Where pictures go: below `build/pictures`, which is not part of the source."""
    return request.config.rootpath / "build" / "pictures"

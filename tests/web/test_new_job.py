"""The New job page: recordings that break off and go on, options that are wrong and put right, presets, all by keyboard alone."""

import json
import os
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import Installation, Server, until
from tests.web.conftest import NARROW, WIDE, Visitor
from tests.web.pipelines_fixture import FIXTURE, pipelines

from videoannotator.auth.keys import Scope
from videoannotator.media.synthetic import Shot, shots_clip

MB = 1_000_000
SLOW_BYTES_PER_S = 2 * MB
LONG_BYTES = 12 * MB
HOSTILE = "<img src=x onerror=window.hurt=1>.mp4"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes recordings of one second, by name; with `filled_to`, of so many bytes."""
    folder = tmp_path_factory.mktemp("clips")
    shots_clip(folder / "made.mp4", [Shot(13), Shot(12)], size=(64, 48))
    made = (folder / "made.mp4").read_bytes()

    def make(name: str, filled_to: int = 0) -> Path:
        path = folder / name
        missing = max(0, filled_to - len(made) - 8)
        filling = struct.pack(">I4s", missing + 8, b"free") + os.urandom(missing) if missing else b""
        path.write_bytes(made + filling)
        return path

    return make


class NewJob:
    """The page, and what it sends.

    Attributes:
        sent: method and path of every request about uploads, with where it goes on.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.sent: list[tuple[str, str, int]] = []
        self.left = 0
        self._network = self.page.context.new_cdp_session(self.page)
        self._network.send("Network.enable")
        self.page.on("request", self._note)
        self.page.on("dialog", self._leave)
        visitor.open("#/new")
        self.page.locator(".pipeline").first.wait_for()

    def _note(self, request: Any) -> None:
        if "/api/v1/uploads" in request.url:
            self.sent.append((request.method, request.url, int(request.headers.get("upload-offset", 0))))

    def _leave(self, dialog: Any) -> None:
        assert dialog.type == "beforeunload"
        self.left += 1
        dialog.accept()

    def choose(self, *files: Path) -> None:
        """Choose files as a person does."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose files …").click()
        chooser.value.set_files(list(files))

    def only(self, *wanted: str) -> None:
        """Select these pipelines alone."""
        for box in self.page.locator(".pipeline input[id^=pipeline-]").all():
            box.set_checked(box.get_attribute("id").removeprefix("pipeline-") in wanted)

    def slow_down(self, bytes_per_s: float = SLOW_BYTES_PER_S) -> None:
        """Let the browser send no faster than this."""
        limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
        self._network.send("Network.emulateNetworkConditions", limits)

    def row(self, name: str) -> Any:
        """The row of a recording."""
        return self.page.get_by_role("list", name="Chosen recordings").get_by_role("listitem").filter(has_text=name)

    def share(self, name: str) -> float:
        """How much of a recording has come."""
        return float(self.row(name).get_by_role("progressbar").get_attribute("value"))

    def offsets(self) -> list[int]:
        """Where each piece began that was sent until now."""
        self.page.evaluate("0")  # Playwright tells what happened while it is asked something
        return [at for method, _, at in self.sent if method == "PATCH"]


@pytest.fixture
def new_job(visit: Any) -> Iterator[NewJob]:
    with visit() as visitor:
        yield NewJob(visitor)


@pytest.fixture(autouse=True)
def _nothing_left(server: Server) -> Iterator[None]:
    """What a test left half uploaded is nobody else's."""
    yield
    for upload in server.client.get("uploads").json()["uploads"]:
        until(partial(_is_deleted, server, upload["id"]), "what was broken off to be let go")


def _is_deleted(server: Server, upload_id: str) -> bool:
    return server.client.delete(f"uploads/{upload_id}", headers={"Tus-Resumable": "1.0.0"}).status_code == 204


def jobs_of(server: Server, names: list[str]) -> list[dict[str, Any]]:
    """The jobs of the recordings with these names."""
    return [job for job in server.client.get("jobs", params={"per_page": 100}).json()["jobs"] if job["video_filename"] in names]


def test_two_recordings_come_whole_though_the_server_dies_and_the_page_is_loaded_anew(
    visit: Any, clip: Any, tmp_path: Path
) -> None:
    house = Installation(tmp_path / "house")
    server = house.server()
    try:
        with visit(signed_in=False, address=server.address) as visitor:
            visitor.sign_in(str(house.key))
            new_job = NewJob(visitor)
            server = _broken_off(new_job, server, [clip("first half.mp4", LONG_BYTES), clip(HOSTILE, LONG_BYTES)])
            visitor.troubles = [said for said in visitor.troubles if "ERR_" not in said]
    finally:
        server.kill()
        house.kill_everything()


def _broken_off(new_job: NewJob, server: Server, files: list[Path]) -> Server:
    names = [file.name for file in files]
    page = new_job.page
    new_job.only("scene_detection")
    page.get_by_label("Tags").fill("broken, <b>bold</b>")
    new_job.slow_down()
    new_job.choose(*files)
    until(lambda: all(new_job.share(name) > 0.15 for name in names), "both to be on their way")
    for name in names:
        page.get_by_text("/s ·").nth(names.index(name)).wait_for()

    page.get_by_role("button", name="Start 2 jobs").click()
    page.get_by_text("its job begins when it has come").nth(1).wait_for()
    server.kill()
    page.get_by_text("The connection broke off.", exact=True).nth(1).wait_for()
    new_job.slow_down(0.2 * SLOW_BYTES_PER_S)  # so that they are on their way for long enough
    page.get_by_text("It goes on where it stopped, in").first.wait_for()
    server = server.home.server("--port", server.address.rsplit(":", 1)[1])
    page.get_by_text("The connection broke off.", exact=True).first.wait_for(state="detached")
    until(lambda: sum(at > 0 for at in new_job.offsets()) >= 2, "both to go on")

    page.reload()
    assert new_job.left == 1, "the page warns before it is left while bytes flow"
    earlier = page.get_by_role("region", name="Not finished on an earlier visit")
    earlier.get_by_text("its job is ordered").nth(1).wait_for()
    assert page.get_by_label("Tags").input_value() == "broken, <b>bold</b>"
    before = len(new_job.offsets())
    new_job.slow_down(100 * MB)
    new_job.choose(*files)
    for name in names:
        new_job.row(name).get_by_role("link", name="Go to the job").wait_for()
    assert min(new_job.offsets()[before:]) > 0.1 * LONG_BYTES, "what had come was not sent again"
    assert [method for method, _, _ in new_job.sent].count("POST") == 2, "each was begun once"

    jobs = jobs_of(server, names)
    assert sorted(job["video_filename"] for job in jobs) == sorted(names)
    for job in jobs:
        assert job["tags"] == ["broken", "<b>bold</b>"]
        assert job["selected_pipelines"] == ["scene_detection"]
        whole = next(file for file in files if file.name == job["video_filename"]).read_bytes()
        assert server.fetch(f"/api/v1/jobs/{job['id']}/video") == whole
        assert server.wait_for(job["id"])["status"] == "completed"
    assert page.evaluate("window.hurt") is None
    assert page.locator("img").count() == 0
    assert server.client.get("uploads").json()["uploads"] == []
    return server


def test_an_upload_is_paused_goes_on_and_is_removed_from_the_server_too(server: Server, new_job: NewJob, clip: Any) -> None:
    file = clip("paused.mp4", LONG_BYTES)
    page = new_job.page
    new_job.slow_down()
    new_job.choose(file, clip("second.mp4", LONG_BYTES), clip("third.mp4", 2000))
    until(lambda: new_job.share(file.name) > 0.1, "it to be on its way")
    assert "waits for others" in new_job.row("third.mp4").inner_text()
    page.get_by_role("button", name=f"Pause: {file.name}").click()
    new_job.row("third.mp4").get_by_text("uploaded, not started").wait_for()
    page.goto(f"{new_job.visitor.address}/#/system")
    page.get_by_role("heading", name="System", exact=True).wait_for()
    page.goto(f"{new_job.visitor.address}/#/new")
    new_job.row(file.name).get_by_text("paused", exact=True).wait_for()
    new_job.choose(file)
    page.get_by_text(f"In the list already: “{file.name}”.").wait_for()
    page.get_by_role("button", name=f"Go on: {file.name}").click()
    until(lambda: len(new_job.offsets()) == 4, "it to go on")
    assert new_job.offsets()[-1] > 0
    for name in (file.name, "second.mp4", "third.mp4"):
        page.get_by_role("button", name=f"Remove: {name}").click()
        page.get_by_role("button", name="Remove it").click()
        new_job.row(name).wait_for(state="detached")
        until(lambda: page.evaluate("document.activeElement.id") == "choose-files", "the focus to have a place")
    until(lambda: server.client.get("uploads").json()["uploads"] == [], "the server to have forgotten them")


def test_another_file_of_the_same_name_is_not_mixed_into_an_upload(server: Server, new_job: NewJob, clip: Any) -> None:
    file = clip("same name.mp4", LONG_BYTES)
    page = new_job.page
    new_job.slow_down()
    new_job.choose(file)
    until(lambda: new_job.share(file.name) > 0.1, "it to be on its way")
    page.reload()
    earlier = page.get_by_role("region", name="Not finished on an earlier visit")
    earlier.wait_for()
    file.write_bytes(file.read_bytes()[:-5] + b"other")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    with page.expect_file_chooser() as chooser:
        earlier.get_by_role("button", name=f"Choose the file … {file.name}").click()
    chooser.value.set_files(file)
    earlier.get_by_text("is not the file that the upload was begun with").wait_for()
    earlier.get_by_role("button", name=f"Delete: {file.name}").click()
    page.get_by_role("button", name="Delete it").click()
    earlier.wait_for(state="detached")
    assert server.client.get("uploads").json()["uploads"] == []


def test_what_is_wrong_is_said_at_the_option_and_put_right_there(server: Server, new_job: NewJob, clip: Any) -> None:
    page = new_job.page
    new_job.choose(clip("options.mp4"))
    new_job.row("options.mp4").get_by_text("uploaded, not started").wait_for()
    page.get_by_text("Options of Face analysis").click()
    most = page.get_by_label("Max faces", exact=True)
    for typed, code in (("1000", "max_faces is 1000"), ("ten", "max_faces is")):
        most.fill(typed)
        page.locator(".findings").get_by_text(code).wait_for()
        assert most.get_attribute("aria-invalid") == "true"
        said = page.locator(f"[id='{str(most.get_attribute('aria-describedby')).split()[1]}']").inner_text()
        assert "a whole number from 1 to 100" in said
        page.get_by_role("button", name="Start the job").click()
        until(lambda: page.get_by_role("button", name="Start the job").is_enabled(), "the check")
        assert jobs_of(server, ["options.mp4"]) == [], "nothing starts as long as something is wrong"
    most.fill("1000")
    page.get_by_role("button", name="Use 100").click()
    page.locator(".findings").first.wait_for(state="detached")
    assert most.input_value() == "100"
    assert page.evaluate("document.activeElement.id") == most.get_attribute("id")
    page.get_by_text("Options of Person tracking").click()
    page.get_by_label("Max persons", exact=True).fill("3")
    page.get_by_role("button", name="Reset to 10: Max persons").click()
    new_job.only("face_analysis", "person_tracking")
    page.reload()
    page.get_by_text("Options of Face analysis").click()
    assert page.get_by_label("Max faces", exact=True).input_value() == "100", "a reload loses nothing"
    page.get_by_role("button", name="Put it into the list: options.mp4").click()
    page.get_by_label("Make an annotated video as well").check()
    page.get_by_role("button", name="Start the job").click()
    new_job.row("options.mp4").get_by_role("link", name="Go to the job").wait_for()
    (job,) = jobs_of(server, ["options.mp4"])
    assert job["config"] == {"face_analysis": {"max_faces": 100}}, "only what was changed is sent"
    assert sorted(job["selected_pipelines"]) == ["face_analysis", "person_tracking"]
    assert job["overlay"] is True


def test_what_is_no_recording_is_refused_in_the_servers_words(server: Server, new_job: NewJob, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("no recording at all")
    new_job.choose(file)
    new_job.row("notes.mp4").get_by_text("uploaded, not started").wait_for()
    new_job.page.get_by_role("button", name="Start the job").click()
    new_job.row("notes.mp4").get_by_text("UNSUPPORTED_MEDIA").wait_for()
    assert jobs_of(server, ["notes.mp4"]) == []
    new_job.page.get_by_role("button", name="Remove: notes.mp4").click()
    new_job.page.get_by_role("button", name="Remove it").click()


def test_a_key_that_ends_while_recordings_come_loses_nothing(server: Server, visit: Any, clip: Any) -> None:
    key = server.client.post("keys", json={"name": "short", "scopes": [scope.value for scope in Scope]}).json()
    with visit(signed_in=False) as visitor:
        visitor.sign_in(key["api_key"])
        new_job = NewJob(visitor)
        page = new_job.page
        new_job.only("scene_detection")
        page.get_by_label("Tags").fill("typed before")
        server.client.delete(f"keys/{key['id']}")
        new_job.choose(clip("late.mp4"))
        dialog = page.get_by_role("dialog", name="Sign in again")
        dialog.get_by_label("Key of this server").fill(str(server.home.key))
        dialog.get_by_role("button", name="Sign in", exact=True).click()
        new_job.row("late.mp4").get_by_text("uploaded, not started").wait_for()
        assert page.get_by_label("Tags").input_value() == "typed before"
        page.get_by_role("button", name="Start the job").click()
        new_job.row("late.mp4").get_by_role("link", name="Go to the job").wait_for()
        assert jobs_of(server, ["late.mp4"])[0]["tags"] == ["typed before"]
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Key of this server").wait_for()
        assert page.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)]") == []


def test_a_preset_travels_as_a_file_and_what_is_unknown_is_named(new_job: NewJob, tmp_path: Path) -> None:
    page = new_job.page
    new_job.only("scene_detection")
    page.get_by_text("Options of Scene detection").click()
    page.get_by_label("Mode", exact=True).select_option("fast")
    page.get_by_role("button", name="Save what is chosen below …").click()
    page.get_by_role("textbox", name="Name").fill(HOSTILE)
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    file = tmp_path / "shared.json"
    saved.value.save_as(file)
    preset = json.loads(file.read_text())
    wanted = {"selected_pipelines": ["scene_detection"], "config": {"scene_detection": {"mode": "fast"}}}
    assert preset == {"videoannotator_preset": 1, "name": HOSTILE, **wanted}
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("button", name="Delete it").click()

    preset |= {"name": "shared", "selected_pipelines": ["scene_detection", "<b>gone</b>"]}
    preset["config"]["scene_detection"] |= {"moed": 1}
    file.write_text(json.dumps(preset))
    new_job.only("person_tracking")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import a file …").click()
    chooser.value.set_files(file)
    dialog = page.get_by_role("dialog", name="Import “shared”?")
    dialog.get_by_text("<b>gone</b>", exact=True).wait_for()
    dialog.get_by_text("scene_detection.moed", exact=True).wait_for()
    assert new_job.visitor.violations() == []
    dialog.get_by_role("button", name="Import it without them").click()
    assert page.get_by_label("Mode", exact=True).input_value() == "fast"
    assert not page.get_by_label("Person tracking", exact=True).is_checked()
    page.get_by_role("button", name="Rename …").click()
    page.get_by_role("textbox", name="Name").fill("renamed")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Options of Scene detection").click()
    page.get_by_role("button", name="Reset to balanced: Mode").click()
    page.reload()
    page.get_by_label("Saved pipelines and options").select_option("renamed")
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("1 change", exact=True).wait_for()
    (tmp_path / "none.json").write_text("{}")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import a file …").click()
    chooser.value.set_files(tmp_path / "none.json")
    page.get_by_text("“none.json” is no preset").wait_for()
    assert page.evaluate("window.hurt") is None


def test_everything_goes_by_keyboard_alone(server: Server, new_job: NewJob, clip: Any) -> None:
    page = new_job.page

    def tab_to(name: str) -> None:
        """Press Tab until the control of this name has the focus."""
        said = "e => e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText"
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(f"({said})(document.activeElement).trim()") == name:
                return
        raise AssertionError(f"no {name!r} by Tab")

    choosers: list[Any] = []
    page.on("filechooser", choosers.append)
    tab_to("Choose files …")
    page.keyboard.press("Enter")
    until(lambda: page.evaluate("1") and choosers, "the browser to ask for files")
    choosers[0].set_files([clip("keys.mp4"), clip("unwanted.mp4")])
    new_job.row("unwanted.mp4").get_by_text("uploaded, not started").wait_for()
    tab_to("Remove: unwanted.mp4")
    page.keyboard.press("Enter")
    tab_to("Remove it")
    page.keyboard.press("Enter")
    new_job.row("unwanted.mp4").wait_for(state="detached")
    for name in ("Audio processing", "Face analysis", "Person tracking"):
        tab_to(name)
        page.keyboard.press("Space")
    tab_to("Options of Scene detection")
    page.keyboard.press("Enter")
    tab_to("Threshold")
    page.keyboard.press("Control+A")
    page.keyboard.type("999")
    page.get_by_role("button", name="Use 255").wait_for()
    tab_to("Use 255")
    page.keyboard.press("Enter")
    tab_to("Tags")
    page.keyboard.type("by keyboard")
    tab_to("Start the job")
    page.keyboard.press("Enter")
    new_job.row("keys.mp4").get_by_role("link", name="Go to the job").wait_for()
    page.evaluate("document.getElementById('choose-files').focus()")
    tab_to("Go to the job: keys.mp4")
    page.keyboard.press("Enter")
    until(lambda: "#/jobs/" in page.url, "the page of the job")
    (job,) = jobs_of(server, ["keys.mp4"])
    assert (job["config"], job["tags"]) == ({"scene_detection": {"threshold": 255}}, ["by keyboard"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_state_is_readable_for_everybody(visit: Any, clip: Any, pictures: Path, scheme: str, width: dict[str, int]) -> None:
    with visit(viewport=width, color_scheme=scheme) as visitor:
        new_job = NewJob(visitor)
        page = new_job.page
        new_job.slow_down(0.3 * MB)
        new_job.choose(clip(HOSTILE, LONG_BYTES), clip("n" * 120 + ".mp4", LONG_BYTES), clip("waits.mp4"))
        until(lambda: new_job.share("img src") > 0, "it to be on its way")
        page.get_by_text("/s ·").first.wait_for()
        for one in page.locator(".pipeline summary").all():
            one.click()
        page.get_by_label("Max persons", exact=True).fill("0")
        page.get_by_text("must be corrected").wait_for()
        page.get_by_text("more, which this server cannot run").click()
        page.get_by_role("button", name="Add one to Labels").first.click()
        assert visitor.violations() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        visitor.picture(pictures / "new-job", f"{scheme}-{width['width']}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at 200 %"


def test_the_form_is_tested_with_the_options_that_there_are() -> None:
    assert json.loads(FIXTURE.read_text(encoding="utf-8")) == pipelines(), "write them anew: python -m tests.web.pipelines_fixture"

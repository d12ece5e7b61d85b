"""The New job page, as tests use it."""

from pathlib import Path
from typing import Any

from tests.web.conftest import Visitor

MB = 1_000_000
SLOW_BYTES_PER_S = 2 * MB


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

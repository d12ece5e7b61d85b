"""Looking at what may hang."""

import asyncio
import threading

import pytest

from videoannotator.api import probes
from videoannotator.api.probes import Probe


def test_looks_are_shared_and_kept_while_they_are_fresh() -> None:
    looks: list[int] = []

    def look() -> int:
        looks.append(1)
        return len(looks)

    async def ask() -> list[int | None]:
        probe = Probe("test", look, fresh_s=60)
        together = await asyncio.gather(*(probe.report() for _ in range(10)))
        return [*together, await probe.report(), await probe.recent()]

    assert asyncio.run(ask()) == [1] * 12


def test_a_look_that_hangs_is_not_waited_for_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PATIENCE_S", 0.05)
    let_go, looks = threading.Event(), []

    def look() -> str:
        looks.append(1)
        let_go.wait(30)
        return "there"

    async def ask() -> str | None:
        probe = Probe("test", look)
        assert [await probe.report(), await probe.report(), await probe.recent()] == [None, None, None]
        assert len(looks) == 1
        let_go.set()
        monkeypatch.setattr(probes, "PATIENCE_S", 30)
        return await probe.report()

    assert asyncio.run(ask()) == "there"


def test_a_recent_report_is_given_at_once_while_a_new_look_goes_on() -> None:
    let_go, answers = threading.Event(), iter(["old", "new"])

    def look() -> str:
        answer = next(answers)
        if answer == "new":
            let_go.wait(30)
        return answer

    async def ask() -> None:
        probe = Probe("test", look, fresh_s=0)
        assert await probe.recent() == "old"
        assert await probe.recent() == "old"
        let_go.set()
        assert await probe.report() == "new"

    asyncio.run(ask())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_look_that_fails_counts_as_no_answer_and_the_next_one_tries_again() -> None:
    answers: list[object] = [RuntimeError("broken"), "mended"]

    def look() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def ask() -> list[object]:
        probe = Probe("test", look)
        return [await probe.report(), await probe.report()]

    assert asyncio.run(ask()) == [None, "mended"]
    for thread in threading.enumerate():  # it tells of its failure after it has answered
        if thread.name == "probe-test":
            thread.join()

"""The helper processes that look at recordings."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from videoannotator.errors import MediaUnreadableException, ServiceUnavailableException, UnsupportedMediaException
from videoannotator.jobs.prober import HELPER, ProbedFacts, Prober
from videoannotator.media.synthetic import Shot, shots_clip

PATIENCE_S = 120.0
GREEDY = """
import resource
from videoannotator.jobs import probe_process

def greedy(path, timing):
    return b"x" * (2 * probe_process.MEMORY_BYTES)

probe_process.probe = greedy
probe_process.main()
"""
BUSY = """
from videoannotator.jobs import probe_process

def busy(path, timing):
    while True:
        pass

probe_process.PROCESSOR_S = 1
probe_process.probe = busy
probe_process.main()
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "secret place.mp4"
    shots_clip(path, [Shot(6), Shot(6)], size=(64, 48))
    return path


@pytest.fixture
def make() -> Iterator[Callable[..., Prober]]:
    """Makes probers, and closes them."""
    made: list[Prober] = []

    def prober(*words: str, timeout_s: float = PATIENCE_S) -> Prober:
        made.append(Prober(timeout_s, words or HELPER))
        return made[-1]

    yield prober
    for one in made:
        one.close()


def helpers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_it_tells_what_the_headers_say(make: Callable[..., Prober], clip: Path) -> None:
    facts = make().probe(clip)
    assert facts == ProbedFacts(clip.stat().st_size, facts.duration_s, True)
    assert facts.duration_s == pytest.approx(0.48)


def test_one_process_serves_many_looks_and_ends_when_closed(make: Callable[..., Prober], clip: Path) -> None:
    prober = make()
    prober.warm_up()
    (before,) = helpers()
    for _ in range(3):
        prober.probe(clip)
    assert helpers() == [before]
    prober.close()
    assert helpers() == []
    with pytest.raises(ServiceUnavailableException):
        prober.probe(clip)


def test_many_at_once_share_the_processes(make: Callable[..., Prober], clip: Path) -> None:
    prober, found = make(), []
    threads = [threading.Thread(target=lambda: found.append(prober.probe(clip))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [facts.duration_s for facts in found] == [pytest.approx(0.48)] * 6


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"<html>not a video</html>", UnsupportedMediaException, "The recording is a text file"),
        (b"", MediaUnreadableException, "The recording is empty"),
        (os.urandom(4096), UnsupportedMediaException, "The recording"),
    ],
)
def test_what_is_no_recording_is_refused_without_its_path(
    make: Callable[..., Prober], tmp_path: Path, content: bytes, error: type[Exception], said: str
) -> None:
    path = tmp_path / "source.mp4"
    path.write_bytes(content)
    with pytest.raises(error, match=said) as caught:
        make().probe(path)
    assert str(tmp_path) not in str(caught.value)


def test_a_helper_that_was_killed_is_started_again(make: Callable[..., Prober], clip: Path) -> None:
    prober = make()
    prober.probe(clip)
    (helper,) = helpers()
    helper.kill()
    assert prober.probe(clip).duration_s == pytest.approx(0.48)


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "input(); raise SystemExit(3)", "input(); print('{', flush=True, end='')"])
def test_a_file_that_kills_the_helper_is_refused(make: Callable[..., Prober], clip: Path, code: str) -> None:
    with pytest.raises(UnsupportedMediaException, match="cannot be looked at"):
        make(sys.executable, "-c", code).probe(clip)


def test_a_file_that_holds_the_helper_up_is_refused_in_time(make: Callable[..., Prober], clip: Path) -> None:
    prober = make(sys.executable, "-c", "import time; time.sleep(600)", timeout_s=0.5)
    with pytest.raises(UnsupportedMediaException, match="cannot be looked at"):
        prober.probe(clip)
    assert helpers() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_a_file_that_wants_too_much_memory_is_refused(make: Callable[..., Prober], clip: Path) -> None:
    with pytest.raises(UnsupportedMediaException, match="more memory"):
        make(sys.executable, "-c", GREEDY).probe(clip)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_file_that_wants_too_much_time_is_refused(make: Callable[..., Prober], clip: Path) -> None:
    with pytest.raises(UnsupportedMediaException, match="cannot be looked at"):
        make(sys.executable, "-c", BUSY).probe(clip)


def test_ctrl_c_is_for_the_server(make: Callable[..., Prober], clip: Path) -> None:
    prober = make()
    prober.probe(clip)
    (helper,) = helpers()
    helper.send_signal(signal.SIGINT)
    prober.probe(clip)
    assert helpers() == [helper]


def test_a_helper_ends_with_its_server(clip: Path) -> None:
    code = f"""
import os
from pathlib import Path
from videoannotator.jobs.prober import Prober
prober = Prober()
prober.probe(Path({str(clip)!r}))
print(prober._helpers[-1]._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    pid, give_up_at = int(done.stdout), time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)

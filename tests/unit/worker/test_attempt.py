"""A job's log, and what supervisor and runner say to each other."""

from pathlib import Path

from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.worker.attempt import JobLog
from videoannotator.worker.messages import Done, Line, MadeFile, Moved, Work, read_runner_line, read_work, runner_line, work_line


def test_a_log_ends_at_its_largest_size_and_says_so_once(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "job.log", limit_bytes=1000)
    for number in range(200):
        log.write(f"line {number}\n".encode())
    text = (tmp_path / "job.log").read_text()
    assert text.startswith("line 0\n")
    assert len(text) <= 1000
    assert text.count("The log ends here") == 1
    JobLog(tmp_path / "job.log", limit_bytes=1000).note("the next attempt")
    assert (tmp_path / "job.log").read_text() == text


def test_attempts_write_one_after_the_other(tmp_path: Path) -> None:
    for number in (1, 2):
        JobLog(tmp_path / "job.log").note(f"attempt {number}")
    lines = (tmp_path / "job.log").read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == ["attempt 1", "attempt 2"]


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    JobLog(tmp_path / "missing" / "job.log").note("lost")
    assert list(tmp_path.iterdir()) == []


def test_work_arrives_as_it_was_sent() -> None:
    work = Work("/a/b c.mp4", "/d", ["trial"], {"trial": {"flavour": "süß\n", "count": 3, "inner": {"deep": None}}}, threads=2)
    line = work_line(work)
    assert line.count(b"\n") == 1
    assert read_work(line) == work


def test_what_the_runner_says_arrives_as_it_was_said() -> None:
    outcome = PipelineOutcome("trial", PipelineStatus.SKIPPED, {"x": 1.5}, reason="The recording has no video track.")
    file = MadeFile("a/b.csv", "trial", "csv_table", "text/csv", "Table.", main=True)
    for line in (Line(done=Done([outcome], [file], "recording.mp4", 1.5)), Line(moved=Moved(0.5, "reading", None))):
        assert read_runner_line(runner_line(line)) == line


def test_a_line_that_was_cut_short_says_nothing() -> None:
    line = runner_line(Line(moved=Moved(0.5, "reading", 3.0)))
    assert [read_runner_line(line[:length]) for length in range(len(line) - 2)] == [None] * (len(line) - 2)

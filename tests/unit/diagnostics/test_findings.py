"""What a finding must say."""

import pytest

from videoannotator.diagnostics.findings import EXIT_CODES, Finding, Severity, error, fine, info, warning, worst


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.ERROR])
def test_a_trouble_without_a_reason_and_a_cure_cannot_be_made(severity: Severity) -> None:
    with pytest.raises(ValueError, match="the disk"):
        Finding(severity, "the disk", why="It matters.")
    with pytest.raises(ValueError, match="the disk"):
        Finding(severity, "the disk", cure="rm")


def test_the_worst_one_decides_the_exit_code() -> None:
    good, known, bad, wrong = fine("a"), info("b"), warning("c", "why", "cure"), error("d", "why", "cure")
    codes = [EXIT_CODES[worst(found)] for found in ([], [good], [good, known], [bad, known], [bad, wrong, good])]
    assert codes == [0, 0, 0, 2, 1]

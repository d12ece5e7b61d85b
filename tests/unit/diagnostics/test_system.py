"""The machine and this process."""

from videoannotator.diagnostics import system
from videoannotator.version import __version__


def test_facts_are_plausible() -> None:
    report = system.look()
    assert report.version == __version__
    assert report.cpu_count >= 1
    assert 0 < report.process_memory_gb < report.memory_total_gb
    assert report.memory_available_gb <= report.memory_total_gb

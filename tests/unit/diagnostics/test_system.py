"""The machine, this process, and what does not suit."""

import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from videoannotator.diagnostics import system
from videoannotator.diagnostics.findings import Finding, Severity
from videoannotator.inference.weights import WeightsStatus
from videoannotator.version import __version__


def test_facts_are_plausible() -> None:
    report = system.look()
    assert report.version == __version__
    assert report.cpu_count >= 1
    assert 0 < report.process_memory_gb < report.memory_total_gb
    assert report.memory_available_gb <= report.memory_total_gb


def troubles(findings: Iterable[Finding]) -> dict[str, str | None]:
    """What is wrong, and its cure."""
    return {finding.what: finding.cure for finding in findings if finding.severity in (Severity.WARNING, Severity.ERROR)}


def test_a_machine_that_suits_has_no_troubles() -> None:
    roomy = replace(system.look(), memory_available_gb=8.0)
    found = list(system.examine(roomy, (3, 13, 0)))
    assert troubles(found) == {}
    assert any("libavcodec" in finding.what for finding in found)


@pytest.mark.parametrize(
    ("changed", "arguments", "what"),
    [
        ({}, {"python": (3, 9, 18)}, "Python 3.9.18 is too old."),
        ({"memory_available_gb": 1.2}, {}, "1.2 of 8 GB of memory are available."),
        ({}, {"now_s": 0.0}, "The clock is wrong: it shows a moment before this release."),
    ],
)
def test_what_does_not_suit_is_told_with_its_cure(changed: dict[str, Any], arguments: dict[str, Any], what: str) -> None:
    report = replace(system.look(), **{"memory_total_gb": 8.0, "memory_available_gb": 8.0, **changed})
    found = troubles(system.examine(report, **arguments))
    assert list(found) == [what]
    assert found[what]


def test_weights_that_are_not_whole_are_told_with_their_cure() -> None:
    statuses = [
        WeightsStatus("yunet", "ok", Path("yunet.onnx"), None, None),
        WeightsStatus("rtm", "damaged", Path("rtm.onnx"), "The weights 'rtm' are damaged.", "Install the package again."),
    ]
    found = list(system.examine_weights(statuses))
    assert troubles(found) == {"The weights 'rtm' are damaged.": "Install the package again."}
    assert found[-1].what == "1 weights files are there and whole."


def test_a_port_that_is_taken_is_told_and_a_free_one_is_fine() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = troubles(system.examine_server("127.0.0.1", port, require_auth=True, origins=(), ours=None))
        assert found == {f"Port {port} is taken by another program.": f"videoannotator server --port {port + 1}"}
        ours = system.examine_server("127.0.0.1", port, require_auth=True, origins=(), ours={"version": "1.3.0"})
        assert troubles(ours) == {}
    assert troubles(system.examine_server("127.0.0.1", port, require_auth=True, origins=(), ours=None)) == {}


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    (what,) = troubles(system.examine_server("192.0.2.1", 18011, require_auth=True, origins=(), ours=None))
    assert what.startswith("The server cannot listen on 192.0.2.1")


@pytest.mark.parametrize(
    ("host", "severity"), [("192.0.2.1", Severity.ERROR), ("127.0.0.1", Severity.WARNING), ("localhost", Severity.WARNING)]
)
def test_an_open_door_is_told(host: str, severity: Severity) -> None:
    found = system.examine_server(host, 18011, require_auth=False, origins=(), ours={"version": "1.3.0"})
    assert [finding.severity for finding in found] == [Severity.OK, severity]


def test_pages_from_anywhere_are_told() -> None:
    found = troubles(system.examine_server("127.0.0.1", 0, require_auth=True, origins=("*",), ours=None))
    assert list(found) == ["CORS_ORIGINS lets every page in."]

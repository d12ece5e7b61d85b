"""Reading what the driver says."""

import os
import stat
from pathlib import Path

import pytest

from videoannotator.diagnostics import gpu
from videoannotator.diagnostics.findings import Severity
from videoannotator.diagnostics.gpu import GPU, parse_line

LINE = "NVIDIA H200, 143771, 143166"


def test_a_line_of_the_driver() -> None:
    assert parse_line(LINE) == GPU("NVIDIA H200", 150.75, 150.12)
    assert parse_line("GPU, with a comma, 1000, 500") == GPU("GPU, with a comma", 1.05, 0.52)
    assert parse_line("NVIDIA Thor, [N/A], [N/A]") == GPU("NVIDIA Thor", None, None)
    for nonsense in ("", "one", "one, two", ", 1, 2"):
        assert parse_line(nonsense) is None


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for the driver's program is a shell script")
@pytest.mark.parametrize(
    ("script", "names"),
    [(f"echo '{LINE}'; echo '{LINE}'", ["NVIDIA H200", "NVIDIA H200"]), ("echo broken; exit 9", []), ("echo 'No devices'", [])],
)
def test_the_driver_s_program_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, names: list[str]) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    report = gpu.look()
    assert [device.name for device in report.devices] == names
    assert report.device_count == len(names)
    assert report.available == (bool(names) and gpu.CUDA in report.providers)
    assert (report.reason is None) == report.available


def test_a_machine_without_a_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = gpu.look()
    assert (report.available, report.devices) == (False, ())
    assert report.reason
    assert "CPUExecutionProvider" in report.providers
    (found,) = gpu.examine()
    assert found.severity is Severity.INFO, "a missing GPU is no trouble"


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for the driver's program is a shell script")
def test_a_gpu_that_the_networks_cannot_use_is_told_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho '{LINE}'\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    seen, trouble = gpu.examine()
    assert seen.what == "The driver sees NVIDIA H200, 150.12 of 150.75 GB free."
    assert trouble.severity is Severity.WARNING
    assert "onnxruntime-gpu" in str(trouble.cure)

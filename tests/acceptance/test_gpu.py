"""A cancelled job gives its GPU memory back."""

import time
from pathlib import Path

import pytest
from tests.acceptance.server import Installation, until

from videoannotator.diagnostics.gpu import GPUReport, look
from videoannotator.media.synthetic import Shot, shots_clip

TAKEN_GB = 0.2
GIVEN_BACK_LIMIT_S = 5.0


def free_gb(report: GPUReport) -> float:
    """Free memory of all GPUs, by the driver's count."""
    return sum(device.memory_free_gb or 0.0 for device in report.devices)


@pytest.mark.alone
def test_gpu_memory_is_back_after_a_cancel(tmp_path: Path) -> None:
    report = look()
    if not report.available:
        pytest.skip(f"GPU memory is not tested: {report.reason}")
    clip = tmp_path / "long.mp4"
    shots_clip(clip, [Shot(50)] * 200, size=(640, 360))
    before = free_gb(look())
    with Installation(tmp_path / "house", DEVICE="cuda").server() as server:
        job = server.submit(clip, {"scene_detection": {"mode": "accurate"}})
        until(lambda: free_gb(look()) < before - TAKEN_GB, "the job to take GPU memory")
        during = free_gb(look())
        assert server.client.post(f"jobs/{job['id']}/cancel").status_code == 200
        asked_at = time.monotonic()
        until(lambda: free_gb(look()) > before - TAKEN_GB / 2, "the GPU memory", GIVEN_BACK_LIMIT_S)
        print(f"\nfree GPU memory: {before:.2f} GB before, {during:.2f} GB during, back after {time.monotonic() - asked_at:.1f} s")

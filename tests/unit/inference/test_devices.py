import platform

import onnxruntime as ort
import pytest

from videoannotator.errors import DeviceUnavailableException
from videoannotator.inference.devices import obtain_device
from videoannotator.inference.sessions import SessionPool

WITHOUT_CUDA = pytest.mark.skipif(
    "CUDAExecutionProvider" in ort.get_available_providers(), reason="this ONNX Runtime was built for CUDA"
)
WITHOUT_COREML = pytest.mark.skipif(platform.system() == "Darwin", reason="this machine has CoreML")


def test_the_cpu_is_always_there() -> None:
    device = obtain_device("cpu")
    assert (device.name, device.providers) == ("cpu", ("CPUExecutionProvider",))


@WITHOUT_CUDA
@WITHOUT_COREML
def test_auto_records_the_device_that_it_obtained() -> None:
    pool = SessionPool("auto")
    assert (pool.device_asked, pool.device_used) == ("auto", "cpu")
    assert pool.get("silero_vad").device == "cpu"
    assert [used.device for used in pool.used()] == ["cpu"]


@WITHOUT_CUDA
def test_a_gpu_that_was_asked_for_and_not_obtained_is_an_error_with_the_cure() -> None:
    with pytest.raises(DeviceUnavailableException, match="'cuda' was asked for") as caught:
        SessionPool("cuda")
    assert "CUDAExecutionProvider" in caught.value.message
    assert "pip install 'onnxruntime-gpu[cuda,cudnn]'" in str(caught.value.hint)
    assert "driver" in str(caught.value.hint)
    assert caught.value.detail == {"device": "cuda"}


@WITHOUT_COREML
def test_coreml_is_an_error_away_from_macos() -> None:
    with pytest.raises(DeviceUnavailableException, match="'coreml' was asked for") as caught:
        SessionPool("coreml")
    assert "macOS" in str(caught.value.hint)


def test_an_unknown_device_is_told_with_the_known_ones() -> None:
    with pytest.raises(DeviceUnavailableException, match="no device 'gpu'") as caught:
        SessionPool("gpu")
    assert "auto, coreml, cpu, cuda" in str(caught.value.hint)

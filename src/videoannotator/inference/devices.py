"""Which device the networks run on.

ONNX Runtime quietly goes on with the CPU when a provider cannot be started. Here a device is tried out with a network of one node
before it is believed, and one that was asked for and not obtained is an error.
"""

import base64
import platform
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from types import MappingProxyType

import onnxruntime as ort

from videoannotator.errors import DeviceUnavailableException
from videoannotator.inference.failures import ORT_ERRORS

LOG_ERRORS_ONLY = 3
LOG_FATAL_ONLY = 4

PROVIDERS = MappingProxyType(
    {"cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider", "cpu": "CPUExecutionProvider"},
)

HINTS = MappingProxyType(
    {
        "cuda": (
            "Install the build of ONNX Runtime for NVIDIA GPUs (python -m pip uninstall -y onnxruntime; "
            "python -m pip install 'onnxruntime-gpu[cuda,cudnn]') and check with nvidia-smi that the driver sees the GPU. Or "
            "choose the device 'cpu' or 'auto'."
        ),
        "coreml": "CoreML exists on macOS only, in its usual build of ONNX Runtime. Choose the device 'cpu' or 'auto'.",
    }
)

# An ONNX file with one Identity node on one float: the least that makes a provider start.
_ONE_NODE = base64.b64decode("CAgSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQDQ==")


@dataclass(frozen=True, slots=True)
class Device:
    """A device that was tried out.

    Attributes:
        name: `cpu`, `cuda` or `coreml`.
        providers: ONNX Runtime's execution providers, in order of preference; the CPU takes what the first cannot compute.
    """

    name: str
    providers: tuple[str, ...]


def obtain_device(asked: str) -> Device:
    """Try out and return the device of this name; for `auto` the first that works of CUDA, CoreML (on macOS) and the CPU.

    Raises:
        DeviceUnavailableException: the device was asked for by name and does not work here, or has no such name.
    """
    if asked == "auto":
        candidates = ("cuda", "coreml", "cpu") if platform.system() == "Darwin" else ("cuda", "cpu")
        for name in candidates:
            if _why_unavailable(name) is None:
                return _device(name)
    if asked not in PROVIDERS:
        raise DeviceUnavailableException(
            f"There is no device {asked!r}.",
            hint=f"Choose one of: auto, {', '.join(sorted(PROVIDERS))}.",
            detail={"device": asked},
        )
    reason = _why_unavailable(asked)
    if reason is not None:
        raise DeviceUnavailableException(
            f"The device {asked!r} was asked for and cannot be used: {reason}", hint=HINTS.get(asked), detail={"device": asked}
        )
    return _device(asked)


def built_in_providers() -> tuple[str, ...]:
    """What the installed ONNX Runtime was built for; whether it works here, `obtain_device` finds out."""
    return tuple(ort.get_available_providers())


def _device(name: str) -> Device:
    cpu = PROVIDERS["cpu"]
    return Device(name, (cpu,) if name == "cpu" else (PROVIDERS[name], cpu))


def _why_unavailable(name: str) -> str | None:
    """Say why the device does not work here; None when it does."""
    device = _device(name)
    available = ort.get_available_providers()
    if device.providers[0] not in available:
        return f"the installed ONNX Runtime {ort.__version__} was built without {device.providers[0]}."
    missing = _load_cuda_libraries() if name == "cuda" else ""
    options = ort.SessionOptions()
    options.log_severity_level = LOG_FATAL_ONLY
    ort.set_default_logger_severity(LOG_FATAL_ONLY)
    try:
        session = ort.InferenceSession(_ONE_NODE, options, providers=list(device.providers), enable_fallback=0)
    except ORT_ERRORS as error:
        return f"it could not be started ({error})."
    finally:
        ort.set_default_logger_severity(LOG_ERRORS_ONLY)
    if device.providers[0] not in session.get_providers():
        return f"ONNX Runtime could not start {device.providers[0]}; its libraries or the driver are missing. {missing}".strip()
    return None


def _load_cuda_libraries() -> str:
    """Load CUDA and cuDNN from NVIDIA's Python packages, where they are installed. Returns the first complaint, or nothing."""
    if not hasattr(ort, "preload_dlls"):  # older than 1.21
        return ""
    with redirect_stdout(StringIO()) as printed:
        ort.preload_dlls()
    return printed.getvalue().partition("\n")[0]

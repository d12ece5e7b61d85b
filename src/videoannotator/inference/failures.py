"""ONNX Runtime's errors in our own words.

ONNX Runtime tells a full GPU from a lost one, and both from a wrong input, in its message only; the patterns below are what its
allocator (`BFCArena`), its CUDA provider (`CudaCall`) and NVIDIA's libraries write.
"""

import re

from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from videoannotator.errors import (
    GPULostException,
    GPUOutOfMemoryException,
    InferenceFailedException,
    MemoryExhaustedException,
    VideoAnnotatorException,
)

# What ONNX Runtime raises: its own kinds, which share no base, and the ones that its Python code uses.
ORT_ERRORS: tuple[type[Exception], ...] = (
    *(kind for kind in vars(ort_state).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    RuntimeError,
    ValueError,
    MemoryError,
)

_OUT_OF_MEMORY = re.compile(
    r"failed to allocate memory for requested buffer|out of memory|cudaErrorMemoryAllocation|CUDA (failure|error) 2\b"
    r"|(CUBLAS|CUDNN|CUSOLVER|CUFFT)_STATUS_ALLOC_FAILED|bad allocation|bad_alloc",
    re.IGNORECASE,
)
_GPU_FAILURE = re.compile(
    r"\b(CUDA|CUDNN(_FE)?|CUBLAS|CUFFT|CUSOLVER|CURAND) (failure|error)\b|\bcudaError\w+|\b(CUDNN|CUBLAS|CUFFT)_STATUS_\w+"
    r"|CUDA driver|GPU has fallen off the bus",
    re.IGNORECASE,
)
_MESSAGE_CHARACTERS = 400


def translate_failure(error: Exception, weights: str, device: str) -> VideoAnnotatorException:
    """Put into our own words what an error of ONNX Runtime means.

    Args:
        error: what ONNX Runtime raised while it loaded or ran a network.
        weights: the network's name in the manifest.
        device: the device that the network was on (`cpu`, `cuda`, `coreml`).

    Returns:
        GPUOutOfMemoryException when a device other than the CPU had too little memory, MemoryExhaustedException when the computer
        had, GPULostException when CUDA, cuDNN or the driver failed, InferenceFailedException for everything else, such as an input
        of the wrong shape.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    detail = {"weights": weights, "device": device, "cause": text[:_MESSAGE_CHARACTERS]}
    if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(text):
        return _out_of_memory(weights, device, detail)
    if device != "cpu" and _GPU_FAILURE.search(text):
        return GPULostException(
            f"The GPU failed in the network {weights!r}: {detail['cause']}",
            hint="Try again. If it happens again, look at nvidia-smi and the system's log, or choose the device 'cpu'.",
            detail=detail,
        )
    return InferenceFailedException(
        f"The network {weights!r} failed on the device {device!r}: {detail['cause']}",
        hint="This is a fault of VideoAnnotator or of the installed ONNX Runtime; please report it with this message.",
        detail=detail,
    )


def _out_of_memory(weights: str, device: str, detail: dict[str, str]) -> VideoAnnotatorException:
    if device == "cpu":
        return MemoryExhaustedException(
            f"The computer has too little free memory for the network {weights!r}.",
            hint="Close other programs, process fewer recordings at once, or use a computer with more memory.",
            detail=detail,
        )
    return GPUOutOfMemoryException(
        f"The GPU has too little free memory for the network {weights!r}.",
        hint="Stop other programs that use the GPU, process fewer recordings at once, or choose the device 'cpu'.",
        detail=detail,
    )

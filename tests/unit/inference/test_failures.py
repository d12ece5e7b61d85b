import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as ort_state

from videoannotator.errors import (
    GPULostException,
    GPUOutOfMemoryException,
    InferenceFailedException,
    MemoryExhaustedException,
    VideoAnnotatorException,
)
from videoannotator.inference.failures import ORT_ERRORS, translate_failure

# Messages as ONNX Runtime writes them; taken from reports of its users.
ARENA_FULL = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Conv node. "
    "Name:'/patch_embed/stages/stages.0/blocks/blocks.0/mlp/fc1/Conv' Status Message: \n"
    "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, "
    "onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 13111296"
)
CUDA_FULL = (
    "[ONNXRuntimeError] : 1 : FAIL : cuda_call.cc:121 onnxruntime::CudaCall "
    "CUDA failure 2: out of memory ; GPU=0 ; hostname=host ; "
    "file=cuda_stream_handle.cc ; line=175 ; "
    "expr=cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);"
)
CUBLAS_FULL = (
    "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running Gemm node. Name:'fc1' "
    "Status Message: cuda_call.cc:114 onnxruntime::CudaCall CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=host ; "
    "expr=cublasCreate(&cublas_handle_);"
)
ILLEGAL_ACCESS = (
    "CUDA failure 700: an illegal memory access was encountered ; GPU=1 ; hostname=host ; "
    "expr=cudaLaunchHostFunc(static_cast<cudaStream_t>(GetHandle()), ReleaseCpuBufferCallback, cpu_buffers_info.release());"
)
CUBLAS_LOST = (
    "Non-zero status code returned while running Gemm node. Name:'Gemm_568' Status Message: CUBLAS failure 13: "
    "CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=host ; expr=cublasGemmHelper( GetCublasHandle(ctx), CUBLAS_OP_N );"
)
UNKNOWN_ERROR = (
    "cuda_call.cc:116 bool onnxruntime::CudaCall(ERRTYPE, const char*, const char*, "
    "ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 999: unknown error ; GPU=192915439 ; "
    "expr=cudaSetDevice(info_.device_id); "
)
SHUTTING_DOWN = "CUDA failure 4: driver shutting down ; GPU=32767 ; hostname=host ; expr=cudaEventSynchronize(e);"
CUDNN_LOST = "CUDNN failure 4: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0 ; hostname=host ; expr=cudnnConvolutionForward(...)"
WRONG_SHAPE = (
    "[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: frames for the following indices\n"
    " index: 1 Got: 20 Expected: 100\n Please fix either the inputs/outputs or the model."
)


def translated(message: str, device: str) -> VideoAnnotatorException:
    return translate_failure(ort_state.RuntimeException(message), "transnetv2", device)


@pytest.mark.parametrize("message", [ARENA_FULL, CUDA_FULL, CUBLAS_FULL])
def test_a_full_gpu_is_a_passing_error_of_its_own(message: str) -> None:
    error = translated(message, "cuda")
    assert isinstance(error, GPUOutOfMemoryException)
    assert error.transient
    assert "'transnetv2'" in error.message
    assert "cpu" in str(error.hint)


@pytest.mark.parametrize("message", [ILLEGAL_ACCESS, CUBLAS_LOST, UNKNOWN_ERROR, SHUTTING_DOWN, CUDNN_LOST])
def test_a_lost_gpu_is_a_passing_error_of_its_own(message: str) -> None:
    error = translated(message, "cuda")
    assert isinstance(error, GPULostException)
    assert error.transient
    assert "'transnetv2'" in error.message
    assert " ".join(message.split())[:60] in error.message


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_wrong_input_is_a_lasting_error(device: str) -> None:
    error = translated(WRONG_SHAPE, device)
    assert type(error) is InferenceFailedException
    assert not error.transient
    assert "Got: 20 Expected: 100" in error.message
    assert error.detail["weights"] == "transnetv2"
    assert error.detail["device"] == device


@pytest.mark.parametrize("error", [MemoryError(), ort_state.RuntimeException(ARENA_FULL), RuntimeError("std::bad_alloc")])
def test_a_full_computer_is_not_taken_for_a_full_gpu(error: Exception) -> None:
    translated_error = translate_failure(error, "transnetv2", "cpu")
    assert isinstance(translated_error, MemoryExhaustedException)
    assert translated_error.transient


def test_every_error_that_onnx_runtime_has_is_caught() -> None:
    names = {kind.__name__ for kind in ORT_ERRORS}
    assert names >= {"Fail", "InvalidArgument", "NoSuchFile", "RuntimeException", "InvalidProtobuf", "EPFail", "InvalidGraph"}

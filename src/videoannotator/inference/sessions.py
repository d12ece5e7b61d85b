"""Inference sessions: one per weights file and pool, on the device that was asked for, warm between runs."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import onnxruntime as ort

from videoannotator.annotations.provenance import WeightsUsed
from videoannotator.errors import DeviceUnavailableException, InvalidConfigException
from videoannotator.inference.devices import HINTS, LOG_ERRORS_ONLY, Device, obtain_device
from videoannotator.inference.failures import ORT_ERRORS, translate_failure
from videoannotator.inference.library import ONNX_SUFFIXES
from videoannotator.inference.weights import WeightsEntry, WeightsStore

ADDED = "added/"
"""Apart from the names of weights that ship, among which no slash occurs."""


class Session:
    """A network in memory. Safe to run from several threads at once.

    Attributes:
        name: the weights' name in the manifest.
        device: `cpu`, `cuda` or `coreml`.
        input_names, output_names: what `run` takes and gives.
        input_shapes, output_shapes: sizes of both; None where any size is taken, or where the file does not say.
        threads: the intra-op threads that it computes with.
    """

    def __init__(self, name: str, session: ort.InferenceSession, device: str) -> None:
        self.name = name
        self.device = device
        self.input_names: tuple[str, ...] = tuple(tensor.name for tensor in session.get_inputs())
        self.output_names: tuple[str, ...] = tuple(tensor.name for tensor in session.get_outputs())
        self.input_shapes, self.output_shapes = _shapes(session.get_inputs()), _shapes(session.get_outputs())
        self.threads: int = session.get_session_options().intra_op_num_threads
        self._session = session

    def run(
        self, inputs: Mapping[str, np.ndarray[Any, Any]], outputs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Compute the network once.

        Args:
            inputs: an array for every input name, of the shape and type that the manifest states.
            outputs: the outputs to compute; all of them when it is left out.

        Returns:
            The outputs by name.

        Raises:
            GPUOutOfMemoryException, GPULostException: the GPU failed; the same work may succeed later.
            MemoryExhaustedException: the computer has too little free memory.
            InferenceFailedException: anything else, with the weights' name.
        """
        names = self.output_names if outputs is None else outputs
        try:
            values = self._session.run(list(names), dict(inputs))
        except ORT_ERRORS as error:
            raise translate_failure(error, self.name, self.device) from error
        return dict(zip(names, values, strict=True))


class _Warm:
    """What all views of one pool share: the device and the loaded sessions."""

    def __init__(self, device: Device, threads: int, weights: WeightsStore) -> None:
        self.device = device
        self.threads = threads
        self.weights = weights
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def session(self, name: str) -> Session:
        with self._lock:
            if name not in self._sessions:
                self._sessions[name] = _open_session(name, self.weights.path(name), self.device, self.threads)
            return self._sessions[name]

    def added(self, name: str) -> Session:
        key = f"{ADDED}{name}"
        with self._lock:
            if key not in self._sessions:
                files, network = self.weights.library.files(name), self.weights.library.entry(name).network
                if network is None:
                    raise InvalidConfigException(
                        f"The weights {name!r} have not one ONNX file: they are {', '.join(file.name for file in files)}.",
                        hint="Give the name of weights of which one file, and only one, ends in .onnx or .ort.",
                    )
                path = next(file for file in files if file.suffix in ONNX_SUFFIXES)
                self._sessions[key] = _open_session(name, path, self.device, self.threads)
            return self._sessions[key]

    def close(self) -> None:
        with self._lock:
            self._sessions.clear()


class SessionPool:
    """The networks of a process, each loaded on first use and kept.

    Safe to use from several threads at once. To know the weights that one run used, give the run the view that `recording` makes,
    and ask that.

    Args:
        device: `auto`, `cpu`, `cuda` or `coreml`. `auto` takes the first that works; the others are obtained or an error.
        threads: intra-op threads per session. More than one seldom pays where several pipelines run side by side.
        weights: where the weights lie; the package's own when it is left out.

    Raises:
        DeviceUnavailableException: the device cannot be used here.
        ValueError: `threads` is below 1.
    """

    def __init__(self, device: str = "auto", threads: int = 1, weights: WeightsStore | None = None) -> None:
        if threads < 1:
            raise ValueError(f"threads is a whole number from 1, not {threads}")
        self.device_asked = device
        self._warm = _Warm(obtain_device(device), threads, weights or WeightsStore())
        self._used: dict[str, WeightsUsed] = {}

    @property
    def device_used(self) -> str:
        """The device that was obtained: `cpu`, `cuda` or `coreml`."""
        return self._warm.device.name

    @property
    def threads(self) -> int:
        """Intra-op threads per session."""
        return self._warm.threads

    @contextmanager
    def recording(self) -> Iterator["SessionPool"]:
        """Lend a view of this pool to one run: it shares the warm sessions, and its `used` tells what was asked of it alone."""
        view = copy(self)
        view._used = {}
        yield view

    def get(self, name: str) -> Session:
        """Get the session of these weights, checked and loaded when it is first asked for.

        Raises:
            WeightsMissingException, WeightsDamagedException: the file is not there or not whole.
            DeviceUnavailableException: the network does not run on the device that was asked for.
            GPUOutOfMemoryException, MemoryExhaustedException, InferenceFailedException: the network could not be loaded.
        """
        session = self._warm.session(name)
        self._note(WeightsStore.entry(name), session.device)
        return session

    def added(self, name: str) -> Session:
        """Get the session of the ONNX file that somebody added under this name; small files may lie beside it, such as the names
        of its classes (see `added_files`). Raises as `get` does.

        Raises:
            InvalidConfigException: what was added under this name has no ONNX file, or several.
        """
        session = self._warm.added(name)
        self._note_added(name, session.device)
        return session

    def added_files(self, name: str) -> tuple[Path, ...]:
        """The checked files of weights that somebody added under this name.

        Raises:
            WeightsMissingException, WeightsDamagedException: nobody added weights under this name, or they are not whole.
        """
        files = self._warm.weights.library.files(name)
        self._note_added(name, self.device_used)
        return files

    def added_path(self, name: str) -> Path | None:
        """The checked file or folder of weights that somebody added under this name; None when nobody did.

        Raises:
            WeightsMissingException, WeightsDamagedException: they are not whole.
        """
        library = self._warm.weights.library
        if name not in library.names():
            return None
        path = library.path(name)
        self._note_added(name, self.device_used)
        return path

    def require_added_path(self, name: str) -> Path:
        """What `added_path` gives.

        Raises:
            WeightsMissingException, WeightsDamagedException: nobody added weights under this name, or they are not whole.
        """
        path = self._warm.weights.library.path(name)
        self._note_added(name, self.device_used)
        return path

    def file(self, name: str) -> Path:
        """Get the checked path of weights that are no network, such as a table of tokens. Raises as `WeightsStore.path` does."""
        path = self._warm.weights.path(name)
        self._note(WeightsStore.entry(name), "cpu")
        return path

    def record(self, used: WeightsUsed) -> None:
        """Add weights that the caller runs by other means than this pool to what `used` tells."""
        self._used[used.name] = used

    def used(self) -> tuple[WeightsUsed, ...]:
        """Tell every weights file that was asked for through this view, by name."""
        return tuple(used for _, used in sorted(self._used.copy().items()))

    def close(self) -> None:
        """Let go of every loaded network, for all views of this pool. A later `get` loads anew."""
        self._warm.close()

    def __enter__(self) -> "SessionPool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _note_added(self, name: str, device: str) -> None:
        entry = self._warm.weights.library.entry(name)
        self.record(WeightsUsed(name, entry.sha256, entry.licence, device))

    def _note(self, entry: WeightsEntry, device: str) -> None:
        self._used[entry.name] = WeightsUsed(entry.name, entry.sha256, entry.licence, device)


def _shapes(tensors: Sequence[Any]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(tuple(size if isinstance(size, int) else None for size in tensor.shape) for tensor in tensors)


def _session_options(threads: int) -> ort.SessionOptions:
    """Few threads, no chatter, and memory that goes back after each run.

    Without the CPU arena the shot network's process keeps 130 MB instead of 995 after a run, in the same time. Threads that spin
    while they wait take the CPU from the pipelines beside them.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = LOG_ERRORS_ONLY
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _open_session(name: str, path: Path, device: Device, threads: int) -> Session:
    try:
        # Without enable_fallback=0, ONNX Runtime would go on with the CPU when the device fails, here and in the middle of a run.
        session = ort.InferenceSession(str(path), _session_options(threads), providers=list(device.providers), enable_fallback=0)
    except ORT_ERRORS as error:
        raise translate_failure(error, name, device.name) from error
    if device.providers[0] not in session.get_providers():
        raise DeviceUnavailableException(
            f"The network {name!r} could not be put on the device {device.name!r}.",
            hint=HINTS.get(device.name),
            detail={"weights": name, "device": device.name},
        )
    return Session(name, session, device.name)

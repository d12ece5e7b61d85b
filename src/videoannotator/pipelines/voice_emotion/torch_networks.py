"""Networks that PyTorch runs, in the folders that the library transformers saves (Wolf et al. 2020,
https://doi.org/10.18653/v1/2020.emnlp-demos.6): optional dependencies, which are imported here and nowhere else in this package.

Weights are files that the user added. Nothing is downloaded, and no code that lies beside weights is run.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NoReturn

from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException
from videoannotator.inference.failures import translate_failure
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.voice_emotion.judging import RATE_HZ, CheckStop

PACKAGES = ("torch", "transformers", "safetensors")
CONFIG, PREPARATION = "config.json", "preprocessor_config.json"
NUMBERS = ("model.safetensors", "pytorch_model.bin")
"""What a folder holds: two small files, and one of these."""
_TRAINING_ONLY = "masked_spec_embed"
"""Numbers that only training uses; many folders are without them."""


class TorchFolder:
    """Added weights that PyTorch is to run.

    Args:
        name: of the added weights.
        sessions: knows them, the device, and how many threads to use.
        extra: of this package, that brings the libraries.
        what: they should be, for errors.

    Attributes:
        torch, transformers: the libraries.
        path: the folder.
        files: what lies in it, by name.
        device: `cpu` or `cuda`.

    Raises:
        ExtraMissingException: the libraries are not installed.
        WeightsMissingException, WeightsDamagedException: the weights are not there, or not whole.
        InvalidConfigException: they are no such folder.
    """

    def __init__(self, name: str, sessions: SessionPool, *, extra: str, what: str) -> None:
        self.torch, self.transformers, self._unreadable = _libraries(extra)
        self._name, self._what = name, what
        path = sessions.require_added_path(name)
        self.files: Mapping[str, Path] = {file.name: file for file in sessions.added_files(name)}
        missing = [file for file in (CONFIG, PREPARATION) if file not in self.files]
        if not any(file in self.files for file in NUMBERS):
            missing.append(" or ".join(NUMBERS))
        if missing:
            self.refuse(f"{', '.join(missing)} is missing")
        self.path = path
        self.device = "cuda" if sessions.device_used == "cuda" else "cpu"
        self.torch.set_num_threads(sessions.threads)

    def refuse(self, found: str) -> NoReturn:
        """Say that these weights are something else.

        Raises:
            InvalidConfigException: always.
        """
        raise InvalidConfigException(
            f"The weights {self._name!r} are not {self._what}: {found}.",
            hint="docs/usage/added_weights.md says what the folder has to hold; remove these weights, or name others.",
            field="weights",
        )

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Translate the errors of files that cannot be read.

        Raises:
            InvalidConfigException: one of them happened.
        """
        try:
            yield
        except self._unreadable as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            self.refuse(f"{what} cannot be read: {first}")

    def model(self, kind: Any, needed: Callable[[str], bool]) -> Any:
        """The network, with numbers of single precision, ready to run.

        Args:
            kind: its class in transformers.
            needed: whether a parameter of this name is used.

        Raises:
            InvalidConfigException: it cannot be loaded, or needed numbers are not in the file.
        """
        with self.reading("the network"):
            model, told = kind.from_pretrained(self.path, local_files_only=True, trust_remote_code=False, output_loading_info=True)
        lost = sorted(key for key in told["missing_keys"] if needed(key) and not key.endswith(_TRAINING_ONLY))
        if lost:
            self.refuse(f"the file has no numbers for {', '.join(lost[:3])}{' and more' if len(lost) > 3 else ''}")
        with self.computing():
            return model.float().eval().to(self.device)

    def preparation(self, kinds: Collection[str]) -> Any:
        """What brings sound into the form that the network takes.

        Args:
            kinds: names of the classes in transformers that it may be of.

        Raises:
            InvalidConfigException: it is another one, or for sound of another rate.
        """
        with self.reading(PREPARATION):
            found = self.transformers.AutoFeatureExtractor.from_pretrained(
                self.path, local_files_only=True, trust_remote_code=False
            )
        if type(found).__name__ not in kinds:
            self.refuse(f"sound is prepared by {type(found).__name__}, not by {' or '.join(sorted(kinds))}")
        if found.sampling_rate != RATE_HZ:
            self.refuse(f"they take {found.sampling_rate} samples per second, not {RATE_HZ}")
        return found

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Translate the errors of a computation.

        Raises:
            GPUOutOfMemoryException, GPULostException, MemoryExhaustedException: the device failed; the same may succeed later.
            InferenceFailedException: anything else.
        """
        try:
            yield
        except (RuntimeError, ValueError, MemoryError) as error:
            failure = translate_failure(error, self._name, self.device)
            if type(failure) is InferenceFailedException:
                failure = InferenceFailedException(
                    f"The weights {self._name!r} could not be run: {error}", hint="Try again on the CPU, or name other weights."
                )
            raise failure from error

    @contextmanager
    def running(self, model: Any, check_stop: CheckStop) -> Iterator[None]:
        """Run a network in this block, without gradients; `check_stop` is called before each of its layers. Raises as `computing`.

        Raises:
            RunStopped: somebody asked for it.
        """
        watched = [module.register_forward_pre_hook(lambda *_: check_stop()) for module in model.modules()]
        try:
            with self.computing(), self.torch.inference_mode():
                yield
        finally:
            for each in watched:
                each.remove()


def _libraries(extra: str) -> tuple[Any, Any, tuple[type[Exception], ...]]:
    """PyTorch, transformers, kept quiet, and the errors of files that they cannot read.

    Raises:
        ExtraMissingException: they are not installed.
    """
    try:
        import huggingface_hub.errors as hub_errors  # noqa: PLC0415  comes with the optional extra
        import safetensors  # noqa: PLC0415  an optional extra
        import torch  # noqa: PLC0415  an optional extra that takes seconds to load
        import transformers  # noqa: PLC0415  the same
    except ImportError as error:
        raise ExtraMissingException(
            f"PyTorch and transformers are not installed: {error}.",
            hint=f"Install them: pip install 'videoannotator[{extra}]'",
        ) from error
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    of_configs = getattr(hub_errors, "StrictDataclassError", ValueError)  # older releases have none
    builtin = (OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError, AttributeError, ImportError, UnpicklingError)
    return torch, transformers, (*builtin, safetensors.SafetensorError, of_configs)

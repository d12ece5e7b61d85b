"""What a pipeline is: it says what it needs, is fed frames and sound, and gives annotations."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from videoannotator.annotations.checks import require
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.errors import RunStopped
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.types import AudioBlock, AudioNeed, FrameBatch, FrameNeed

Batch = FrameBatch | AudioBlock


class PipelineOptions(BaseModel):
    """What a pipeline accepts. Every field has a default, a description (with its unit), and bounds or choices.

    `former_names` maps option names of earlier releases to today's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    former_names: ClassVar[Mapping[str, str]] = MappingProxyType({})


AddedName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""The name of weights that the user added (`videoannotator models pull`), as an option."""

OptionsT = TypeVar("OptionsT", bound=PipelineOptions)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a pipeline must be given.

    Attributes:
        frames: the pictures it wants, each need under a name of the pipeline's choice, which comes back in `FrameBatch.need`.
        audio: the sound it wants.
        products: record types that other pipelines of the same run must have made before this one starts. Whoever wants them gets
            neither pictures nor sound, because the recording is read once, and has been read by then.
        afterwards: record types that it reads in `finish`, and not before: those of other pipelines of the same run as far as any
            makes them, and its own. Pictures and sound do not wait for them. Whoever needs products names here what it can do
            without.
    """

    frames: Mapping[str, FrameNeed] = field(default_factory=dict)
    audio: AudioNeed | None = None
    products: tuple[type, ...] = ()
    afterwards: tuple[type, ...] = ()

    def __post_init__(self) -> None:
        fed = bool(self.frames) or self.audio is not None
        require(not (self.products and fed), "a pipeline needs other pipelines' products, or pictures and sound, but not both")


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a running pipeline may use besides its input.

    Attributes:
        sessions: the networks' weights, loaded once per process.
        should_stop: whether somebody asked the run to stop.
        warn: tells the reader of the result something that the records cannot say.
        products: the records of a type that pipelines made; only types named in `Needs.products`, and in `finish` those named in
            `Needs.afterwards`.
    """

    sessions: SessionPool
    should_stop: Callable[[], bool]
    warn: Callable[[str], None]
    products: Callable[[type], Iterable[object]]

    def check_stop(self) -> None:
        """Raise RunStopped when somebody asked the run to stop. Call it at least every half second of work."""
        if self.should_stop():
            raise RunStopped("The run was stopped.")


class Pipeline(ABC, Generic[OptionsT]):
    """One kind of analysis.

    A pipeline receives no path, so it cannot read the recording a second time, and it never reads settings. The engine calls
    `start`, then `feed` for every batch, then `finish`, and `close` in any case; all four in one thread. The batches of one need
    come in time order. Of several frame needs, the one named first in `Needs.frames` is served first: when a batch arrives,
    everything up to the same time has arrived for the needs named before it.

    Class attributes:
        name: the one name that registry, command line, config and result files use.
        display_name, description: for people.
        family, variant, version: what kind of method it is and which edition of ours.
        tasks, modalities: what it does (`shot-boundary-detection`) and what it needs (`video`, `audio`).
        default_enabled: whether it runs when nobody selects pipelines.
        former_names: names that earlier releases gave it.
        contains: pipelines whose work this one does as well.
        Options: what it accepts.
        produces: the record types it makes.
        weights: the weights it may load, by manifest name.
        added_weights: the option that names added weights without which it cannot run; None where it runs as it comes. While
            there are no weights of the name that is this option's default, it is listed as unavailable.
        extra: the extra of this package that must be installed for it; None when nothing is missing by default.
        packages: what that extra brings and the pipeline imports when it starts; while one is missing, it is listed as unavailable.
    """

    name: ClassVar[str]
    display_name: ClassVar[str]
    description: ClassVar[str]
    family: ClassVar[str]
    variant: ClassVar[str]
    version: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]]
    modalities: ClassVar[tuple[str, ...]]
    default_enabled: ClassVar[bool] = False
    former_names: ClassVar[tuple[str, ...]] = ()
    contains: ClassVar[tuple[str, ...]] = ()
    Options: ClassVar[type[PipelineOptions]]
    produces: ClassVar[tuple[type, ...]]
    weights: ClassVar[tuple[str, ...]] = ()
    added_weights: ClassVar[str | None] = None
    extra: ClassVar[str | None] = None
    packages: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def needs(cls, options: OptionsT) -> Needs:
        """What it must be given when it runs with these options."""

    def __init__(self, options: OptionsT, context: RunContext) -> None:
        self.options = options
        self.context = context

    @abstractmethod
    def start(self, media: MediaInfo) -> None:
        """Get ready: load weights, check the options against the recording."""

    @abstractmethod
    def feed(self, batch: Batch) -> Iterable[object]:
        """Take the next batch; give the records and attachments that are final."""

    @abstractmethod
    def finish(self) -> Iterable[object]:
        """Give the records and attachments that were waiting for the end."""

    def close(self) -> None:
        """Release what `start` took. Called once, also after an error or a stop."""

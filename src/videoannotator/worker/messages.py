"""What supervisor and runner say to each other: the work goes down as one line of JSON, progress and the end come back as lines."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from videoannotator.annotations.outcome import PipelineOutcome


@dataclass(frozen=True, slots=True)
class Work:
    """What a runner shall do.

    Attributes:
        recording: path of the recording.
        folder: where the results go; it exists and is empty.
        pipelines: the pipelines to run.
        options: every option of every pipeline of the job, those that do not run this time included.
        with_proxy: whether a copy for browsers is to be made when they cannot play the recording.
        with_overlay: whether an annotated video is to be made when the recording has pictures.
        token: of the attempt.
        earlier_view: folder of the view that earlier attempts left; None when there is none.
        device, threads, weights_folder: as in the settings.
    """

    recording: str
    folder: str
    pipelines: list[str]
    options: dict[str, dict[str, object]]
    with_proxy: bool = True
    with_overlay: bool = False
    token: int = 1
    earlier_view: str | None = None
    device: str = "auto"
    threads: int = 1
    weights_folder: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The runner has come further: from 0 to 1, in which stage, with so many seconds to go, if anybody can tell."""

    fraction: float
    stage: str
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A complete result file in the work's folder."""

    name: str
    pipeline_name: str | None
    format: str
    media_type: str
    description: str
    main: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The runner came to its end.

    Attributes:
        outcomes: how each pipeline fared.
        files: the result files.
        proxy: the copy for browsers where one was made.
        duration_s: of the recording.
        remark: what was wanted and could not be made although there are results, in sentences; None when nothing.
        saved: the file from which all annotations can be read back.
        view: names of the files for the web app's Result page.
    """

    outcomes: list[PipelineOutcome]
    files: list[MadeFile]
    proxy: str | None
    duration_s: float | None
    remark: str | None = None
    saved: str | None = None
    view: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing could be computed at all; the fields are those of an error in `videoannotator.errors`."""

    code: str
    message: str
    hint: str | None
    transient: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line from the runner; one of its fields is set."""

    moved: Moved | None = None
    done: Done | None = None
    failed: Failed | None = None


_WORK = TypeAdapter(Work)
_LINE = TypeAdapter(Line)


def work_line(work: Work) -> bytes:
    """The work as the runner reads it."""
    return _WORK.dump_json(work) + b"\n"


def read_work(line: bytes) -> Work:
    """The work that a line says."""
    return _WORK.validate_json(line)


def runner_line(line: Line) -> bytes:
    """A line as the supervisor reads it."""
    return _LINE.dump_json(line) + b"\n"


def read_runner_line(line: bytes) -> Line | None:
    """What the runner says; None for a line that it did not finish."""
    try:
        return _LINE.validate_json(line)
    except ValidationError:
        return None

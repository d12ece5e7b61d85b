"""`videoannotator process`: annotate a recording, or a folder of them, on this machine."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from videoannotator.cli.arguments import named_path, names_in
from videoannotator.cli.console import counted, fail, say, say_json, say_table, tell
from videoannotator.errors import OutputExistsException, RunStopped, StorageFullException, VideoAnnotatorException

if TYPE_CHECKING:
    from collections.abc import Callable

    from videoannotator.annotations.annotation_set import AnnotationSet
    from videoannotator.engine.batch import Task
    from videoannotator.engine.output import Written
    from videoannotator.engine.plan import Selected
    from videoannotator.inference.sessions import SessionPool


def process(
    recording: Annotated[
        Path, typer.Argument(metavar="VIDEO|FOLDER", parser=named_path, help="A video or audio file, or a folder of them.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="PATH", parser=named_path, help="Folder for the results. [default: NAME_annotations]"
        ),
    ] = None,
    pipelines: Annotated[
        str | None, typer.Option(help="Pipelines to run, separated by commas. [default: the default ones]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with options: {pipeline: {option: value}}.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PIPELINE.OPTION=VALUE", help="Set one option; may be repeated.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV file with roles and names: track,speaker,start_s,end_s,label."),
    ] = None,
    formats: Annotated[
        str | None, typer.Option("--format", help="File formats, separated by commas. [default: all that apply]")
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also make overlay.mp4: the recording with its annotations drawn on it.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results of an earlier run.")] = False,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or coreml. [default: auto]")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads inside each network. [default: 1]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")] = False,
) -> None:
    """Annotate a recording, or every recording in a folder."""
    from videoannotator.cli.labels import with_labels  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.options import read_config  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.start import registry_here, start  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.annotate import select  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.batch import tasks_for  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.output import choose_exporters  # noqa: PLC0415  CLI start-up

    selected, chosen_formats = names_in(pipelines), names_in(formats)
    selection, notes = select(selected, with_labels(read_config(config, settings or []), labels, selected), registry_here())
    choose_exporters(chosen_formats)
    for note in notes:
        tell(f"Warning: {note}")
    batch = Batch(selection, notes, chosen_formats, start(device, threads), overwrite=overwrite, overlay=overlay, quiet=as_json)
    batch.run(tasks_for(recording, output))
    if as_json:
        say_json({"recordings": batch.reports})
    if batch.failed:
        raise typer.Exit(1)


class Batch:
    """Annotates recordings one after the other and reports on each; one that fails does not stop the rest."""

    def __init__(
        self,
        selection: "list[Selected]",
        notes: list[str],
        formats: list[str] | None,
        sessions: "SessionPool",
        *,
        overwrite: bool,
        quiet: bool,
        overlay: bool = False,
    ) -> None:
        self._selection = selection
        self._notes = notes
        self._formats = formats
        self._sessions = sessions
        self._overwrite = overwrite
        self._quiet = quiet
        self._overlay = overlay
        self.reports: list[dict[str, Any]] = []
        self.failed = False

    def run(self, tasks: "list[Task]") -> None:
        """Work through the tasks.

        Raises:
            RunStopped: somebody pressed Ctrl-C; what was finished before stays.
        """
        from videoannotator.cli.interrupt import stop_on_signal  # noqa: PLC0415  CLI start-up

        with stop_on_signal() as should_stop:
            for task in tasks:
                try:
                    self._one(task, should_stop)
                except RunStopped:
                    raise
                except StorageFullException as error:  # no later recording would fare better
                    self._fail(task, error)
                    return
                except OutputExistsException as error:
                    self._keep_or_fail(task, error, several=len(tasks) > 1)
                except VideoAnnotatorException as error:
                    self._fail(task, error)

    def _one(self, task: "Task", should_stop: "Callable[[], bool]") -> None:
        from videoannotator.engine.output import prepare_folder  # noqa: PLC0415  CLI start-up

        is_new = not os.path.exists(task.folder)  # noqa: PTH110  Path.exists raises for names that are too long
        prepare_folder(task.folder, overwrite=self._overwrite)
        try:
            self._annotate(task, should_stop)
        finally:
            if is_new:
                with suppress(OSError):  # it holds results
                    task.folder.rmdir()

    def _annotate(self, task: "Task", should_stop: "Callable[[], bool]") -> None:
        from videoannotator.cli.progress import show_progress  # noqa: PLC0415  CLI start-up
        from videoannotator.engine.annotate import run_selection  # noqa: PLC0415  CLI start-up

        with show_progress(task.recording.name, quiet=self._quiet) as on_progress:
            annotations = run_selection(task.recording, self._selection, self._sessions, on_progress, should_stop, self._notes)
        with annotations:
            self._report(task, annotations, self._write(task, annotations, should_stop))

    def _write(self, task: "Task", annotations: "AnnotationSet", should_stop: "Callable[[], bool]") -> "Written":
        from videoannotator.engine.output import write_results  # noqa: PLC0415  CLI start-up

        if not self._overlay:
            return write_results(annotations, task.folder, self._formats, overwrite=self._overwrite)
        if annotations.media.video is None:
            tell(f"{task.recording}: no annotated video was made, because the recording has no video track")
        from videoannotator.cli.progress import show_bar  # noqa: PLC0415  CLI start-up
        from videoannotator.engine.overlay import overlay_of  # noqa: PLC0415  CLI start-up

        with show_bar(task.recording.name, quiet=self._quiet) as show:
            further = overlay_of(
                task.recording, annotations, should_stop, lambda fraction: show(fraction, "drawing the annotated video")
            )
            return write_results(annotations, task.folder, self._formats, overwrite=self._overwrite, further=further)

    def _report(self, task: "Task", annotations: "AnnotationSet", written: "Written") -> None:
        self.failed = self.failed or bool(annotations.failed)
        self.reports.append(report_of(task, annotations, written))
        if not self._quiet:
            show_summary(task, annotations, written)

    def _keep_or_fail(self, task: "Task", error: OutputExistsException, *, several: bool) -> None:
        """In a folder, recordings that are done already are passed over, so that a stopped batch can go on where it was."""
        if not several:
            self._fail(task, error)
            return
        self.reports.append({"recording": str(task.recording), "folder": str(task.folder), "status": "kept"})
        tell(f"{task.recording}: kept the results of an earlier run in {task.folder} (--overwrite replaces them)")

    def _fail(self, task: "Task", error: VideoAnnotatorException) -> None:
        self.failed = True
        facts = {"code": error.code, "message": error.message, "hint": error.hint}
        self.reports.append({"recording": str(task.recording), "folder": str(task.folder), "status": "failed", "error": facts})
        if not self._quiet:
            fail(error)


def report_of(task: "Task", annotations: "AnnotationSet", written: "Written") -> dict[str, Any]:
    """What `--json` says about one recording."""
    damage = annotations.media.damage
    return {
        "recording": str(task.recording),
        "folder": str(written.folder),
        "status": "failed" if annotations.failed else "completed",
        "duration_s": annotations.media.duration_s,
        "damage": damage.message if damage else None,
        "warnings": list(annotations.provenance.warnings),
        "pipelines": {
            name: {
                "status": outcome.status.value,
                "reason": outcome.reason,
                "error": {"code": outcome.error.code, "message": outcome.error.message, "hint": outcome.error.hint}
                if outcome.error
                else None,
                "annotations": outcome.records,
                "busy_s": outcome.busy_s,
                "warnings": list(outcome.warnings),
            }
            for name, outcome in annotations.outcomes.items()
        },
        "files": [
            {"name": file.name, "format": file.format, "pipeline": file.pipeline, "main": file.main} for file in written.files
        ],
        "formats_left_out": dict(written.left_out),
    }


def show_summary(task: "Task", annotations: "AnnotationSet", written: "Written") -> None:
    """A table of what each pipeline did, then what to open."""
    length = annotations.media.duration_s
    took = annotations.provenance.timings_s["total"]
    say(
        f"{task.recording.name}: {length:.1f} s of recording in {took:.1f} s"
        if length
        else f"{task.recording.name}: done in {took:.1f} s"
    )
    say()
    rows = []
    for name, outcome in annotations.outcomes.items():
        counts = ", ".join(counted(count, kind) for kind, count in (outcome.records or {}).items())
        note = outcome.reason or (outcome.error.message if outcome.error else "") or "; ".join(outcome.warnings)
        rows.append((name, outcome.status.value, counts or "-", f"{outcome.busy_s:.1f} s", note))
    say_table(("pipeline", "status", "annotations", "worked", "note"), rows)
    for outcome in annotations.failed:
        if outcome.error and outcome.error.hint:
            say(f"  {outcome.pipeline}: {outcome.error.hint}")
    say()
    for warning in annotations.provenance.warnings:
        tell(f"Warning: {warning}")
    say(f"Results are in {written.folder}:")
    say_table(
        ("file", "what it is"), [(file.name, file.description) for file in written.files if file.main or file.pipeline is None]
    )

"""The Typer application: every command, and the one place where errors become words and exit codes.

Command modules import what they run inside their functions: `videoannotator --help` must answer at once, and numpy, PyAV and ONNX
Runtime take most of a second to load.
"""

import os
import sys
import threading
from typing import Any

import typer
from typer.core import TyperGroup

from videoannotator.cli import config, demo, info, models, pipelines, process
from videoannotator.cli.console import fail, tell
from videoannotator.errors import RunStopped, VideoAnnotatorException

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130


class Commands(TyperGroup):
    """The root of all commands; turns errors raised on purpose into a message with a hint."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, RunStopped):
            tell("Stopped. Nothing half-written was left behind.")
            _leave(EXIT_INTERRUPTED)
        except VideoAnnotatorException as error:
            fail(error)
            raise typer.Exit(EXIT_ERROR) from error


def _leave(code: int) -> None:
    """End the process; a plugin's thread that does not listen to a stop must not keep it waiting."""
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise typer.Exit(code)


app = typer.Typer(
    cls=Commands,
    name="videoannotator",
    help="Standard, time-aligned annotations from video of people interacting: offline, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("process")(process.process)
app.command("demo")(demo.demo)
app.command("pipelines")(pipelines.pipelines)
app.add_typer(config.app, name="config")
app.add_typer(models.app, name="models")
app.command("info")(info.info)
app.command("version")(info.version)

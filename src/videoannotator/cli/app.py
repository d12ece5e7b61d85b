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

from videoannotator.cli import (
    config,
    database,
    demo,
    diagnose,
    info,
    job,
    models,
    pipelines,
    process,
    server,
    storage,
    token,
    validate_emotion,
    verify,
    worker,
)
from videoannotator.cli.console import fail, say_json, tell
from videoannotator.errors import RunStopped, VideoAnnotatorException

EXIT_ERROR = 1
EXIT_INTERRUPTED = 130
JSON_ASKED = "videoannotator.json"


class Commands(TyperGroup):
    """The root of all commands; turns errors raised on purpose into a message with a hint, and with `--json` into JSON as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[JSON_ASKED] = "--json" in args  # every command that has the option calls it so
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, RunStopped):
            if ctx.meta[JSON_ASKED]:
                say_json({"error": {"code": RunStopped.code, "message": "The run was stopped.", "hint": None}})
            tell("Stopped. Nothing half-written was left behind.")
            _leave(EXIT_INTERRUPTED)
        except VideoAnnotatorException as error:
            if ctx.meta[JSON_ASKED]:
                say_json({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
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
app.command("setup-db")(database.setup_db)
app.command("migrate")(database.migrate)
app.command("backup")(database.backup)
app.command("diagnose")(diagnose.diagnose)
app.command("verify")(verify.verify)
app.command("info")(info.info)
app.command("version")(info.version)
app.command("server")(server.server)
app.command("worker")(worker.worker)
app.add_typer(job.app, name="job")
app.add_typer(token.app, name="token")
app.add_typer(storage.app, name="storage")
app.command("validate-emotion")(validate_emotion.validate_emotion)
app.command("generate-token")(token.generate_token)

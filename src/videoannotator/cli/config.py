"""`videoannotator config`: check options before a run, and see which are in force."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.arguments import names_in
from videoannotator.cli.console import say, say_json, tell

if TYPE_CHECKING:
    from videoannotator.validation.models import FieldError, FieldWarning

app = typer.Typer(help="Check options before a run, and see which are in force.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="JSON file: {pipeline: {option: value}}.")],
    pipelines: Annotated[
        str | None, typer.Option(help="Pipelines that shall run, separated by commas. [default: those in the file]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Check a configuration; exit code 1 when it has an error."""
    from dataclasses import asdict  # noqa: PLC0415  CLI start-up

    from videoannotator.cli.options import read_config  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.start import registry_here  # noqa: PLC0415  CLI start-up
    from videoannotator.validation.validator import ConfigValidator  # noqa: PLC0415  CLI start-up

    names = names_in(pipelines)
    result = ConfigValidator(registry_here()).validate_batch(read_config(file, []), names)
    if as_json:
        say_json(
            {
                "valid": result.valid,
                "message": result.message,
                "errors": [asdict(error) for error in result.errors],
                "warnings": [asdict(warning) for warning in result.warnings],
                "pipelines_validated": list(result.pipelines_validated),
            }
        )
    else:
        findings: list[FieldError | FieldWarning] = [*result.errors, *result.warnings]
        for finding in findings:
            tell(f"{finding.code}: {finding.message} {finding.hint}")
        say(result.message)
    if not result.valid:
        raise typer.Exit(1)


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(help="JSON file to start from. [default: nothing but the defaults]")] = None,
    pipelines: Annotated[str | None, typer.Option(help="Pipelines, separated by commas. [default: all that are available]")] = None,
) -> None:
    """Print every option with the value that would be in force, as JSON that `process --config` takes."""
    from videoannotator.cli.options import read_config  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.start import registry_here  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.annotate import select  # noqa: PLC0415  CLI start-up

    registry = registry_here()
    available = [entry.name for entry in registry.pipelines.values() if entry.available]
    names = names_in(pipelines) or available
    selection, notes = select(names, read_config(file, []), registry)
    for note in notes:
        tell(f"Warning: {note}")
    say_json({selected.name: selected.options.model_dump(mode="json") for selected in selection})

"""`videoannotator models`: the networks' weights, where they come from, whether they are whole."""

from dataclasses import asdict
from typing import Annotated

import typer

from videoannotator.cli.console import say, say_json, say_table, tell

app = typer.Typer(help="The networks' weights: what they are, whether they are whole.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False) -> None:
    """List the weights with licence, source and known limits."""
    from videoannotator.inference.weights import manifest  # noqa: PLC0415  CLI start-up

    entries = manifest().values()
    if as_json:
        say_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        say(f"{entry.name}: {entry.task}")
        source = f"{entry.source.package} {entry.source.version}"
        say(f"  {entry.size_bytes / 1e6:.1f} MB, {entry.licence}, from {source}, sha256 {entry.sha256[:16]}...")
        if entry.data_terms:
            say(f"  Training data: {entry.data_terms}")
        say(f"  Limits: {entry.limits}")


@app.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False) -> None:
    """Compare every weights file with its checksum; exit code 1 when one is missing or damaged."""
    from videoannotator.inference.weights import WeightsStore  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    folder = load_settings().model_cache_dir
    found = WeightsStore([folder] if folder else None).verify()
    if as_json:
        facts = ({"name": s.entry.name, "state": s.state, "path": str(s.path), "problem": s.problem, "hint": s.hint} for s in found)
        say_json(list(facts))
    else:
        say_table(("weights", "state", "file"), [(status.entry.name, status.state, str(status.path)) for status in found])
        for status in found:
            if status.problem:
                tell(f"{status.problem}\n  Hint: {status.hint}")
    if any(status.state != "ok" for status in found):
        raise typer.Exit(1)

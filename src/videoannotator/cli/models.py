"""`videoannotator models`: the networks' weights, where they come from, whether they are whole, and how to add others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from videoannotator.cli.console import say, say_json, say_table, tell
from videoannotator.errors import InvalidRequestException

if TYPE_CHECKING:
    from videoannotator.inference.library import AddedWeights
    from videoannotator.inference.weights import WeightsStore

app = typer.Typer(
    help="The networks' weights: what they are, whether they are whole, how to add others.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Name = Annotated[str | None, typer.Option(help="The name that options use for them; made from the file's name when left out.")]
Licence = Annotated[str, typer.Option(help="The terms under which they were published; provenance repeats it.")]


def _store() -> "WeightsStore":
    from videoannotator.inference.weights import WeightsStore  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    folder = load_settings().model_cache_dir
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return WeightsStore([folder] if folder else None)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the weights with licence, source and known limits."""
    from videoannotator.inference.weights import manifest  # noqa: PLC0415  CLI start-up

    entries, added = manifest().values(), _store().library.entries().values()
    if as_json:
        say_json([*(asdict(entry) for entry in entries), *(asdict(entry) | {"added": True} for entry in added)])
        return
    for entry in entries:
        say(f"{entry.name}: {entry.task}")
        source = f"{entry.source.package} {entry.source.version}"
        say(f"  {entry.size_bytes / 1e6:.1f} MB, {entry.licence}, from {source}, sha256 {entry.sha256[:16]}...")
        if entry.data_terms:
            say(f"  Training data: {entry.data_terms}")
        say(f"  Limits: {entry.limits}")
    for own in added:
        say(f"{own.name}: added here")
        size_bytes = sum(file.size_bytes for file in own.files)
        say(f"  {size_bytes / 1e6:.1f} MB, licence {own.licence}, from {own.source}, sha256 {own.sha256[:16]}...")


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Compare every weights file with its checksum; exit code 1 when one is missing or damaged."""
    found = _store().verify()
    if as_json:
        facts = ({"name": s.name, "state": s.state, "path": str(s.path), "problem": s.problem, "hint": s.hint} for s in found)
        say_json(list(facts))
    else:
        say_table(("weights", "state", "file"), [(status.name, status.state, str(status.path)) for status in found])
        for status in found:
            if status.problem:
                tell(f"{status.problem}\n  Hint: {status.hint}")
    if any(status.state != "ok" for status in found):
        raise typer.Exit(1)


@app.command()
def pull(
    source: Annotated[str, typer.Argument(help="An address of one file, hf:OWNER/NAME[@REVISION], or a file or folder here.")],
    name: Name = None,
    sha256: Annotated[str | None, typer.Option(help="The file's SHA-256 checksum; an address needs it.")] = None,
    licence: Licence = "not stated",
    as_json: AsJson = False,
) -> None:
    """Add weights: download them, or take a file, or a folder of files that belong together.

    An interrupted download goes on when the command is run again.
    """
    from videoannotator.inference.pull import HUB, add_file, add_folder, pull_address, pull_repository  # noqa: PLC0415  CLI start-up

    library = _store().library
    if source.startswith(HUB):
        _require_network(source)
        added = pull_repository(library, source.removeprefix(HUB), name, licence)
    elif "://" in source:
        _require_network(source)
        if sha256 is None:
            raise InvalidRequestException(
                "Weights from an address need their checksum, so that nobody can put others in their place.",
                hint="Give --sha256; whoever publishes weights states it beside them.",
            )
        with _watched(source, quiet=as_json) as (on_received, should_stop):
            added = pull_address(library, source, name, sha256, on_received, should_stop, licence)
    elif Path(source).is_dir() and sha256 is None:
        added = add_folder(library, Path(source), name, licence)
    else:
        added = add_file(library, Path(source), name, sha256, licence)
    _say_added([added], as_json=as_json)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Name of weights that were added.")]) -> None:
    """Delete weights that were added; those that came with the package stay."""
    _store().library.remove(name)
    say(f"Removed: {name}")


@app.command("export")
def export_weights(
    bundle: Annotated[Path, typer.Argument(help="The tar file to write.")],
    names: Annotated[list[str] | None, typer.Argument(help="Names of added weights; all when left out.")] = None,
) -> None:
    """Write added weights into one file, for a machine without a network."""
    from videoannotator.inference.bundle import export_bundle  # noqa: PLC0415  CLI start-up

    written = export_bundle(_store().library, names or [], bundle)
    say(f"{bundle} holds {', '.join(entry.name for entry in written)}.")
    say(f"On the other machine: videoannotator models import {bundle.name}")


@app.command("import")
def import_weights(
    bundle: Annotated[Path, typer.Argument(help="A file that `models export` wrote.")], as_json: AsJson = False
) -> None:
    """Add the weights of such a file; every checksum is compared first."""
    from videoannotator.inference.bundle import import_bundle  # noqa: PLC0415  CLI start-up

    added, present = import_bundle(_store().library, bundle)
    for name in present:
        tell(f"{name} was here already, unchanged.")
    _say_added(list(added), as_json=as_json)


def _require_network(source: str) -> None:
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    if load_settings().offline:
        raise InvalidRequestException(
            f"{source} was not downloaded: this machine is set to stay offline.",
            hint="Unset HF_HUB_OFFLINE and VIDEOANNOTATOR_OFFLINE, or carry the weights over: `models export` on another machine.",
        )


@contextmanager
def _watched(source: str, *, quiet: bool) -> Iterator[Any]:
    """Show how much came, and listen to Ctrl-C."""
    from videoannotator.cli.interrupt import stop_on_signal  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.progress import show_bar  # noqa: PLC0415  CLI start-up

    with stop_on_signal() as should_stop, show_bar(source.rpartition("/")[2], quiet=quiet) as show:
        yield lambda have, total: show(have / total if total else None, f"{have / 1e6:.0f} MB"), should_stop


def _say_added(added: "list[AddedWeights]", *, as_json: bool) -> None:
    if as_json:
        say_json([asdict(entry) for entry in added])
        return
    for entry in added:
        say(f"Added: {entry.name} ({sum(file.size_bytes for file in entry.files) / 1e6:.1f} MB, sha256 {entry.sha256[:16]}...)")

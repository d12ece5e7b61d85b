"""`videoannotator pipelines`: what can be computed, with which options."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.console import say, say_json, say_table

if TYPE_CHECKING:
    from videoannotator.registry.listing import PipelineInfo


def pipelines(
    name: Annotated[str | None, typer.Argument(help="Show everything about this one.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Load every pipeline and hold it against its declaration.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """List the pipelines, show one, or check them all."""
    from videoannotator.cli.start import registry_here  # noqa: PLC0415  CLI start-up
    from videoannotator.registry.listing import list_pipelines  # noqa: PLC0415  CLI start-up

    registry = registry_here()
    if check:
        _check(as_json=as_json)
        return
    infos = {info.name: info for info in list_pipelines(registry)}
    if name is not None:
        info = infos[registry.canonical_name(name)]
        say_json(asdict(info)) if as_json else _show(info)
    elif as_json:
        say_json([asdict(info) for info in infos.values()])
    else:
        rows = [
            (i.name, _availability(i), "yes" if i.default_enabled else "no", i.description or i.unavailable_reason or "")
            for i in infos.values()
        ]
        say_table(("pipeline", "available", "default", "what it does"), rows)


def _availability(info: "PipelineInfo") -> str:
    return "yes" if info.available else "no"


def _show(info: "PipelineInfo") -> None:
    say(f"{info.name}: {info.display_name}" if info.available else f"{info.name}: not available")
    if not info.available:
        say(f"  {info.unavailable_reason}")
        say(f"  Hint: {info.install_hint}")
    if info.config_schema is None:
        return
    say(f"  {info.description}")
    say(f"  needs: {', '.join(info.modalities)}; writes: {', '.join(output.format for output in info.outputs)}")
    if info.extra:
        say(f"  extra: {info.extra}")
    if info.added_weights:
        say(f"  weights: those that the option {info.added_weights} names, given by the user")
    for weights in info.weights:
        say(f"  weights: {weights.name} ({weights.licence or 'given by the user'})")
    say()
    say_table(
        ("option", "default", "accepts", "meaning"),
        [(p.name, repr(p.default), p.expected(), p.description) for p in info.parameters],
    )


def _check(*, as_json: bool) -> None:
    from videoannotator.cli.start import registry_here  # noqa: PLC0415  CLI start-up
    from videoannotator.registry.check import check_pipelines  # noqa: PLC0415  CLI start-up

    registry = registry_here()
    found = check_pipelines(registry)
    if as_json:
        say_json({name: {"builtin": registry.pipelines[name].builtin, "problems": problems} for name, problems in found.items()})
    else:
        for name, problems in found.items():
            say(f"{name}: {'ok' if not problems else 'WRONG'}")
            for problem in problems:
                say(f"  {problem}")
    if any(found.values()):
        raise typer.Exit(1)

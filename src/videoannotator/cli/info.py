"""`videoannotator info` and `version`."""

import platform
from typing import Annotated

import typer

from videoannotator.cli.console import say, say_json


def version() -> None:
    """Print the version."""
    from videoannotator.version import __version__  # noqa: PLC0415  CLI start-up

    say(__version__)


def info(as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False) -> None:
    """What this installation is: versions, device, pipelines, formats."""
    from videoannotator.cli.start import registry_here, start  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.annotate import package_versions  # noqa: PLC0415  CLI start-up
    from videoannotator.version import __version__  # noqa: PLC0415  CLI start-up

    registry, sessions = registry_here(), start()
    facts = {
        "videoannotator": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": sessions.device_used,
        "threads": sessions.threads,
        "packages": package_versions(),
        "pipelines": {entry.name: "available" if entry.available else entry.reason for entry in registry.pipelines.values()},
        "formats": {entry.name: "available" if entry.available else entry.reason for entry in registry.exporters.values()},
    }
    if as_json:
        say_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            say(f"{name}:")
            for key, text in value.items():
                say(f"  {key}: {text}")
        else:
            say(f"{name}: {value}")

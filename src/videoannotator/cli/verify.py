"""`videoannotator verify`: whether this installation works, shown by annotating ten seconds of video."""

from dataclasses import asdict
from typing import Annotated

import typer

from videoannotator.cli.console import say_json
from videoannotator.cli.diagnose import say_ascii, show


def verify(as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False) -> None:
    """Check this installation, up to ten seconds of video that every default pipeline annotates. Exit codes as `diagnose`."""
    from videoannotator.diagnostics import verification  # noqa: PLC0415  CLI start-up
    from videoannotator.diagnostics.findings import EXIT_CODES, worst  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    steps = []
    for step in verification.verify(load_settings().model_cache_dir):
        steps.append(step)
        if not as_json:
            show(step.name, step.findings)
    status = worst(finding for step in steps for finding in step.findings)
    if as_json:
        said = [
            {"name": step.name, "seconds": round(step.seconds, 2), "findings": list(map(asdict, step.findings))} for step in steps
        ]
        say_json({"status": status.value, "steps": said})
    else:
        say_ascii(VERDICTS[EXIT_CODES[status]])
    if EXIT_CODES[status]:
        raise typer.Exit(EXIT_CODES[status])


VERDICTS = {
    0: "This installation works.",
    1: "This installation does not work yet; the cures stand above.",
    2: "This installation works, with the warnings above.",
}

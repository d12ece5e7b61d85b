"""`videoannotator validate-emotion`: whether an emotion file keeps to its format."""

from pathlib import Path
from typing import Annotated

import typer

from videoannotator.cli.console import say, say_json


def validate_emotion(
    file: Annotated[Path, typer.Argument(help="The file, such as voice_emotion.emotion.json.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Check an emotion file and name everything that is wrong in it; exit code 1 when something is."""
    from dataclasses import asdict  # noqa: PLC0415  CLI start-up

    from videoannotator.validation.emotion import check_emotion_file  # noqa: PLC0415  CLI start-up

    problems = check_emotion_file(file)
    if as_json:
        say_json({"valid": not problems, "problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            say(str(problem))
        count = len(problems)
        say(f"{file} is valid." if not problems else f"{file} is not valid: {count} problem{'s' if count > 1 else ''}.")
    if problems:
        raise typer.Exit(1)

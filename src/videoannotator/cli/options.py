"""Options for pipelines from a file and from `--set`."""

import json
from pathlib import Path
from typing import Any

from videoannotator.errors import InvalidConfigException, InvalidRequestException


def read_config(path: Path | None, settings: list[str]) -> dict[str, Any]:
    """The config in a JSON file, with each `pipeline.option=value` on top of it.

    Raises:
        InvalidRequestException: the file cannot be read, or a setting has not this form.
        InvalidConfigException: the file is not JSON, or not an object.
    """
    config = _read(path) if path else {}
    for setting in settings:
        place, equals, text = setting.partition("=")
        parts = place.strip().split(".")
        if not equals or len(parts) < 2 or not all(parts):
            hint = "Write it as --set scene_detection.mode=fast."
            raise InvalidRequestException(f"--set {setting!r} has not the form PIPELINE.OPTION=VALUE.", hint=hint, field="set")
        group = config
        for part in parts[:-1]:
            group = group.setdefault(part, {})
            if not isinstance(group, dict):
                raise InvalidConfigException(f"--set {setting!r} goes into {part!r}, which is not a group of options.", field=place)
        group[parts[-1]] = _value(text.strip())
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
    except OSError as error:
        hint = "Check the path; `videoannotator config show` prints a configuration to start from."
        raise InvalidRequestException(
            f"The configuration {path} cannot be read: {error.strerror}.", hint=hint, field="config"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidConfigException(f"{path} is not a UTF-8 text.", hint="Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        message = f"{path} is not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        raise InvalidConfigException(
            message, hint="Correct that place; JSON wants double quotes and no comma before a closing bracket."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidConfigException(
            f"{path} cannot be used: {error}.", hint="Write each option once, and no endless numbers or nesting."
        ) from error
    if not isinstance(config, dict):
        raise InvalidConfigException(f"{path} holds no JSON object.", hint='Write {"pipeline": {"option": value}}.')
    return config


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, which may name nothing twice: nobody could tell which of the two values was meant.

    Raises:
        ValueError: a name stands there twice.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} stands in the same object twice")
        found[name] = value
    return found


def _value(text: str) -> Any:
    """A value as JSON has it; what is not JSON, or cannot be held, is a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

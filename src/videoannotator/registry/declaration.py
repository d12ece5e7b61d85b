"""What a plugin must declare about itself, and what is wrong with a declaration."""

import inspect
from typing import Any

from pydantic.errors import PydanticUserError

from videoannotator.exporters.base import Exporter
from videoannotator.pipelines.base import Needs, Pipeline, PipelineOptions
from videoannotator.registry.parameters import Parameter, parameters_of

PIPELINE_TEXTS = ("name", "display_name", "description", "family", "variant", "version")
EXPORTER_TEXTS = ("name", "display_name", "description", "media_type")


def _missing_texts(plugin: type, names: tuple[str, ...]) -> list[str]:
    return [
        f"{name!r} must be a text" for name in names if not (isinstance(getattr(plugin, name, None), str) and getattr(plugin, name))
    ]


def _wrong_class(name: str, plugin: Any, base: type) -> list[str]:
    """Problems that make any further look pointless."""
    if not (inspect.isclass(plugin) and issubclass(plugin, base)):
        return [f"{plugin!r} is not a subclass of {base.__module__}.{base.__name__}"]
    if inspect.isabstract(plugin):
        return [f"it does not define {', '.join(sorted(getattr(plugin, '__abstractmethods__', ())))}"]
    if getattr(plugin, "name", None) != name:
        return [f"its name is {getattr(plugin, 'name', None)!r}, while its entry point is {name!r}"]
    return []


def exporter_problems(name: str, plugin: Any) -> list[str]:
    """What is wrong with an exporter's declaration, in short sentences; empty when nothing is."""
    problems = _wrong_class(name, plugin, Exporter)
    if problems:
        return problems
    problems = _missing_texts(plugin, EXPORTER_TEXTS)
    if not isinstance(getattr(plugin, "records", None), tuple):
        problems.append("'records' must be a tuple of record types")
    return problems


def pipeline_problems(name: str, plugin: Any) -> list[str]:
    """What is wrong with a pipeline's declaration, in short sentences; empty when nothing is."""
    problems = _wrong_class(name, plugin, Pipeline)
    if problems:
        return problems
    problems = _missing_texts(plugin, PIPELINE_TEXTS)
    for attribute in ("tasks", "modalities"):
        if not (isinstance(getattr(plugin, attribute, None), tuple) and getattr(plugin, attribute)):
            problems.append(f"{attribute!r} must be a tuple with at least one name")
    produces = getattr(plugin, "produces", None)
    if not (isinstance(produces, tuple) and produces and all(inspect.isclass(kind) for kind in produces)):
        problems.append("'produces' must be a tuple with at least one record type")
    return problems + _options_problems(plugin)


def _options_problems(plugin: type[Pipeline[Any]]) -> list[str]:
    options = getattr(plugin, "Options", None)
    if not (inspect.isclass(options) and issubclass(options, PipelineOptions)):
        return ["'Options' must be a subclass of PipelineOptions"]
    try:
        parameters = parameters_of(options)
    except PydanticUserError as error:
        return [f"the schema of its options cannot be built: {str(error).splitlines()[0]}"]
    problems = [problem for parameter in parameters for problem in _parameter_problems(parameter)]
    known = {parameter.name for parameter in parameters}
    added = getattr(plugin, "added_weights", None)
    if added is not None and not any(p.name == added and isinstance(p.default, str) for p in parameters):
        problems.append(f"'added_weights' is {added!r}, which is no option whose default is a name")
    problems += [
        f"the former option name {old!r} leads to the unknown option {new!r}"
        for old, new in options.former_names.items()
        if new not in known
    ]
    if not problems and not isinstance(plugin.needs(options()), Needs):
        problems.append("'needs' must return Needs")
    return problems


def _parameter_problems(parameter: Parameter) -> list[str]:
    problems = []
    if parameter.required:
        problems.append(f"the option {parameter.name!r} has no default")
    if not parameter.type and parameter.choices is None:
        problems.append(f"the option {parameter.name!r} has a type that JSON cannot hold")
    if not parameter.description:
        problems.append(f"the option {parameter.name!r} has no description")
    if parameter.type in ("number", "integer") and (parameter.minimum is None or parameter.maximum is None):
        problems.append(f"the option {parameter.name!r} has no lower or no upper bound")
    return problems

"""Holds every pipeline against its declaration, with an instance of it in hand."""

from typing import Any

from videoannotator.errors import VideoAnnotatorException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import manifest
from videoannotator.pipelines.base import Pipeline, RunContext
from videoannotator.registry.entries import Entry, Registry


def check_pipelines(registry: Registry) -> dict[str, list[str]]:
    """What is wrong with each pipeline, by name; an empty list means that it is as declared.

    Every pipeline is instantiated with its default options; its weights are looked up and their checksums compared.
    """
    return {name: _problems(entry, registry) for name, entry in registry.pipelines.items()}


def _problems(entry: Entry[Pipeline[Any]], registry: Registry) -> list[str]:
    if entry.plugin is None:
        return [f"{entry.reason} {entry.hint}"]
    problems = []
    sessions = SessionPool()
    try:
        context = RunContext(sessions, should_stop=lambda: False, warn=lambda _: None, products=lambda _: ())
        pipeline = entry.plugin(entry.plugin.Options(), context)
        pipeline.close()
        if entry.builtin:
            for weights in entry.plugin.weights:
                sessions.file(weights)
    except VideoAnnotatorException as error:
        problems.append(str(error))
    except (ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        problems.append(f"it cannot be made with its default options: {type(error).__name__}: {error}")
    finally:
        sessions.close()
    problems += [
        f"its weights {name!r} are not in the manifest" for name in entry.plugin.weights if entry.builtin and name not in manifest()
    ]
    if not any(
        set(entry.plugin.produces) & set(exporter.plugin.records) for exporter in registry.exporters.values() if exporter.plugin
    ):
        problems.append("no exporter can write what it produces")
    problems += [f"it contains the unknown pipeline {name!r}" for name in entry.plugin.contains if name not in registry.pipelines]
    return problems

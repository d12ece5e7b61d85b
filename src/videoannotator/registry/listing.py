"""What one can know about a pipeline without running it."""

from dataclasses import dataclass
from typing import Any

from videoannotator.inference.weights import manifest
from videoannotator.pipelines.base import Pipeline
from videoannotator.registry.entries import Entry, Registry
from videoannotator.registry.parameters import Parameter, parameters_of


@dataclass(frozen=True, slots=True)
class Output:
    """A file format that can hold what a pipeline makes, and which of its record types."""

    format: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightsNote:
    """Weights that a pipeline may load; the checksum and the licence are None for weights outside this package's manifest."""

    name: str
    sha256: str | None
    licence: str | None


@dataclass(frozen=True, slots=True)
class PipelineInfo:
    """What is known about a pipeline; of one that cannot be loaded, only its name and why.

    `added_weights` is the option that names weights which have to be added before it can be used, `extra` the extra that has to be
    installed.
    """

    name: str
    available: bool
    unavailable_reason: str | None = None
    install_hint: str | None = None
    display_name: str = ""
    description: str = ""
    pipeline_family: str = ""
    variant: str = ""
    version: str = ""
    tasks: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    default_enabled: bool = False
    outputs: tuple[Output, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    config_schema: dict[str, Any] | None = None
    weights: tuple[WeightsNote, ...] = ()
    added_weights: str | None = None
    extra: str | None = None


def list_pipelines(registry: Registry | None = None) -> list[PipelineInfo]:
    """Every installed pipeline, those that cannot be used included, by name."""
    registry = registry or Registry.installed()
    return [_describe(entry, registry) for entry in registry.pipelines.values()]


def _describe(entry: Entry[Pipeline[Any]], registry: Registry) -> PipelineInfo:
    pipeline = entry.plugin
    if pipeline is None:
        return PipelineInfo(entry.name, False, entry.reason, entry.hint)
    return PipelineInfo(
        name=entry.name,
        available=entry.available,
        unavailable_reason=entry.reason,
        install_hint=entry.hint,
        display_name=pipeline.display_name,
        description=pipeline.description,
        pipeline_family=pipeline.family,
        variant=pipeline.variant,
        version=pipeline.version,
        tasks=pipeline.tasks,
        modalities=pipeline.modalities,
        former_names=pipeline.former_names,
        default_enabled=pipeline.default_enabled,
        outputs=_outputs(pipeline, registry),
        parameters=parameters_of(pipeline.Options),
        config_schema=pipeline.Options.model_json_schema(),
        weights=tuple(_weights(name) for name in pipeline.weights),
        added_weights=pipeline.added_weights,
        extra=pipeline.extra,
    )


def _outputs(pipeline: type[Pipeline[Any]], registry: Registry) -> tuple[Output, ...]:
    outputs = []
    for exporter in registry.exporters.values():
        if exporter.plugin is not None:
            types = tuple(kind.__name__ for kind in pipeline.produces if kind in exporter.plugin.records)
            if types:
                outputs.append(Output(exporter.name, types))
    return tuple(outputs)


def _weights(name: str) -> WeightsNote:
    entry = manifest().get(name)
    return WeightsNote(name, entry.sha256, entry.licence) if entry else WeightsNote(name, None, None)

"""Pipelines and exporters by entry point, loaded late; one that cannot be loaded is listed with the reason, the rest works."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any, Generic, TypeVar

from videoannotator.errors import PipelineNotFoundException, PipelineUnavailableException
from videoannotator.exporters.base import Exporter
from videoannotator.pipelines.base import Pipeline
from videoannotator.registry.declaration import exporter_problems, pipeline_problems
from videoannotator.registry.nearest import nearest

PIPELINE_GROUP = "videoannotator.pipelines"
EXPORTER_GROUP = "videoannotator.exporters"

PluginT = TypeVar("PluginT")


@dataclass(frozen=True, slots=True)
class Entry(Generic[PluginT]):
    """A pipeline or exporter that is installed, whether or not it can be used.

    Attributes:
        name: its entry point's name.
        target: the entry point's value, `module:Class`.
        distribution: the package that brings it.
        plugin: its class; None when it cannot be used.
        reason: why it cannot be used, in a sentence; None when it can.
        hint: what to do about that.
    """

    name: str
    target: str
    distribution: str
    plugin: type[PluginT] | None
    reason: str | None = None
    hint: str | None = None

    @property
    def available(self) -> bool:
        """Whether it can be used."""
        return self.plugin is not None

    @property
    def builtin(self) -> bool:
        """Whether it belongs to this package, not to a plugin."""
        return self.distribution == "videoannotator"


def _load(point: EntryPoint, problems_of: Callable[[str, Any], list[str]]) -> Entry[Any]:
    """Import the plugin behind an entry point and hold it against its declaration."""
    distribution = point.dist.name if point.dist else "an unnamed package"
    cure = "Reinstall VideoAnnotator." if distribution == "videoannotator" else f"Update or uninstall the package {distribution!r}."
    plugin, reason, hint = None, None, cure
    try:
        plugin = point.load()
        problems = problems_of(point.name, plugin)
    except ModuleNotFoundError as error:
        reason, hint = f"The module {error.name!r} that it needs is not installed.", f"Install {error.name!r}. {cure}"
    except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin may raise anything; it is recorded, and the rest works
        fault = "It fails on import" if plugin is None else "It fails while its declaration is read"
        reason = f"{fault}: {type(error).__name__}: {error}"
    else:
        reason = "Its declaration is wrong: " + "; ".join(problems) + "." if problems else None
    if reason is None:
        missing = [package for package in getattr(plugin, "packages", ()) if find_spec(package) is None]
        if not missing:
            return Entry(point.name, point.value, distribution, plugin)
        reason = f"It needs the package {missing[0]!r}, which is not installed."
        extra = getattr(plugin, "extra", None)
        hint = f"Install it with: pip install '{distribution}[{extra}]'" if extra else f"Install {missing[0]!r}."
    return Entry(point.name, point.value, distribution, None, reason, hint)


def _discover(group: str, problems_of: Callable[[str, Any], list[str]]) -> dict[str, Entry[Any]]:
    """All entries of a group by name.

    Of several with one name, VideoAnnotator's own counts; of several plugins none does, because nobody could tell which was meant.
    """
    entries: dict[str, Entry[Any]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        entry, known = _load(point, problems_of), entries.get(point.name)
        if known is None or (entry.builtin and not known.builtin):
            entries[point.name] = entry
        elif not known.builtin and (known.distribution, known.target) != (entry.distribution, entry.target):
            reason = f"The packages {known.distribution!r} and {entry.distribution!r} both bring something of this name."
            entries[point.name] = Entry(point.name, known.target, known.distribution, None, reason, "Uninstall one of them.")
    return entries


@dataclass(frozen=True)
class Registry:
    """The pipelines and exporters of this installation, by name."""

    pipelines: Mapping[str, Entry[Pipeline[Any]]]
    exporters: Mapping[str, Entry[Exporter]]

    @classmethod
    def discover(cls) -> "Registry":
        """Look at every entry point anew."""
        return cls(_discover(PIPELINE_GROUP, pipeline_problems), _discover(EXPORTER_GROUP, exporter_problems))

    @classmethod
    @cache
    def installed(cls) -> "Registry":
        """The registry of this process, discovered once."""
        return cls.discover()

    def canonical_name(self, name: str) -> str:
        """Today's name of a pipeline, given that or a name from an earlier release.

        Raises:
            PipelineNotFoundException: no pipeline has this name; the hint names the nearest.
        """
        if name in self.pipelines:
            return name
        for entry in self.pipelines.values():
            if entry.plugin is not None and name in entry.plugin.former_names:
                return entry.name
        meant = nearest(name, self.pipelines)
        known = ", ".join(self.pipelines)
        raise PipelineNotFoundException(
            f"There is no pipeline named {name!r}.",
            hint=f"Did you mean {meant!r}? All names: {known}." if meant else f"The names are: {known}.",
            detail={"pipeline": name, "known": list(self.pipelines)},
        )

    def pipeline(self, name: str) -> type[Pipeline[Any]]:
        """The pipeline class of a name (today's or a former one).

        Raises:
            PipelineNotFoundException: no pipeline has this name.
            PipelineUnavailableException: it exists and cannot be used here; the message says why.
        """
        entry = self.pipelines[self.canonical_name(name)]
        if entry.plugin is None:
            raise PipelineUnavailableException(
                f"The pipeline {entry.name!r} cannot be used. {entry.reason}", hint=entry.hint, detail={"pipeline": entry.name}
            )
        return entry.plugin

    def default_pipelines(self) -> tuple[str, ...]:
        """Names of the pipelines that run when nobody selects any."""
        return tuple(entry.name for entry in self.pipelines.values() if entry.plugin is not None and entry.plugin.default_enabled)

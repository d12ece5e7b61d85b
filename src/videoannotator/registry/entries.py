"""Pipelines and exporters by entry point, loaded late; one that cannot be loaded is listed with the reason, the rest works."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

from videoannotator.errors import PipelineNotFoundException, PipelineUnavailableException
from videoannotator.exporters.base import Exporter
from videoannotator.inference.library import WeightsLibrary, default_folder
from videoannotator.pipelines.base import Pipeline, PipelineOptions
from videoannotator.registry.declaration import exporter_problems, pipeline_problems
from videoannotator.registry.nearest import nearest

PIPELINE_GROUP = "videoannotator.pipelines"
EXPORTER_GROUP = "videoannotator.exporters"

PluginT = TypeVar("PluginT")


def no_weights(name: str) -> str:
    """Why a pipeline cannot be used whose weights nobody has added."""
    return f"It needs weights that you add, and there are none of the name {name!r}."


def add_weights(name: str) -> str:
    """What to do about that."""
    return f"Run: videoannotator models pull SOURCE --name {name} (docs/usage/added_weights.md says which networks are understood)."


def missing_packages(plugin: type) -> tuple[str, ...]:
    """The packages that a pipeline or exporter says to need and that are not installed; nothing is imported."""
    return tuple(package for package in getattr(plugin, "packages", ()) if find_spec(package) is None)


def no_package(name: str) -> str:
    """Why something cannot be used whose package is missing."""
    return f"It needs the package {name!r}, which is not installed."


def add_package(name: str, plugin: type, distribution: str) -> str:
    """What to do about that."""
    extra = getattr(plugin, "extra", None)
    return f"Install it with: pip install '{distribution}[{extra}]'" if extra else f"Install {name!r}."


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that has to be added before a pipeline can be used.

    Attributes:
        reason: what is missing, in a sentence.
        cure: what to do about that.
        weights: the name of the added weights that are missing; None when it is something else.
    """

    reason: str
    cure: str
    weights: str | None = None


def _cure(lacks: Iterable[Lack]) -> str:
    """What to do about all that is missing."""
    return ". ".join(lack.cure for lack in lacks)


@dataclass(frozen=True, slots=True)
class Entry(Generic[PluginT]):
    """A pipeline or exporter that is installed, whether or not it can be used.

    Attributes:
        name: its entry point's name.
        target: the entry point's value, `module:Class`.
        distribution: the package that brings it.
        plugin: its class; None when it cannot be loaded.
        fault: why it cannot be loaded, in a sentence; None when it can.
        cure: what to do about that.
        library: where weights are looked for that somebody has to add before it can be used; None takes them, and the packages of
            its extra, for granted.
    """

    name: str
    target: str
    distribution: str
    plugin: type[PluginT] | None
    fault: str | None = None
    cure: str | None = None
    library: WeightsLibrary | None = None

    @property
    def available(self) -> bool:
        """Whether it can be used now: weights may come and go."""
        return self.plugin is not None and not self.lacking()

    @property
    def reason(self) -> str | None:
        """Why it cannot be used, in a sentence; None when it can."""
        return " ".join(lack.reason for lack in self.lacking()) or self.fault

    @property
    def hint(self) -> str | None:
        """What to do about that."""
        return _cure(self.lacking()) or self.cure

    def lacking(self, options: PipelineOptions | None = None) -> tuple[Lack, ...]:
        """What has to be added before it can run: the packages of an extra, and weights.

        Args:
            options: those it is to run with; the defaults when they are left out.
        """
        plugin: Any = self.plugin
        if plugin is None or self.library is None:
            return ()
        missing = missing_packages(plugin)
        lacks = [Lack(no_package(name), add_package(name, plugin, self.distribution)) for name in missing[:1]]
        if plugin.added_weights is not None:
            name: str = getattr(options or plugin.Options(), plugin.added_weights)
            if name not in self.library.names():
                lacks.append(Lack(no_weights(name), add_weights(name), name))
        return tuple(lacks)

    @property
    def builtin(self) -> bool:
        """Whether it belongs to this package, not to a plugin."""
        return self.distribution == "videoannotator"


def _load(point: EntryPoint, problems_of: Callable[[str, Any], list[str]]) -> Entry[Any]:
    """Import the plugin behind an entry point and hold it against its declaration."""
    distribution = point.dist.name if point.dist else "an unnamed package"
    cure = "Reinstall VideoAnnotator." if distribution == "videoannotator" else f"Update or uninstall the package {distribution!r}."
    plugin: Any = None
    reason, hint = None, cure
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
        missing = missing_packages(plugin)
        if not missing or issubclass(plugin, Pipeline):  # a pipeline is listed with all that is known of it: see `Entry.lacking`
            return Entry(point.name, point.value, distribution, plugin)
        reason, hint = no_package(missing[0]), add_package(missing[0], plugin, distribution)
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
    def discover(cls, weights_folder: Path | None = None) -> "Registry":
        """Look at every entry point anew.

        Args:
            weights_folder: where weights lie that somebody added; where they do by default when it is left out.
        """
        library = WeightsLibrary(weights_folder or default_folder())
        found = _discover(PIPELINE_GROUP, pipeline_problems)
        pipelines = {name: replace(entry, library=library) for name, entry in found.items()}
        return cls(pipelines, _discover(EXPORTER_GROUP, exporter_problems))

    @classmethod
    @cache
    def installed(cls, weights_folder: Path | None = None) -> "Registry":
        """The registry of this process, discovered once for each folder of added weights; see `discover`."""
        return cls.discover(weights_folder)

    def trusting(self) -> "Registry":
        """The same, taking added weights and extras for granted: for work that was accepted. Of its pipelines, one whose weights
        have gone since then fails alone.
        """
        return replace(self, pipelines={name: replace(entry, library=None) for name, entry in self.pipelines.items()})

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
            PipelineUnavailableException: it exists and cannot be loaded here; the message says why.
        """
        entry = self.pipelines[self.canonical_name(name)]
        if entry.plugin is None:
            raise PipelineUnavailableException(
                f"The pipeline {entry.name!r} cannot be used. {entry.reason}", hint=entry.hint, detail={"pipeline": entry.name}
            )
        return entry.plugin

    def require_ready(self, name: str, options: PipelineOptions) -> None:
        """Make sure that all is there which somebody has to add before a pipeline can run: weights, and the packages of an extra.

        Raises:
            PipelineNotFoundException: no pipeline has this name.
            PipelineUnavailableException: something is not there.
        """
        entry = self.pipelines[self.canonical_name(name)]
        lacking = entry.lacking(options)
        if lacking:
            weights = next((lack.weights for lack in lacking if lack.weights is not None), None)
            raise PipelineUnavailableException(
                " ".join([f"The pipeline {entry.name!r} cannot be used.", *(lack.reason for lack in lacking)]),
                hint=_cure(lacking),
                detail={"pipeline": entry.name, **({} if weights is None else {"weights": weights})},
            )

    def default_pipelines(self) -> tuple[str, ...]:
        """Names of the pipelines that run when nobody selects any."""
        return tuple(
            entry.name for entry in self.pipelines.values() if entry.available and entry.plugin and entry.plugin.default_enabled
        )

"""VideoAnnotator: standard, time-aligned annotations from video of people interacting.

    annotations = videoannotator.annotate("visit.mp4", pipelines=["scene_detection"])
    videoannotator.save(annotations, "results")

The verbs are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from videoannotator.annotations.annotation_set import AnnotationSet
    from videoannotator.engine.annotate import annotate
    from videoannotator.engine.output import write_results as save
    from videoannotator.media.probe import open_media
    from videoannotator.registry.listing import list_pipelines
    from videoannotator.version import __version__

__all__ = ["AnnotationSet", "__version__", "annotate", "list_pipelines", "open_media", "save"]

_HOMES = {
    "AnnotationSet": ("videoannotator.annotations.annotation_set", "AnnotationSet"),
    "__version__": ("videoannotator.version", "__version__"),
    "annotate": ("videoannotator.engine.annotate", "annotate"),
    "list_pipelines": ("videoannotator.registry.listing", "list_pipelines"),
    "open_media": ("videoannotator.media.probe", "open_media"),
    "save": ("videoannotator.engine.output", "write_results"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Which pipelines and exporters exist on this installation, whether they can be used, and what they accept."""

from videoannotator.registry.entries import Entry, Registry
from videoannotator.registry.parameters import Parameter, parameters_of

__all__ = ["Entry", "Parameter", "Registry", "parameters_of"]

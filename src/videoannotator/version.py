"""The version of this installation, from the package's metadata (its one source is `pyproject.toml`)."""

from importlib.metadata import version

__version__: str = version("videoannotator")

"""The command line: `videoannotator …`. Commands speak with the terminal and decide nothing."""

from videoannotator.cli.app import app

__all__ = ["app"]

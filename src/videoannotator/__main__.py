"""`python -m videoannotator` is the command line."""

from videoannotator.cli import app

app()

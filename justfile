# The project's commands. `just` comes with the development dependencies; run `just --list` for this list.

# Everything that is checked without running the program
check: format lint types imports docs

# Formatting is as ruff has it
format:
    ruff format --check .

# Style, errors, complexity, security
lint:
    ruff check .

# Types, strict, of package, tests, benchmarks and scripts
types:
    mypy

# Who may import whom
imports:
    lint-imports --config importlinter.toml

# Generated pages are fresh
docs:
    python scripts/generate_reference.py --check

# The everyday tests
test *arguments:
    python -m pytest {{ arguments }}

# The long soak runs
test-slow:
    python -m pytest -n 0 -m slow --timeout 3600

# The extras, each in an environment of its own: up to 6 GB
test-extras *arguments:
    python -m scripts.test_extras {{ arguments }}

# The everyday tests on the oldest supported Python and on a new one (each must be installed)
test-pythons:
    uv run --isolated --python 3.10 --extra dev pytest
    uv run --isolated --python 3.13 --extra dev pytest

# All benchmarks; prints figures beside their targets
bench *arguments:
    python -m benchmarks {{ arguments }}

# Write formatting and generated pages
fix:
    ruff format .
    ruff check --fix .
    python scripts/generate_reference.py

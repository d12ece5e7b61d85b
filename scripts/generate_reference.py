"""Writes the reference pages from the code that they describe.

Purpose: docs/usage/{pipelines,weights,environment_variables,errors,file_formats}.md and .env.example say what the code says.
Audience: developers and CI.
Usage: python scripts/generate_reference.py [--check]
       --check writes nothing and exits 1 when a page is stale.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from videoannotator import errors
from videoannotator.annotations.tables import TABLES
from videoannotator.errors import VideoAnnotatorException
from videoannotator.inference.weights import manifest
from videoannotator.inference.weights_table import licences_page
from videoannotator.registry.entries import Registry
from videoannotator.registry.listing import PipelineInfo, list_pipelines
from videoannotator.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
NOTICE = "DO NOT EDIT: regenerate with `python scripts/generate_reference.py`."


def page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", f"<!-- {NOTICE} -->", *parts]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(headings), line("---" for _ in headings), *(line(row) for row in rows)])


def pipelines() -> str:
    parts = [_pipeline(info) for info in list_pipelines(Registry.installed())]
    return page(
        "Pipelines", "Set options with `--set PIPELINE.OPTION=VALUE` or a JSON file: `{pipeline: {option: value}}`.", *parts
    )


def _pipeline(info: PipelineInfo) -> str:
    if not info.available:
        raise SystemExit(f"{info.name} cannot be loaded: {info.unavailable_reason}")
    facts = [
        f"## {info.name}",
        info.description,
        f"Runs by default: {'yes' if info.default_enabled else 'no'}. Needs: {', '.join(info.modalities)}.",
        f"Weights: {', '.join(f'`{weights.name}`' for weights in info.weights) or 'none'}.",
        f"Former names: {', '.join(f'`{name}`' for name in info.former_names) or 'none'}.",
        table(
            ("option", "default", "accepts", "meaning"),
            [(f"`{p.name}`", f"`{p.default!r}`", p.expected(), p.description) for p in info.parameters],
        ),
        table(("format", "annotations"), [(f"`{output.format}`", ", ".join(output.types)) for output in info.outputs]),
    ]
    return "\n\n".join(facts)


def weights() -> str:
    entries = manifest().values()
    summary = table(
        ("weights", "task", "MB", "licence", "source"),
        [
            (
                f"`{e.name}`",
                e.task,
                f"{e.size_bytes / 1e6:.1f}",
                e.licence,
                f"{e.source.ecosystem}: {e.source.package} {e.source.version}",
            )
            for e in entries
        ],
    )
    details = [
        f"## {entry.name}\n\n"
        + table(
            ("", ""),
            [
                ("file", f"`{entry.file}`, sha256 `{entry.sha256}`"),
                ("licence", f"{entry.licence} (`LICENSES/{entry.licence_file}`)"),
                ("training data", entry.data_terms or "no terms beyond the licence are known"),
                ("made from", f"`{entry.source.member}` of {entry.source.package} {entry.source.version}: {entry.conversion}"),
                ("takes", "; ".join(f"`{t.name}` {t.dtype} {list(t.shape)}" for t in entry.inputs) or "-"),
                ("gives", "; ".join(f"`{t.name}` {t.dtype} {list(t.shape)}" for t in entry.outputs) or "-"),
                ("use here", entry.intended_use),
                ("known limits", entry.limits),
                ("cite", entry.citation),
            ],
        )
        for entry in entries
    ]
    return page(
        "Weights",
        "These files ship with the package. `videoannotator models verify` compares them with their checksums.",
        summary,
        *details,
    )


def environment_variables() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = getattr(field.default, "value", field.default)
        rows.append(
            (f"`{PREFIX}{name.upper()}`", f"`{name.upper()}`", "unset" if default is None else f"`{default}`", field.description)
        )
    text = "Read from the environment, and from a file `.env` in the working folder. Options of a command win over both."
    return page("Environment variables", text, table(("variable", "also read as", "default", "meaning"), rows))


def env_example() -> str:
    lines = [f"# {NOTICE}", "# Copy to .env and uncomment what you want to change."]
    for name, field in Settings.model_fields.items():
        default = getattr(field.default, "value", field.default)
        lines += ["", f"# {field.description}", f"#{PREFIX}{name.upper()}={'' if default is None else default}"]
    return "\n".join(lines) + "\n"


def error_codes() -> str:
    found = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, VideoAnnotatorException)]
    rows = [
        (f"`{cls.code}`", f"`{cls.__name__}`", "yes" if cls.transient else "no", (cls.__doc__ or "").splitlines()[0])
        for cls in found
    ]
    text = "Every error that is raised on purpose has a code, a message that says what happened, and a hint that says what to do."
    return page("Errors", text, table(("code", "class", "worth a second try", "meaning"), rows))


def file_formats() -> str:
    registry = Registry.installed()
    rows = []
    for entry in registry.exporters.values():
        if entry.plugin is None:
            raise SystemExit(f"{entry.name} cannot be loaded: {entry.reason}")
        extra = f"`pip install 'videoannotator[{entry.plugin.extra}]'`" if entry.plugin.extra else "-"
        rows.append((f"`{entry.name}`", entry.plugin.display_name, entry.plugin.media_type, extra, entry.plugin.description))
    parts = [table(("format", "name", "media type", "needs", "content"), rows), "# Columns of the tables"]
    for part in TABLES:
        columns = [(f"`{c.name}`", c.kind, c.unit or "", c.description) for c in part.columns]
        parts += [
            f"## {part.name}",
            f"One row per annotation, from `{part.record_type.__name__}` records.",
            table(("column", "type", "unit", "meaning"), columns),
        ]
    return page("File formats", *parts)


PAGES = {
    "docs/usage/pipelines.md": pipelines,
    "docs/usage/weights.md": weights,
    "docs/usage/environment_variables.md": environment_variables,
    "docs/usage/errors.md": error_codes,
    "docs/usage/file_formats.md": file_formats,
    "LICENSES/README.md": licences_page,
    ".env.example": env_example,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the reference pages from the code that they describe.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    check = parser.parse_args().check
    stale = []
    for name, write in PAGES.items():
        target, text = ROOT / name, write()
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
    if check and stale:
        print(f"Stale: {', '.join(stale)}. Run: python scripts/generate_reference.py", file=sys.stderr)
        return 1
    print(f"{len(PAGES)} pages are fresh." if not stale else f"Written: {', '.join(stale)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the reference pages from the code that they describe.

Purpose: docs/usage/{pipelines,weights,environment_variables,errors,http_api,file_formats}.md and .env.example say what the code
         says.
Audience: developers and CI.
Usage: python scripts/generate_reference.py [--check]
       --check writes nothing and exits 1 when a page is stale.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from videoannotator import errors
from videoannotator.annotations.tables import TABLES
from videoannotator.api.main import create_app
from videoannotator.api.v1.exceptions import STATUS_BY_CODE
from videoannotator.errors import VideoAnnotatorException
from videoannotator.inference.weights import manifest
from videoannotator.inference.weights_table import licences_page
from videoannotator.registry.entries import Registry
from videoannotator.registry.listing import PipelineInfo, list_pipelines
from videoannotator.settings import PREFIX, RETIRED, Settings, variables_of

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
    if info.config_schema is None:
        raise SystemExit(f"{info.name} cannot be loaded: {info.unavailable_reason}")
    facts = [
        f"## {info.name}",
        info.description,
        f"Runs by default: {'yes' if info.default_enabled else 'no'}. Needs: {', '.join(info.modalities)}.",
        *([f"Needs the extra `{info.extra}`: `pip install 'videoannotator[{info.extra}]'`."] if info.extra else []),
        f"Weights: {_weights(info)}.",
        f"Former names: {', '.join(f'`{name}`' for name in info.former_names) or 'none'}.",
        table(
            ("option", "default", "accepts", "meaning"),
            [(f"`{p.name}`", f"`{p.default!r}`", p.expected(), p.description) for p in info.parameters],
        ),
        table(("format", "annotations"), [(f"`{output.format}`", ", ".join(output.types)) for output in info.outputs]),
    ]
    return "\n\n".join(facts)


def _weights(info: PipelineInfo) -> str:
    named = ", ".join(f"`{weights.name}`" for weights in info.weights)
    if info.added_weights is None:
        return named or "none"
    own = f"those that you add for the option `{info.added_weights}` ([added_weights.md](added_weights.md)), or it cannot run"
    return f"{named}; {own}" if named else own


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
        variable, *others = variables_of(name)
        rows.append(
            (f"`{variable}`", ", ".join(f"`{other}`" for other in others) or "-", _default(name, field.default), field.description)
        )
    text = "Read from the environment, and from a file `.env` in the working folder. Options of a command win over both."
    retired = [(f"`{old}`", f"`{PREFIX}{new}`") for old, new in RETIRED.items()]
    return page(
        "Environment variables",
        text,
        table(("variable", "also read as", "default", "meaning"), rows),
        "# Names that nothing reads any more",
        "A start warns of them, and names what does their work.",
        table(("name", "successor"), retired),
    )


def _default(name: str, value: object) -> str:
    """A setting's default as one writes it into the environment."""
    if name == "umask":
        return f"`{value:03o}`"
    value = getattr(value, "value", value)
    if value is None or value == () or value == "":
        return "unset"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def env_example() -> str:
    lines = [f"# {NOTICE}", "# Copy to .env and uncomment what you want to change."]
    for name, field in Settings.model_fields.items():
        default = _default(name, field.default).strip("`")
        lines += ["", f"# {field.description}", f"#{variables_of(name)[0]}={'' if default == 'unset' else default}"]
    return "\n".join(lines) + "\n"


def error_codes() -> str:
    found = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, VideoAnnotatorException)]
    rows = [
        (
            f"`{cls.code}`",
            STATUS_BY_CODE[cls.code],
            f"`{cls.__name__}`",
            "yes" if cls.transient else "no",
            (cls.__doc__ or "").splitlines()[0],
        )
        for cls in sorted(found, key=lambda cls: (STATUS_BY_CODE[cls.code], cls.code))
    ]
    text = "Every error that is raised on purpose has a code, a message that says what happened, and a hint that says what to do."
    envelope = (
        'Over HTTP it arrives as `{"error": {code, message, detail, hint, field, timestamp, request_id}, "detail": message}`, '
        "with the status below. Codes that arise only inside a job stand in the job's `error`."
    )
    return page("Errors", text, envelope, table(("code", "status", "class", "worth a second try", "meaning"), rows))


def http_api() -> str:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(storage_dir=Path(folder), database_url=None, _env_file=None))
        schema = app.openapi()
        app.state.services.database.dispose()
    routes = [
        (path, method.upper(), operation) for path, methods in schema["paths"].items() for method, operation in methods.items()
    ]
    overview = table(
        ("route", "what"),
        [
            (f"`{method} {path}`", operation["description"].splitlines()[0])
            for path, method, operation in sorted(routes, key=_by_path)
        ],
    )
    text = (
        "Send the key as `Authorization: Bearer KEY` or `X-API-Key: KEY`. The same, to try out, is at `/docs` of a running server; "
        "[errors.md](errors.md) explains what is answered when something is wrong."
    )
    return page("HTTP routes", text, overview, *(_route(*route) for route in sorted(routes, key=_by_path)))


def _by_path(route: tuple[str, str, dict[str, Any]]) -> tuple[str, str]:
    return route[0], route[1]


def _route(path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [f"## {method} {path}", operation.get("description", "")]
    parameters = [
        (f"`{p['name']}`", p["in"], "yes" if p.get("required") else "no", p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    if parameters:
        parts.append(table(("parameter", "in", "needed", "meaning"), parameters))
    answers = [(status, answer["description"]) for status, answer in sorted(operation["responses"].items())]
    return "\n\n".join([*parts, table(("status", "meaning"), answers)])


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
    "docs/usage/http_api.md": http_api,
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

"""`videoannotator diagnose`: what is wrong with an installation, why it matters, and the command that cures it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from videoannotator.cli.console import say, say_json

if TYPE_CHECKING:
    from videoannotator.diagnostics.findings import Finding
    from videoannotator.settings import Settings

RENEWED_WITHIN_S = 10.0
"""Workers that are alive renew their leases every 3 s."""
ASK_TIMEOUT_S = 2.0


class Part(str, Enum):
    """What to look at."""

    SYSTEM = "system"
    GPU = "gpu"
    STORAGE = "storage"
    DATABASE = "database"
    ALL = "all"


def diagnose(
    part: Annotated[Part, typer.Argument(help="What to look at.")] = Part.ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Look for what is wrong: each finding with its reason and its cure. Exit code 0: nothing, 1: errors, 2: warnings."""
    from videoannotator.diagnostics.findings import EXIT_CODES, worst  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    settings = load_settings()
    wanted = [each for each in Part if each is not Part.ALL and part in (each, Part.ALL)]
    found: dict[str, list[Finding]] = {}
    for each in wanted:
        found[each.value] = list(LOOKS[each](settings))
        if not as_json:
            show(each.value, found[each.value])
    status = worst(finding for findings in found.values() for finding in findings)
    if as_json:
        parts = {name: [asdict(finding) for finding in findings] for name, findings in found.items()}
        say_json({"status": status.value, "parts": parts})
    if EXIT_CODES[status]:
        raise typer.Exit(EXIT_CODES[status])


def show(name: str, findings: "Sequence[Finding]") -> None:
    """Print what was found in one part."""
    say_ascii(f"{name}:")
    for finding in findings:
        say_ascii(f"  [{finding.severity.value}] {finding.what}")
        if finding.why:
            say_ascii(f"      Why:  {finding.why}")
        if finding.cure:
            say_ascii(f"      Cure: {finding.cure}")


def say_ascii(text: str) -> None:
    """Print ASCII, on terminals too: what is printed here is pasted into mails and issues."""
    say(text.encode("ascii", "backslashreplace").decode("ascii"))


def _system(settings: "Settings") -> "Iterator[Finding]":
    from videoannotator.diagnostics import system  # noqa: PLC0415  CLI start-up
    from videoannotator.inference.weights import WeightsStore  # noqa: PLC0415  CLI start-up

    yield from system.examine(system.look())
    folder = settings.model_cache_dir
    yield from system.examine_weights(WeightsStore([folder] if folder else None).verify())
    host, port = settings.host, settings.port
    yield from system.examine_server(
        *(host, port), require_auth=settings.require_auth, origins=settings.cors_origins, ours=_server_at(host, port)
    )


def _gpu(_: "Settings") -> "Iterator[Finding]":
    from videoannotator.diagnostics import gpu  # noqa: PLC0415  CLI start-up

    return gpu.examine()


def _storage(settings: "Settings") -> "Iterator[Finding]":
    from videoannotator.diagnostics import storage  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    return storage.examine(Storage.of(settings))


def _database(settings: "Settings") -> "Iterator[Finding]":
    from videoannotator.database.session import Database  # noqa: PLC0415  CLI start-up
    from videoannotator.diagnostics import database  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    jobs = Storage.of(settings).root / "jobs"
    has_recordings = jobs.is_dir() and any(jobs.iterdir())
    here = Database.of(settings)
    try:
        yield from database.examine(here, has_recordings=has_recordings, wait=lambda: threading.Event().wait(RENEWED_WITHIN_S))
    finally:
        here.dispose()


LOOKS = {Part.SYSTEM: _system, Part.GPU: _gpu, Part.STORAGE: _storage, Part.DATABASE: _database}


def _server_at(host: str, port: int) -> Mapping[str, Any] | None:
    """What this program says of itself on a port; None when nobody answers there, or somebody else."""
    import httpx  # noqa: PLC0415  CLI start-up

    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not listened on
    name = f"[{reached}]" if ":" in reached else reached
    try:
        answer = httpx.get(f"http://{name}:{port}/api/v1/health", timeout=ASK_TIMEOUT_S, trust_env=False)
        said = answer.json()
    except (httpx.HTTPError, ValueError):
        return None
    return said if isinstance(said, dict) and "version" in said and "status" in said else None

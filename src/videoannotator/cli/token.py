"""`videoannotator token`: make, list and revoke keys, directly in the database that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.arguments import names_in
from videoannotator.cli.console import say, say_json, say_table, tell

if TYPE_CHECKING:
    from datetime import datetime

    from videoannotator.auth.keys import KeyInfo, KeyRing
    from videoannotator.auth.local import LocalKey

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True, rich_markup_mode=None)

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scopes: Annotated[str, typer.Option(help="What it allows, separated by commas: read, write, admin.")] = "read,write,admin",
    expires_in_days: Annotated[float | None, typer.Option(help="Days until it ends. [default: never]")] = None,
    as_json: AsJSON = False,
) -> None:
    """Make a key, and print it: the only time that it can be seen."""
    from videoannotator.auth.keys import ALL_SCOPES, scopes_from  # noqa: PLC0415  CLI start-up

    wanted = scopes_from(names_in(scopes) or [])
    with _opened() as (keys, local):
        key = keys.issue(name, wanted, expires_in_days)
        kept = wanted == ALL_SCOPES and local.find() is None
        if kept:
            local.keep(key)
    if as_json:
        say_json({"id": key.id, "name": key.name, "key": key.secret, "scopes": _words(wanted), "expires_at": _time(key.expires_at)})
        return
    say(key.secret)
    tell(f"This is the only time that the key {key.name!r} (id {key.id}) is shown.")
    if kept:
        tell("The command line on this machine finds it by itself.")


@app.command("list")
def list_keys(as_json: AsJSON = False) -> None:
    """List all keys; never the keys themselves."""
    with _opened() as (keys, _):
        known = keys.list()
    if as_json:
        say_json([_facts(key) for key in known])
        return
    rows = [
        (key.id, key.name, f"{key.prefix}...", ",".join(key.scopes), _state(key), _time(key.last_used_at) or "never")
        for key in known
    ]
    say_table(("id", "name", "key", "scopes", "state", "last used"), rows)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, from `token list`.")]) -> None:
    """Make a key useless, at once and for good."""
    with _opened() as (keys, _):
        keys.revoke(key_id)
    say(f"The key {key_id} is revoked.")


@app.command()
def show(as_json: AsJSON = False) -> None:
    """Print the key that the command line on this machine uses."""
    from videoannotator.errors import NotFoundException  # noqa: PLC0415  CLI start-up

    with _opened() as (_, local):
        secret, file = local.find(), local.file
    if secret is None:
        hint = "Start the server once, or make one with `videoannotator token create NAME`."
        raise NotFoundException(f"No key is kept in {file}.", hint=hint)
    if as_json:
        say_json({"key": secret, "file": str(file)})
    else:
        say(secret)


def generate_token(
    name: Annotated[str, typer.Option(help="Who or what will use it.")] = "generated",
    expires_in_days: Annotated[float | None, typer.Option(help="Days until it ends. [default: never]")] = None,
) -> None:
    """Make a key with every scope, as earlier releases did; `token create` can do more."""
    create(name, expires_in_days=expires_in_days)


@contextmanager
def _opened() -> "Iterator[tuple[KeyRing, LocalKey]]":
    """The keys of this installation; its database is made when there is none yet."""
    from videoannotator.auth.keys import KeyRing  # noqa: PLC0415  CLI start-up
    from videoannotator.auth.local import LocalKey  # noqa: PLC0415  CLI start-up
    from videoannotator.auth.secret import Secret  # noqa: PLC0415  CLI start-up
    from videoannotator.database.migrations import upgrade  # noqa: PLC0415  CLI start-up
    from videoannotator.database.session import Database, former_file  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    settings = load_settings()
    storage = Storage.of(settings)
    storage.prepare()
    database = Database.of(settings)
    tokens = storage.root / "tokens"
    try:
        upgrade(database, former_file(settings))
        secret = Secret(tokens, settings.secret_key.get_secret_value() if settings.secret_key else None)
        yield KeyRing(database), LocalKey(tokens, secret)
    finally:
        database.dispose()


def _words(scopes: "frozenset[object]") -> list[str]:
    return sorted(str(getattr(scope, "value", scope)) for scope in scopes)


def _time(moment: "datetime | None") -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _state(key: "KeyInfo") -> str:
    from datetime import datetime, timezone  # noqa: PLC0415  CLI start-up

    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= datetime.now(timezone.utc) else "works"


def _facts(key: "KeyInfo") -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "state": _state(key),
        "created_at": _time(key.created_at),
        "expires_at": _time(key.expires_at),
        "last_used_at": _time(key.last_used_at),
        "revoked_at": _time(key.revoked_at),
    }

"""Keys in real databases."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, update

from videoannotator.auth import keys as module
from videoannotator.auth.keys import ALL_SCOPES, KEY_PREFIX, ImportedKey, IssuedKey, KeyRing, Scope, hash_of, scopes_from
from videoannotator.database.models import APIKey
from videoannotator.database.session import Database
from videoannotator.errors import (
    DatabaseUnavailableException,
    ForbiddenException,
    InvalidRequestException,
    NotFoundException,
    UnauthorizedException,
)


class Clock:
    """A clock that the test turns."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def stored(database: Database) -> list[APIKey]:
    with database.reading() as session:
        return list(session.scalars(select(APIKey)))


def test_the_database_holds_the_hash_only(database: Database) -> None:
    key = KeyRing(database).issue("ada", [Scope.READ], expires_in_days=2)
    assert key.secret.startswith(KEY_PREFIX)
    (row,) = stored(database)
    assert row.key_hash == hash_of(key.secret)
    values = [str(getattr(row, column.key)) for column in APIKey.__table__.columns]
    assert not [value for value in values if key.secret[len(row.prefix) :] in value]
    assert row.expires_at is not None
    assert abs(row.expires_at - datetime.now(timezone.utc) - timedelta(days=2)) < timedelta(minutes=5)


def test_a_key_names_its_owner_and_what_it_allows(database: Database) -> None:
    ring = KeyRing(database)
    key = ring.issue("ada", [Scope.READ])
    who = ring.check(key.secret)
    assert (who.key_id, who.name, who.scopes) == (key.id, "ada", frozenset({Scope.READ}))
    who.require(Scope.READ)
    with pytest.raises(ForbiddenException, match="'write'"):
        who.require(Scope.WRITE)


WRONG = ("", "dev-token", "test-token", "va_api_", "va_api_" + "x" * 43, "x" * 100_000, "\ud800", "\u043a\u043b", "\0")


def test_anything_else_is_refused(database: Database) -> None:
    ring = KeyRing(database)
    secret = ring.issue("ada").secret
    for wrong in (*WRONG, secret[:-1], secret + "x", secret.upper(), secret[:12], f" {secret}"):
        with pytest.raises(UnauthorizedException):
            ring.check(wrong)
    assert ring.check(secret).name == "ada"


def test_a_revoked_key_is_refused_at_once_here_and_within_a_second_elsewhere(database: Database) -> None:
    clock = Clock()
    here, elsewhere = KeyRing(database, clock), KeyRing(database, clock)
    key = here.issue("ada")
    here.check(key.secret)
    elsewhere.check(key.secret)
    here.revoke(key.id)
    with pytest.raises(UnauthorizedException):
        here.check(key.secret)
    assert elsewhere.remembered(key.secret) is not None
    clock.now += module.CACHED_S
    assert elsewhere.remembered(key.secret) is None
    with pytest.raises(UnauthorizedException):
        elsewhere.check(key.secret)


def test_revoking_twice_or_nothing_is_an_error(database: Database) -> None:
    ring = KeyRing(database)
    key = ring.issue("ada")
    ring.revoke(key.id)
    for key_id in (key.id, "no such id"):
        with pytest.raises(NotFoundException):
            ring.revoke(key_id)


def test_an_expired_key_is_refused(database: Database) -> None:
    ring = KeyRing(database)
    key = ring.issue("ada", expires_in_days=1)
    with database.writing() as session:
        session.execute(update(APIKey).values(expires_at=datetime(2020, 1, 1, tzinfo=timezone.utc)))
    with pytest.raises(UnauthorizedException):
        ring.check(key.secret)


def test_a_key_that_was_checked_just_now_expires_all_the_same(database: Database) -> None:
    ring = KeyRing(database, Clock())
    key = ring.issue("ada", expires_in_days=0.5 / 86400)
    ring.check(key.secret)
    deadline = time.monotonic() + 10
    while ring.remembered(key.secret) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with pytest.raises(UnauthorizedException):
        ring.check(key.secret)


def test_a_key_is_listed_and_counted_until_it_ends(database: Database) -> None:
    ring = KeyRing(database)
    first, second = ring.issue("ada"), ring.issue("bob", [Scope.READ, Scope.WRITE])
    assert ring.count() == 2
    ring.revoke(first.id)
    assert ring.count() == 1
    one, two = ring.list()
    assert (one.id, one.name, one.scopes, one.prefix) == (first.id, "ada", ("admin", "read", "write"), first.secret[:12])
    assert one.revoked_at is not None
    assert (two.id, two.scopes, two.revoked_at, two.last_used_at) == (second.id, ("read", "write"), None, None)


def test_use_is_noted_at_most_once_a_minute(database: Database) -> None:
    clock = Clock()
    ring = KeyRing(database, clock)
    key = ring.issue("ada")

    def last_used() -> datetime | None:
        return stored(database)[0].last_used_at

    ring.record_use()
    assert last_used() is None
    ring.check(key.secret)
    ring.record_use()
    first = last_used()
    assert first is not None
    ring.remembered(key.secret)
    ring.record_use()
    assert last_used() == first
    clock.now += module.TOUCHED_EVERY_S
    ring.record_use()
    later = last_used()
    assert later is not None
    assert later > first
    clock.now += module.TOUCHED_EVERY_S
    ring.record_use()
    assert last_used() == later, "it was not used since"


def test_known_keys_go_on_working_for_a_while_when_the_database_is_gone(tmp_path: Path) -> None:
    clock = Clock()
    database = Database(f"sqlite:///{tmp_path / 'db'}")
    try:
        module_tables(database)
        ring = KeyRing(database, clock)
        known, unknown = ring.issue("ada"), ring.issue("bob")
        ring.check(known.secret)
        database.dispose()
        for file in tmp_path.iterdir():
            file.unlink()
        (tmp_path / "db").mkdir()
        clock.now += module.REMEMBERED_S - 1
        assert ring.check(known.secret).name == "ada"
        with pytest.raises(DatabaseUnavailableException):
            ring.check(unknown.secret)
        clock.now += 1
        with pytest.raises(DatabaseUnavailableException):
            ring.check(known.secret)
    finally:
        database.dispose()


def module_tables(database: Database) -> None:
    APIKey.metadata.create_all(database.engine)


SENSELESS: list[Callable[[KeyRing], object]] = [
    lambda ring: ring.issue(""),
    lambda ring: ring.issue("x" * 201),
    lambda ring: ring.issue("a\nb"),
    lambda ring: ring.issue("a", []),
    lambda ring: ring.issue("a", expires_in_days=0),
    lambda ring: ring.issue("a", expires_in_days=float("nan")),
    lambda ring: ring.issue("a", expires_in_days=1e9),
    lambda _: scopes_from(["read", "everything"]),
]


def test_senseless_keys_are_not_made(database: Database) -> None:
    for call in SENSELESS:
        with pytest.raises(InvalidRequestException):
            call(KeyRing(database))
    assert stored(database) == []


def test_imported_keys_work_and_what_is_known_stays_as_it_is(database: Database) -> None:
    ring = KeyRing(database)
    secret = "va_api_" + "k" * 43
    keys = [ImportedKey("ada", hash_of(secret), secret[:12], frozenset({Scope.READ}))]
    assert ring.import_keys(keys) == 1
    assert ring.import_keys(keys) == 0
    assert ring.check(secret).scopes == {Scope.READ}
    ring.revoke(ring.check(secret).key_id)
    assert ring.import_keys(keys) == 0
    with pytest.raises(UnauthorizedException):
        ring.check(secret)


def test_the_first_key_is_made_once(database: Database) -> None:
    kept: list[IssuedKey] = []
    first = KeyRing(database).first_key(kept.append)
    assert first is not None
    assert kept == [first]
    assert KeyRing(database).check(first.secret).scopes == ALL_SCOPES
    KeyRing(database).revoke(first.id)
    assert KeyRing(database).first_key(kept.append) is None, "somebody who revoked the only key wants no new one"
    assert len(kept) == 1


def test_a_key_that_could_not_be_kept_does_not_count(database: Database) -> None:
    def fail(_: IssuedKey) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        KeyRing(database).first_key(fail)
    assert stored(database) == []
    assert KeyRing(database).first_key(lambda _: None) is not None


FIRST_KEY = """
import sys
import time
from videoannotator.auth.keys import KeyRing
from videoannotator.database.session import Database
database = Database(sys.argv[1])
sys.stdin.readline()
key = KeyRing(database).first_key(lambda key: None)
print("made" if key else "none")
database.dispose()
"""


def test_of_processes_that_start_at_once_one_makes_it(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", FIRST_KEY, url.replace("postgresql+psycopg", "postgresql")]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ})  # noqa: TID251  a child's environment
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert said == ["made", "none", "none"]
    assert len(stored(database)) == 1

"""Which database a URL means, and what is said about a URL that means none."""

import traceback
from pathlib import Path

import pytest

from videoannotator.database.session import Database, database_url
from videoannotator.errors import InvalidRequestException
from videoannotator.settings import Settings


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://user:s3cret@host/name",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:name?mode=memory&uri=true",
        "postgresql://user:s3cret@host:port/name",
        "postgresql://user:half@s3cret@host/name",
    ],
)
def test_a_wrong_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(InvalidRequestException, match="DATABASE_URL") as refused:
        Database(url)
    assert refused.value.field == "DATABASE_URL"
    assert "postgresql://USER:PASSWORD@HOST/NAME" in str(refused.value.hint)
    told = "".join(traceback.format_exception(refused.value))
    assert "s3cret" not in told


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_way_to_write_postgresql(scheme: str) -> None:
    database = Database(f"{scheme}://user:s3cret@host:5433/name")
    assert (database.is_sqlite, database.file) == (False, None)
    assert (database.url.drivername, database.url.host, database.url.port) == ("postgresql+psycopg", "host", 5433)
    database.dispose()


@pytest.mark.parametrize("url", ["postgresql://user:s3cret@host/name", "postgresql://host/name?user=user&password=s3cret"])
def test_a_password_is_never_shown(url: str) -> None:
    database = Database(url)
    assert "s3cret" not in f"{database.url} {database.url!r} {database.engine!r} {database.engine.url}"
    assert database.url.password == "s3cret"  # noqa: S105  made up
    database.dispose()


def test_a_sqlite_path_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite:///folder/name.db")
    assert database.file == tmp_path / "folder" / "name.db"
    database.dispose()


def test_the_settings_name_the_database(tmp_path: Path) -> None:
    strange = tmp_path / "50% ? #1 @ü"
    assert database_url(Settings(storage_dir=strange)).database == str(strange / "videoannotator.db")
    assert database_url(Settings(database_url=str(strange / "x.db"))).database == str(strange / "x.db")
    assert database_url(Settings(database_url="postgresql://h/n")).host == "h"

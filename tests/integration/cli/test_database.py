"""`videoannotator setup-db`, `migrate` and `backup` in a fresh installation."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.integration.cli.test_token import Run, run

__all__ = ["run"]


def test_from_nothing_to_a_database_and_a_copy_of_it(run: Run, tmp_path: Path) -> None:
    file, copy = tmp_path / "storage" / "videoannotator.db", tmp_path / "copy.db"
    would = run("migrate", "--dry-run")
    assert (would.returncode, would.stdout.strip()) == (0, f"{file} would be made.")
    assert not file.exists()
    made = run("setup-db")
    assert (made.returncode, made.stdout.strip()) == (0, f"The database {file} has the tables of release 1.3.0."), made.stderr
    assert {"jobs", "uploads", "results", "temp", "logs"} <= {path.name for path in (tmp_path / "storage").iterdir()}
    assert run("migrate").stdout == made.stdout
    assert run("backup", str(copy)).returncode == 0
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT value FROM schema_metadata WHERE key = 'version'").fetchone() == ("1.3.0",)
    again = run("backup", str(copy))
    assert again.returncode == 1
    assert "exists already, and is kept" in again.stderr
    assert run("backup").returncode == 2


def test_a_storage_that_cannot_be_made_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for words in (("setup-db",), ("migrate",), ("token", "list")):
        ended = run(*words, VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path / "file" / "storage"))
        assert ended.returncode == 1, words
        assert f"The storage folder {tmp_path / 'file' / 'storage'} cannot be used" in ended.stderr, words
        assert "Hint:" in ended.stderr

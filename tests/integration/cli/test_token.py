"""`videoannotator token …` on real databases."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.acceptance.conftest import environment
from tests.servers import serving

from videoannotator.auth.keys import KEY_PREFIX

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command line in a fresh installation."""

    def command(*words: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        known = environment(VIDEOANNOTATOR_STORAGE_DIR=str(tmp_path / "storage"), HOME=str(tmp_path))
        line = [sys.executable, "-m", "videoannotator", *words]
        return subprocess.run(line, capture_output=True, text=True, env=known | extra, cwd=tmp_path, timeout=60, check=False)

    return command


def test_a_key_lives_from_its_making_to_its_revocation(run: Run, database_url: str, tmp_path: Path) -> None:
    run = partial(run, VIDEOANNOTATOR_DATABASE_URL=database_url)
    made = run("token", "create", "ada", "--scopes", "read,write", "--expires-in-days", "3", "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    assert key["key"].startswith(KEY_PREFIX)
    assert key["scopes"] == ["read", "write"]
    with serving(tmp_path / "storage", database_url=database_url) as server:
        assert server.get("/api/v1/pipelines", key=key["key"]).status_code == 200
        listed = json.loads(run("token", "list", "--json").stdout)
        assert (listed[0]["id"], listed[0]["name"], listed[0]["state"]) == (key["id"], "ada", "works")
        assert key["key"] not in run("token", "list").stdout
        assert run("token", "revoke", key["id"]).returncode == 0
        assert run("token", "revoke", key["id"]).returncode == 1
        for _ in range(200):
            if server.get("/api/v1/pipelines", key=key["key"]).status_code == 401:
                break
        else:
            raise AssertionError("the revoked key goes on working")
    assert json.loads(run("token", "list", "--json").stdout)[0]["state"] == "revoked"


def test_the_first_full_key_is_kept_for_the_local_command_line(run: Run) -> None:
    assert run("token", "show").returncode == 1
    first, second = run("generate-token"), run("token", "create", "second")
    assert first.returncode == second.returncode == 0
    assert "finds it by itself" in first.stderr
    assert "finds it by itself" not in second.stderr
    assert run("token", "show").stdout == first.stdout
    assert json.loads(run("token", "show", "--json").stdout)["key"] == first.stdout.strip()


def test_senseless_wishes_are_errors(run: Run) -> None:
    for words in (
        ("create", ""),
        ("create", "a", "--scopes", "all"),
        ("create", "a", "--expires-in-days", "-1"),
        ("revoke", "nothing"),
    ):
        ended = run("token", *words)
        assert ended.returncode == 1, words
        assert ended.stderr.startswith("Error: ")
    assert json.loads(run("token", "list", "--json").stdout) == []

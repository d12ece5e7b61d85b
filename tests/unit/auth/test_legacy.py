"""Token files of release 1.2, in every shape that is met."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from videoannotator.auth.keys import ALL_SCOPES, Scope, hash_of
from videoannotator.auth.legacy import ENCRYPTION_FILE, TOKEN_FILE, former_keys

KEY = "va_api_" + "k" * 43
OTHER = "va_api_" + "o" * 43


def facts(**changes: Any) -> dict[str, Any]:
    """What release 1.2 wrote about a key."""
    return {
        "token_id": KEY,
        "user_id": "u1",
        "username": "ada",
        "email": "ada@example.org",
        "token_type": "api_key",
        "scopes": ["read", "write"],
        "created_at": "2025-01-01T10:00:00",
        "expires_at": None,
        "last_used_at": None,
        "is_active": True,
        "metadata": {},
        **changes,
    }


def write(folder: Path, document: Any, *, encrypt: bool = True) -> Fernet:
    key = Fernet.generate_key()
    (folder / ENCRYPTION_FILE).write_bytes(key)
    text = json.dumps(document).encode()
    (folder / TOKEN_FILE).write_bytes(Fernet(key).encrypt(text) if encrypt else text)
    return Fernet(key)


@pytest.mark.parametrize(
    "document",
    [
        {KEY: facts()},
        {KEY: {"username": "ada"}},
        {KEY: "ada"},
        {"ada": KEY},
        {"tokens": {KEY: facts()}},
        {"tokens": [facts()]},
        [facts()],
        [{"token": KEY, "name": "ada"}],
        [{"key": KEY, "name": "ada"}],
        [{"hashed": hash_of(KEY).hex(), "name": "ada"}],
        {"api_keys": [{"key_hash": "sha256:" + hash_of(KEY).hex()}]},
        [KEY],
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("encrypt", [True, False])
def test_the_key_is_found(tmp_path: Path, document: Any, encrypt: bool) -> None:
    write(tmp_path, document, encrypt=encrypt)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    found = former_keys(tmp_path)
    assert [one.key.key_hash for one in found] == [hash_of(KEY)]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_values_may_be_encrypted_one_by_one(tmp_path: Path) -> None:
    cipher = write(tmp_path, [], encrypt=False)
    document = {"ada": cipher.encrypt(KEY.encode()).decode(), "bob": {"token": cipher.encrypt(OTHER.encode()).decode()}}
    (tmp_path / TOKEN_FILE).write_text(json.dumps(document), encoding="utf-8")
    assert [one.secret for one in former_keys(tmp_path)] == [KEY, OTHER]


def test_name_scopes_and_expiry_are_kept(tmp_path: Path) -> None:
    ends = datetime.now() + timedelta(days=3)  # noqa: DTZ005  release 1.2 wrote local times without a zone
    write(tmp_path, {KEY: facts(expires_at=ends.isoformat()), OTHER: {"username": "bob"}})
    first, second = former_keys(tmp_path)
    assert (first.key.name, first.key.scopes) == ("ada", frozenset({Scope.READ, Scope.WRITE}))
    assert first.key.expires_at == ends.astimezone()
    assert (second.key.name, second.key.scopes, second.key.expires_at) == ("bob", ALL_SCOPES, None)


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"revoked": True},
        {"revoked_at": "2025-02-01T00:00:00"},
        {"expires_at": "2025-02-01T00:00:00"},
        {"expires_at": "no time at all"},
        {"expires_at": 1.0},
        {"token_type": "session"},
        {"token_id": "dev-token"},
    ],
    ids=json.dumps,
)
def test_keys_that_did_not_work_any_more_stay_out(tmp_path: Path, change: dict[str, Any]) -> None:
    document = facts(**change)
    write(tmp_path, {document["token_id"]: document})
    assert former_keys(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"gAAAAbroken", b"\xff\xfe", b"17", b'"text"', b"null", b'{"a": [1, null, {}]}'])
def test_a_damaged_file_gives_no_keys(tmp_path: Path, content: bytes) -> None:
    (tmp_path / TOKEN_FILE).write_bytes(content)
    assert former_keys(tmp_path) == []
    (tmp_path / ENCRYPTION_FILE).write_bytes(b"no key")
    assert former_keys(tmp_path) == []


def test_no_file_no_keys(tmp_path: Path) -> None:
    assert former_keys(tmp_path) == []

"""How the local command line finds server and key."""

import json
import os
import stat
from pathlib import Path

import pytest

from videoannotator.auth.keys import ALL_SCOPES, IssuedKey, hash_of
from videoannotator.auth.legacy import TOKEN_FILE
from videoannotator.auth.local import SPARE_FILE, LocalKey, Pointer, pointer_file, read_pointer, write_pointer
from videoannotator.auth.secret import Secret

KEY = IssuedKey("id-1", "first key", "va_api_" + "k" * 43, ALL_SCOPES, None)
OTHER = IssuedKey("id-2", "second key", "va_api_" + "o" * 43, ALL_SCOPES, None)


def test_a_key_is_kept_encrypted_and_found(tmp_path: Path) -> None:
    local = LocalKey(tmp_path, Secret(tmp_path))
    assert local.find() is None
    local.keep(KEY)
    file = tmp_path / TOKEN_FILE
    assert local.file == file
    assert KEY.secret not in file.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = LocalKey(tmp_path, Secret(tmp_path))
    assert again.find() == KEY.secret
    assert [key.key_hash for key in again.importable()] == [hash_of(KEY.secret)]


def test_a_kept_key_is_never_overwritten(tmp_path: Path) -> None:
    local = LocalKey(tmp_path, Secret(tmp_path))
    local.keep(KEY)
    local.keep(OTHER)
    assert local.find() == KEY.secret


def test_a_token_file_of_release_1_2_is_left_alone(tmp_path: Path) -> None:
    former = json.dumps([{"hashed": hash_of(OTHER.secret).hex()}])
    (tmp_path / TOKEN_FILE).write_text(former, encoding="utf-8")
    local = LocalKey(tmp_path, Secret(tmp_path))
    assert local.find() is None
    local.keep(KEY)
    assert (tmp_path / TOKEN_FILE).read_text(encoding="utf-8") == former
    assert local.file == tmp_path / SPARE_FILE
    assert local.find() == KEY.secret
    assert {key.key_hash for key in local.importable()} == {hash_of(KEY.secret), hash_of(OTHER.secret)}


def test_a_plain_key_of_release_1_2_is_found(tmp_path: Path) -> None:
    (tmp_path / TOKEN_FILE).write_text(json.dumps({OTHER.secret: {"username": "ada"}}), encoding="utf-8")
    assert LocalKey(tmp_path, Secret(tmp_path)).find() == OTHER.secret


def test_another_secret_cannot_read_the_key(tmp_path: Path) -> None:
    LocalKey(tmp_path, Secret(tmp_path, "one")).keep(KEY)
    assert LocalKey(tmp_path, Secret(tmp_path, "two")).find() is None
    assert LocalKey(tmp_path, Secret(tmp_path, "two")).importable() == []


def test_the_pointer_is_private_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_pointer() is None
    pointer = Pointer("http://127.0.0.1:18011", tmp_path / TOKEN_FILE)
    write_pointer(pointer)
    assert read_pointer() == pointer
    if os.name == "posix":
        assert stat.S_IMODE(pointer_file().stat().st_mode) == 0o600
    pointer_file().write_text('{"server": 3}', encoding="utf-8")
    assert read_pointer() is None

"""API keys of release 1.2, as far as their hashes are still good."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from videoannotator.database.migrations.release_1_2 import values
from videoannotator.database.migrations.release_1_2.values import Row

HASH_COLUMNS = ("key_hash", "hashed_key", "token_hash", "hash", "api_key_hash")
PLAIN_COLUMNS = ("key", "api_key", "token")
ALL_SCOPES = ["read", "write", "admin"]
"""Keys of earlier releases allowed everything."""
BUILT_IN = ("dev-token", "test-token")
"""Keys that everybody knows; they open nothing."""


def bring(keys: Sequence[Mapping[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Today's rows of the keys whose SHA-256 is known or can be computed; the others cannot be checked any more.

    Args:
        keys: rows of `api_keys`.
        at: the present.
    """
    brought: dict[bytes, dict[str, Any]] = {}
    unwanted = {hashlib.sha256(key.encode()).digest() for key in BUILT_IN}
    for key in keys:
        row = Row(key)
        key_hash = row.take(_sha256, *HASH_COLUMNS) or row.take(_sha256_of_plain, *PLAIN_COLUMNS)
        if key_hash is not None and key_hash not in brought and key_hash not in unwanted:
            brought[key_hash] = _values(row, key_hash, at)
    return list(brought.values())


def _values(row: Row, key_hash: bytes, at: datetime) -> dict[str, Any]:
    works = row.take(values.is_true, "is_active", "active", "enabled") is not False
    works = works and row.take(values.is_true, "is_revoked", "revoked") is not True
    revoked_at = row.take(values.moment, "revoked_at") or (None if works else at)
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, key_hash.hex())),
        "name": (row.take(values.words, "name", "key_name", "label", "description") or "key of release 1.2")[:200],
        "prefix": (row.take(values.words, "key_prefix", "prefix") or "")[:12],
        "key_hash": key_hash,
        "scopes": _scopes(row.take(values.names, "scopes", "permissions")),
        "created_at": row.take(values.moment, "created_at") or at,
        "expires_at": row.take(values.moment, "expires_at"),
        "last_used_at": row.take(values.moment, "last_used_at", "last_used"),
        "revoked_at": revoked_at,
    }


def _scopes(written: list[str] | None) -> list[str]:
    """Those that are known by name; never more than was written down."""
    if not written:
        return ALL_SCOPES
    words = {word.lower().rpartition(":")[2] for word in written}
    return [scope for scope in ALL_SCOPES if scope in words or "*" in words] or ["read"]


def _sha256(value: Any) -> bytes | None:
    if isinstance(value, bytes) and len(value) == 32:
        return value
    text = value.strip().removeprefix("sha256:") if isinstance(value, str) else ""
    return bytes.fromhex(text) if re.fullmatch(r"[0-9a-fA-F]{64}", text) else None


def _sha256_of_plain(value: Any) -> bytes | None:
    return hashlib.sha256(value.encode()).digest() if isinstance(value, str) and value.startswith("va_") else None

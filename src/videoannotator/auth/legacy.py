"""The token file of release 1.2: `tokens.json` beside its `encryption.key`. It is read and never changed.

That release wrote one Fernet-encrypted JSON object `{token: facts}`. Others are met in the field: the same in plain text, lists of
objects that name the token or its SHA-256 in a field, and plain JSON whose values are encrypted one by one.
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from videoannotator.auth.files import read_private
from videoannotator.auth.keys import ALL_SCOPES, SHOWN_CHARACTERS, ImportedKey, Scope, hash_of

TOKEN_FILE = "tokens.json"  # noqa: S105  a file's name
ENCRYPTION_FILE = "encryption.key"
TOKEN_FIELDS = ("token", "key", "api_key", "token_id", "value", "secret")
HASH_FIELDS = ("key_hash", "token_hash", "hashed_key", "hashed", "hash", "sha256")
NAME_FIELDS = ("name", "username", "key_name", "label", "description", "user_id")
LIST_FIELDS = ("tokens", "keys", "api_keys")
SHORT_LIVED = frozenset({"session", "refresh"})
KEY = re.compile(r"va_[A-Za-z0-9_-]{16,}")
SHA256 = re.compile(r"[0-9a-fA-F]{64}")
BUILT_IN = frozenset({"dev-token", "test-token"})
"""Keys that release 1.2 knew without anybody having made them; they open nothing."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A key of release 1.2; `secret` is None where only its hash is known."""

    key: ImportedKey
    secret: str | None


def former_keys(folder: Path) -> list[FormerKey]:
    """The keys in the token file of release 1.2 in this folder that still worked there; none when there is no such file.

    Raises:
        StorageFailedException: a file is there and cannot be read.
    """
    file = folder / TOKEN_FILE
    if not file.is_file():
        return []
    cipher = _cipher(folder / ENCRYPTION_FILE)
    document = _document(read_private(file), cipher)
    if document is None:
        logger.warning("The token file %s cannot be decrypted or is no JSON; its keys are unknown here.", file)
        return []
    found = [_key(token, facts, cipher) for token, facts in _entries(document)]
    return [key for key in found if key is not None]


def _cipher(file: Path) -> Fernet | None:
    if not file.is_file():
        return None
    try:
        return Fernet(read_private(file).strip())
    except ValueError:
        logger.warning("%s holds no key for encryption.", file)
        return None


def _document(content: bytes, cipher: Fernet | None) -> Any:
    """What a file holds, as JSON; None when it cannot be understood."""
    try:
        return json.loads(cipher.decrypt(content.strip()) if cipher else content)
    except (InvalidToken, ValueError):
        pass
    try:
        return json.loads(content)
    except ValueError:
        return None


def _entries(document: Any) -> Iterator[tuple[str | None, Any]]:
    """Pairs of what stands for a token and what is said about it."""
    if isinstance(document, Mapping):
        inner = next((document[name] for name in LIST_FIELDS if isinstance(document.get(name), list | dict)), None)
        if inner is not None:
            yield from _entries(inner)
        else:
            yield from ((str(token), facts) for token, facts in document.items())
    elif isinstance(document, list):
        yield from ((None, facts) for facts in document)


def _key(token: str | None, facts: Any, cipher: Fernet | None) -> FormerKey | None:
    facts = _decrypted(facts, cipher)
    if isinstance(facts, str):
        facts = {"token": facts} if KEY.fullmatch(facts) else {"name": facts}
    if not isinstance(facts, Mapping):
        facts = {}
    facts = {str(name): _decrypted(value, cipher) for name, value in facts.items()}
    candidates = [_decrypted(token, cipher), *(facts.get(name) for name in TOKEN_FIELDS)]
    secret = next((one for one in candidates if _is_key(one)), None)
    hashes = [*(facts.get(name) for name in HASH_FIELDS), *candidates]
    key_hash = hash_of(secret) if secret else next((_sha256(one) for one in hashes if _sha256(one)), None)
    expires_at = _moment(facts.get("expires_at") or facts.get("expires"))
    if key_hash is None or not _worked(facts, expires_at):
        return None
    name = next((str(facts[field]) for field in NAME_FIELDS if facts.get(field)), "key of release 1.2")
    prefix = secret or str(facts.get("key_prefix") or facts.get("prefix") or "va_")
    return FormerKey(ImportedKey(name, key_hash, prefix[:SHOWN_CHARACTERS], _scopes(facts), expires_at), secret)


def _decrypted(value: Any, cipher: Fernet | None) -> Any:
    """A value that was encrypted by itself, as it was before; any other as it is."""
    if cipher is None or not isinstance(value, str) or not value.startswith("gAAAA"):
        return value
    try:
        text = cipher.decrypt(value.encode()).decode()
    except (InvalidToken, ValueError):
        return value
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and KEY.fullmatch(value) is not None and value not in BUILT_IN


def _sha256(value: Any) -> bytes | None:
    text = str(value).removeprefix("sha256:") if value else ""
    return bytes.fromhex(text) if SHA256.fullmatch(text) else None


def _worked(facts: Mapping[str, Any], expires_at: datetime | None) -> bool:
    if facts.get("is_active", facts.get("active", True)) is False or facts.get("revoked") or facts.get("revoked_at"):
        return False
    if str(facts.get("token_type", "")) in SHORT_LIVED:
        return False
    return expires_at is None or expires_at > datetime.now(timezone.utc)


def _moment(value: Any) -> datetime | None:
    """That release wrote local times without a zone."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, timezone.utc)
    try:
        return datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(timezone.utc) if value else None
    except ValueError:
        return datetime.fromtimestamp(0, timezone.utc)


def _scopes(facts: Mapping[str, Any]) -> frozenset[Scope]:
    named = facts.get("scopes", facts.get("permissions"))
    if named is None:
        return ALL_SCOPES
    words = named.split(",") if isinstance(named, str) else named
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[str(word).strip().lower()] for word in words if str(word).strip().lower() in known)

"""How the command line on the server's machine finds server and key without any configuration.

The first key is kept encrypted in `tokens/tokens.json` below the storage root; a pointer in the user's state folder says which
server ran last and where its token file lies. Only their owner may read both.
"""

import base64
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import platformdirs
from cryptography.fernet import Fernet, InvalidToken

from videoannotator.auth.files import create_private, read_private, write_private
from videoannotator.auth.keys import SHOWN_CHARACTERS, ImportedKey, IssuedKey, hash_of
from videoannotator.auth.legacy import TOKEN_FILE, former_keys
from videoannotator.auth.secret import Secret

FORMAT = "videoannotator-local-key-1"
SPARE_FILE = "local-key.json"
"""Takes the key when the token file of an earlier release is in the way; that one is never overwritten."""
POINTER_FILE = "server.json"

logger = logging.getLogger(__name__)


class LocalKey:
    """The key that is kept for the local command line.

    Args:
        folder: the folder `tokens` below the storage root.
        secret: what the key is encrypted with.
    """

    def __init__(self, folder: Path, secret: Secret) -> None:
        self._folder = folder
        self._secret = secret

    @property
    def file(self) -> Path:
        """Where the key lies."""
        return next((file for file in self._files() if _is_ours(file)), self._folder / TOKEN_FILE)

    def keep(self, key: IssuedKey) -> None:
        """Store a key, unless one is stored already.

        Raises:
            StorageFailedException: it cannot be written.
        """
        content = {
            "format": FORMAT,
            "id": key.id,
            "name": key.name,
            "created_at": datetime.now(timezone.utc).isoformat(),
            "encrypted": self._cipher().encrypt(key.secret.encode()).decode(),
        }
        text = json.dumps(content, indent=2).encode()
        if not create_private(self._folder / TOKEN_FILE, text):
            create_private(self._folder / SPARE_FILE, text)

    def find(self) -> str | None:
        """The key: the stored one, else one of release 1.2; None when there is none that can be read.

        Raises:
            StorageFailedException: a file is there and cannot be read.
        """
        for file in self._files():
            if _is_ours(file) and (secret := self._decrypt(file)) is not None:
                return secret
        return next((former.secret for former in former_keys(self._folder) if former.secret), None)

    def importable(self) -> list[ImportedKey]:
        """The stored key and those of release 1.2, for a database that may not know them.

        Raises:
            StorageFailedException: a file is there and cannot be read.
        """
        ours = [self._decrypt(file) for file in self._files() if _is_ours(file)]
        stored = [ImportedKey("first key", hash_of(secret), secret[:SHOWN_CHARACTERS]) for secret in ours if secret]
        return [*stored, *(former.key for former in former_keys(self._folder))]

    def _files(self) -> tuple[Path, Path]:
        return self._folder / TOKEN_FILE, self._folder / SPARE_FILE

    def _decrypt(self, file: Path) -> str | None:
        try:
            return self._cipher().decrypt(str(_json(file)["encrypted"]).encode()).decode()
        except (InvalidToken, KeyError):
            logger.warning("The key in %s was encrypted with another secret.", file)
            return None

    def _cipher(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._secret.derive("local key file")))


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the server that ran last on this machine is, and where its storage lies."""

    server: str
    token_file: Path


def pointer_file() -> Path:
    """Where the pointer lies, for this user."""
    return platformdirs.user_state_path("videoannotator", appauthor=False) / POINTER_FILE


def write_pointer(pointer: Pointer) -> None:
    """Say where the server and its key are.

    Raises:
        StorageFailedException: it cannot be written.
    """
    content = {"server": pointer.server, "token_file": str(pointer.token_file)}
    write_private(pointer_file(), json.dumps(content, indent=2).encode())


def read_pointer() -> Pointer | None:
    """Where the server and its key are; None when none has run here yet."""
    content = _json(pointer_file())
    if not all(isinstance(content.get(name), str) for name in ("server", "token_file")):
        return None
    return Pointer(content["server"], Path(content["token_file"]))


def _is_ours(file: Path) -> bool:
    return _json(file).get("format") == FORMAT


def _json(file: Path) -> dict[str, Any]:
    """The object in a file; an empty one when there is none."""
    if not file.is_file():
        return {}
    try:
        content = json.loads(read_private(file))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}

"""The secret of an installation, from which every other secret of it is derived."""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from videoannotator.auth.files import create_private, read_private

SECRET_FILE = "secret.key"  # noqa: S105  a file's name
SECRET_BYTES = 32


class Secret:
    """A secret that is read, or made, when it is first needed.

    Args:
        folder: where it is kept, in a file that only its owner may read.
        given: the secret itself, when the settings say it; then nothing is kept.
    """

    def __init__(self, folder: Path, given: str | None = None) -> None:
        self._file = folder / SECRET_FILE
        self._value = given.encode() if given else b""

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from which neither the secret nor those of other purposes can be found out.

        Raises:
            StorageFailedException: the secret's file cannot be read or made.
        """
        if not self._value:
            create_private(self._file, base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)))
            self._value = read_private(self._file).strip()
        return hmac.digest(self._value, f"videoannotator: {purpose}".encode(), hashlib.sha256)

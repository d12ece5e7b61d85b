"""Whether the storage can be used, and how full its disk is."""

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from videoannotator.storage.config import FOLDERS, GB, Storage

WARN_BELOW_GB = 5.0
ERROR_BELOW_GB = 1.0


@dataclass(frozen=True, slots=True)
class StorageReport:
    """The storage.

    Attributes:
        status: `ok`, `warning` (between 1 and 5 GB free) or `error`.
        path: its root.
        directories: each folder below it, and whether it can be written to.
        free_gb, used_gb, total_gb: of its disk; None when it cannot be read.
        warning, error: what is wrong, in a sentence.
    """

    status: str
    path: str
    directories: Mapping[str, bool]
    free_gb: float | None
    used_gb: float | None
    total_gb: float | None
    warning: str | None = None
    error: str | None = None


def look(storage: Storage) -> StorageReport:
    """Look at the folders, write a file, and ask for free space."""
    path = str(storage.root)
    directories = {name: os.access(storage.root / name, os.R_OK | os.W_OK | os.X_OK) for name in FOLDERS}
    probe = storage.root / "temp" / f".probe-{secrets.token_hex(8)}"
    try:
        usage = shutil.disk_usage(storage.root)
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return StorageReport("error", path, directories, None, None, None, error=f"It cannot be used: {error.strerror or error}.")
    free, used, total = (round(size / GB, 2) for size in (usage.free, usage.used, usage.total))
    missing = [name for name, usable in directories.items() if not usable]
    if missing:
        status, warning, error_text = "error", None, f"These folders are missing or cannot be written to: {', '.join(missing)}."
    elif free < ERROR_BELOW_GB:
        status, warning, error_text = "error", None, f"Only {free:g} GB are free."
    elif free <= WARN_BELOW_GB:
        status, warning, error_text = "warning", f"Only {free:g} GB are free.", None
    else:
        status, warning, error_text = "ok", None, None
    return StorageReport(status, path, directories, free, used, total, warning, error_text)

"""What every command that runs for months does first. It loads nothing that computes."""

import os
from typing import Any

from videoannotator.logs import set_up_logging, set_up_server_logging
from videoannotator.settings import Settings, load_settings, warn_of_unknown_names
from videoannotator.storage.config import Storage


def start_service(process: str | None = None, **given: Any) -> Settings:
    """The settings of this process, with its new files closed to others, its storage there, and its log begun.

    Args:
        process: names its file in the folder for logs, where no other process has this name; None for a process that anybody may
            start several times, which logs to standard error unless LOG_DIR names a folder.
        given: settings that the command line names.

    Raises:
        InvalidRequestException: a setting is wrong, or the storage cannot be used.
    """
    settings = load_settings(**given)
    os.umask(settings.umask)
    Storage.of(settings).prepare()
    if process is None:
        set_up_logging(settings.log_level.value, settings.log_dir, as_json=settings.log_json)
    else:
        level = settings.log_level.value if "log_level" in settings.model_fields_set else None
        set_up_server_logging(process, settings.log_dir or settings.storage_dir / "logs", level, as_json=settings.log_json)
    warn_of_unknown_names()
    return settings

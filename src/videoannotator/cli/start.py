"""What every command that computes does first: read the settings, set up logging, get the device, see what can be computed."""

from videoannotator.engine.annotate import shared_sessions
from videoannotator.inference.sessions import SessionPool
from videoannotator.logs import set_up_logging
from videoannotator.registry.entries import Registry
from videoannotator.settings import load_settings, warn_of_unknown_names


def start(device: str | None = None, threads: int | None = None) -> SessionPool:
    """The networks as the settings and the command's options want them.

    Raises:
        InvalidRequestException: a setting is wrong.
        DeviceUnavailableException: the device could not be had.
    """
    settings = load_settings(device=device, inference_threads=threads)
    set_up_logging(settings.log_level.value, settings.log_dir, as_json=settings.log_json)
    warn_of_unknown_names()
    return shared_sessions(settings.device.value, settings.inference_threads, settings.model_cache_dir)


def registry_here() -> Registry:
    """The pipelines and formats of this installation, with the added weights of its settings.

    Raises:
        InvalidRequestException: a setting is wrong.
    """
    return Registry.installed(load_settings().model_cache_dir)

"""Which server the commands talk to, and with which key."""

from urllib.parse import urlsplit

from videoannotator.auth.exposure import is_loopback
from videoannotator.auth.local import LocalKey, Pointer, read_pointer
from videoannotator.auth.secret import Secret
from videoannotator.cli.client import Client
from videoannotator.settings import Settings, load_settings

DEFAULT_SERVER = "http://127.0.0.1:18011"


def connect(server: str | None, api_key: str | None) -> Client:
    """A client for the server and with the key that were given, that the settings name, or that this machine keeps.

    Raises:
        InvalidRequestException: a setting, the address or the key makes no sense.
        StorageFailedException: the key that is kept here cannot be read.
    """
    settings = load_settings(server=server, api_key=api_key)
    pointer = read_pointer()
    address = settings.server or (pointer.server if pointer else DEFAULT_SERVER)
    return Client(address, settings.api_key.get_secret_value() if settings.api_key else _kept_key(address, settings, pointer))


def _kept_key(address: str, settings: Settings, pointer: Pointer | None) -> str | None:
    """The key that a server on this machine left for its user; it goes to that server alone."""
    if pointer is None or _place(address) != _place(pointer.server):
        return None
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    folder = pointer.token_file.parent
    return LocalKey(folder, Secret(folder, secret)).find()


def _place(address: str) -> tuple[str, int | None]:
    """Host and port of an address; all names of this machine are one."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return address, None
    return ("localhost" if is_loopback(host) else host), port

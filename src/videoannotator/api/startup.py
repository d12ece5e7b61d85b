"""What happens before the first request and after the last one."""

import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread

from videoannotator.api.dependencies import Services
from videoannotator.auth.exposure import WARNING
from videoannotator.auth.keys import IssuedKey
from videoannotator.auth.legacy import former_keys
from videoannotator.auth.local import LocalKey
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import former_file
from videoannotator.errors import VideoAnnotatorException
from videoannotator.jobs.recovery import LeaseWatch
from videoannotator.storage.expiry import expire_uploads
from videoannotator.storage.space import make_ballast

FORMER_TOKENS = Path("tokens")
"""Where release 1.2 kept them: in the folder in which it was started."""
NOTE_KEY_USE_EVERY_S = 5.0
EXPIRE_UPLOADS_EVERY_S = 600.0
SWEEP_EXPORTS_EVERY_S = 600.0
LOOKS_PER_LEASE = 6
STOP_PATIENCE_S = 1.0
RULE = "=" * 78

logger = logging.getLogger(__name__)


@asynccontextmanager
async def running(here: Services) -> AsyncIterator[None]:
    """Prepare storage, database and keys and start what works beside requests; at the end, stop and close it all.

    Raises:
        VideoAnnotatorException: the server cannot work like this; nothing was started.
    """
    try:
        await anyio.to_thread.run_sync(_prepare, here)
        watch = LeaseWatch(here.queue, here.settings.lease_s)
        beside = [
            Repeated("note-key-use", NOTE_KEY_USE_EVERY_S, here.keys.record_use),
            Repeated("expire-uploads", EXPIRE_UPLOADS_EVERY_S, lambda: expire_uploads(here.database, here.storage)),
            Repeated("watch-leases", here.settings.lease_s / LOOKS_PER_LEASE, watch.look),
            Repeated("sweep-exports", SWEEP_EXPORTS_EVERY_S, here.exports.sweep),
        ]
        for thread in beside:
            thread.start()
        try:
            await anyio.to_thread.run_sync(here.exports.start)
            await anyio.to_thread.run_sync(here.intake.prober.warm_up)
            async with here.feed.running():
                yield
        finally:
            await anyio.to_thread.run_sync(here.intake.prober.close)
            await anyio.to_thread.run_sync(here.exports.close)
            for thread in reversed(beside):
                await anyio.to_thread.run_sync(thread.stop)
    finally:
        await anyio.to_thread.run_sync(here.database.dispose)


def _prepare(here: Services) -> None:
    here.storage.prepare()
    make_ballast(here.storage)
    upgrade(here.database, former_file(here.settings))
    expire_uploads(here.database, here.storage)
    first = prepare_keys(here)
    if first is not None:
        say(first_key_banner(here, first))
    if not here.settings.require_auth:
        say(WARNING)
        logger.warning("Authentication is off: anybody who can reach this server can read, submit and delete every job.")
    if "*" in here.settings.cors_origins:
        logger.warning("Web pages of every origin may call this server; CORS_ORIGINS should name those that need to.")
    logger.info(
        "Security: authentication %s, %d valid key(s), origins %s, storage %s.",
        "on" if here.settings.require_auth else "OFF",
        here.keys.count(),
        ", ".join(here.settings.cors_origins) or "own only",
        here.storage.root,
    )


def prepare_keys(here: Services) -> IssuedKey | None:
    """Take over keys that files on this machine name; make the first key when there is none at all, and give it."""
    local = LocalKey(here.storage.root / "tokens", here.secret)
    keys = local.importable()
    if FORMER_TOKENS.absolute() != here.storage.root / "tokens":
        keys += [former.key for former in former_keys(FORMER_TOKENS.absolute())]
    imported = here.keys.import_keys(keys)
    if imported:
        logger.info("%d key(s) of an earlier release or an earlier database work here now.", imported)
    if not (here.settings.require_auth and here.settings.auto_generate_api_key):
        return None
    return here.keys.first_key(local.keep)


def first_key_banner(here: Services, key: IssuedKey) -> str:
    """The first key and what to do with it, in ASCII: the only time that it is shown unasked."""
    host = "127.0.0.1" if here.settings.host in ("0.0.0.0", "::", "") else here.settings.host  # noqa: S104  not one to bind
    lines = [
        RULE,
        "Your API key. It is shown once; keep it.",
        "",
        f"    {key.secret}",
        "",
        "Use it in every request:",
        f'    curl -H "Authorization: Bearer {key.secret}" http://{host}:{here.settings.port}/api/v1/jobs',
        "",
        "The command line on this machine finds it by itself. More keys:",
        "    videoannotator token create NAME",
        RULE,
    ]
    return "\n".join(lines)


def say(text: str) -> None:
    """Print to whoever started the server."""
    if sys.stdout is not None:  # it is None when the program was started with this output closed
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class Repeated(threading.Thread):
    """Small work that no request should wait for, done again and again until it is told to stop.

    Args:
        name: of the thread.
        every_s: seconds between two times.
        work: what to do. When the database does not answer, the next time tries again.
    """

    def __init__(self, name: str, every_s: float, work: Callable[[], object]) -> None:
        super().__init__(name=name, daemon=True)
        self._every_s = every_s
        self._work = work
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(self._every_s):
            self._once()
        self._once()

    def stop(self) -> None:
        """End, after one last time; not waited for while the database does not answer."""
        self._stopped.set()
        self.join(STOP_PATIENCE_S)

    def _once(self) -> None:
        try:
            self._work()
        except VideoAnnotatorException as error:
            logger.warning("%s: %s", self.name, error.message)

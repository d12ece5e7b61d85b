"""Hands what happens to jobs to everybody who watches: one reader of the database, however many clients there are."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread

from videoannotator.database.events import Event
from videoannotator.database.session import Database
from videoannotator.errors import DatabaseUnavailableException
from videoannotator.jobs.watching import events_after, kept_events, standing_now

POLL_INTERVAL_S = 0.25
AWAY_INTERVAL_S = 1.0
"""How long to wait when the database does not answer."""
WAITING_EVENTS = 2000
"""How far a client may fall behind before it is dropped; it comes back with the number of the last event it got."""

logger = logging.getLogger(__name__)


class Watcher:
    """One client's place in the feed; `since` is the number of the newest event that will not come through it."""

    def __init__(self, since: int) -> None:
        self.since = since
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(WAITING_EVENTS + 1)

    def give(self, event: Event) -> bool:
        """Hand over an event; gives whether the client keeps up."""
        if self._waiting.qsize() >= WAITING_EVENTS:
            return False
        self._waiting.put_nowait(event)
        return True

    def end(self) -> None:
        """Let the client's stream end after what it has been given."""
        self._waiting.put_nowait(None)

    async def events(self) -> AsyncIterator[Event]:
        """The events as they come."""
        while (event := await self._waiting.get()) is not None:
            if event.id > self.since:
                yield event


class Feed:
    """The events of all jobs, read from the database while anybody watches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watchers: set[Watcher] = set()
        self._somebody_watches = asyncio.Event()
        self._newest = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read while the block runs; at its end every stream ends."""
        reading = asyncio.create_task(self._read())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            for watcher in tuple(self._watchers):
                self._drop(watcher)

    async def follow(self, watcher: Watcher, last_seen: int | None, job_id: str | None = None) -> AsyncGenerator[Event, None]:
        """Every event after the one that a client has seen last; of one job only, when it is given.

        A client that has seen none gets what has happened since it joined, after how that one job stands. One that has missed more
        than is kept gets how the jobs stand, then what has happened since it joined. The stream ends early when the database does
        not answer: the client comes back with the number of the last event it got.
        """
        try:
            async for event in self._missed(watcher, last_seen, job_id):
                yield event
            async for event in watcher.events():
                if job_id in (None, event.job_id):
                    yield event
        except DatabaseUnavailableException as error:
            logger.warning("A client that watches jobs cannot be told what it has missed: %s", error.message)
        finally:
            self._drop(watcher)

    async def join(self) -> Watcher:
        """A place in the feed, from now on. One that nobody follows is dropped when too much waits for it."""
        if not self._watchers:  # nobody has read for a while
            kept = await anyio.to_thread.run_sync(kept_events, self._database)
            if not self._watchers:  # nor has anybody come meanwhile, who would miss what is passed over
                self._newest = max(self._newest, kept.newest)
        watcher = Watcher(self._newest)
        self._watchers.add(watcher)
        self._somebody_watches.set()
        return watcher

    def _drop(self, watcher: Watcher) -> None:
        if watcher in self._watchers:
            self._watchers.remove(watcher)
            watcher.end()
        if not self._watchers:
            self._somebody_watches.clear()

    async def _missed(self, watcher: Watcher, last_seen: int | None, job_id: str | None) -> AsyncIterator[Event]:
        """What happened between the event that a client has seen last and those that come through its watcher."""
        if last_seen is not None:
            kept = await anyio.to_thread.run_sync(kept_events, self._database)
            if kept.reaches_back_to(last_seen):
                async for event in self._stored(last_seen, watcher.since, job_id):
                    yield event
                watcher.since = max(watcher.since, last_seen)  # another process may have told this client more
                return
        if last_seen is not None or job_id is not None:
            for event in await anyio.to_thread.run_sync(standing_now, self._database, job_id):
                yield event
                watcher.since = max(watcher.since, event.id)

    async def _stored(self, after: int, until: int, job_id: str | None) -> AsyncIterator[Event]:
        """The stored events between two numbers, in portions: no connection is held while a client takes its time."""
        while after < until:
            portion = await anyio.to_thread.run_sync(events_after, self._database, after, job_id)
            for event in portion:
                if event.id > until:
                    return
                yield event
            if not portion:
                return
            after = portion[-1].id

    async def _read(self) -> None:
        while True:
            await self._somebody_watches.wait()
            try:
                events = await anyio.to_thread.run_sync(events_after, self._database, self._newest)
            except DatabaseUnavailableException:
                await asyncio.sleep(AWAY_INTERVAL_S)
                continue
            for event in events:
                self._newest = max(self._newest, event.id)  # it may have moved on while nobody watched
                for watcher in [watcher for watcher in self._watchers if not watcher.give(event)]:
                    logger.warning("A client that watches jobs was too slow and has been dropped; it can come back.")
                    self._drop(watcher)
            if not events:
                await asyncio.sleep(POLL_INTERVAL_S)

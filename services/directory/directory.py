"""What a process has in memory of every kind of record, kept current."""

import asyncio
import datetime as dt
from contextlib import suppress
from pathlib import Path

from services.chassis.clock import Clock, utc_now
from services.chassis.database.client import Client
from services.chassis.errors import Unavailable
from services.directory.feed import Feed, stale
from services.directory.groups import GroupsReplica
from services.directory.hours import HoursReplica
from services.directory.keys import GROUPS, HOURS, PRODUCTS, STORES
from services.directory.products import ProductsReplica
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica


class Directory:
    """The feeds of one process. `start` it once; then read the replicas without waiting."""

    def __init__(self, client: Client, folder: Path, clock: Clock = utc_now) -> None:
        self._clock = clock
        self.stores = Feed(client, STORES, StoresReplica, folder, clock)
        self.hours = Feed(client, HOURS, HoursReplica, folder, clock)
        self.schedules = Schedules(self.stores, self.hours)
        self.products = Feed(client, PRODUCTS, ProductsReplica, folder, clock)
        self.groups = Feed(client, GROUPS, GroupsReplica, folder, clock)
        self._feeds = (self.stores, self.hours, self.products, self.groups)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """When all of it was last known to be current; None while it is."""
        return stale(min(feed.current_at for feed in self._feeds), self._clock())

    def why_unread(self) -> str:
        """Why nothing can be answered from memory; empty when it can."""
        missing = [feed.kind for feed in (self.stores, self.hours) if not feed.is_loaded]
        return f"not loaded: {', '.join(missing)}" if missing else ""

    def why_stale(self) -> str:
        """Why what is in memory is not current; empty when it is."""
        old = [feed.kind for feed in self._feeds if feed.stale_as_of is not None]
        return f"not current: {', '.join(old)}" if old else ""

    async def start(self) -> None:
        """Load what can be had from disk and from Redis, and go on following."""
        await asyncio.gather(*(feed.start() for feed in self._feeds))
        with suppress(Unavailable):
            self.schedules.refresh()

    async def stop(self) -> None:
        """Stop following, and leave snapshots on disk."""
        await asyncio.gather(*(feed.stop() for feed in self._feeds))

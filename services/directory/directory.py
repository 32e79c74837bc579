"""The feeds that every process of the suite has: stores, hours, products and groups."""

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
from services.directory.roads import Roads, Router
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica


class Directory:
    """The feeds of one process. `start` it once; then read the replicas without waiting."""

    def __init__(
        self, client: Client, folder: Path, clock: Clock = utc_now, router: Router | None = None
    ) -> None:
        self._clock = clock
        self.stores = Feed(client, STORES, StoresReplica, folder, clock)
        self.hours = Feed(client, HOURS, HoursReplica, folder, clock)
        self.schedules = Schedules(self.stores, self.hours)
        self.roads = Roads(self.stores, self.schedules, router)
        self.products = Feed(client, PRODUCTS, ProductsReplica, folder, clock)
        self.groups = Feed(client, GROUPS, GroupsReplica, folder, clock)
        self._feeds = (self.stores, self.hours, self.products, self.groups)

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """The time at which all records were last known to be current; None while they are."""
        return stale(min(feed.current_at for feed in self._feeds), self._clock())

    def why_unread(self) -> str:
        """The reason why reads cannot be answered from memory; empty if they can."""
        missing = [feed.kind for feed in (self.stores, self.hours) if not feed.is_loaded]
        return f"not loaded: {', '.join(missing)}" if missing else ""

    def why_stale(self) -> str:
        """The reason why the records in memory are not current; empty if they are."""
        late = [feed.kind for feed in self._feeds if feed.stale_as_of is not None]
        return f"not current: {', '.join(late)}" if late else ""

    async def start(self) -> None:
        """Load the records from disk or the database, and follow their changes."""
        await asyncio.gather(*(feed.start() for feed in self._feeds))
        with suppress(Unavailable):
            self.schedules.refresh()
        await self.roads.prepare()

    async def stop(self) -> None:
        """Stop following, and write the snapshots to disk."""
        await asyncio.gather(*(feed.stop() for feed in self._feeds))

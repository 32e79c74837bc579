"""The feeds that every process of the suite has: stores, hours, products and groups."""

import asyncio
import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from geodata.schedule.expression import follows_sun
from geodata.schedule.holiday_calendar import public_holidays
from geodata.schedule.spelling import names_holidays
from services.chassis.clock import Clock, utc_now
from services.chassis.database.client import Client
from services.chassis.errors import Unavailable
from services.chassis.processor import in_thread
from services.chassis.tasks import end
from services.directory.feed import Feed, stale
from services.directory.groups import GroupsReplica
from services.directory.hours import HoursReplica
from services.directory.imported_hours import ImportedHours
from services.directory.keys import GROUPS, HOURS, PRODUCTS, STORES
from services.directory.products import ProductsReplica
from services.directory.roads import Roads
from services.directory.router import Router
from services.directory.schedules import Schedules
from services.directory.stores import StoresReplica

AHEAD_EVERY_S = 30.0
"""Interval between looks for countries whose holidays are not worked out yet."""


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
        self._ahead: asyncio.Task[None] | None = None
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
        self._ahead = asyncio.create_task(self._keep_ahead(), name="works out holidays")

    async def stop(self) -> None:
        """Stop following, and write the snapshots to disk."""
        await end([self._ahead] if self._ahead else [])
        await asyncio.gather(*(feed.stop() for feed in self._feeds))

    async def _keep_ahead(self) -> None:
        """Work out the holidays of new places in a thread: for a country, they take 100 ms."""
        await in_thread(follows_sun, "sunrise-sunset")  # makes the parser of hours
        known, done = (0, 0), set[tuple[str, str, int]]()
        while True:
            with suppress(Unavailable):
                _, hours = self.stores.replica.imported_hours
                now = len(hours), self._clock().year
                if known != now:
                    known = now
                    for place in await in_thread(places_of_holidays, hours.copy()):
                        if (*place, now[1]) not in done:
                            done.add((*place, now[1]))
                            await in_thread(work_out_holidays, *place, now[1])
            await asyncio.sleep(AHEAD_EVERY_S)


def places_of_holidays(hours: Iterable[ImportedHours]) -> set[tuple[str, str]]:
    """Country and subdivision of the holidays that imported hours may name."""
    return {
        (each.holidays.country, each.holidays.subdivision)
        for each in hours
        if each.holidays.country and names_holidays(each.expression or each.text)
    }


def work_out_holidays(country: str, subdivision: str, year: int) -> None:
    """Have the public holidays of a year in memory."""
    public_holidays(country, subdivision).covers(year)

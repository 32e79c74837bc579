"""The feeds of the aisle service: floor plans and placements."""

import asyncio
import datetime as dt
from pathlib import Path

from services.aisle.replica.placements import PlacementsReplica
from services.aisle.replica.plans import PlansReplica
from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.tasks import finish
from services.directory.directory import Directory
from services.directory.feed import Feed

PLANS = "plans"
PLACEMENTS = "placements"
"""The kinds of record that the aisle service owns."""


class Feeds:
    """The two feeds. They start at the first `ready`; `run` stops them at its end."""

    def __init__(self, client: Client, directory: Directory, folder: Path, clock: Clock) -> None:
        self.directory = directory
        self.plans = Feed(client, PLANS, PlansReplica, folder, clock)
        self.placements = Feed(client, PLACEMENTS, PlacementsReplica, folder, clock)
        self._starting: asyncio.Task[None] | None = None

    @property
    def stale_as_of(self) -> dt.datetime | None:
        """The time at which all records were last known to be current; None while they are."""
        ages = (
            self.directory.stale_as_of,
            self.plans.stale_as_of,
            self.placements.stale_as_of,
        )
        return min((age for age in ages if age is not None), default=None)

    async def ready(self) -> None:
        """Wait until the feeds are started."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def run(self) -> None:
        """Run the feeds until cancelled."""
        try:
            await self.ready()
            await asyncio.Event().wait()
        finally:
            await finish(self._stop())

    async def _start(self) -> None:
        await asyncio.gather(self.plans.start(), self.placements.start())

    async def _stop(self) -> None:
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting = None
            await asyncio.gather(self.plans.stop(), self.placements.stop())
